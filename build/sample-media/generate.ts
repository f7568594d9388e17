// Draws the sample library in test/fixtures/media: small, real files of the kinds that a studio has, all computed from
// formulas, so that no rights are touched. The results are committed; run this only to change them.
// Needs ffmpeg with libx264, libvpx-vp9 and drawtext:
//
//   node build/sample-media/generate.ts [FFMPEG]
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ffmpeg = process.argv[2] ?? 'ffmpeg';
const folder = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'test', 'fixtures', 'media');
const FIRST_FRAME = 1001;

/** A gradient map: what shade of the grey drawing becomes which colour. */
const PALETTES = {
  dusk: curves(
    '0/0.05 0.3/0.27 0.55/0.78 0.8/0.98 1/1',
    '0/0.04 0.3/0.12 0.55/0.33 0.8/0.68 1/0.95',
    '0/0.13 0.3/0.36 0.55/0.42 0.8/0.46 1/0.8',
  ),
  aurora: curves('0/0.02 0.4/0.05 0.7/0.3 1/0.9', '0/0.05 0.4/0.35 0.7/0.8 1/1', '0/0.14 0.4/0.45 0.7/0.66 1/0.9'),
  ember: curves(
    '0/0.03 0.35/0.4 0.65/0.93 1/1',
    '0/0.02 0.35/0.08 0.65/0.42 1/0.94',
    '0/0.07 0.35/0.2 0.65/0.15 1/0.7',
  ),
  lagoon: curves(
    '0/0.02 0.35/0.03 0.7/0.3 1/0.99',
    '0/0.06 0.35/0.3 0.7/0.72 1/0.93',
    '0/0.16 0.35/0.5 0.7/0.76 1/0.84',
  ),
};

function curves(red: string, green: string, blue: string): string {
  return `format=gbrp,curves=r='${red}':g='${green}':b='${blue}'`;
}

/** Grey drawings, by formula: `T` in seconds, `X` and `Y` in pixels. */
const hill = (base: number, height: number, stretch: number, speed: number) =>
  `gt(Y/H\\,${base}-${height}*sin(X/W*${stretch}+T*${speed})-${height / 3}*sin(X/W*${stretch * 2.7}+T*${speed * 1.4}))`;
const DUNES =
  `if(${hill(0.88, 0.05, 4, 0.9)}\\,8\\,if(${hill(0.76, 0.06, 3.1, 0.6)}\\,34\\,if(${hill(0.65, 0.07, 2.3, 0.4)}\\,62\\,` +
  `if(${hill(0.56, 0.06, 3.7, 0.22)}\\,96\\,max(70+150*pow(Y/H/0.62\\,1.5)\\,255*exp(-pow(max(0\\,hypot(X-W*0.66\\,Y-H*(0.3+T*0.008))/H-0.11)*16\\,1.1)))))))`;
const CURTAINS =
  '235*pow(abs(sin(X/W*5+0.9*sin(Y/H*2.3+T*0.7)+T*0.35))\\,5)*exp(-pow((Y/H-0.42-0.12*sin(X/W*4+T*0.5))*2.6\\,2))+' +
  '26*(1-Y/H)+70*exp(-pow((Y/H-0.5-0.08*sin(X/W*7-T*0.6))*7\\,2))';
const RIPPLES =
  '126+62*sin(hypot(X-W*(0.5+0.2*sin(T*0.5))\\,Y-H*0.5)/H*26-T*2.4)+62*sin(hypot(X-W*0.2\\,Y-H*(0.6+0.2*cos(T*0.6)))/H*19+T*1.7)';

interface Clip {
  file: string;
  drawing: string;
  palette: keyof typeof PALETTES;
  rate: string;
  seconds: number;
  size: string;
  /** Root of the chord that is heard, in hertz. */
  note: number;
}

const CLIPS: Clip[] = [
  {
    file: 'shots/sq010/sh010/sq010_sh010_comp_v002.mp4',
    drawing: DUNES,
    palette: 'dusk',
    rate: '24',
    seconds: 14,
    size: '1280x720',
    note: 110,
  },
  {
    file: 'shots/sq010/sh020/sq010_sh020_anim_v003.mp4',
    drawing: CURTAINS,
    palette: 'aurora',
    rate: '24000/1001',
    seconds: 12,
    size: '1280x720',
    note: 146.83,
  },
  {
    file: 'shots/sq020/sh010/sq020_sh010_fx_v001.mp4',
    drawing: RIPPLES,
    palette: 'lagoon',
    rate: '24',
    seconds: 10,
    size: '640x360',
    note: 98,
  },
  {
    file: 'shots/sq020/sh020/sq020_sh020_light_v005.mov',
    drawing: RIPPLES,
    palette: 'ember',
    rate: '24000/1001',
    seconds: 8,
    size: '960x540',
    note: 123.47,
  },
  {
    file: 'reviews/2026-03-18_dailies.webm',
    drawing: DUNES,
    palette: 'lagoon',
    rate: '24',
    seconds: 10,
    size: '960x540',
    note: 130.81,
  },
];

