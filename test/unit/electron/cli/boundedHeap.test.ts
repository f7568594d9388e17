import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const MODULE = new URL('../../../../electron/cli/boundedHeap.ts', import.meta.url).href;
/** Objects that live for a while and then are garbage, as those of thousands of requests, for so many turns. */
const PROGRAM = `
  const { boundHeap } = await import(${JSON.stringify(MODULE)});
  if (process.argv[1] === 'bounded') boundHeap();
  const living = [];
  let most = 0;
  for (let turn = 0; turn < 400; turn++) {
    living.push(Array.from({ length: 4000 }, (_, index) => ({ turn, index, text: String(index) })));
    if (living.length > 20) living.shift();
    // Two turns of the timer that looks: however busy the machine is, it comes.
    if (turn % 8 === 0) await new Promise((resolve) => setTimeout(resolve, 60));
    most = Math.max(most, process.memoryUsage().heapTotal);
  }
  console.log(Math.round(most / 2 ** 20));
`;

/** Buffers as sockets make them, of which the last are in use. */
const BUFFERS = `
  const { boundHeap } = await import(${JSON.stringify(MODULE)});
  if (process.argv[1] === 'bounded') boundHeap();
  const living = [];
  let most = 0;
  for (let turn = 0; turn < 100; turn++) {
    for (let count = 0; count < 32; count++) {
      living.push(Buffer.allocUnsafeSlow(65536));
      if (living.length > 32) living.shift();
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    most = Math.max(most, process.memoryUsage().arrayBuffers);
  }
  console.log(Math.round(most / 2 ** 20));
`;

/** As many buffers as a fast line brings between two looks of a timer. */
const FAST = `
  const { boundHeap } = await import(${JSON.stringify(MODULE)});
  const { PerformanceObserver, constants } = await import('node:perf_hooks');
  const arrived = boundHeap();
  let majors = 0;
  new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries()) if (detail.kind !== constants.NODE_PERFORMANCE_GC_MINOR) majors += 1;
  }).observe({ entryTypes: ['gc'] });
  const living = [];
  for (let count = 0; count < 16384; count++) {
    living.push(Buffer.allocUnsafeSlow(65536));
    if (living.length > 32) living.shift();
    if (process.argv[1] === 'told') arrived(65536);
    if (count % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  console.log(majors);
`;

async function printed(how: 'bounded' | 'free' | 'told', program = PROGRAM): Promise<number> {
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program, how];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: fileURLToPath(new URL('.', MODULE)) });
  return Number(stdout);
}

it('keeps the heap of much garbage smaller than V8 by itself', async () => {
  const [bounded, free] = [await printed('bounded'), await printed('free')];
  expect(bounded).toBeGreaterThan(0);
  expect(bounded).toBeLessThan(free * 0.8);
});

it('keeps the buffers of a fast line fewer than V8 by itself', async () => {
  const [bounded, free] = [await printed('bounded', BUFFERS), await printed('free', BUFFERS)];
  expect(bounded).toBeGreaterThan(0);
  expect(bounded).toBeLessThan(free * 0.8);
});

it('collects old objects less often where it is told what arrives', async () => {
  const [told, untold] = [await printed('told', FAST), await printed('free', FAST)];
  expect(untold).toBeGreaterThan(10);
  expect(told).toBeLessThan(untold / 2);
});
