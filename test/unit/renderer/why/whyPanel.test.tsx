// @vitest-environment jsdom
import { act, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { INITIAL_PLAYER_LINK, type PlayerLink } from '../../../../renderer/player/playerLink.ts';
import { PlayerRoute } from '../../../../renderer/player/PlayerRoute.tsx';
import { WhyPanel } from '../../../../renderer/why/WhyPanel.tsx';
import type { FasterStorage, Link } from '../../../../shared/link.ts';
import type { ExplainedObject, ReadingStatus, RouteExplanation } from '../../../../shared/reading.ts';
import type { Route } from '../../../../shared/routing.ts';
import { aBootstrap } from '../../../mothers/bootstrap.ts';
import { draw } from '../drawn.tsx';

const REGULAR: Route = { storage: 'sydney', reason: 'replica-chosen', details: { replica: 'sydney' } };
const FASTER: Route = { storage: 'main-us', reason: 'measured-faster', details: { slower: 'sydney' } };
const READING: ReadingStatus = {
  ...{ readFrom: 'sydney', route: REGULAR, region: 'ap-southeast-2', label: 'Sydney' },
  ...{ addresses: [], replicationDelaySeconds: 0 },
  storages: [
    { name: 'main-us', label: 'Virginia', region: 'us-east-1', bucket: 'm', role: 'main', reachable: true },
    { name: 'sydney', label: 'Sydney', region: 'ap-southeast-2', bucket: 's', role: 'replica', reachable: true },
  ],
};

function linkOf(key: string, route: Route): Link {
  return {
    ...{ key, route, url: 'https://a.example/a', region: 'r', bucket: 'b', kind: 'video', contentType: 'video/mp4' },
    ...{ size: 1, lastModified: 0, expiresAt: 1e9 },
  };
}

function playing(route: Route, more: Partial<PlayerLink> = {}): PlayerLink {
  return { ...INITIAL_PLAYER_LINK, phase: 'playing', link: linkOf('a.mov', route), ...more };
}

/** The panel for one file, over a player that shows another or the same one. */
async function drawPanel(whyKey: string, route: Route) {
  const asked: { key?: string | undefined; faster?: FasterStorage | undefined }[] = [];
  const explainRegion = (request: (typeof asked)[number] = {}): Promise<RouteExplanation> => {
    asked.push(request);
    const object: ExplainedObject = {
      ...{ key: whyKey, size: 1, lastModified: 0, ageSeconds: 3, route: REGULAR, proofs: [] },
      ...(request.faster && { playedFrom: FASTER }),
    };
    return Promise.resolve({ reading: READING, object, measurements: [], clockOffsets: [], text: '' });
  };
  const drawn = await draw(
    <>
      <PlayerRoute state={playing(route)} kind="video" />
      <WhyPanel />
    </>,
    { explainRegion },
  );
  const { session } = drawn.nearplay;
  act(() => session.setState({ app: aBootstrap({ reading: READING }), panel: 'why', whyKey }));
  await screen.findByTestId('copy-for-it');
  return { asked, session, sentence: () => document.querySelector('.why-sentence')?.textContent };
}

it('says where the player reads the file on screen from, and what its regular route is', async () => {
  const { asked, session, sentence } = await drawPanel('a.mov', FASTER);
  expect(asked.at(-1)).toEqual({ key: 'a.mov', faster: { storage: 'main-us', than: 'sydney' } });
  expect(sentence()).toBe('Sydney gave this more slowly than it plays; Virginia was measured to be faster.');
  const regular = screen.getByTestId('regular-route');
  expect(regular.dataset['storage']).toBe('sydney');
  expect(regular.textContent).toContain('for this file alone');
  expect(regular.textContent).toContain('regular route: Sydney · Chosen by you');
  expect(document.querySelector('.why-storages [data-in-use="true"]')?.getAttribute('data-storage')).toBe('main-us');
  // The panel follows the player, also while it is open.
  act(() => session.getState().setPlayedFaster('a.mov', undefined));
  expect(await screen.findByText('You chose to read from Sydney.')).toBeDefined();
  expect(screen.queryByTestId('regular-route')).toBeNull();
});

it.each([
  ['of another file', 'b.mov', FASTER],
  ['of a file that plays by its route', 'a.mov', REGULAR],
])('says nothing of a measurement for the route %s', async (_what, key, route) => {
  const { asked, sentence } = await drawPanel(key, route);
  expect(asked.at(-1)).toEqual({ key });
  expect(sentence()).toBe('You chose to read from Sydney.');
  expect(screen.queryByTestId('regular-route')).toBeNull();
});

it('is told of the measurement only while the player reads by it', async () => {
  const { nearplay, unmount } = await draw(<PlayerRoute state={playing(FASTER)} kind="video" />);
  const told = () => nearplay.session.getState().playedFaster;
  expect(told()).toEqual({ 'a.mov': { storage: 'main-us', than: 'sydney' } });
  unmount();
  expect(told()).toEqual({});
  const broken = await draw(<PlayerRoute state={playing(FASTER, { broken: 'network' })} kind="video" />);
  expect(broken.nearplay.session.getState().playedFaster).toEqual({});
});
