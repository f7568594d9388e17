import { readFileSync } from 'node:fs';
import { parse } from 'node:path';
import { SECOND_MS } from '../../../shared/units.ts';

/** Age at which the list of mounts is read again. */
const LIST_MAX_AGE_MS = 5 * SECOND_MS;
/** Folders with other file systems directly below, on macOS. */
const VOLUMES = /^\/(?:Volumes|net|home|Network)\/[^/]+/;

export interface MountPointsOptions {
  platform: string;
  /** Milliseconds of a monotonic clock. */
  clock: () => number;
  /** The text of /proc/self/mountinfo (proc_pid_mountinfo(5)). @throws Error where there is none */
  mountinfo: () => string;
}

/** Finds the file system of a path by its name, to keep an unresponsive drive apart from the others. */
export class MountPoints {
  readonly #options: MountPointsOptions;
  #points: readonly string[] = [];
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(options: MountPointsOptions) {
    this.#options = options;
  }

  /** Does not access the drive: a disconnected one never answers. */
  of(path: string): string {
    const { platform } = this.#options;
    if (platform === 'win32') return parse(path).root.toLowerCase();
    if (platform !== 'linux') return VOLUMES.exec(path)?.[0] ?? '/';
    return this.#listed().find((point) => path === point || path.startsWith(point)) ?? '/';
  }

  /** Mount points with a closing slash, the longest first. */
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

/** Reads a text that the kernel generates, without access to a drive. */
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