function run(file: string, args: string[]): void {
  const target = join(folder, file);
  mkdirSync(dirname(target), { recursive: true });
  const result = spawnSync(ffmpeg, ['-v', 'error', '-y', ...args, target], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.error) throw result.error;
  if (result.status !== 0) throw new Error(`ffmpeg failed on ${file}`);
  process.stdout.write(`${file}\n`);
}

function picture(drawing: string, palette: keyof typeof PALETTES, size: string, rate: string, seconds: number): string {
  // Drawn at half size and enlarged: the shapes are soft, and the formula is evaluated for each pixel.
  const [width = 0, height = 0] = size.split('x').map(Number);
  return (
    `color=c=black:s=${width / 2}x${height / 2}:r=${rate}:d=${seconds},format=gray,geq=lum='clip(${drawing}\\,0\\,255)',` +
    `scale=${width}:${height}:flags=bicubic,${PALETTES[palette]}`
  );
}

/** Name, frame number and timecode along the lower edge, as dailies carry them. */
function burnIn(name: string, rate: string, height: number): string {
  const margin = Math.round(height / 22);
  const look = `fontfile='${FONT}':fontsize=${Math.round(height / 30)}:fontcolor=white@0.85:y=h-${margin}-ascent`;
  return [
    `drawtext=${look}:x=${margin}:text='${name}'`,
    `drawtext=${look}:x=(w-tw)/2:text='%{n}':start_number=${FIRST_FRAME}`,
    `drawtext=${look}:x=w-tw-${margin}:timecode='00\\:00\\:00\\:00':timecode_rate=${rate}:tc24hmax=1`,
  ].join(',');
}

const FONT = '/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf';

/** A chord that breathes. */
function sound(note: number, seconds: number, rate = 48_000): string {
  const voice = (ratio: number, speed: number) =>
    `0.16*sin(2*PI*${(note * ratio).toFixed(2)}*t)*(0.6+0.4*sin(2*PI*${speed}*t))`;
  const chord = [voice(1, 0.11), voice(1.5, 0.17), voice(2, 0.23), voice(2.52, 0.13)].join('+');
  return `aevalsrc=exprs='${chord}':s=${rate}:d=${seconds},afade=t=in:d=0.5,afade=t=out:st=${seconds - 1}:d=1`;
}

function clip({ file, drawing, palette, rate, seconds, size, note }: Clip): void {
  const name = (file.split('/').at(-1) ?? file).replace(/\.\w+$/, '');
  const height = Number(size.split('x')[1]);
  const frames = Math.round(framesPerSecond(rate));
  const inputs = [
    ...[
      '-f',
      'lavfi',
      '-i',
      `${picture(drawing, palette, size, rate, seconds)},${burnIn(name, rate, height)},format=yuv420p`,
    ],
    ...['-f', 'lavfi', '-i', sound(note, seconds)],
  ];
  const video = file.endsWith('.webm')
    ? ['-c:v', 'libvpx-vp9', '-b:v', '0', '-crf', '40', '-row-mt', '1', '-c:a', 'libopus', '-b:a', '48k']
    : ['-c:v', 'libx264', '-preset', 'slow', '-crf', '27', '-c:a', 'aac', '-b:a', '64k', '-movflags', '+faststart'];
  // A key frame each second, so that seeking and joining in the middle show a picture at once.
  run(file, [...inputs, ...video, '-g', `${frames}`, '-keyint_min', `${frames}`, '-bitexact']);
}

function framesPerSecond(rate: string): number {
  const [count = 24, over = 1] = rate.split('/').map(Number);
  return count / over;
}

function still(
  file: string,
  drawing: string,
  palette: keyof typeof PALETTES,
  size: string,
  at: number,
  options: string[],
): void {
  const source = picture(drawing, palette, size, '24', at + 1);
  run(file, ['-f', 'lavfi', '-i', source, '-ss', `${at}`, '-frames:v', '1', '-bitexact', ...options]);
}

rmSync(folder, { recursive: true, force: true });
for (const item of CLIPS) clip(item);
still('stills/sq010_colour_script.png', DUNES, 'dusk', '960x540', 5, []);
still('stills/sq020_mood_lagoon.jpg', RIPPLES, 'lagoon', '1280x720', 2, ['-q:v', '4']);
still('stills/sq010_mood_aurora.jpg', CURTAINS, 'aurora', '1280x720', 7, ['-q:v', '4']);
run('shots/sq010/sh020/plates/sq010_sh020_plate.%04d.png', [
  ...['-f', 'lavfi', '-i', picture(CURTAINS, 'ember', '480x270', '24', 1)],
  ...['-frames:v', '12', '-start_number', '1', '-bitexact'],
]);
run('audio/sq010_temp_score.wav', ['-f', 'lavfi', '-i', sound(110, 12, 22_050), '-c:a', 'pcm_s16le', '-bitexact']);
run('audio/sq020_ambience.m4a', [
  '-f',
  'lavfi',
  '-i',
  sound(73.42, 20),
  '-c:a',
  'aac',
  '-b:a',
  '64k',
  '-movflags',
  '+faststart',
  '-bitexact',
]);
