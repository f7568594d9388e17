import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright';
import type { CodedPlayer } from '../helpers/codedPlayer.ts';
import { percentile } from '../helpers/inputLatency.ts';

/** How fast a film answers in the player, whichever engine plays it. */
export interface SpeedFigures {
  /** From the press on the bar until the picture is on screen, milliseconds. */
  seekP50: number;
  seekP95: number;
  /** Pictures a second on screen while the bar is dragged. */
  dragged: number;
  /** Pictures a second on screen while it plays backwards, and how fast it went in truth, at normal speed and at twice. */
  backwards: number;
  backwardsSpeed: number;
  backwardsTwice: number;
  backwardsTwiceSpeed: number;
  /** Pictures that were not on screen, of 100 that were due while it played. */
  dropped: number;
}

const SEEKS = 40;
const WATCH_MS = 4000;
const SECONDS = 10;
const RATE = 24;
/** The number in the picture, as in test/fixtures/media-coded, with grain, so that the bitrate is that of a film. */
const CODE = "geq=lum='16+219*abs(bitand(floor(N/pow(2,floor(X/16))),1)-gt(Y,H/2-1))':cb=128:cr=128";
const LARGE = 'scale=1920:1080:flags=neighbor,noise=alls=10:allf=t';
const H264 = ['-c:v', 'libx264', '-preset', 'superfast', '-crf', '23', '-bf', '3', '-pix_fmt', 'yuv420p'];

const FILMS: readonly { file: string; output: readonly string[] }[] = [
  { file: 'h264_1080_gop24.mp4', output: [...H264, '-g', '24'] },
  { file: 'h264_1080_gop250.mp4', output: [...H264, '-g', '250'] },
  { file: 'prores_1080_422hq.mov', output: ['-c:v', 'prores_ks', '-profile:v', 'hq', '-pix_fmt', 'yuv422p10le'] },
];

/** Films of 1920 x 1080, made by ffmpeg unless they are there; their names, none where it is not installed. */
export async function makeFilms(folder: string): Promise<string[]> {
  if (spawnSync('ffmpeg', ['-version']).status !== 0) return [];
  await mkdir(folder, { recursive: true });
  for (const { file, output } of FILMS) {
    if (existsSync(join(folder, file))) continue;
    const source = `color=c=black:s=160x96:r=${RATE}`;
    const options = ['-f', 'lavfi', '-i', source, '-vf', `${CODE},${LARGE}`, '-frames:v', String(SECONDS * RATE)];
    const { status, stderr } = spawnSync(
      'ffmpeg',
      [
        '-hide_banner',
        '-loglevel',
        'error',
        '-y',
        ...options,
        ...output,
        '-movflags',
        '+faststart',
        join(folder, file),
      ],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`ffmpeg failed: ${stderr}`);
  }
  return FILMS.map(({ file }) => file);
}

/** Measures the film that is open in the player. */
export async function measureSpeed(page: Page, player: CodedPlayer, random: () => number): Promise<SpeedFigures> {
  await prepare(page);
  await player.press('k');
  await player.settled();
  for (let seek = 0; seek < SEEKS; seek++) {
    await player.click(0.02 + random() * 0.96);
    await player.settled();
  }
  const seeks = await page.evaluate(() => (Reflect.get(globalThis, 'seekTimes') as () => number[])());
  const dragged = await watched(page, async () => {
    const ends = performance.now() + WATCH_MS;
    await player.drag(
      Infinity,
      random,
      () => page.waitForTimeout(8),
      () => performance.now() < ends,
    );
  });
  await player.press('k');
  const backwards = async (presses: number) => {
    await player.press('End');
    await player.settled();
    return watched(page, async () => {
      for (let press = 0; press < presses; press++) await player.press('j');
      await page.waitForTimeout(WATCH_MS);
      await player.press('k');
    });
  };
  const once = await backwards(1);
  const twice = await backwards(2);
  await player.press('Home');
  await player.settled();
  const played = await watched(page, async () => {
    await player.press('Space');
    await page.waitForTimeout(WATCH_MS);
    await player.press('Space');
  });
  return {
    seekP50: Math.round(percentile(seeks, 0.5)),
    seekP95: Math.round(percentile(seeks, 0.95)),
    dragged: tenth(dragged.pictures / dragged.seconds),
    backwards: tenth(once.pictures / once.seconds),
    backwardsSpeed: hundredth(once.moved / once.seconds / RATE),
    backwardsTwice: tenth(twice.pictures / twice.seconds),
    backwardsTwiceSpeed: hundredth(twice.moved / twice.seconds / RATE),
    dropped: tenth(100 * Math.max(0, 1 - played.pictures / Math.max(1, played.moved))),
  };
}

interface Watched {
  /** Changes of the picture on screen. */
  pictures: number;
  /** From the first one to the last one. */
  moved: number;
  seconds: number;
}

async function watched(page: Page, act: () => Promise<void>): Promise<Watched> {
  await page.evaluate(() => (Reflect.get(globalThis, 'watchPictures') as () => void)());
  await act();
  return page.evaluate(() => (Reflect.get(globalThis, 'watchedPictures') as () => Watched)());
}

/** Puts what measures into the page, on its own clock. */
async function prepare(page: Page): Promise<void> {
  await page.evaluate(() => {
    const stage = () => document.querySelector('.stage');
    const shown = () => Number(stage()?.getAttribute('data-frame') ?? -1);
    const isSettled = () => {
      const wanted = Number(document.querySelector('[data-testid="scrub"]')?.getAttribute('aria-valuenow') ?? -1);
      return stage()?.getAttribute('data-settled') === 'true' && shown() === wanted;
    };
    const seeks: number[] = [];
    const listen = ({ timeStamp, target }: Event): void => {
      if (!(target instanceof Element) || !target.closest('[data-testid="scrub"]')) return;
      const look = (): void => {
        if (isSettled()) seeks.push(performance.now() - timeStamp);
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    };
    window.addEventListener('pointerdown', listen);
    Reflect.set(globalThis, 'seekTimes', () => {
      window.removeEventListener('pointerdown', listen);
      return seeks;
    });
    let seen: { frame: number; at: number }[] = [];
    let isWatching = false;
    const look = (): void => {
      if (!isWatching) return;
      const frame = shown();
      if (seen.at(-1)?.frame !== frame) seen.push({ frame, at: performance.now() });
      requestAnimationFrame(look);
    };
    Reflect.set(globalThis, 'watchPictures', () => {
      seen = [];
      isWatching = true;
      requestAnimationFrame(look);
    });
    Reflect.set(globalThis, 'watchedPictures', () => {
      isWatching = false;
      const [first, last] = [seen[0], seen.at(-1)];
      if (!first || !last) return { pictures: 0, moved: 0, seconds: 1 };
      const seconds = Math.max(0.001, (last.at - first.at) / 1000);
      return { pictures: seen.length - 1, moved: Math.abs(last.frame - first.frame), seconds };
    });
  });
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}

function hundredth(value: number): number {
  return Math.round(value * 100) / 100;
}
