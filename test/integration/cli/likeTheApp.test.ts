import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../../electron/cli/program.ts';
import { settingsInMemory } from '../../../electron/services/preferences/settingsStore.ts';
import { ELSEWHERE, IN_SYDNEY, startTestStudio, type TestStudio } from '../services/studio.ts';

let studio: TestStudio;
beforeAll(async () => {
  studio = await startTestStudio({ delaySeconds: 5 });
  await studio.upload('old.txt', 'old');
  await studio.sandbox.waitForReplica('media/old.txt', 50_000);
  studio.sandbox.setClock(10_000);
  studio.sandbox.setReplication({ mode: 'never' });
  await studio.upload('late.txt', 'late');
  studio.sandbox.setClock(20_000);
  await studio.upload('young.txt', 'young');
});
afterAll(() => studio.stop());

async function terminal(...args: string[]): Promise<Record<string, unknown>> {
  let stdout = '';
  const { accessKeyId, secretAccessKey } = studio.sandbox.credentials;
  const code = await runCli([...args, '--preferences', 'preferences.json', '--json'], {
    env: {
      NEARPLAY_HOME: join(studio.folder, 'home'),
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    },
    cwd: studio.folder,
    stdout: (text) => (stdout += text),
    stderr: (text) => (stdout += text),
    now: () => Date.now(),
    platform: process.platform,
    signal: new AbortController().signal,
  });
  expect(code).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('the terminal says the same as the window', () => {
  it.each([
    ['old.txt', IN_SYDNEY, 'auto'],
    ['old.txt', ELSEWHERE, 'auto'],
    ['old.txt', ELSEWHERE, 'sydney'],
    ['old.txt', IN_SYDNEY, 'main'],
    ['late.txt', IN_SYDNEY, 'auto'],
    ['young.txt', IN_SYDNEY, 'auto'],
  ])('link %s from %s, reading from %s', async (key, ip, readFrom) => {
    const app = await studio.join({ givenAddress: ip, settings: settingsInMemory({ readFrom }) });
    const link = await app.studio().createLink(key, 'play');
    const said = await terminal('link', key, '--ip', ip, '--read-from', readFrom);
    expect(said).toMatchObject({ storage: link.route.storage, reason: link.route.reason, region: link.region });
    expect(new URL(String(said['url'])).pathname).toBe(new URL(link.url).pathname);
  });

  it('status: what S3 says, and what each replica holds', async () => {
    const { object } = await studio.services.explanations.explain('late.txt');
    const said = await terminal('status', 'late.txt');
    expect(said).toMatchObject({
      replicationStatus: object?.replicationStatus,
      versionId: object?.versionId,
      replicas: [{ storage: 'sydney', holdsThisVersion: false }],
    });
    expect(object?.proofs).toMatchObject([{ storage: 'sydney', holds: 'no' }]);
  });

  it('route: the reason that the window gives in general', async () => {
    const app = await studio.join({ givenAddress: IN_SYDNEY });
    const { reading } = await app.bootstrap();
    const said = await terminal('route', '--ip', IN_SYDNEY);
    expect(said).toMatchObject({
      storage: reading?.route.storage,
      reason: reading?.route.reason,
      matchedRange: '203.0.113.0/24',
    });
  });
});
