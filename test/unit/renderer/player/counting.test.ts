import { describe, expect, it } from 'vitest';
import { countingsOf, frameNamed, numberOf } from '../../../../renderer/player/counting.ts';
import { COUNTINGS } from '../../../../renderer/player/playerMemory.ts';
import { FrameTable } from '../../../../renderer/player/table/frameTable.ts';

const film = { table: FrameTable.steady(144, { numerator: 24, denominator: 1 }), numbers: undefined };
const withTimecode = {
  table: new FrameTable({
    ticks: Float64Array.from({ length: 300 }, (_, frame) => frame * 1001),
    ...{ timescale: 30_000, end: 300 * 1001 },
    // 10:00:55;00
    startTimecode: {
      frame: 1_080_568,
      framesPerSecond: 30,
      drop: true,
      rate: { numerator: 30_000, denominator: 1001 },
    },
  }),
  numbers: undefined,
};
const sequence = {
  table: film.table,
  numbers: [...Array(144).keys()].map((index) => ({ number: 1001 + index + (index > 9 ? 5 : 0) })),
};

it('counts from 0, 1, 1001 or as the file does, where it has numbers', () => {
  expect(countingsOf(film)).toEqual(['zero', 'one', 'film']);
  expect(countingsOf(withTimecode)).toEqual(COUNTINGS);
  expect(COUNTINGS.map((counting) => numberOf({ ...withTimecode, counting }, 66))).toEqual([66, 67, 1067, 1_080_634]);
  expect(COUNTINGS.map((counting) => numberOf({ ...sequence, counting }, 10))).toEqual([10, 11, 1011, 1016]);
});

describe('a text names', () => {
  it('each picture by its number, in every counting', () => {
    for (const given of [film, withTimecode, sequence]) {
      for (const counting of countingsOf(given)) {
        const numbering = { ...given, counting };
        for (let frame = 0; frame < given.table.count; frame++) {
          expect(frameNamed(numbering, ` ${numberOf(numbering, frame)} `)).toBe(frame);
        }
      }
    }
  });

  it('each picture by its timecode', () => {
    for (const given of [film, withTimecode, sequence]) {
      for (let frame = 0; frame < given.table.count; frame++) {
        expect(frameNamed({ ...given, counting: 'one' }, given.table.timecodeOf(frame) ?? '')).toBe(frame);
      }
    }
  });

  it('nothing that there is not', () => {
    expect(frameNamed({ ...film, counting: 'one' }, '0')).toBeUndefined();
    expect(frameNamed({ ...film, counting: 'zero' }, '144')).toBeUndefined();
    expect(frameNamed({ ...sequence, counting: 'file' }, '1013')).toBeUndefined();
    expect(frameNamed({ ...film, counting: 'one' }, '00:00:06:00')).toBeUndefined();
    expect(frameNamed({ ...withTimecode, counting: 'one' }, '10:01:00;00')).toBeUndefined();
    expect(frameNamed({ ...film, counting: 'one' }, 'a')).toBeUndefined();
  });
});
