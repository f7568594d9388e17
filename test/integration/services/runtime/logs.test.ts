import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLog, type Log } from '../../../../electron/services/runtime/log.ts';
import type { FaultEffect } from '../../../sandbox/faults.ts';
import { startTestStudio, type TestStudio } from '../studio.ts';

let studio: TestStudio;
let lines: string[];
let log: Log;
beforeEach(async () => {
  lines = [];
  log = createLog(
    (line) => lines.push(line),
    () => Date.now(),
  );
  studio = await startTestStudio({ services: { log } });
});
afterEach(() => studio.stop());

/** Everything that must never be in a log: the keys, and what makes a link open its file. */
function expectNoSecrets(links: readonly string[]): void {
  const { accessKeyId, secretAccessKey } = studio.sandbox.credentials;
  const text = lines.join('');
  for (const secret of [accessKeyId, secretAccessKey]) expect(text).not.toContain(secret);
  for (const link of links) expect(text).not.toContain(new URL(link).searchParams.get('X-Amz-Signature'));
  expect(text).not.toMatch(/X-Amz-Signature(=|%3D)(?!\[)/i);
  expect(text).not.toMatch(/AWS4-HMAC-SHA256 Credential/);
  for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
}

const FAULTS: readonly [string, FaultEffect][] = [
  ['a region that is gone', { kind: 'down' }],
  ['connections that break', { kind: 'reset', afterBytes: 2 }],
  ['refusals', { kind: 'status', status: 403, code: 'AccessDenied' }],
  ['wrong signatures', { kind: 'status', status: 403, code: 'SignatureDoesNotMatch' }],
  ['ended tokens', { kind: 'status', status: 400, code: 'ExpiredToken' }],
  ['another region', { kind: 'status', status: 301, code: 'PermanentRedirect' }],
  ['answers of 500', { kind: 'status', status: 500, code: 'InternalError' }],
  ['answers of no known kind', { kind: 'status', status: 418, code: 'Teapot' }],
];

it.each(FAULTS)('with %s the log tells what failed, and no secret', async (_name, effect) => {
  const { services, sandbox } = studio;
  await studio.upload('shot.txt', 'bytes of the shot');
  await sandbox.waitForReplica('media/shot.txt', 50_000);
  const links: string[] = [];
  const link = async (failed?: string) => {
    const one = await services.studio().createLink('shot.txt', 'play', failed);
    links.push(one.url);
    return one;
  };
  const first = await link();
  sandbox.addFault({ effect });
  const ids = await services.uploads.add('', [await studio.file('late.txt', 'x'.repeat(100))]);
  const preferences = await studio.file('same.json', JSON.stringify(sandbox.preferences()));
  const results = await Promise.allSettled([
    link(),
    link('sydney'),
    link('main-us'),
    services.studio().library.list(''),
    services.studio().explainRoute('shot.txt'),
    services.importPreferences(preferences),
  ]);
  await new Promise((resolve) => setTimeout(resolve, 500));
  services.transfers.cancel(ids);
  sandbox.clearFaults();
  // What a careless caller would do: whole answers with their links, and errors with all that hangs below them.
  log.error('What became of it', { first, results, transfers: services.uploads.list() });
  expect(links.length).toBeGreaterThan(0);
  expect(lines.length).toBeGreaterThan(0);
  expectNoSecrets(links);
});
