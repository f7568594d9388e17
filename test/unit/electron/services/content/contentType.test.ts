import { describe, expect, it } from 'vitest';
import { contentTypeOf } from '../../../../../electron/services/content/contentType.ts';
import { describeObject } from '../../../../../electron/services/transfers/upload/objectMetadata.ts';

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000a49444154', 'hex');
const JPEG = Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex');
const MP4 = Buffer.concat([Buffer.from('00000018', 'hex'), Buffer.from('ftypmp42\0\0\0\0mp42isom')]);
const MATROSKA = Buffer.from('1a45dfa3a34286810142f7810142f2810442f381084282886d6174726f736b61', 'hex');
const PDF = Buffer.from('%PDF-1.7\n1 0 obj\n');

describe('a content type', () => {
  it.each([
    ['shot.0101.exr', 'image/x-exr'],
    ['SHOT.EXR', 'image/x-exr'],
    ['scan.dpx', 'image/dpx'],
    ['cache.abc', 'application/x-alembic'],
    ['set.usda', 'model/vnd.usda'],
    ['set.usdc', 'model/vnd.usd'],
    ['smoke.vdb', 'application/x-openvdb'],
    ['rig.ma', 'application/x-maya-ascii'],
    ['a.mov', 'video/quicktime'],
    ['a.mxf', 'application/mxf'],
    ['exr', 'application/octet-stream'],
    ['what.ever', 'application/octet-stream'],
  ])('of %s is %s', async (name, type) => {
    expect(await contentTypeOf(name)).toBe(type);
    expect(await contentTypeOf(name, Buffer.alloc(0))).toBe(type);
    expect(await contentTypeOf(name, Buffer.from('nothing that anybody knows'))).toBe(type);
  });

  it('is that of the content where the name says nothing', async () => {
    expect(await contentTypeOf('clip', MP4)).toBe('video/mp4');
    expect(await contentTypeOf('scan.v002', PNG)).toBe('image/png');
  });

  it('is that of the content where the name is wrong about media', async () => {
    expect(await contentTypeOf('thumb.png', JPEG)).toBe('image/jpeg');
    expect(await contentTypeOf('clip.mov', MATROSKA)).toMatch(/matroska/);
  });

  it('is that of the name within a family of containers, and for all that is no media', async () => {
    expect(await contentTypeOf('clip.mov', MP4)).toBe('video/quicktime');
    expect(await contentTypeOf('clip.m4v', MP4)).toBe('video/x-m4v');
    expect(await contentTypeOf('shot.exr', PNG)).toBe('image/x-exr');
    expect(await contentTypeOf('clip.mov', PDF)).toBe('video/quicktime');
    expect(await contentTypeOf('notes.txt', PNG)).toBe('text/plain');
  });
});

it('metadata names the time of change and the uploader, in ASCII', async () => {
  expect(await describeObject('a/b.mov', { mtimeNs: 1_700_000_000_123_456_789n, uploader: 'Jörg 5%' })).toEqual({
    contentType: 'video/quicktime',
    metadata: { mtime: '1700000000.123456789', uploader: 'J%C3%B6rg%205%25' },
  });
  expect(await describeObject('x', { beginning: PNG })).toEqual({ contentType: 'image/png', metadata: {} });
});

it.each([
  [5n, '0.000000005'],
  [0n, '0.000000000'],
  [-1_500_000_000n, '-1.500000000'],
])('%d ns since the epoch are written as rclone reads them', async (mtimeNs, mtime) => {
  expect((await describeObject('a.mov', { mtimeNs })).metadata).toEqual({ mtime });
});

it('a name of any length can be decoded again', async () => {
  const { metadata } = await describeObject('a.mov', { uploader: `x${'木\u{1F3AC}'.repeat(40)}\uD800` });
  expect(metadata['uploader']?.length).toBeLessThanOrEqual(200);
  expect(decodeURIComponent(metadata['uploader'] ?? '')).toMatch(/^x(木\u{1F3AC})+木?$/u);
});
