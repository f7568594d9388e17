import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { readSmallFile, readSmallFileSync } from '../../../../../electron/services/files/smallFile.ts';
import { withFolder } from '../../../../helpers/fixtures.ts';

const it = withFolder;

describe.each([
  ['waiting', readSmallFile],
  ['at once', (...args: Parameters<typeof readSmallFileSync>) => Promise.resolve(readSmallFileSync(...args))],
])('a file of settings, read %s', (_name, read) => {
  it('is read whole', async ({ folder }) => {
    const file = join(folder, 'a.json');
    writeFileSync(file, '{}');
    expect(Buffer.from((await read(file)).bytes ?? [])).toEqual(Buffer.from('{}'));
    writeFileSync(file, Buffer.alloc(1_000_000, 1));
    expect((await read(file)).bytes).toHaveLength(1_000_000);
  });

  it('that is not there is missing', async ({ folder }) => {
    expect(await read(join(folder, 'none'))).toEqual({ fault: 'is not there', missing: true });
  });

  it('that is too large is refused before it is read', async ({ folder }) => {
    const file = join(folder, 'large');
    writeFileSync(file, '');
    // Sparse: were it read, memory would end.
    truncateSync(file, 64 * 1024 ** 3);
    expect(await read(file)).toEqual({ fault: 'is larger than 1 MB', missing: false });
  });

  it('that is a folder is refused', async ({ folder }) => {
    mkdirSync(join(folder, 'd'));
    expect(await read(join(folder, 'd'))).toEqual({ fault: 'is a folder', missing: false });
  });

  it.skipIf(process.platform === 'win32')(
    'that is a pipe or a device is refused, and nothing waits for it',
    async ({ folder }) => {
      const pipe = join(folder, 'pipe');
      execFileSync('mkfifo', [pipe]);
      for (const file of [pipe, '/dev/zero', '/dev/null']) {
        expect((await read(file)).fault).toContain('not a regular file');
      }
    },
  );

  it.skipIf(process.platform !== 'linux')('that has no size of its own is read up to the limit', async () => {
    expect((await read('/proc/self/status')).bytes?.length).toBeGreaterThan(10);
    expect(await read('/proc/self/status', 10)).toMatchObject({ fault: 'is larger than 0.00001 MB' });
  });
});
