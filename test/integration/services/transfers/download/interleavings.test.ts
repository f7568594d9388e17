import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { copyFile, mkdir, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Machine } from '../../../../../electron/services/runtime/machine.ts';
import { type Download, STOPPED } from '../../../../../electron/services/transfers/download/download.ts';
import { KIB, SECOND_MS } from '../../../../../shared/units.ts';
import { seededRandom } from '../../../../helpers/seededRandom.ts';
import type { FaultEffect, FaultRule } from '../../../../sandbox/faults.ts';
import { DownloadDesk } from './surroundings.ts';

const isLong = process.env['NEARPLAY_LONG'] === '1';
/** Another one gives other sequences. */
const SEED = Number(process.env['NEARPLAY_SEED'] ?? 1);
const SEQUENCES = isLong ? 1000 : 40;
/** Sequences run side by side, each lane with a storage of its own; most of their time is waits. */
const LANES = isLong ? 8 : 5;
/** A new storage after so many: objects are kept on disk. */
const SEQUENCES_OF_A_STORAGE = 25;
const RUN_LIMIT_MS = 120 * SECOND_MS;
const OLD = Buffer.from('what had the name before');

/** What the storage does to every answer: how an object can be pinned, and what proves it. */
const STORAGES = {
  'versions, CRC32': { lies: [], checksum: 'CRC32', isProved: true },
  'versions, SHA256': { lies: [], checksum: 'SHA256', isProved: true },
  'no versions, CRC32': { lies: [{ kind: 'no-version-ids' }], checksum: 'CRC32', isProved: true },
  'versions "null", MD5': { lies: [{ kind: 'no-version-ids', say: 'null' }], checksum: undefined, isProved: true },
  'versions, no proof': { lies: [{ kind: 'no-proof' }], checksum: undefined, isProved: false },
  'no versions, no proof': {
    lies: [{ kind: 'no-version-ids' }, { kind: 'no-proof' }],
    checksum: undefined,
    isProved: false,
  },
} as const satisfies Record<
  string,
  { lies: readonly FaultEffect[]; checksum: 'CRC32' | 'SHA256' | undefined; isProved: boolean }
>;

type Act = 'stop' | 'cancel' | 'replace' | 'kill';
const DISTURBANCES = [
  'bytes of the part are others',
  'the part is shorter',
  'the part is gone',
  'the note is gone',
  'the note is cut',
  'the note is zeros',
  'the note is not one',
] as const;

/** One start of a download. */
interface Run {
  /** What other programs do before. */
  disturbance: (typeof DISTURBANCES)[number] | undefined;
  faults: FaultRule[];
  /** At so many bytes on disk. */
  acts: { at: number; act: Act }[];
  /** Milliseconds. */
  idleMs: number;
  /** Of what replaces the object. */
  newSize: number;
}

interface Sequence {
  size: number;
  rangeBytes: number;
  storage: keyof typeof STORAGES;
  hasOld: boolean;
  runs: Run[];
}

