import { describe, expect, it, vi } from 'vitest';
import { canStepByTimecode, type Line, otherIndex } from '../../../../../renderer/player/compare/alignment.ts';
import {
  type Comparing,
  comparingAfter,
  exchanged,
  PLAIN_COMPARING,
  WAYS,
  withWipe,
} from '../../../../../renderer/player/compare/comparing.ts';
import { PairCache, type SidePicture, type SideSource } from '../../../../../renderer/player/compare/pairCache.ts';
import { candidatesFor, versionIn } from '../../../../../renderer/player/compare/versions.ts';
import { slotsOf } from '../../../../../renderer/player/sequenceSlots.ts';
import { FrameTable, type StartTimecode } from '../../../../../renderer/player/table/frameTable.ts';
import type { LibraryFile } from '../../../../../shared/library.ts';

const RATE_24 = { numerator: 24, denominator: 1 };

function film(count: number, startTimecode?: Partial<StartTimecode>): Line {
  const ticks = Float64Array.from({ length: count }, (_, index) => index);
  const start = startTimecode && { framesPerSecond: 24, drop: false, frame: 0, rate: RATE_24, ...startTimecode };
  const table = new FrameTable({ ticks, timescale: 24, end: count, startTimecode: start });
  return { count, isStill: false, numbers: undefined, table };
}

function sequence(...numbers: number[]): Line {
  const slots = slotsOf(numbers);
  return { count: slots.length, isStill: false, numbers: slots, table: FrameTable.steady(slots.length, RATE_24) };
}

const still: Line = { ...sequence(0), isStill: true, numbers: undefined };
const byFrame = { offset: 0, stepBy: 'frame' } as const;
const byTimecode = { offset: 0, stepBy: 'timecode' } as const;

describe('the place of the other item', () => {
  it('is counted from the first picture, with the offset, and is none outside of it', () => {
    expect(otherIndex(film(10), film(8), 3, byFrame)).toBe(3);
    expect(otherIndex(film(10), film(8), 3, { ...byFrame, offset: -3 })).toBe(0);
    expect(otherIndex(film(10), film(8), 3, { ...byFrame, offset: -4 })).toBeUndefined();
    expect(otherIndex(film(10), film(8), 8, byFrame)).toBeUndefined();
    expect(otherIndex(film(10), sequence(1001, 1002, 1003), 2, byFrame)).toBe(2);
  });

  it('is that of the same number where both are sequences, whatever they begin with', () => {
    const [longer, shorter] = [sequence(996, 997, 998, 999, 1000, 1001), sequence(1000, 1001, 1003)];
    expect(otherIndex(longer, shorter, 4, byFrame)).toBe(0);
    expect(otherIndex(longer, shorter, 3, byFrame)).toBeUndefined();
    expect(otherIndex(longer, shorter, 5, { ...byFrame, offset: 2 })).toBe(3);
    expect(otherIndex(sequence(1, 2, 3), sequence(1, 3, 5), 1, byFrame)).toBeUndefined();
  });

  it('is the one picture of a still', () => {
    expect(otherIndex(film(10), still, 9, { ...byFrame, offset: 5 })).toBe(0);
  });

  it('is that of the same timecode, over midnight too', () => {
    const day = 24 * 3600 * 24;
    expect(otherIndex(film(10, { frame: 100 }), film(10, { frame: 103 }), 5, byTimecode)).toBe(2);
    expect(otherIndex(film(10, { frame: 100 }), film(10, { frame: 103 }), 2, byTimecode)).toBeUndefined();
    expect(otherIndex(film(10, { frame: day - 2 }), film(10, { frame: 0 }), 3, byTimecode)).toBe(1);
    expect(otherIndex(film(10, { frame: 0 }), film(10, { frame: day - 2 }), 1, byTimecode)).toBe(3);
  });

  it('goes by timecode only where both have it, in one count and a number for each picture', () => {
    expect(canStepByTimecode(film(5, {}), film(5, { frame: 9 }))).toBe(true);
    expect(canStepByTimecode(film(5, {}), film(5))).toBe(false);
    expect(canStepByTimecode(film(5, {}), film(5, { framesPerSecond: 25 }))).toBe(false);
    expect(canStepByTimecode(film(5, {}), film(5, { rate: { numerator: 12, denominator: 1 } }))).toBe(false);
    expect(canStepByTimecode(film(5, {}), sequence(1, 2))).toBe(false);
    expect(otherIndex(film(5, {}), film(5), 3, byTimecode)).toBe(3);
  });
});

function listed(name: string, kind: LibraryFile['kind'] = 'video'): LibraryFile {
  const route = { storage: 'main', reason: 'replica-by-ip', details: {} } as unknown as LibraryFile['route'];
  return { type: 'file', key: `shots/${name}`, name, size: 1, lastModified: 0, etag: '"1"', kind, route };
}

