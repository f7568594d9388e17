/**
 * Image sequences: numbered files of one folder (`plate.0001.exr` …) that are one thing to people. What counts as one follows
 * pyseq and fileseq: the number that varies, wherever it is in the name, with or without padding.
 */

/** Formats that are rendered frame by frame. `take_0001.mov` and `take_0002.mov` are two takes, not two frames. */
const FRAME_FORMATS = new Set(
  [
    'exr dpx tif tiff png jpg jpeg tga webp avif bmp cin hdr psd',
    'ari arx dng jp2 j2c j2k jxl sgi rgb rgba iff pic rat pxr ppm pgm pfm',
  ]
    .join(' ')
    .split(' '),
);
/** More digits are a time or a hash, not a frame, unless they are padded with zeros. */
const MAX_DIGITS = 8;
const MAX_PADDED_DIGITS = 12;
/** `20240131`: a day, and no frame; a sequence of days would miss most of the numbers between two months. */
const DAY = /^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/;
/** Renders that save time take every second, fifth or tenth frame; sizes (`thumb_128`, `thumb_256`) lie further apart. */
const LONGEST_STEP = 10;
/** Usual minimum of digits of a frame number; fewer digits may number an eye or a layer. */
const WIDE = 3;
/** Numbers of a name that can be the frame's, counted from the end. */
const MAX_SLOTS = 4;
/** How many times more numbers must follow one another for one place in the names to beat another that is more usual. */
const CLEARLY_MORE = 4;
const DELIMITERS = '._- ';
/** `_v002`, `rev3`, `compV002`: versions stay files of their own. */
const VERSION_CAPITAL = /\p{Ll}V$/u;
const VERSION_WORD = /(?:^|[^\p{L}])(?:v|ver|vers|version|rev)$/iu;
/** `sq010_sh020`: such numbers go up in tens, and are frames only where two follow one another. */
const SHOT_WORD = /(?:^|[^\p{L}])(?:sh|shot|sq|seq|sc|scene|ep|episode)$/iu;
const LONGEST_WORD = 9;

/** Identity of a sequence in its folder; not a file name, and distinct from any. */
export interface SequencePattern {
  /** Part before the number, separator included. */
  head: string;
  /** Part after the number, extension included. */
  tail: string;
  /** Digits to which numbers are padded with zeros; 0: no padding. */
  padding: number;
}

export interface FrameOf<Item> {
  /** Negative for frames before the cut. */
  number: number;
  item: Item;
}

export interface Sequence<Item> extends SequencePattern {
  /** For display: `plate.####.exr`. A file may really have that name. */
  name: string;
  /** In ascending order; no number twice. */
  frames: FrameOf<Item>[];
}

export interface Grouped<Item> {
  /** In the order of the items. */
  singles: Item[];
  sequences: Sequence<Item>[];
}

/** A place in a name where a frame number can be. */
interface Slot {
  start: number;
  /** Digits with their sign. */
  text: string;
  isAtEnd: boolean;
  isDelimited: boolean;
  isWide: boolean;
  isShot: boolean;
}

interface Member<Item> {
  text: string;
  item: Item;
}

interface Group<Item> {
  head: string;
  tail: string;
  isShot: boolean;
  members: Member<Item>[];
}

/**
 * Finds the sequences among items of one folder: a partition of them. Two frames make a sequence where it is dense: more than half
 * of the steps from one frame to the next are of at most 10 numbers (every tenth frame is one, a stray frame far off does no
 * harm). A lone numbered file stays a file, and so does a second file of one number in another padding. Names count as they are, as
 * keys do: `.exr` and `.EXR` are two sequences, of which both may have a frame 2. Linear in the number of items but for the
 * sorting of numbers; their order does not count.
 *
 * @param nameOf names without folders.
 */