/** The same for the same number. */
function sequenceOf(number: number): Sequence {
  const random = seededRandom(SEED * 100_003 + number);
  const whole = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
  const pick = <One>(from: readonly [One, ...One[]]): One => from[whole(0, from.length - 1)] ?? from[0];
  const size = whole(200 * KIB, 900 * KIB);
  const storage = pick(Object.keys(STORAGES) as [keyof typeof STORAGES, ...(keyof typeof STORAGES)[]]);
  const rangeBytes = pick([32 * KIB, 64 * KIB, 100_000, 300 * KIB]);

  const faultOf = (): { rule: FaultRule; isSilent?: boolean } => {
    const bytes = { operation: 'GetObject', skip: whole(0, 6), times: whole(1, 4) };
    const afterBytes = whole(0, rangeBytes);
    const any = { operation: pick(['GetObject', 'HeadObject']), skip: whole(0, 3), times: whole(1, 4) };
    return pick<() => { rule: FaultRule; isSilent?: boolean }>([
      () => ({ rule: { ...bytes, effect: { kind: 'reset', afterBytes } } }),
      () => ({ rule: { ...bytes, effect: { kind: 'reset', afterBytes } } }),
      () => ({ rule: { ...bytes, effect: { kind: 'stall', afterBytes } }, isSilent: true }),
      () => ({ rule: { ...any, effect: { kind: 'status', status: 503, code: 'SlowDown' } } }),
      () => ({ rule: { ...any, effect: { kind: 'status', status: 500, code: 'InternalError' } } }),
      () => ({ rule: { ...any, effect: { kind: 'status', status: 400, code: 'ExpiredToken' } } }),
      () => ({ rule: { ...any, effect: { kind: 'down' } } }),
      // Without a checksum it cannot be found out.
      ...(STORAGES[storage].isProved
        ? [() => ({ rule: { ...bytes, effect: { kind: 'corrupt' as const, atByte: whole(0, rangeBytes - 1) } } })]
        : []),
      () => ({ rule: { ...bytes, effect: { kind: 'ignore-range' } } }),
      () => ({ rule: { ...bytes, effect: { kind: 'ignore-conditions' } } }),
      () => ({ rule: { ...any, effect: { kind: 'answer-instead', status: 200, body: '<html></html>' } } }),
      () => ({ rule: { region: 'ap-southeast-2', effect: { kind: 'down' }, skip: whole(0, 9) } }),
      () => ({
        rule: {
          ...{ operation: 'GetObject', region: 'ap-southeast-2', skip: whole(0, 3) },
          effect: { kind: 'status', status: 404, code: 'NoSuchVersion' },
        },
      }),
    ])();
  };

  const runOf = (index: number): Run => {
    const faults = Array.from({ length: whole(0, 3) }, faultOf);
    const acts = Array.from({ length: whole(0, 2) }, () => ({
      at: whole(0, size),
      act: pick<Act>(['stop', 'stop', 'kill', 'replace', 'replace', 'cancel']),
    }));
    return {
      disturbance: index > 0 && random() < 0.4 ? pick(DISTURBANCES) : undefined,
      faults: faults.map(({ rule }) => rule),
      acts,
      idleMs: faults.some(({ isSilent }) => isSilent === true) ? 200 : 5 * SECOND_MS,
      newSize: random() < 0.7 ? size : whole(1, 900 * KIB),
    };
  };

  return {
    ...{ size, rangeBytes, hasOld: random() < 0.5 },
    storage,
    runs: Array.from({ length: whole(1, 5) }, (_, index) => runOf(index)),
  };
}

/** Each run is a process of its own for the next ones, so that a copy of what it had on disk counts as killed. */
function processOf(pid: number): Machine {
  const birthOf = (one: number) => Promise.resolve(String(one));
  return { id: 'm', hostName: 'h', pid, birthOf, isAlive: (one) => Promise.resolve(one === pid) };
}

const ended = new Map<string, number>();
const count = (what: string) => ended.set(what, (ended.get(what) ?? 0) + 1);

/** One sequence on a storage: its object, a folder of its own, and what was in them so far. */
class Play {
  readonly #desk: DownloadDesk;
  readonly #sequence: Sequence;
  readonly #key: string;
  readonly #folder: string;
  readonly #copies: string;
  /** Every content that the object has had. */
  readonly #contents: Buffer[] = [];
  /** What the final name holds. */
  #there: Buffer | undefined;
  /** Parts whose note another program removed or replaced: no download knows of them. */
  readonly #orphans = new Set<string>();
  #replacing = Promise.resolve();
  #runs = 0;

  constructor(desk: DownloadDesk, number: number, sequence: Sequence) {
    this.#desk = desk;
    this.#sequence = sequence;
    this.#key = `plate-${number}.mov`;
    this.#folder = `${number}`;
    this.#copies = this.#path(`../copies-${number}`);
  }

