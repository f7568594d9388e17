// @vitest-environment jsdom
import { act, screen } from '@testing-library/react';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useState } from 'react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { NearplayApiError } from '../../../../renderer/api.ts';
import { type Looking, PLAIN_LOOKING } from '../../../../renderer/images/looking.ts';
import { TableChoice } from '../../../../renderer/player/TableChoice.tsx';
import type { Link } from '../../../../shared/link.ts';
import { aBootstrap } from '../../../mothers/bootstrap.ts';
import { thePreferences, TWO_REGIONS } from '../../../mothers/preferences.ts';
import { draw } from '../drawn.tsx';

const GRADE = join(import.meta.dirname, '../../../fixtures/colour/grade.cube');
const GRADE_BYTES = 3477;
const SHOW = { name: 'Show', key: 'looks/show.cube' };
const NIGHT = { name: 'Night', key: 'looks/night.cube' };

/** Requests for the bytes of links, answered by the test. */
let requests: { url: string; signal: AbortSignal | null | undefined; answer: (response: Response) => void }[];

beforeEach(() => {
  requests = [];
  vi.stubGlobal('fetch', (url: string, init?: RequestInit) => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    requests.push({ url, signal: init?.signal, answer: resolve });
    return promise;
  });
});
afterEach(() => vi.unstubAllGlobals());

function Line({ looked }: { looked: (looking: Looking) => void }) {
  const [looking, setLooking] = useState<Looking>(PLAIN_LOOKING);
  looked(looking);
  return (
    <>
      <TableChoice looking={looking} onLooking={setLooking} />
      <button type="button" onClick={() => setLooking({ ...looking, exposure: 1 })}>
        brighter
      </button>
      <button type="button" onClick={() => setLooking(PLAIN_LOOKING)}>
        plain
      </button>
    </>
  );
}

async function drawLine(looks: readonly object[] = [SHOW, NIGHT]) {
  const looked = vi.fn<(looking: Looking) => void>();
  const content = await readFile(GRADE);
  const createLink = vi.fn(({ key }: { key: string }) =>
    Promise.resolve({
      url: `https://sydney.example/${key}`,
      ...{ key, size: content.length, versionId: 'v1', lastModified: 0, expiresAt: Infinity },
      route: { storage: 'sydney' },
    } as unknown as Link),
  );
  const drawn = await draw(<Line looked={looked} />, { createLink });
  const document = thePreferences({ ...TWO_REGIONS, looks });
  act(() =>
    drawn.nearplay.session.setState({ app: aBootstrap({ preferences: { document, origin: null, findings: [] } }) }),
  );
  const answer = async (index: number, bytes: Uint8Array<ArrayBuffer> = new Uint8Array(content)): Promise<void> => {
    await expect.poll(() => requests.length).toBeGreaterThan(index);
    await act(() => {
      requests[index]?.answer(new Response(bytes, { status: 206 }));
      return Promise.resolve();
    });
  };
  const choose = async (name: string): Promise<void> => {
    await drawn.user.click(screen.getByTestId('cube-button'));
    await drawn.user.click(screen.getByRole('menuitemradio', { name }));
  };
  return { ...drawn, createLink, answer, choose, looking: () => looked.mock.lastCall?.[0] ?? PLAIN_LOOKING };
}

const label = () => screen.getByTestId('cube-button').textContent;

it('offers the looks of the studio by name, beside none and a file of this computer', async () => {
  const { user } = await drawLine();
  await user.click(screen.getByTestId('cube-button'));
  const items = screen.getAllByRole('menuitemradio').map(({ textContent }) => textContent);
  expect(items).toEqual(['No LUT', 'Night', 'Show']);
  expect(screen.getByRole('menuitemradio', { name: 'No LUT' }).getAttribute('aria-checked')).toBe('true');
  expect(screen.getByRole('menuitem').textContent).toMatch(/computer/);
});

it('is a button for a file where the studio names none', async () => {
  const { user } = await drawLine([]);
  const click = vi.spyOn(screen.getByTestId('cube-file'), 'click');
  await user.click(screen.getByTestId('cube-button'));
  expect(click).toHaveBeenCalledOnce();
  expect(screen.queryByRole('menu')).toBeNull();
});

it('says the name of a look when it is applied, and not before', async () => {
  const { choose, answer, looking, createLink, user } = await drawLine();
  await choose('Show');
  expect(createLink).toHaveBeenCalledExactlyOnceWith({ key: SHOW.key, purpose: 'play' });
  expect(label()).toBe('No LUT');
  expect(screen.getByTestId('table-reading').textContent).toContain('Show');
  // What is changed while it is read stays.
  await user.click(screen.getByText('brighter'));
  await answer(0);
  await expect.poll(label).toBe('Show');
  expect(screen.queryByTestId('table-reading')).toBeNull();
  expect(looking()).toMatchObject({ exposure: 1, lut: { title: 'A grade' }, lutOrigin: { is: 'look', ...SHOW } });
  await user.click(screen.getByTestId('cube-button'));
  expect(screen.getByRole('menuitemradio', { name: 'Show' }).getAttribute('aria-checked')).toBe('true');
  await user.click(screen.getByRole('menuitemradio', { name: 'No LUT' }));
  expect(looking()).toEqual({ ...PLAIN_LOOKING, exposure: 1 });
  expect(label()).toBe('No LUT');
});

it('says which look cannot be used and why; the one before stays', async () => {
  const { choose, answer, looking } = await drawLine();
  await choose('Show');
  await answer(0);
  await expect.poll(label).toBe('Show');
  await choose('Night');
  await answer(1, new TextEncoder().encode('LUT_3D_SIZE 2\n0 0 oops\n'.padEnd(GRADE_BYTES, '#')));
  const fault = await screen.findByTestId('table-fault');
  expect(fault.textContent).toMatch(/^Night is not used: line 2, .*\(looks\/night\.cube\)$/);
  expect(label()).toBe('Show');
  expect(looking().lutOrigin).toMatchObject({ name: 'Show' });
});

it('says what main says of a look that is not there', async () => {
  const { choose, createLink } = await drawLine();
  const report = { code: 'no-such-key', message: 'It is not there.', retryable: false } as const;
  createLink.mockRejectedValue(new NearplayApiError(report));
  await choose('Show');
  expect((await screen.findByTestId('table-fault')).textContent).toContain('is not used: It is not there.');
  expect(label()).toBe('No LUT');
});

it.each(['Stop reading Show', 'plain', 'No LUT', 'Night'])('gives up what is on its way: %s', async (how) => {
  const { choose, answer, looking, user } = await drawLine();
  await user.click(screen.getByText('brighter'));
  await choose('Show');
  await expect.poll(() => requests.length).toBe(1);
  if (how === 'plain') await user.click(screen.getByText('plain'));
  else if (how === 'Stop reading Show') await user.click(screen.getByRole('button', { name: how }));
  else await choose(how);
  expect(requests[0]?.signal?.aborted).toBe(true);
  await answer(0);
  if (how !== 'Night') expect(screen.queryByTestId('table-reading')).toBeNull();
  expect(looking().lut).toBeUndefined();
});

it('ends what is read when the line goes', async () => {
  const { choose, unmount } = await drawLine();
  await choose('Show');
  await expect.poll(() => requests.length).toBe(1);
  unmount();
  expect(requests[0]?.signal?.aborted).toBe(true);
});