export function groupSequences<Item>(items: readonly Item[], nameOf: (item: Item) => string): Grouped<Item> {
  const groups = new Groups<Item>();
  const unsure: Numbered<Item>[] = [];
  for (const item of items) {
    const name = nameOf(item);
    const slots = slotsOf(name);
    if (slots.length > 1) unsure.push({ name, slots, item });
    else if (slots[0]) groups.add(name, slots[0], item);
  }
  for (const family of familiesOf(unsure)) {
    const column = frameColumn(family);
    for (const { name, slots, item } of family) {
      const slot = slots[column];
      if (slot) groups.add(name, slot, item);
    }
  }
  const inSequence = new Set<Item>();
  const sequences: Sequence<Item>[] = [];
  for (const { head, tail, isShot, members } of groups.merged()) {
    for (const { padding, frames } of splitByPadding(members)) {
      const numbers = frames.map(({ number }) => number);
      if (!isDense(numbers) || (isShot && countFollowing(numbers) === 0)) continue;
      for (const { item } of frames) inSequence.add(item);
      const name = patternName({ head, tail, padding }, frames);
      sequences.push({ head, tail, padding, name, frames: frames.map(({ number, item }) => ({ number, item })) });
    }
  }
  return { singles: items.filter((item) => !inSequence.has(item)), sequences: sequences.sort(inOrder) };
}

/** The frames of one sequence among items of its folder, in ascending order; empty when it is not there any more. */
export function framesOf<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  { head, tail, padding }: SequencePattern,
): FrameOf<Item>[] {
  const plain: Member<Item>[] = [];
  const signed: Member<Item>[] = [];
  for (const item of items) {
    const name = nameOf(item);
    if (name.length <= head.length + tail.length || !name.startsWith(head) || !name.endsWith(tail)) continue;
    const text = name.slice(head.length, name.length - tail.length);
    if (!NUMBER.test(text)) continue;
    (text.startsWith('-') ? signed : plain).push({ text, item });
  }
  const own = isDelimitedEnd(head) || goesBelowZero(plain, signed) ? [...plain, ...signed] : plain;
  const parts = splitByPadding(own);
  const found = parts.find((part) => part.padding === padding) ?? (parts.length === 1 ? parts[0] : undefined);
  return (found?.frames ?? []).map(({ number, item }) => ({ number, item }));
}

/**
 * Common prefix of all names that could belong to the same sequence: in the order of bytes they lie between it followed
 * by `-` and it followed by `:`. Undefined for a name outside of any sequence.
 */
export function sharedHead(name: string): string | undefined {
  const [first] = slotsOf(name);
  if (!first) return undefined;
  const head = name.slice(0, first.start);
  // `test-1` may turn out to be frame -1 of `test1`.
  return head.endsWith('-') && !isDelimitedEnd(head.slice(0, -1)) ? head.slice(0, -1) : head;
}

/** Frame numbers for display: `1-12, 15, 20-24`. @param frames in ascending order. */
export function frameRanges(frames: readonly number[]): string {
  const runs: { first: number; last: number }[] = [];
  for (const frame of frames) {
    const run = runs.at(-1);
    if (run && frame === run.last + 1) run.last = frame;
    else runs.push({ first: frame, last: frame });
  }
  return runs.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(', ');
}

const NUMBER = new RegExp(`^-?(?:\\d{1,${MAX_DIGITS}}|0\\d{${MAX_DIGITS},${MAX_PADDED_DIGITS - 1}})$`);

/** Places for a frame number: one alone where it is sure, else some; none in what is no frame of a sequence. */
function slotsOf(name: string): Slot[] {
  const dot = name.lastIndexOf('.');
  if (dot <= 0 || !FRAME_FORMATS.has(name.slice(dot + 1).toLowerCase())) return [];
  const slots: Slot[] = [];
  // From the end: that is where frame numbers are.
  for (let end = dot; end > 0 && slots.length < MAX_SLOTS; end--) {
    if (!isDigit(name, end - 1)) continue;
    let start = end - 1;
    while (isDigit(name, start - 1)) start -= 1;
    const slot = slotAt(name, start, end, dot);
    if (slot) slots.unshift(slot);
    // What is attached to a word may belong to it, as in `rec709`.
    if (slot?.isAtEnd && slot.isWide && slot.isDelimited) break;
    end = start;
  }
  return slots;
}