  async toTheEnd(): Promise<void> {
    const { runs, size, hasOld } = this.#sequence;
    await mkdir(this.#path(''));
    mkdirSync(this.#copies);
    await this.#replace(size);
    if (hasOld) await writeFile(this.#path('plate.mov'), OLD);
    this.#there = hasOld ? OLD : undefined;
    this.#calm();
    for (const run of runs) {
      if (run.disturbance) await this.#disturb(run.disturbance);
      await this.#run(run);
    }
    this.#calm();
    // Nothing that happened keeps the next download from the whole of what the object is now.
    await this.#removeForeignNote();
    const last = { ...{ disturbance: undefined, faults: [], acts: [], newSize: 0 }, idleMs: 5 * SECOND_MS };
    const done = await this.#run(last);
    if (done instanceof Error) throw done;
    expect(this.#there === this.#desk.content).toBe(true);
    expect(this.#hidden()).toEqual([]);
    this.#desk.sandbox.clearFaults();
  }

  /** A storage with nothing wrong but what it always does. */
  #calm(): void {
    this.#desk.sandbox.clearFaults();
    for (const effect of STORAGES[this.#sequence.storage].lies) this.#desk.sandbox.addFault({ effect });
    // While main counts as unreachable, the version that was seen last is read.
    this.#desk.services.studio().reachability.succeeded('main-us');
  }

  async #run(run: Run): Promise<Download | Error> {
    for (const rule of run.faults) this.#desk.sandbox.addFault(rule);
    const ending = new AbortController();
    const acts = [...run.acts];
    const replaced: Promise<void>[] = [];
    const left = { isCopied: false };
    const progress = (received: number) => {
      for (const { at, act } of acts.splice(0)) {
        if (received < at || ending.signal.aborted) acts.push({ at, act });
        else if (act === 'stop') ending.abort(STOPPED);
        else if (act === 'cancel') ending.abort();
        else if (act === 'kill') {
          left.isCopied = this.#copy();
          ending.abort();
        } else {
          const done = this.#replace(run.newSize);
          replaced.push(done);
          // What is asked for from now on is answered by the new object.
          this.#desk.sandbox.addFault({ operation: 'GetObject', effect: { kind: 'gate', opened: done } });
        }
      }
    };
    this.#runs += 1;
    const { rangeBytes } = this.#sequence;
    const saving = this.#desk.get(
      `${this.#folder}/plate.mov`,
      { progress, rangeBytes, idleMs: run.idleMs, signal: ending.signal, machine: processOf(this.#runs) },
      this.#key,
    );
    const late = Promise.withResolvers<never>();
    const limit = setTimeout(() => late.reject(new Error('The download does not end')), RUN_LIMIT_MS);
    const done = await Promise.race([saving, late.promise]).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error) return error;
      throw error;
    });
    clearTimeout(limit);
    await Promise.all(replaced);
    await this.#check(done, ending.signal);
    if (left.isCopied && done instanceof Error) await this.#restore();
    return done;
  }

  async #check(done: Download | Error, signal: AbortSignal): Promise<void> {
    const named = await readFile(this.#path('plate.mov')).catch(() => undefined);
    if (!(done instanceof Error)) {
      count(done.resumed > 0 ? 'whole, resumed' : 'whole');
      this.#there = this.#contents.find((content) => named?.equals(content) === true);
      expect(this.#there === undefined ? 'a mixture' : 'one version').toBe('one version');
      expect(done.provedBy !== null).toBe(STORAGES[this.#sequence.storage].isProved);
      expect(this.#hidden()).toEqual([]);
      return;
    }
    const { code } = done as Error & { code: string };
    expect(code).toMatch(signal.aborted ? /^cancelled$/ : /^(damaged|object-changed|destination-unwritable)$/);
    const isAsBefore = this.#there === undefined ? named === undefined : named?.equals(this.#there) === true;
    expect(isAsBefore ? 'as before' : 'something else').toBe('as before');
    const isStopped = signal.aborted && signal.reason === STOPPED;
    count(isStopped ? 'stopped' : code);
    // A note that another program damaged is left alone.
    if (!isStopped && code !== 'destination-unwritable') expect(this.#hidden()).toEqual([]);
  }

  #path(name: string): string {
    return join(this.#desk.folder, this.#folder, name);
  }

  #hidden(): string[] {
    return readdirSync(this.#path('')).filter((name) => name.startsWith('.') && !this.#orphans.has(name));
  }

  /** One after the other, so that the last one is what the object is now. */
  #replace(size: number): Promise<void> {
    const content = randomBytes(size);
    this.#contents.push(content);
    const { checksum } = STORAGES[this.#sequence.storage];
    const more = { ...(checksum && { ChecksumAlgorithm: checksum }) };
    this.#replacing = this.#replacing.then(() => this.#desk.put(content, more, this.#key));
    return this.#replacing;
  }

  /** What a process that is killed now leaves. */
  #copy(): boolean {
    const names = this.#hidden();
    // Of a run that ended well although it was killed.
    for (const name of readdirSync(this.#copies)) rmSync(join(this.#copies, name));
    // The note first: afterwards more bytes may be in the part than it says, never fewer.
    for (const name of names.toSorted().reverse()) copyFileSync(this.#path(name), join(this.#copies, name));
    return names.length > 0;
  }

  async #restore(): Promise<void> {
    count('killed');
    for (const name of readdirSync(this.#copies)) {
      await copyFile(join(this.#copies, name), this.#path(name));
      await rm(join(this.#copies, name));
    }
  }

  async #disturb(what: Exclude<Run['disturbance'], undefined>): Promise<void> {
    const find = (ending: string) => this.#hidden().find((name) => name.endsWith(ending));
    const [part, note] = [find('.nearplay-part'), find('.json')];
    if (part === undefined || note === undefined) return;
    count(what);
    const size = (await readFile(this.#path(part))).length;
    switch (what) {
      case 'bytes of the part are others': {
        const handle = await open(this.#path(part), 'r+');
        await handle.write(randomBytes(100), 0, undefined, Math.floor(size / 2));
        await handle.close();
        break;
      }
      case 'the part is shorter':
        await truncate(this.#path(part), Math.floor(size / 3));
        break;
      case 'the part is gone':
        await rm(this.#path(part));
        break;
      case 'the note is gone':
        await rm(this.#path(note));
        this.#orphans.add(part);
        break;
      case 'the note is cut':
        await truncate(this.#path(note), 400);
        break;
      case 'the note is zeros':
        await writeFile(this.#path(note), Buffer.alloc(4096));
        break;
      case 'the note is not one':
        await writeFile(this.#path(note), 'of another program');
        this.#orphans.add(part);
        break;
    }
  }

  /** As the error asks for. */
  async #removeForeignNote(): Promise<void> {
    for (const name of this.#hidden().filter((one) => one.endsWith('.json'))) {
      if (!existsSync(this.#path(name))) continue;
      if ((await readFile(this.#path(name), 'utf8')) === 'of another program') await rm(this.#path(name));
    }
  }
}

async function lane(next: () => number | undefined): Promise<void> {
  for (let number = next(); number !== undefined;) {
    const desk = await DownloadDesk.open(1);
    try {
      for (let on = 0; number !== undefined && on < SEQUENCES_OF_A_STORAGE; on++, number = next()) {
        const sequence = sequenceOf(number);
        try {
          await new Play(desk, number, sequence).toTheEnd();
        } catch (cause) {
          const what = `Sequence ${number} of seed ${SEED}: ${JSON.stringify(sequence, undefined, 1)}`;
          throw new Error(`${String(cause)}\n${what}`, { cause });
        }
      }
    } finally {
      await desk.close();
    }
  }
}

it(
  `leaves the whole of one version or what was there, in ${SEQUENCES} random sequences of what can happen`,
  async () => {
    const numbers = Array.from({ length: SEQUENCES }, (_, number) => number);
    await Promise.all(Array.from({ length: LANES }, () => lane(() => numbers.shift())));
    if (isLong) process.stdout.write(`\n${JSON.stringify(Object.fromEntries(ended), undefined, 1)}\n`);
    // Otherwise this would be a test of nothing.
    for (const what of ['whole', 'whole, resumed', 'stopped', 'killed', 'cancelled']) {
      expect([what, (ended.get(what) ?? 0) > 0]).toEqual([what, true]);
    }
  },
  SEQUENCES * 10 * SECOND_MS,
);
