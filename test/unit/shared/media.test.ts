import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { isDecodedPicture, isLookedAtPicture, mediaKind } from '../../../shared/media.ts';

it.each([
  ['sq010_sh020_anim_v003.mp4', 'video'],
  ['SQ010_SH020_ANIM_V003.MOV', 'video'],
  ['dailies.2026-03-18.webm', 'video'],
  ['score.wav', 'audio'],
  ['ambience.M4A', 'audio'],
  ['plate.0001.png', 'image'],
  ['mood.jpeg', 'image'],
  ['空 絵.jpg', 'image'],
  ['beauty.1001.exr', 'image'],
  ['scan.0001.DPX', 'image'],
  ['matte.tif', 'image'],
  ['matte.tiff', 'image'],
  ['scene.blend', 'other'],
  ['README', 'other'],
  ['archive.mp4.zip', 'other'],
  ['.mp4', 'other'],
  ['', 'other'],
  ['name.', 'other'],
  ['trick.constructor', 'other'],
  ['trick.__proto__', 'other'],
  ['trick.toString', 'other'],
] as const)('%j is %s', (name, kind) => expect(mediaKind(name)).toBe(kind));

it('names the images that engines do not decode', () => {
  const names = ['a.exr', 'a.1001.EXR', 'a.dpx', 'a.tif', 'a.tiff', 'a.png', 'a.jpg', 'a.mov', 'exr', ''];
  expect(names.filter(isDecodedPicture)).toEqual(['a.exr', 'a.1001.EXR', 'a.dpx', 'a.tif', 'a.tiff']);
});

it('names the images that can be looked at by their stored values', () => {
  const names = ['a.exr', 'a.tif', 'a.1001.PNG', 'a.jpg', 'a.jpeg', 'a.webp', 'a.gif', 'a.svg', 'a.mov', 'png', ''];
  expect(names.filter(isLookedAtPicture)).toEqual(names.slice(0, 6));
});

it('knows every file of the sample library', () => {
  const folder = fileURLToPath(new URL('../../fixtures/media', import.meta.url));
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.map(({ name }) => name).filter((name) => mediaKind(name) === 'other')).toEqual([]);
  expect(new Set(files.map(({ name }) => mediaKind(name)))).toEqual(new Set(['video', 'audio', 'image']));
});
