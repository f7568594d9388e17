import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { UndecodablePicture } from '../../../../../renderer/player/decoded/pictureSource.ts';
import type { ProresAnswer, ProresTask } from '../../../../../renderer/player/decoded/proresTask.ts';
import { ProresWorkers, type TaskWorker, workersOf } from '../../../../../renderer/player/decoded/proresWorkers.ts';

class FakeWorker extends EventTarget {
  readonly tasks: ProresTask[] = [];
  isTerminated = false;

  postMessage(task: ProresTask): void {
    this.tasks.push(task);
  }

  terminate(): void {
    this.isTerminated = true;
  }

  answer(answer: ProresAnswer): void {
    this.dispatchEvent(new MessageEvent('message', { data: answer }));
  }
}

const image = () => ({ width: 1, height: 1, close: vi.fn<() => void>() });
let made: FakeWorker[];
let workers: ProresWorkers;

beforeEach(() => {
  vi.useFakeTimers();
  made = [];
  const make = (): TaskWorker => {
    const worker = new FakeWorker();
    made.push(worker);
    return worker;
  };
  workers = new ProresWorkers(make, 2, 1000);
});
afterEach(() => {
  workers.dispose();
  vi.useRealTimers();
});

const decode = (signal = new AbortController().signal) => workers.decode('apch', new ArrayBuffer(8), undefined, signal);

it('leaves a processor to others', () => {
  expect([1, 2, 4, 32].map(workersOf)).toEqual([1, 1, 3, 4]);
});

it('gives each worker one picture at a time, and answers to the one that asked', async () => {
  const all = [decode(), decode(), decode()];
  expect(made.map(({ tasks }) => tasks.length)).toEqual([1, 1]);
  const third = image();
  made[1]?.answer({ id: 2, image: image(), decodeMs: 5 });
  expect(made[1]?.tasks.map(({ id }) => id)).toEqual([2, 3]);
  made[1]?.answer({ id: 3, image: third, decodeMs: 5 });
  made[0]?.answer({ id: 1, problem: 'The packet contains invalid data.' });
  await expect(all[0]).rejects.toThrow(UndecodablePicture);
  await expect(all[2]).resolves.toMatchObject({ image: third });
});

it('never begins what is aborted before its turn, and closes what is aborted meanwhile', async () => {
  const ends = new AbortController();
  const [first, second, third] = [decode(ends.signal), decode(), decode(ends.signal)];
  ends.abort();
  const late = image();
  made[0]?.answer({ id: 1, image: late, decodeMs: 5 });
  await expect(first).rejects.toThrow(/abort/i);
  await expect(third).rejects.toThrow(/abort/i);
  expect(late.close).toHaveBeenCalledOnce();
  expect(made[0]?.tasks).toHaveLength(1);
  made[1]?.answer({ id: 2, image: image(), decodeMs: 5 });
  await second;
});

it('replaces a worker that says nothing or breaks down', async () => {
  const silent = decode();
  const broken = decode();
  const next = decode();
  made[1]?.dispatchEvent(new Event('error'));
  await expect(broken).rejects.toThrow(UndecodablePicture);
  expect(made).toHaveLength(3);
  made[2]?.answer({ id: 3, image: image(), decodeMs: 5 });
  await next;
  const over = expect(silent).rejects.toThrow(UndecodablePicture);
  await vi.advanceTimersByTimeAsync(1000);
  await over;
  expect(made[0]?.isTerminated).toBe(true);
});

it('ends everything with it', async () => {
  const all = [decode(), decode(), decode()].map((one) => expect(one).rejects.toThrow('closed'));
  workers.dispose();
  await Promise.all(all);
  expect(made.every(({ isTerminated }) => isTerminated)).toBe(true);
  await expect(decode()).rejects.toThrow('closed');
});
