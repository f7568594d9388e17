import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { MINUTE_MS } from '../../shared/units.ts';

const run = promisify(execFile);
const BUILD_TIMEOUT_MS = 20 * MINUTE_MS;
const suffix = process.platform === 'win32' ? '.exe' : '';
/** Kept for the next run. */
const BUILT = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'nearplay-interop');

/** A program in Go that tests and benchmarks work with; never part of the app. */
export interface GoProgram {
  name: string;
  /** Module path for `go build`. */
  module: string;
  /** A version known to work here: another one would give figures that cannot be compared. */
  version: string;
  /** A path that is another program of the same name. */
  isOther?: (path: string) => boolean;
}

export const MINIO: GoProgram = {
  name: 'minio',
  module: 'github.com/minio/minio',
  version: 'v0.0.0-20260212201848-7aac2a2c5b7c',
};

export const MINIO_CLIENT: GoProgram = {
  name: 'mc',
  module: 'github.com/minio/mc',
  version: 'v0.0.0-20250313080218-cf909e1063a9',
  // Midnight Commander, on many machines.
  isOther: (path) => /^\/(usr\/)?bin\/mc$/.test(path),
};

export const S5CMD: GoProgram = { name: 's5cmd', module: 'github.com/peak/s5cmd/v2', version: 'v2.3.0' };

export const RCLONE: GoProgram = { name: 'rclone', module: 'github.com/rclone/rclone', version: 'v1.76.0' };

/**
 * The program's path: from PATH or built earlier. With `NEARPLAY_INSTALL_TOOLS=1` and Go on the machine it is built now from
 * the Go module proxy (some minutes, once). undefined where it is not to be had.
 */
export async function pathOf(program: GoProgram): Promise<string | undefined> {
  const found = find(program);
  if (found !== undefined || process.env['NEARPLAY_INSTALL_TOOLS'] !== '1') return found;
  const hasGo = await run('go', ['version'], { timeout: MINUTE_MS }).catch(() => undefined);
  return hasGo && build(program);
}

function find({ name, isOther }: GoProgram): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), BUILT];
  return folders
    .map((folder) => join(folder, `${name}${suffix}`))
    .find((path) => existsSync(path) && isOther?.(path) !== true);
}

/** Module graphs are pruned from this version of Go on: what a program does not use need not be had. */
const GO_VERSION = '1.21';

/** In a module made for it: `go install` would ask for the list of all versions as well, which not every proxy gives. */
async function build({ name, module, version }: GoProgram): Promise<string> {
  process.stderr.write(`building ${name} ${version} with Go, once...\n`);
  await mkdir(BUILT, { recursive: true });
  const scratch = await mkdtemp(join(tmpdir(), 'nearplay-go-'));
  const path = join(BUILT, `${name}${suffix}`);
  try {
    await writeFile(
      join(scratch, 'go.mod'),
      `module nearplay.example/tools\n\ngo ${GO_VERSION}\n\nrequire ${module} ${version}\n`,
    );
    await run('go', ['build', '-mod=mod', '-buildvcs=false', '-o', path, module], {
      cwd: scratch,
      timeout: BUILD_TIMEOUT_MS,
    });
    return path;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
