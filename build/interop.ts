// `npm run test:interop`: independent programs against the sample storage, and MinIO, which is built with Go when it is missing.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const child = spawn(process.execPath, [vitest, 'run', '--project', 'interop', ...process.argv.slice(2)], {
  cwd: join(import.meta.dirname, '..'),
  env: { ...process.env, NEARPLAY_INSTALL_TOOLS: '1' },
  stdio: 'inherit',
});
child.on('exit', (code) => (process.exitCode = code ?? 1));
