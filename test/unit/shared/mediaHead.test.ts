import fc from 'fast-check';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { explainMedia } from '../../../shared/causes.ts';
import { messageOf, NO_FACTS } from '../../../shared/causes/cause.ts';
import { type AskedOfMedia, MEDIA_CAUSES } from '../../../shared/causes/mediaCauses.ts';
import { readMediaHead, trackText } from '../../../shared/mediaHead.ts';

const MEDIA = new URL('../../fixtures/media/', import.meta.url);

function source(bytes: Uint8Array, size = bytes.length) {
  const reads: [number, number][] = [];
  const read = (offset: number, length: number) => {
    reads.push([offset, length]);
    return Promise.resolve(bytes.subarray(offset, offset + length));
  };
  return { size, read, reads };
}
const headOf = (bytes: Uint8Array) => readMediaHead(source(bytes));
const text = (words: string) => Uint8Array.from(words, (letter) => letter.charCodeAt(0));
const u32 = (value: number) => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
const box = (type: string, ...content: Uint8Array[]) => {
  const inside = join(...content);
  return join(u32(inside.length + 8), text(type), inside);
};
const zeros = (count: number) => new Uint8Array(count);

/** A sample entry as ISO/IEC 14496-12 has it, with what follows. */
const entry = (codec: string, width: number, height: number, ...more: Uint8Array[]) =>
  box(codec, zeros(24), Uint8Array.of(width >> 8, width, height >> 8, height), zeros(50), ...more);
const track = (handler: string, sample: Uint8Array) =>
  box(
    'trak',
    box(
      'mdia',
      box('hdlr', zeros(8), text(handler), zeros(12)),
      box('minf', box('stbl', box('stsd', zeros(8), sample), box('stsz', zeros(5000)))),
    ),
  );
const movie = (...tracks: Uint8Array[]) =>
  join(box('ftyp', text('qt  ')), box('mdat', zeros(70_000)), box('moov', ...tracks));

describe('a codec is named from the head, wherever the index is', () => {
  it.each<[string, Uint8Array, string]>([
    ['apch', entry('apch', 1920, 1080), 'ProRes 422 HQ, 1920 × 1080'],
    ['ap4x', entry('ap4x', 4096, 2160), 'ProRes 4444 XQ, 4096 × 2160'],
    ['hvc1', entry('hvc1', 3840, 2160, box('hvcC', Uint8Array.of(1, 0x22))), 'HEVC Main 10, 3840 × 2160'],
    ['avc1', entry('avc1', 1920, 1080, box('avcC', Uint8Array.of(1, 122))), 'H.264 High 4:2:2, 1920 × 1080'],
    ['AVdh', entry('AVdh', 1920, 1080, box('ADHR', text('0001'), u32(1271))), 'Avid DNxHR (DNxHR HQX), 1920 × 1080'],
    ['a codec that is not known here', entry('zzz9', 64, 64), '"zzz9"'],
    ['a codec with a blank', entry('rle ', 64, 48), 'QuickTime Animation, 64 × 48'],
  ])('%s', async (_codec, sample, words) => {
    const sound = track('soun', box('sowt', zeros(28)));
    const head = await headOf(movie(sound, track('vide', sample)));
    if (head.is !== 'iso') throw new Error(head.is);
    expect(trackText(head.tracks, 'video')).toBe(words);
    expect(trackText(head.tracks, 'audio')).toBe('PCM');
    expect(head).toMatchObject({ hasIndex: true });
    expect(head.endsAt).toBeUndefined();
  });

  it.each([
    ['shots/sq010/sh010/sq010_sh010_comp_v002.mp4', /^H\.264/, undefined],
    ['audio/sq020_ambience.m4a', undefined, 'AAC'],
    ['reviews/2026-03-18_dailies.webm', /^VP[89]|^AV1/, undefined],
  ])('in real files: %s', async (file, picture, sound) => {
    const head = await headOf(await readFile(new URL(file, MEDIA)));
    const tracks = head.is === 'iso' || head.is === 'matroska' ? head.tracks : [];
    if (picture) expect(trackText(tracks, 'video')).toMatch(picture);
    if (sound !== undefined) expect(trackText(tracks, 'audio')).toBe(sound);
  });

  it.each([
    ['\x76\x2f\x31\x01....', 'an OpenEXR image'],
    ['SDPX....', 'a DPX image'],
    ['II*\0....', 'a TIFF image'],
    ['\x06\x0e\x2b\x34....', 'an MXF file'],
    ['RIFF....AVI LIST', 'an AVI file'],
  ])('other formats by their first bytes: %s', async (start, name) => {
    expect(await headOf(text(start))).toEqual({ is: 'named', name });
  });
});

