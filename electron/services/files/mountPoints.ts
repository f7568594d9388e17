import { readFileSync } from 'node:fs';
import { parse } from 'node:path';
import { SECOND_MS } from '../../../shared/units.ts';

/** Milliseconds that a list of mounts is believed. */
const LIST_MAX_AGE_MS = 5 * SECOND_MS;
/** What has other file systems right below, on macOS. */
const VOLUMES = /^\/(?:Volumes|net|home|Network)\/[^/]+/;

export interface MountPointsOptions {
  platform: string;
  /** Milliseconds, never set back. */
  clock: () => number;
  /** The text of /proc/self/mountinfo (proc_pid_mountinfo(5)). @throws Error where there is none */
  mountinfo: () => string;
}

/** Which file system a path is on, as well as its name tells: what one drive does not answer is no news of another one. */
export class MountPoints {
  readonly #options: MountPointsOptions;
  #points: readonly string[] = [];
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(options: MountPointsOptions) {
    this.#options = options;
  }

  /** Asks no drive: one that is gone would never answer. */
  of(path: string): string {
    const { platform } = this.#options;
    if (platform === 'win32') return parse(path).root.toLowerCase();
    if (platform !== 'linux') return VOLUMES.exec(path)?.[0] ?? '/';
    return this.#listed().find((point) => path === point || path.startsWith(point)) ?? '/';
  }

  /** With a closing slash, the longest first. */
  #listed(): readonly string[] {
    const now = this.#options.clock();
    if (now - this.#readAt < LIST_MAX_AGE_MS) return this.#points;
    this.#readAt = now;
    try {
      this.#points = pointsIn(this.#options.mountinfo());
    } catch {
      this.#points = [];
    }
    return this.#points;
  }
}

/** The kernel makes this text: reading it waits for no drive. */
export function readMountinfo(): string {
  return readFileSync('/proc/self/mountinfo', 'utf8');
}

function pointsIn(mountinfo: string): string[] {
  const points = mountinfo.split('\n').flatMap((line) => {
    // Field 5; blanks and the like are written as three octal digits.
    const [, , , , point] = line.split(' ');
    if (point === undefined || point === '/') return [];
    return [`${point.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))}/`];
  });
  return points.sort((a, b) => b.length - a.length);
}
