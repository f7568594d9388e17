import { randomBytes } from 'node:crypto';
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect } from 'vitest';
import type { FaultEffect, RewritableAnswer } from '../../sandbox/faults.ts';
import { withCli } from './fixtures.ts';

const IN_SYDNEY = '203.0.113.7';
const SYDNEY_REGION = 'ap-southeast-2';
const CONTENT = randomBytes(20_000);

const it = withCli.extend('uploaded', ({ folder, nearplay }) => async (name: string) => {
  await mkdir(join(folder, name));
  await writeFile(join(folder, name, 'a.mov'), CONTENT);
  const anHourAgo = Date.now() / 1000 - 3600;
  await utimes(join(folder, name, 'a.mov'), anHourAgo, anHourAgo);
  expect(await nearplay(['upload', name])).toMatchObject({ code: 0 });
});
/** In toMatchObject an expression by itself fits everything. */
const matching = (expression: RegExp) => expect.stringMatching(expression) as string;

/** Answers without checksums, and with this ETag for all objects. */
function onlyEtag(etag: string): FaultEffect {
  const rewrite = ({ headers, body }: RewritableAnswer): Partial<RewritableAnswer> => {
    const kept = Object.entries(headers).filter(([name]) => !/^x-amz-checksum/i.test(name));
    return {
      headers: Object.fromEntries(kept.map(([name, value]) => [name, /^etag$/i.test(name) ? etag : value])),
      ...(typeof body === 'string' && { body: body.replace(/<ETag>[^<]*<\/ETag>/g, `<ETag>${etag}</ETag>`) }),
    };
  };
  return { kind: 'rewritten', rewrite };
}

describe.each([
  ['only looks like an MD5', `"${'0123456789abcdef'.repeat(2)}"`],
  ['is opaque', '"abc-opaque"'],
])('an ETag that %s, without a checksum', (_what, etag) => {
  it('makes nothing different, damaged or the same: not known is what every command says', async ({
    folder,
    nearplay,
    sandbox,
    uploaded,
  }) => {
    await uploaded('d');
    sandbox.addFault({ effect: onlyEtag(etag) });
    // Conditions are by the real ETag.
    sandbox.addFault({ operation: 'GetObject', effect: { kind: 'ignore-conditions' } });
    expect(await nearplay(['verify', 'd'])).toMatchObject({ code: 1, stdout: matching(/^unproved +d\/a\.mov/) });
    expect(await nearplay(['get', 'd/a.mov', 'one.mov'])).toMatchObject({ code: 0, stdout: matching(/not proved/) });
    expect((await readFile(join(folder, 'one.mov'))).equals(CONTENT)).toBe(true);
    expect(await nearplay(['get', 'd/', 'all'])).toMatchObject({ code: 0, stdout: matching(/1 of these not proved/) });
    const refused = await nearplay(['upload', 'd/a.mov', '--to', 'd']);
    expect(refused).toMatchObject({ code: 1, stderr: matching(/not known whether it is the same/) });
    const questions: string[] = [];
    const ask = (question: string) => {
      questions.push(question);
      return Promise.resolve('s');
    };
    await nearplay(['upload', 'd/a.mov', '--to', 'd'], { ask });
    expect(questions).toEqual([matching(/is there already; it is not known whether it is the same/)]);
  });
});

describe('a replica with other bytes and their own checksum', () => {
  const other = randomBytes(CONTENT.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(other));

  const rewrite = ({ headers, body }: RewritableAnswer): Partial<RewritableAnswer> => ({
    headers: { ...headers, 'x-amz-checksum-crc32': sum.toString('base64') },
    ...(typeof body !== 'string' && { body: otherBytes() }),
  });
  const ofReplica = it.extend('lying', ({ folder, sandbox, uploaded }) => async () => {
    const preferences = sandbox.preferences({ services: [], delaySeconds: 0 });
    await writeFile(join(folder, 'studio.json'), JSON.stringify(preferences));
    await uploaded('d');
    await sandbox.waitForReplica('media/d/a.mov', 20_000);
    for (const operation of ['HeadObject', 'GetObject'] as const) {
      sandbox.addFault({ region: SYDNEY_REGION, operation, effect: { kind: 'rewritten', rewrite } });
    }
  });
  // eslint-disable-next-line @typescript-eslint/require-await -- The body of an answer is an async iterable.
  async function* otherBytes(): AsyncGenerator<Buffer> {
    yield other;
  }

  ofReplica('is left for main, which keeps another checksum', async ({ folder, nearplay, lying }) => {
    await lying();
    const one = await nearplay(['get', 'd/a.mov', 'one.mov', '--json', '--ip', IN_SYDNEY]);
    expect(one).toMatchObject({ code: 0, stderr: matching(/damaged/), stdout: matching(/"storage":"main-us"/) });
    expect((await readFile(join(folder, 'one.mov'))).equals(CONTENT)).toBe(true);
    expect(await nearplay(['get', 'd/', 'all', '--ip', IN_SYDNEY])).toMatchObject({ code: 0 });
    expect((await readFile(join(folder, 'all/a.mov'))).equals(CONTENT)).toBe(true);
  });

  ofReplica(
    'is said to be proved by its own word alone, where main does not say what it keeps',
    async ({ nearplay, sandbox, lying }) => {
      await lying();
      sandbox.addFault({ region: 'us-east-1', operation: 'HeadObject', effect: { kind: 'no-checksum' } });
      const one = await nearplay(['get', 'd/a.mov', 'one.mov', '--ip', IN_SYDNEY]);
      expect(one).toMatchObject({
        code: 0,
        stderr: '',
        stdout: matching(/proved by crc32, by the word of sydney alone/),
      });
    },
  );
});