describe('versions of one shot', () => {
  it.each([
    ['sq010_sh020_comp_v012.mov', 12],
    ['plate_v003.####.exr', 3],
    ['compV2.mp4', 2],
    ['v7 client.mp4', 7],
    ['comp_v001_v004.mov', 4],
  ])('%s is version %i', (name, version) => expect(versionIn(name)?.version).toBe(version));

  it.each(['movie.mp4', 'ev100.png', 'v.mp4', 'rev_a.mov'])('%s is none', (name) =>
    expect(versionIn(name)).toBeUndefined(),
  );

  it('are offered first, the one before at the top; an ending does not part them', () => {
    const names = ['a_v001.mov', 'a_v002.mp4', 'a_v003.mp4', 'a_v004.mp4', 'b_v003.mp4', 'notes.txt'];
    const files = names.map((name) => listed(name, name.endsWith('txt') ? 'other' : 'video'));
    const opened = files[2];
    if (!opened) throw new Error('There are four versions');
    const { versions, others } = candidatesFor(files, opened);
    expect(versions.map(({ file }) => file.name)).toEqual(['a_v002.mp4', 'a_v004.mp4', 'a_v001.mov']);
    expect(others.map(({ name }) => name)).toEqual(['b_v003.mp4']);
  });

  it('are not all of a folder of a hundred thousand', () => {
    const files = Array.from({ length: 100_000 }, (_, index) => listed(`clip${index}.mp4`));
    const opened = files[50_000];
    if (!opened) throw new Error('There is a middle');
    const { others } = candidatesFor(files, opened);
    expect(others).toHaveLength(24);
    expect(others[0]?.name).toBe('clip49988.mp4');
  });
});

describe('how it is compared', () => {
  const after = (from: Comparing, ...actions: Parameters<typeof comparingAfter>[1][]) =>
    actions.reduce((now, action) => comparingAfter(now, action) ?? now, from);

  it('goes through the ways, both ways round', () => {
    expect(after(PLAIN_COMPARING, ...WAYS.map(() => 'compare-way' as const))).toEqual(PLAIN_COMPARING);
    expect(after(PLAIN_COMPARING, 'compare-way-back').way).toBe('flip');
  });

  it('shows A alone, then B, then A', () => {
    const first = after({ ...PLAIN_COMPARING, way: 'wipe' }, 'compare-flip');
    expect([first.way, first.shown]).toEqual(['flip', 'a']);
    expect(after(first, 'compare-flip').shown).toBe('b');
    expect(after(first, 'compare-flip', 'compare-flip').shown).toBe('a');
  });

  it('has more and less of what the way has, within bounds', () => {
    expect(after({ ...PLAIN_COMPARING, way: 'wipe' }, 'compare-more').wipe).toBe(0.55);
    expect(after({ ...PLAIN_COMPARING, way: 'overlay' }, 'compare-less').mix).toBe(0.45);
    const gains = Array.from({ length: 9 }, () => 'compare-more' as const);
    expect(after({ ...PLAIN_COMPARING, way: 'difference' }, ...gains).gain).toBe(32);
    expect(after({ ...PLAIN_COMPARING, way: 'difference' }, 'compare-less').gain).toBe(1);
    expect(after(PLAIN_COMPARING, 'compare-more')).toEqual(PLAIN_COMPARING);
    expect(withWipe(PLAIN_COMPARING, 1.5).wipe).toBe(1);
  });

  it('moves B, and takes it back', () => {
    const moved = after(PLAIN_COMPARING, 'offset-forward', 'offset-forward', 'offset-back');
    expect(moved.offset).toBe(1);
    expect(exchanged(moved).offset).toBe(-1);
    expect(after(moved, 'offset-none').offset).toBe(0);
    expect(comparingAfter(moved, 'pause')).toBeUndefined();
  });
});

describe('a pair of pictures', () => {
  function source(line: Line, there: Set<number>, want: SideSource['want'] = () => undefined): SideSource {
    const picture = (number: number): SidePicture => ({ is: 'film', image: undefined, number });
    return {
      ...line,
      want,
      get: (index) => (there.has(index) ? picture(index) : undefined),
      readyUntil: (index) => Math.max(index, ...[...there]),
      isFull: true,
    };
  }
  const pairOf = (lead: SideSource, other: SideSource | null | undefined, offset = 0) =>
    new PairCache({
      lead,
      other: () => other,
      place: (index, beside) => otherIndex(lead, beside, index, { ...byFrame, offset }),
      isPlaying: () => false,
    });

  it('is there when both are, each with its own number', () => {
    const [wantLead, wantOther] = [vi.fn<SideSource['want']>(), vi.fn<SideSource['want']>()];
    const lead = source(film(5), new Set([1, 2]), wantLead);
    const other = source(film(5), new Set([3]), wantOther);
    const pair = pairOf(lead, other, 1);
    pair.want(2, 1);
    expect(wantLead).toHaveBeenCalledWith(2, 1, false);
    expect(wantOther).toHaveBeenCalledWith(3, 1, false);
    expect(pair.get(2)).toMatchObject({
      lead: { index: 2, picture: { number: 2 } },
      other: { index: 3, picture: { number: 3 } },
    });
    expect(pair.get(1)).toBeUndefined();
    expect(pair.readyUntil(2)).toBe(2);
  });

  it('has no picture of a side that has no such place, and never its neighbour', () => {
    const pair = pairOf(source(film(5), new Set([4])), source(film(3), new Set([2])));
    pair.want(4, 1);
    expect(pair.get(4)?.other).toMatchObject({ index: undefined, picture: undefined });
  });

  it('waits for a side that is being opened, and goes on without one that cannot be had', () => {
    const lead = source(film(5), new Set([0]));
    expect(pairOf(lead, undefined).get(0)).toBeUndefined();
    expect(pairOf(lead, null).get(0)).toMatchObject({ lead: { index: 0 }, other: { source: null } });
  });
});
