import { expect, it } from 'vitest';
import { oneAtATime } from '../../../../electron/shell/oneAtATime.ts';

it('asks one question at a time: another one meanwhile has the answer for that, and none after the end', async () => {
  const asked: string[] = [];
  let { promise, resolve } = Promise.withResolvers<boolean>();
  const ask = oneAtATime((question: string) => {
    asked.push(question);
    return promise;
  }, false);
  const first = ask('first');
  expect(await ask('second')).toBe(false);
  resolve(true);
  expect(await first).toBe(true);
  ({ promise, resolve } = Promise.withResolvers<boolean>());
  const third = ask('third');
  resolve(true);
  expect(await third).toBe(true);
  expect(asked).toEqual(['first', 'third']);
});

it('asks again after a question that failed', async () => {
  let tries = 0;
  const ask = oneAtATime(() => {
    tries += 1;
    return tries === 1 ? Promise.reject(new Error('no window')) : Promise.resolve(true);
  }, false);
  await expect(ask('first')).rejects.toThrow('no window');
  expect(await ask('second')).toBe(true);
});