/** The digits from `start` to `end` of a name whose extension begins at `dot`. */
function slotAt(name: string, start: number, end: number, dot: number): Slot | undefined {
  const isAtEnd = end === dot;
  if (!NUMBER.test(name.slice(start, end)) || (!isAtEnd && !DELIMITERS.includes(name.charAt(end)))) return undefined;
  if (DAY.test(name.slice(start, end))) return undefined;
  // A dash after another separator is a sign; after a name it is a separator.
  const isNegative = name[start - 1] === '-' && isDelimitedBefore(name, start - 1);
  const from = isNegative ? start - 1 : start;
  const isWide = end - start >= WIDE;
  if (isDelimitedBefore(name, from))
    return { start: from, text: name.slice(from, end), isAtEnd, isWide, isDelimited: true, isShot: false };
  const word = name.slice(Math.max(0, from - LONGEST_WORD), from);
  if (!isAtEnd || VERSION_WORD.test(word) || VERSION_CAPITAL.test(word)) return undefined;
  return {
    start: from,
    text: name.slice(from, end),
    isAtEnd,
    isWide,
    isDelimited: false,
    isShot: SHOT_WORD.test(word),
  };
}

function isDigit(name: string, index: number): boolean {
  const code = name.charCodeAt(index);
  return code >= 0x30 && code <= 0x39;
}

function isDelimitedBefore(name: string, index: number): boolean {
  return index === 0 || DELIMITERS.includes(name.charAt(index - 1));
}

function isDelimitedEnd(text: string): boolean {
  return isDelimitedBefore(text, text.length);
}

interface Numbered<Item> {
  name: string;
  slots: Slot[];
  item: Item;
}

/** Items whose names differ in nothing but the numbers that can be frames. */
function familiesOf<Item>(items: readonly Numbered<Item>[]): Iterable<Numbered<Item>[]> {
  const families = new Map<string, Numbered<Item>[]>();
  for (const numbered of items) {
    const { name, slots } = numbered;
    let from = 0;
    let template = '';
    for (const { start, text } of slots) {
      template += `${start - from}:${name.slice(from, start)}`;
      from = start + text.length;
    }
    addTo(families, template + name.slice(from), numbered);
  }
  return families.values();
}

/** Which of the places holds the frame number: the usual one, unless far more numbers follow one another in another. */
function frameColumn<Item>(family: readonly Numbered<Item>[]): number {
  const columns = family[0]?.slots ?? [];
  if (columns.length < 2) return 0;
  const following = columns.map((_slot, column) => countFollowingIn(family, column));
  const most = Math.max(...following);
  const scores = columns.map(({ isAtEnd, isDelimited }, column) => {
    const isWeak = (following[column] ?? 0) * CLEARLY_MORE < most;
    const isWide = family.every(({ slots }) => slots[column]?.isWide);
    return (isWeak ? 0 : 8) + (isWide ? 4 : 0) + (isDelimited ? 2 : 0) + (isAtEnd ? 1 : 0);
  });
  return scores.lastIndexOf(Math.max(...scores));
}

function countFollowingIn<Item>(family: readonly Numbered<Item>[], column: number): number {
  const runs = new Map<string, number[]>();
  for (const { slots } of family) {
    const others = slots.map(({ text }, index) => (index === column ? '' : text)).join('/');
    addTo(runs, others, Number(slots[column]?.text));
  }
  return [...runs.values()].reduce((sum, numbers) => sum + countFollowing(numbers), 0);
}

/** Whether most steps are those of frames. @param numbers in ascending order. */
function isDense(numbers: readonly number[]): boolean {
  const near = numbers.filter((number, index) => number - (numbers[index - 1] ?? -Infinity) <= LONGEST_STEP).length;
  return near * 2 > numbers.length - 1;
}

/** Number of values whose successor is present. */
function countFollowing(numbers: readonly number[]): number {
  const all = new Set(numbers);
  return [...all].filter((number) => all.has(number + 1)).length;
}

class Groups<Item> {
  readonly #byHead = new Map<string, Map<string, Group<Item>>>();

