// Draws the app's icon from shapes: node build/icons/generate.ts. The PNG is committed; electron-builder makes the
// .ico and .icns from it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';

const SIZE = 1024;
/** Samples along each side of a pixel: smooth edges. */
const SAMPLES = 3;

type Colour = readonly [red: number, green: number, blue: number];
/** A shape says how far a point is outside of it; negative is inside. Units: the icon is 1 wide. */
type Shape = (x: number, y: number) => number;

interface Layer {
  shape: Shape;
  colour: (x: number, y: number) => Colour;
}

const TOP: Colour = [38, 44, 60];
const BOTTOM: Colour = [18, 21, 29];
const NEAR: Colour = [94, 214, 178];
const FAR: Colour = [86, 104, 140];
const WHITE: Colour = [245, 248, 252];

/** The studio's copies as rings around the one that plays: the near one is lit. */
const LAYERS: readonly Layer[] = [
  { shape: roundedSquare(0.5, 0.5, 0.41, 0.1), colour: (_x, y) => mix(TOP, BOTTOM, y) },
  { shape: arc(0.5, 0.5, 0.325, 0.018, -70, 70), colour: () => FAR },
  { shape: arc(0.5, 0.5, 0.325, 0.018, 110, 250), colour: () => FAR },
  { shape: arc(0.5, 0.5, 0.245, 0.026, -125, 125), colour: () => NEAR },
  { shape: triangle(0.515, 0.5, 0.0665), colour: () => WHITE },
];

function roundedSquare(cx: number, cy: number, half: number, radius: number): Shape {
  return (x, y) => {
    const dx = Math.max(Math.abs(x - cx) - half + radius, 0);
    const dy = Math.max(Math.abs(y - cy) - half + radius, 0);
    return Math.hypot(dx, dy) - radius;
  };
}

/** A ring's part between two angles in degrees (0 is to the right, clockwise), with round ends. */
function arc(cx: number, cy: number, radius: number, half: number, from: number, to: number): Shape {
  const middle = ((from + to) / 2) * (Math.PI / 180);
  const spread = ((to - from) / 2) * (Math.PI / 180);
  return (x, y) => {
    const angle = Math.atan2(y - cy, x - cx) - middle;
    const turned = Math.abs(Math.atan2(Math.sin(angle), Math.cos(angle)));
    const distance = Math.hypot(x - cx, y - cy);
    if (turned <= spread) return Math.abs(distance - radius) - half;
    const past = turned - spread;
    return Math.hypot(distance * Math.sin(past), distance * Math.cos(past) - radius) - half;
  };
}

/** The play sign: an equilateral triangle that points to the right. */
function triangle(cx: number, cy: number, inradius: number): Shape {
  const normals = [60, 180, 300].map((degrees) => (degrees * Math.PI) / 180);
  return (x, y) =>
    Math.max(...normals.map((angle) => (x - cx) * Math.cos(angle) + (y - cy) * Math.sin(angle) - inradius));
}

function mix(a: Colour, b: Colour, part: number): Colour {
  return [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part, a[2] + (b[2] - a[2]) * part];
}

/** Red, green, blue and alpha of one pixel, averaged over its samples. */
function pixel(column: number, row: number): [number, number, number, number] {
  const sum = [0, 0, 0];
  let covered = 0;
  for (let i = 0; i < SAMPLES * SAMPLES; i += 1) {
    const x = (column + ((i % SAMPLES) + 0.5) / SAMPLES) / SIZE;
    const y = (row + (Math.floor(i / SAMPLES) + 0.5) / SAMPLES) / SIZE;
    const layer = LAYERS.findLast(({ shape }) => shape(x, y) <= 0);
    if (!layer) continue;
    covered += 1;
    layer.colour(x, y).forEach((value, channel) => (sum[channel] = (sum[channel] ?? 0) + value));
  }
  const average = (channel: number) => (covered === 0 ? 0 : Math.round((sum[channel] ?? 0) / covered));
  return [average(0), average(1), average(2), Math.round((covered / SAMPLES ** 2) * 255)];
}

/** A PNG of eight-bit RGBA (PNG specification, 3rd edition, section 5). */
function png(): Buffer {
  const stride = SIZE * 4 + 1; // Each row begins with its filter: 0, none.
  const rows = Buffer.alloc(stride * SIZE);
  for (let row = 0; row < SIZE; row += 1) {
    for (let column = 0; column < SIZE; column += 1) rows.set(pixel(column, row), row * stride + 1 + column * 4);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIZE, 0);
  header.writeUInt32BE(SIZE, 4);
  header.set([8, 6, 0, 0, 0], 8); // Eight bits, RGBA, deflate, no filter method, not interlaced.
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = deflateSync(rows, { level: 9 });
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, content: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

writeFileSync(join(import.meta.dirname, '..', 'resources', 'icon.png'), png());
