import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type IsolationPreferences, preferencesSchema } from '../../../shared/preferences.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { bytesOf, count, until, uploadsIn } from '../services/transfers/surroundings.ts';
import { withCli } from './fixtures.ts';

const MIB = 1024 ** 2;
const credentials = { accessKeyId: 'SAMEEVERYWHERE', secretAccessKey: 'same-secret-everywhere' };

function preferencesOf(sandbox: Sandbox): { preferences: IsolationPreferences; endpoint: string } {
  const preferences = preferencesSchema.parse(sandbox.preferences({ services: [] }));
  return { preferences, endpoint: preferences.s3Configuration[preferences.mainStorage]?.endpoint ?? '' };
}

/** Preferences that name no endpoint: by them alone the storages are Amazon's. `endpoint`: where they are. */
const it = withCli
  .extend('sandboxOptions', { replicationDelayMs: 0, credentials })
  .extend('endpoint', async ({ folder, sandbox, surroundings: _written }) => {
    const { preferences, endpoint } = preferencesOf(sandbox);
    const storages = Object.entries(preferences.s3Configuration);
    const s3Configuration = Object.fromEntries(storages.map(([name, { endpoint: _, ...rest }]) => [name, rest]));
    await writeFile(join(folder, 'studio.json'), JSON.stringify({ ...preferences, s3Configuration }));
    return endpoint;
  });

const PROFILE = (endpoint: string) => `[profile us]
endpoint_url = ${endpoint}
aws_access_key_id = ${credentials.accessKeyId}
aws_secret_access_key = ${credentials.secretAccessKey}
`;

describe('the endpoint that the machine names, and not the preferences', () => {
  it.for([
    ['AWS_ENDPOINT_URL_S3', (endpoint: string) => ({ AWS_ENDPOINT_URL_S3: endpoint })],
    ['AWS_ENDPOINT_URL', (endpoint: string) => ({ AWS_ENDPOINT_URL: endpoint })],
    ['a profile', (_: string, folder: string) => ({ AWS_CONFIG_FILE: join(folder, 'aws'), AWS_PROFILE: 'us' })],
  ] as const)(
    'decides whether conditions are relied on: %s',
    async ([, named], { endpoint, folder, sandbox, start }) => {
      await writeFile(join(folder, 'aws'), PROFILE(endpoint));
      const env = named(endpoint, folder);
      await writeFile(join(folder, 'shot.mov'), 'their film');
      expect(await start(['upload', 'shot.mov'], undefined, env).ended).toBe(0);
      sandbox.addFault({ effect: { kind: 'ignore-conditions' } });
      await writeFile(join(folder, 'shot.mov'), 'another film of mine');
      const { ended, said } = start(['upload', 'shot.mov'], undefined, env);
      expect(await ended).toBe(1);
      expect(said.stderr).toContain('Another file with this name is there');
      expect((await bytesOf(sandbox, 'shot.mov'))?.toString()).toBe('their film');
      const doctor = start(['doctor'], undefined, env);
      await doctor.ended;
      expect(doctor.said.stdout).toContain('a write whose condition does not hold is done all the same');
      expect(doctor.said.stdout).toContain(`at ${new URL(endpoint).host} (endpoint of this machine)`);
    },
  );

  it('is where an upload is bound to', async ({ endpoint, folder, sandbox, start }) => {
    await using elsewhere = await another();
    await writeFile(join(folder, 'shot.mov'), randomBytes(20 * MIB));
    sandbox.addFault({ operation: 'UploadPart', effect: { kind: 'stall' } });
    const { child, ended } = start(['upload', 'shot.mov'], undefined, { AWS_ENDPOINT_URL_S3: endpoint });
    await until(() => count(sandbox, 'CreateMultipartUpload') === 1 && uploadsIn(sandbox).length === 1, 'it began');
    await until(() => count(sandbox, 'UploadPart') > 0, 'its beginning is noted');
    child.kill('SIGKILL');
    await ended;
    sandbox.clearFaults();
    await start(['uploads', 'cancel'], undefined, { AWS_ENDPOINT_URL_S3: elsewhere.endpoint }).ended;
    expect(uploadsIn(sandbox)).toHaveLength(1);
    expect(await start(['uploads', 'cancel'], undefined, { AWS_ENDPOINT_URL_S3: endpoint }).ended).toBe(0);
    expect(uploadsIn(sandbox)).toHaveLength(0);
  });
});

/** A storage of another maker with a bucket of the same name. */
async function another() {
  const sandbox = await startSandbox({ credentials });
  return { endpoint: preferencesOf(sandbox).endpoint, [Symbol.asyncDispose]: () => sandbox.close() };
}
