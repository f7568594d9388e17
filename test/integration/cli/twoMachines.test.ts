import { spawn, spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { bytesOf, MIB, until, uploadsIn } from '../services/transfers/surroundings.ts';
import { COMMAND, listenTo, withCli } from './fixtures.ts';

/** A PID namespace each: neither machine sees the processes of the other, and both begin to count at 1. */
const NAMESPACE = ['--pid', '--fork', '--mount-proc', '--kill-child'];
const unshare = namespaceCommand();
if (!unshare) {
  process.stderr.write(
    'twoMachines.test.ts: skipped, since this system cannot make PID namespaces (unshare of Linux)\n',
  );
}

const it = withCli
  /** A command on a machine of its own, with the home that all share. */
  .extend('machine', ({ surroundings: { cwd, env } }) => (...args: string[]) => {
    const [command = '', ...namespace] = unshare ?? [];
    const own = { ...env, PATH: process.env['PATH'] };
    const { child, said, ended } = listenTo(
      spawn(command, [...namespace, ...COMMAND, ...args, '--json'], { cwd, env: own }),
    );
    return { child, said, ended: ended.then((code) => ({ code, lines: objects(said.stdout), ...said })) };
  });

function namespaceCommand(): string[] | undefined {
  if (process.platform !== 'linux') return undefined;
  const forms = [
    ['unshare', ...NAMESPACE],
    ['unshare', '--user', '--map-root-user', ...NAMESPACE],
  ];
  return forms.find(([command = '', ...args]) => spawnSync(command, [...args, 'true']).status === 0);
}

const objects = (text: string) =>
  text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]));

describe.skipIf(!unshare)('two machines with one home', () => {
  it('a watch goes on while the other machine lists, cancels, resumes and uploads', async ({
    folder,
    isThere,
    machine,
  }) => {
    await mkdir(join(folder, 'renders'));
    await mkdir(join(folder, 'plates'));
    await writeFile(join(folder, 'plates', 'b.exr'), 'b');
    const watch = machine('watch', 'renders', 'dailies', '--existing');
    await writeFile(join(folder, 'renders', 'f.0001.exr'), '1');
    await until(() => isThere('dailies/f.0001.exr'), 'the first frame is there', 50_000);
    const listed = await machine('uploads').ended;
    expect(listed).toMatchObject({ code: 0, lines: [{ session: { pid: 1 } }] });
    expect(await machine('uploads', 'cancel').ended).toMatchObject({ code: 0, lines: [{ cancelled: 0 }] });
    expect(await machine('uploads', 'resume').ended).toMatchObject({ code: 0 });
    expect(await machine('upload', 'plates').ended).toMatchObject({ code: 0, lines: [{ key: 'plates/b.exr' }] });
    for (const number of [2, 3, 4]) await writeFile(join(folder, 'renders', `f.000${number}.exr`), String(number));
    for (const number of [2, 3, 4]) await until(() => isThere(`dailies/f.000${number}.exr`), 'all are there', 50_000);
    expect(watch.said.stderr).toBe('');
    watch.child.kill('SIGKILL');
    await watch.ended;
  });

  it('both upload at once, and neither ends, sends again or takes over what the other sends', async ({
    folder,
    machine,
    sandbox,
  }) => {
    await mkdir(join(folder, 'a'));
    await mkdir(join(folder, 'b'));
    const content = Buffer.alloc(40 * MIB, 7);
    await writeFile(join(folder, 'a', 'long.mov'), content);
    await writeFile(join(folder, 'b', 'other.mov'), content);
    sandbox.addFault({ operation: 'UploadPart', effect: { kind: 'latency', milliseconds: 300 } });
    const parts = () =>
      sandbox.requests.filter(({ operation, status }) => operation === 'UploadPart' && status === 200);
    const first = machine('upload', 'a');
    await until(() => parts().length >= 1, 'the first is at work', 50_000);
    const second = machine('upload', 'b');
    await until(() => parts().some(({ key }) => key.includes('other')), 'the second is at work', 50_000);
    expect(await machine('uploads', 'cancel').ended).toMatchObject({ lines: [{ cancelled: 0 }] });
    sandbox.clearFaults();
    expect(await first.ended).toMatchObject({ code: 0, lines: [{ key: 'a/long.mov', state: 'done' }] });
    expect(await second.ended).toMatchObject({ code: 0, lines: [{ key: 'b/other.mov', state: 'done' }] });
    expect(parts()).toHaveLength(10);
    expect((await bytesOf(sandbox, 'a/long.mov'))?.equals(content)).toBe(true);
    expect((await bytesOf(sandbox, 'b/other.mov'))?.equals(content)).toBe(true);
    expect(uploadsIn(sandbox)).toHaveLength(0);
  });
});
