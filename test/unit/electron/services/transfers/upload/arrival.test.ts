import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { compositeOf } from '../../../../../../electron/services/content/compositeCrc32.ts';
import {
  etagOfParts,
  looksLikeEtag,
  type SentContent,
  verdictOn,
} from '../../../../../../electron/services/content/contentVerdict.ts';
import { crc32, toBase64 } from '../../../../../../electron/services/content/crc32.ts';
import type { RemoteObject } from '../../../../../../electron/services/transfers/http/objectInfo.ts';
import { proveArrival } from '../../../../../../electron/services/transfers/upload/arrival.ts';
import type { UploadContext } from '../../../../../../electron/services/transfers/upload/uploadContext.ts';
import { NearplayError } from '../../../../../../shared/errors.ts';

const BYTES = Buffer.from('what was sent');
const md5Of = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');
const sentOf = (bytes: Buffer): SentContent => ({
  size: bytes.length,
  crc32: toBase64(crc32(bytes)),
  composite: compositeOf([crc32(bytes)]),
  etag: () => md5Of(bytes),
});
const SENT = sentOf(BYTES);
const ETAG = `"${md5Of(BYTES)}"`;
const OTHER = `"${'0'.repeat(32)}"`;

describe('an answer to a write', () => {
  it.each([
    ['our checksum and an ETag', { etag: OTHER, crc32: SENT.crc32 }, 'proved'],
    [
      'our composite checksum and an ETag of another maker',
      { etag: '"0x8DBC"', composite: compositeOf([crc32(BYTES)]) },
      'proved',
    ],
    ['the MD5 as its ETag', { etag: ETAG }, 'proved'],
    ['the MD5 in capitals and without quotes', { etag: ETAG.replaceAll('"', '').toUpperCase() }, 'proved'],
    ['nothing', { etag: '' }, 'open'],
    ['our checksum and no ETag', { etag: '', crc32: SENT.crc32 }, 'open'],
    ['our checksum and the weak ETag of a page', { etag: 'W/"5f3"', crc32: SENT.crc32 }, 'open'],
    ['an ETag that is not the MD5', { etag: OTHER }, 'open'],
    ['an ETag of another maker', { etag: '"0x8DBC"' }, 'open'],
    ['another checksum, and the right ETag', { etag: ETAG, crc32: 'AAAAAA==' }, 'contradicted'],
    ['another composite checksum', { etag: ETAG, composite: 'AAAAAA==-1' }, 'contradicted'],
  ] as const)('with %s', (_name, said, standing) => {
    expect(verdictOn(said, SENT)).toBe(standing);
  });
});

it('what HEAD says counts without an ETag, and not with another size', () => {
  expect(verdictOn({ etag: '', size: BYTES.length, crc32: SENT.crc32 }, SENT)).toBe('proved');
  expect(verdictOn({ etag: ETAG, size: BYTES.length + 1, crc32: SENT.crc32 }, SENT)).toBe('contradicted');
  expect(verdictOn({ etag: '', size: BYTES.length }, SENT)).toBe('open');
});

it('asks for no MD5 where there is a checksum', () => {
  const etag = () => {
    throw new Error('It was calculated');
  };
  expect(verdictOn({ etag: OTHER, crc32: SENT.crc32 }, { ...SENT, etag })).toBe('proved');
});

it('knows an ETag by its form', () => {
  expect(['"a"', ETAG, md5Of(BYTES), `"${md5Of(BYTES)}-3"`].every(looksLikeEtag)).toBe(true);
  expect(['', '""', 'W/"a"', 'abc', '"a b"', '<html>'].some(looksLikeEtag)).toBe(false);
});

it('makes the ETag of parts as S3 does', () => {
  const [one, two] = [md5Of(Buffer.from('one')), md5Of(Buffer.from('two'))];
  expect(etagOfParts([one, two])).toBe(`${md5Of(Buffer.from(one + two, 'hex'))}-2`);
});

/** A storage that answers HEAD with these, by version; `undefined`: looking is refused. */
function storage(heads: ReadonlyMap<string, RemoteObject | null | undefined>) {
  const asked: string[] = [];
  const head = (_key: string, _signal: AbortSignal, version = 'current') => {
    asked.push(version);
    const found = heads.get(version);
    return found === undefined ? Promise.reject(new NearplayError('access-denied')) : Promise.resolve(found);
  };
  const api = { head } as unknown as UploadContext['api'];
  const context = { api, random: () => 0, sleep: () => Promise.resolve(), slots: { slowDown: () => undefined } };
  return { asked, context: context as unknown as UploadContext };
}

