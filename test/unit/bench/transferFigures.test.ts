import { describe, expect, it } from 'vitest';
import { MIB } from '../../../shared/units.ts';
import type { ClientName } from '../../bench/transferClients.ts';
import { fastestOther, measuredIn, type Result, targetsIn } from '../../bench/transferFigures.ts';

/** A client with runs of so many seconds, half of them processor time. */
function resultOf(client: ClientName, seconds: number[], peakMiB = 100): Result {
  return { client, runs: seconds.map((time) => ({ seconds: time, cpuSeconds: time / 2, peakMemory: peakMiB * MIB })) };
}

const cellOf = (results: Result[], isLarge = true) => ({ name: 'near http put large', isLarge, results });
const oksOf = (results: Result[], isLarge?: boolean) => targetsIn(cellOf(results, isLarge)).map(({ ok }) => ok);

describe('the targets of a cell', () => {
  it('compares the median with the fastest other that did not fail', () => {
    const failed = { ...resultOf('s5cmd', [0.1]), failure: 'ended with 1' };
    const results = [resultOf('nearplay', [9, 2, 3]), failed, resultOf('rclone', [5]), resultOf('aws-cli', [4, 4, 1])];
    expect(fastestOther(results)?.client).toBe('aws-cli');
    expect(targetsIn(cellOf(results))).toEqual([
      {
        figure: 'near http put large: time to that of the fastest other (aws-cli)',
        ...{ value: 0.75, unit: 'ratio', target: 1, ok: true },
      },
      { figure: 'near http put large: peak memory', value: 100, unit: 'MiB', target: 150, ok: true },
      {
        figure: 'near http put large: processor time, at most that of aws-cli',
        ...{ value: 1.5, unit: 's', target: 2, ok: true },
      },
    ]);
  });

  it('misses what is above, and asks for the processor time of rclone for small files', () => {
    expect(oksOf([resultOf('nearplay', [3], 151), resultOf('aws-cli', [4]), resultOf('rclone', [2])], false)).toEqual([
      ...[false, false],
      ...[true, false],
    ]);
  });

  it('is missed where our own run failed, or where there is nothing to compare with', () => {
    const failed = { ...resultOf('nearplay', []), failure: 'ended with 1' };
    expect(oksOf([failed, resultOf('aws-cli', [1])])).toEqual([false, false, false]);
    expect(oksOf([resultOf('nearplay', [1])])).toEqual([false, true]);
  });

  it('are ours alone', () => {
    expect(oksOf([resultOf('s5cmd', [1]), resultOf('aws-cli', [1])])).toEqual([]);
  });
});

it('tells what was measured without a target, and that a client has no time', () => {
  const failed = { ...resultOf('s5cmd', []), failure: 'ended with 1' };
  const counted = { client: 'rclone' as const, runs: [{ seconds: 1, cpuSeconds: 2, peakMemory: MIB, requests: 7 }] };
  const figures = measuredIn(cellOf([counted, failed]));
  expect(figures.map(({ figure, value, unit }) => [figure.replace('near http put large: ', ''), value, unit])).toEqual([
    ['rclone: time', 1, 's'],
    ['rclone: processor time', 2, 's'],
    ['rclone: peak memory', 1, 'MiB'],
    ['rclone: requests', 7, 'requests'],
    ['s5cmd: time', null, 's'],
  ]);
  expect(figures.every(({ target, ok }) => target === null && ok === null)).toBe(true);
});
