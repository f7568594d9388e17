import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

it('npm run demo -- --headless --json performs the main job, and every step holds', async () => {
  const child = spawn(process.execPath, ['build/demo.ts', '--headless', '--json'], { cwd: ROOT, timeout: 170_000 });
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.on('exit', resolve)),
  ]);
  const lines = stdout
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]));
  expect({ code, stderr, failed: lines.filter(({ ok }) => ok === false) }).toEqual({ code: 0, stderr: '', failed: [] });
  const step = (name: string) => lines.find((line) => line['step'] === name);
  const { main, replica } = lines[0] as { main: string; replica: string };
  expect(step('source-link')).toMatchObject({ ok: true, reason: 'within-replication-delay', origin: main });
  expect(step('replica-link')).toMatchObject({ ok: true, reason: 'replica-by-ip', origin: replica });
  for (const name of ['source-playback', 'replica-playback', 'main-playback', 'chosen-playback']) {
    const { from, to } = step(name) as { from: number; to: number };
    expect(to).toBeGreaterThan(from);
  }
  expect(step('source-bytes')?.['sha256']).toBe(step('replica-bytes')?.['sha256']);
}, 180_000);