  add(name: string, { start, text, isShot }: Slot, item: Item): void {
    const head = name.slice(0, start);
    const tail = name.slice(start + text.length);
    const byTail = this.#byHead.get(head) ?? new Map<string, Group<Item>>();
    this.#byHead.set(head, byTail);
    const group = byTail.get(tail) ?? { head, tail, isShot, members: [] };
    byTail.set(tail, group);
    group.members.push({ text, item });
  }

  /** `test-2`, `test-1` beside `test0`, `test1` are frames below zero, and the dash is their sign. */
  merged(): Group<Item>[] {
    const all = [...this.#byHead.values()].flatMap((byTail) => [...byTail.values()]);
    return all.filter((group) => {
      const base = group.head.slice(0, -1);
      if (!group.head.endsWith('-') || isDelimitedEnd(base)) return true;
      const other = this.#byHead.get(base)?.get(group.tail);
      const signed = group.members.map(({ text, item }) => ({ text: `-${text}`, item }));
      if (!other || !signed.every(({ text }) => NUMBER.test(text)) || !goesBelowZero(other.members, signed))
        return true;
      other.members.push(...signed);
      return false;
    });
  }
}

/** Whether numbers with a dash before them go on below zero where those without end. */
function goesBelowZero<Item>(plain: readonly Member<Item>[], signed: readonly Member<Item>[]): boolean {
  const has = (members: readonly Member<Item>[], number: number) =>
    members.some(({ text }) => Math.abs(Number(text)) === number);
  return has(plain, 0) && has(signed, 1) && !has(signed, 0);
}

interface Padded<Item> {
  padding: number;
  frames: (FrameOf<Item> & { text: string })[];
}

/**
 * `0999`, `1000` and `10000` are of one sequence, padded to four; `1` and `001` beside them are files of other sequences. With a
 * sign, the padding counts digits, or the sign with them as Python's `%04d` does.
 */
function splitByPadding<Item>(members: readonly Member<Item>[]): Padded<Item>[] {
  const widths = new Set<number>();
  const negative: number[] = [];
  for (const { text } of members) {
    const digits = text.replace('-', '');
    if (digits.length < 2 || !digits.startsWith('0')) continue;
    if (text.startsWith('-')) negative.push(digits.length);
    else widths.add(digits.length);
  }
  const unknown = negative.filter((width) => !widths.has(width) && !widths.has(width + 1));
  for (const width of unknown) widths.add(width);
  const parts = new Map<number, Padded<Item>['frames']>();
  for (const { text, item } of members) {
    // -0 is 0.
    addTo(parts, paddingOf(text, widths), { number: Number(text) || 0, item, text });
  }
  return [...parts].map(([padding, frames]) => ({ padding, frames: eachOnce(frames) }));
}

function paddingOf(text: string, widths: ReadonlySet<number>): number {
  const length = text.replace('-', '').length;
  const isNegative = text.startsWith('-');
  const isFilled = length > 1 && /^-?0/.test(text);
  if (widths.has(length)) return length;
  if (isNegative && widths.has(length + 1)) return length + 1;
  if (isFilled) return length;
  // Outgrown: as wide as the padding, or wider.
  return Math.max(0, ...[...widths].filter((width) => width < length));
}

/** Ascending; of two files of one number the second stays a file. */
function eachOnce<Item>(frames: Padded<Item>['frames']): Padded<Item>['frames'] {
  frames.sort((a, b) => a.number - b.number || (a.text < b.text ? -1 : 1));
  return frames.filter(({ number }, index) => number !== frames[index - 1]?.number);
}

function patternName<Item>({ head, tail, padding }: SequencePattern, frames: Padded<Item>['frames']): string {
  const shortest = frames.reduce((least, { text }) => Math.min(least, text.replace('-', '').length), MAX_DIGITS);
  return `${head}${'#'.repeat(padding > 0 ? padding : shortest)}${tail}`;
}

function inOrder(a: SequencePattern, b: SequencePattern): number {
  if (a.head !== b.head) return a.head < b.head ? -1 : 1;
  if (a.tail !== b.tail) return a.tail < b.tail ? -1 : 1;
  return a.padding - b.padding;
}

function addTo<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}