/** The first partition pack of files that ffmpeg 5.1 wrote, as far as it has something: `ffmpeg -f lavfi -i color … FILE.mxf`. */
const MXF_PACK = (label: string) =>
  Uint8Array.from(
    Buffer.from(
      '060e2b34020501010d0102010102040083000068000100030000020000000000000000000000000000000000' +
        '00000000000000001c1e0000000000000012000000000000000200000000020000000000000000000000' +
        `01060e2b34040101010d010201010109000000000100000010${label}060e2b34010101020301021001000000`,
      'hex',
    ),
  );

describe('an MXF file names its picture', () => {
  it.each([
    ['060e2b340401010a0d01030102110100', 'an MXF file with DNxHD or DNxHR'],
    ['060e2b34040101020d01030102046001', 'an MXF file with MPEG-2'],
    ['060e2b340401010a0d01030102106001', 'an MXF file with H.264'],
    ['060e2b34040101070d010301020c0100', 'an MXF file with JPEG 2000'],
    ['060e2b34040101010d01030102ff0100', 'an MXF file'],
  ])('%s', async (label, name) => {
    expect(await headOf(MXF_PACK(label))).toEqual({ is: 'named', name });
  });
});

it.each([
  ['ADHR0001', 1271, 'Avid DNxHR (DNxHR HQX), 3840 × 2160'],
  ['ARES0001', 1235, 'Avid DNxHR (10 bit), 3840 × 2160'],
])('%s of Avid names the profile %d', async (atom, id, words) => {
  const profile = join(text(atom), Uint8Array.of(0, 0, id >> 8, id & 255));
  const head = await headOf(movie(track('vide', entry('AVdh', 3840, 2160, box('ADHR', profile)))));
  expect(trackText(head.is === 'iso' ? head.tracks : [], 'video')).toBe(words);
});

describe('what is wrong with a file is told from its bytes', () => {
  const whole = movie(track('vide', entry('avc1', 64, 48)));
  it('an MP4 that is cut says how long it should be', async () => {
    const first = join(
      box('ftyp', text('isom')),
      box('moov', track('vide', entry('avc1', 64, 48))),
      box('mdat', zeros(9000)),
    );
    const cut = first.subarray(0, first.length - 4000);
    expect(await headOf(cut)).toMatchObject({ is: 'iso', hasIndex: true, endsAt: first.length });
    expect(explainMedia({ head: await headOf(cut), size: cut.length, fault: 'decode' })).toMatchObject({
      code: 'damaged-file',
    });
  });

  it('an MP4 without its index has none', async () => {
    const head = await headOf(join(box('ftyp', text('isom')), box('mdat', zeros(9000))));
    expect(head).toMatchObject({ is: 'iso', hasIndex: false });
    expect(explainMedia({ head, size: 9024, fault: 'unsupported' })).toMatchObject({ code: 'damaged-file' });
  });

  it.each([
    ['a text called .mp4', 'This is not a film.\n'.repeat(20), 'text'],
    ['a page', '<!DOCTYPE html>\n<html><body>Sign in</body></html>', 'page'],
  ])('%s', async (_what, words, is) => {
    expect(await headOf(text(words))).toEqual({ is });
  });

  it('nothing, and anything', async () => {
    expect(await headOf(zeros(0))).toEqual({ is: 'empty' });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 4000 }), fc.nat(5_000_000), async (bytes, more) => {
        const from = source(bytes, bytes.length + more);
        await readMediaHead(from);
        expect(from.reads.length).toBeLessThanOrEqual(24);
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), async (at, byte) => {
        const bytes = Uint8Array.from(whole);
        bytes[at] = byte;
        const from = source(bytes);
        await readMediaHead(from);
        expect(from.reads.reduce((sum, [, length]) => sum + length, 0)).toBeLessThanOrEqual(24 * 16 * 1024);
      }),
    );
  });
});

it.each(MEDIA_CAUSES.map((cause) => [cause.id, cause] as const))('%s is what its example means', (_id, cause) => {
  const asked: AskedOfMedia = {
    head: { is: 'unknown' },
    size: 1000,
    fault: 'unsupported',
    ...(cause.example.asked as Partial<AskedOfMedia>),
  };
  const message = messageOf(cause, NO_FACTS, asked);
  expect(explainMedia(asked)).toEqual({ code: cause.code, message });
  expect(message).toMatch(/^[A-Z"].*\.$/);
});