const { signal } = new AbortController();
const place = { key: 'a.exr', wholeKey: 'media/a.exr', sent: SENT, signal };
const proof = { etag: ETAG, crc32: SENT.crc32 };
const whole = { ...proof, size: BYTES.length };

describe('an arrival', () => {
  it('is believed without another request where the answer proves it', async () => {
    const { context, asked } = storage(new Map());
    expect(await proveArrival(context, { ...place, answer: proof })).toMatchObject({ verifiedBy: 'answer' });
    expect(asked).toEqual([]);
  });

  it('is asked for where the answer does not prove it, or says something else', async () => {
    for (const answer of [{ etag: '' }, { etag: OTHER, crc32: 'AAAAAA==' }]) {
      const { context } = storage(new Map([['current', whole]]));
      expect(await proveArrival(context, { ...place, answer })).toEqual({ object: whole, verifiedBy: 'head' });
    }
  });

  it.each([
    ['is not there', null, { etag: '' }, 'damaged'],
    ['is not there, though the answer proved it', null, { ...proof, always: true }, 'damaged'],
    ['has another size', { ...whole, size: 1 }, { etag: '' }, 'damaged'],
    ['has another checksum', { ...whole, crc32: 'AAAAAA==' }, { etag: '' }, 'damaged'],
    ['proves nothing', { size: BYTES.length, etag: '' }, { etag: '' }, 'unproved'],
    ['may not be looked at', undefined, { etag: '' }, 'unproved'],
    [
      'may not be looked at, after an answer that says something else',
      undefined,
      { etag: '"a"', crc32: 'A' },
      'damaged',
    ],
  ] as const)(
    'is none where it %s',
    async (_name, present, { always = false, ...answer }: { etag: string; crc32?: string; always?: boolean }, code) => {
      const { context } = storage(new Map([['current', present]]));
      const question = { ...place, answer, asksAlways: always };
      await expect(proveArrival(context, question)).rejects.toMatchObject({ code });
    },
  );

  it('is that of the version that was sent, under a newer one or a mark of deletion', async () => {
    const ours = { ...whole, versionId: 'ours' };
    for (const current of [{ ...whole, size: 9, versionId: 'theirs' }, null]) {
      const { context } = storage(
        new Map([
          ['current', current],
          ['ours', ours],
        ] as const),
      );
      const question = { ...place, answer: { ...proof, versionId: 'ours' }, asksAlways: true };
      expect(await proveArrival(context, question)).toEqual({ object: ours, verifiedBy: 'head' });
    }
  });
});

it('is never said of bytes that are not in the storage', async () => {
  const stored = fc.option(
    fc.oneof(
      fc.constant(BYTES),
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    ),
  );
  const honesty = fc.constantFrom('true', 'absent', 'junk');
  const telling = fc.record({ etag: honesty, crc32: honesty, composite: fc.constantFrom('absent', 'junk') });
  await fc.assert(
    fc.asyncProperty(
      stored,
      telling,
      telling,
      fc.boolean(),
      fc.boolean(),
      async (bytes, answers, heads, mayLook, always) => {
        const say = (how: typeof answers) => ({
          etag: how.etag === 'true' && bytes ? `"${md5Of(bytes)}"` : how.etag === 'junk' ? '"page"' : '',
          ...(how.crc32 === 'true' && bytes && { crc32: toBase64(crc32(bytes)) }),
          ...(how.crc32 === 'junk' && { crc32: 'junk' }),
          ...(how.composite === 'junk' && { composite: 'junk-1' }),
        });
        const head = bytes ? { ...say(heads), size: bytes.length } : null;
        const { context } = storage(new Map([['current', mayLook ? head : undefined]]));
        const isArrived = await proveArrival(context, { ...place, answer: say(answers), asksAlways: always }).then(
          () => true,
          () => false,
        );
        if (isArrived) expect(bytes && Buffer.compare(bytes, BYTES)).toBe(0);
      },
    ),
    { numRuns: 2000 },
  );
});
