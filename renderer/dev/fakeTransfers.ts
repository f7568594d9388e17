import { type ErrorCode, ERRORS } from '../../shared/errors.ts';
import { nameOfKey } from '../../shared/keys.ts';
import type {
  BlockedFor,
  ConflictAnswer,
  SkippedFor,
  Transfer,
  TransfersDelta,
  TransfersPage,
  TransferState,
  TransferTotals,
} from '../../shared/transfers.ts';

const PAGE = 1000;
const AT_ONCE = 4;
const PART = 16_000_000;
const RATE = 38_000_000;
const TICK = 100;
const OVER: readonly TransferState[] = ['done', 'failed', 'cancelled', 'skipped'];

/** A queue that looks like a day at work: everything that can be the matter, or a hundred thousand frames. */
export type FakeQueue = 'mixed' | 'many' | 'conflicts' | 'paused' | 'offline' | 'over';

/** Main's queue, in memory: it sends, confirms part by part, finishes and takes the next one, and obeys. */
export class FakeTransfers {
  readonly #emit: (delta: TransfersDelta) => void;
  readonly #transfers = new Map<string, Transfer>();
  readonly #running = new Set<string>();
  /** In the order of the queue; those that have had their turn stay until it is made anew. */
  #queue: string[] = [];
  #changed = new Map<string, Transfer>();
  #removed: string[] = [];
  #files = noFiles();
  #size = 0;
  #sent = 0;
  #next = 0;
  /** Files that are through within one tick, as with thousands of small ones. */
  readonly #quick: number;

  constructor(kind: FakeQueue | undefined, emit: (delta: TransfersDelta) => void) {
    this.#emit = emit;
    this.#quick = kind === 'many' ? 500 : 0;
    for (const transfer of kind ? SAMPLES[kind]() : []) this.#put(transfer);
    this.#changed.clear();
    this.#next = this.#transfers.size;
  }

  begin(): void {
    setInterval(() => this.#tick(), TICK);
  }

  totals(): TransferTotals {
    const bytesPerSecond = this.#running.size > 0 ? RATE * Math.min(AT_ONCE, this.#running.size) : 0;
    return {
      files: { ...this.#files },
      size: this.#size,
      sent: this.#sent,
      bytesPerSecond,
      ...(bytesPerSecond > 0 && { secondsLeft: (this.#size - this.#sent) / bytesPerSecond }),
    };
  }

  page(cursor: string | undefined): TransfersPage {
    const all = [...this.#transfers.values()].sort((one, other) => one.order - other.order);
    const start = cursor === undefined ? 0 : Number(cursor);
    const transfers = all.slice(start, start + PAGE);
    return { transfers, ...(start + PAGE < all.length && { cursor: String(start + PAGE) }) };
  }

  add(names: readonly string[], folder: string): { files: number } {
    for (const name of names) {
      this.#put(sample(name, this.#next, 40_000_000 + ((name.length * 7_919_003) % 900_000_000), { folder }));
      this.#next += 1;
    }
    this.#tell();
    return { files: names.length };
  }

  saveCopy(key: string, size: number): Transfer {
    const name = nameOfKey(key);
    const copy: Transfer = { ...sample(name, -1, size, { state: 'running' }), key, direction: 'download' };
    this.#put(copy);
    this.#tell();
    return copy;
  }

  pause(ids?: readonly string[]): void {
    this.#each(ids, ['waiting', 'running', 'blocked'], (transfer) =>
      transfer.direction === 'upload' ? { state: 'paused' } : undefined,
    );
  }

  resume(ids?: readonly string[]): void {
    this.#each(ids, ['paused'], () => ({ state: 'waiting' }));
  }

  cancel(ids?: readonly string[]): void {
    this.#each(ids, ['waiting', 'running', 'paused', 'blocked'], () => ({ state: 'cancelled' }));
  }

  retry(ids?: readonly string[]): void {
    this.#each(ids, ids ? ['failed', 'cancelled'] : ['failed'], () => ({ state: 'waiting' }));
  }

  clear(): void {
    for (const transfer of [...this.#transfers.values()]) if (OVER.includes(transfer.state)) this.#remove(transfer);
    this.#tell();
  }

  decide(answer: ConflictAnswer, ids?: readonly string[]): void {
    this.#each(ids, ['blocked'], ({ blockedFor, name, key }) => {
      if (blockedFor !== 'conflict') return undefined;
      if (answer === 'skip') return { state: 'skipped', skippedFor: 'asked-for' };
      if (answer === 'replace') return { state: 'waiting' };
      return { state: 'waiting', name: numbered(name), key: numbered(key) };
    });
  }

  move(ids: readonly string[], before: string | null): void {
    const target = before === null ? undefined : this.#transfers.get(before);
    const orders = [...this.#transfers.values()].map(({ order }) => order).sort((one, other) => one - other);
    const end = target?.order ?? (orders.at(-1) ?? 0) + 1;
    const start = orders.findLast((order) => order < end) ?? end - 1;
    for (const [at, id] of ids.entries()) {
      const transfer = this.#transfers.get(id);
      const order = start + ((end - start) * (at + 1)) / (ids.length + 1);
      if (transfer) this.#put({ ...transfer, order: before === null ? end + at : order });
    }
    this.#queue = [];
    this.#tell();
  }

  #each(
    ids: readonly string[] | undefined,
    states: readonly TransferState[],
    change: (transfer: Transfer) => Partial<Transfer> | undefined,
  ): void {
    for (const id of ids ?? [...this.#transfers.keys()]) {
      const transfer = this.#transfers.get(id);
      const patch = transfer && states.includes(transfer.state) ? change(transfer) : undefined;
      if (transfer && patch) this.#put(inState(transfer, patch));
    }
    this.#queue = [];
    this.#tell();
  }

  #tick(): void {
    for (const id of [...this.#running]) {
      const transfer = this.#transfers.get(id);
      if (transfer) this.#put(advanced(transfer));
    }
    for (let turn = 0; turn < this.#quick; turn++) {
      const next = this.#nextWaiting();
      if (next) this.#put(inState({ ...next, sent: next.size, confirmed: next.size }, { state: 'done' }));
    }
    while (this.#running.size < AT_ONCE) {
      const next = this.#nextWaiting();
      if (!next) break;
      this.#put({ ...next, state: 'running', bytesPerSecond: RATE });
    }
    this.#tell();
  }

  #nextWaiting(): Transfer | undefined {
    if (this.#queue.length === 0 && this.#files.waiting > 0) {
      const waiting = [...this.#transfers.values()].filter(({ state }) => state === 'waiting');
      this.#queue = waiting.sort((one, other) => other.order - one.order).map(({ id }) => id);
    }
    for (let id = this.#queue.pop(); id !== undefined; id = this.#queue.pop()) {
      const transfer = this.#transfers.get(id);
      if (transfer?.state === 'waiting') return transfer;
    }
    return undefined;
  }

  #put(transfer: Transfer): void {
    const before = this.#transfers.get(transfer.id);
    if (before) this.#count(before, -1);
    this.#count(transfer, 1);
    this.#transfers.set(transfer.id, transfer);
    this.#changed.set(transfer.id, transfer);
    if (transfer.state === 'running') this.#running.add(transfer.id);
    else this.#running.delete(transfer.id);
  }

  #remove(transfer: Transfer): void {
    this.#count(transfer, -1);
    this.#transfers.delete(transfer.id);
    this.#removed.push(transfer.id);
  }

  #count({ state, size, sent }: Transfer, by: 1 | -1): void {
    this.#files[state] += by;
    if (state === 'failed' || state === 'cancelled' || state === 'skipped') return;
    this.#size += by * size;
    this.#sent += by * sent;
  }

  #tell(): void {
    if (this.#changed.size === 0 && this.#removed.length === 0) return;
    this.#emit({ changed: [...this.#changed.values()], removed: this.#removed, totals: this.totals() });
    this.#changed = new Map();
    this.#removed = [];
  }
}

function noFiles(): Record<TransferState, number> {
  return { waiting: 0, running: 0, paused: 0, blocked: 0, done: 0, failed: 0, cancelled: 0, skipped: 0 };
}

/** Without what only the state before had. */
function inState(transfer: Transfer, patch: Partial<Transfer>): Transfer {
  const { blockedFor: _blockedFor, error: _error, ...rest } = transfer;
  const state = patch.state ?? transfer.state;
  const restarts = transfer.state === 'cancelled' && state === 'waiting';
  return {
    ...rest,
    bytesPerSecond: 0,
    ...(OVER.includes(state) && { finishedAt: Date.now() }),
    ...(restarts && { sent: 0, confirmed: 0 }),
    ...patch,
  };
}

function advanced(transfer: Transfer): Transfer {
  const sent = Math.min(transfer.size, transfer.sent + (transfer.bytesPerSecond * TICK) / 1000);
  if (sent >= transfer.size) return inState({ ...transfer, sent, confirmed: transfer.size }, { state: 'done' });
  const confirmed = Math.max(transfer.confirmed, Math.floor((sent - PART / 2) / PART) * PART);
  return { ...transfer, sent, confirmed: Math.max(0, confirmed) };
}

function numbered(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? `${name} (2)` : `${name.slice(0, dot)} (2)${name.slice(dot)}`;
}

interface Traits {
  folder?: string;
  state?: TransferState;
  share?: number;
  blockedFor?: BlockedFor;
  skippedFor?: SkippedFor;
  code?: ErrorCode;
}

function sample(name: string, order: number, size: number, traits: Traits = {}): Transfer {
  const {
    folder = 'shots/',
    state = 'waiting',
    share = state === 'done' ? 1 : 0,
    blockedFor,
    skippedFor,
    code,
  } = traits;
  const sent = Math.round(size * share);
  return {
    id: `${order}-${name}`,
    direction: 'upload',
    name,
    key: `${folder}${name}`,
    order,
    state,
    size,
    sent,
    confirmed: state === 'done' ? size : Math.floor(sent / PART) * PART,
    bytesPerSecond: state === 'running' ? RATE : 0,
    startedAt: Date.now(),
    ...(blockedFor && { blockedFor }),
    ...(skippedFor && { skippedFor }),
    ...(code && { error: { code, ...ERRORS[code] } }),
  };
}

const SAMPLES: Record<FakeQueue, () => Transfer[]> = {
  mixed: () => [
    {
      ...sample('2026-03-18_dailies.webm', -1, 619_693_300, { state: 'running', share: 0.3 }),
      direction: 'download',
    },
    sample('sq030_sh040_comp_v008.mov', 1, 48_200_000_000, { state: 'running', share: 0.42 }),
    sample('sq030_sh050_anim_v003.mp4', 2, 8_120_000_000, { state: 'running', share: 0.87 }),
    sample('sq030_sh055_comp_v002.mov', 3, 2_960_000_000, { state: 'blocked', blockedFor: 'conflict' }),
    sample('sq030_sh060_light_v001.mov', 4, 2_140_000_000),
    sample('sq030_sh070_light_v004.mov', 5, 1_910_000_000, { state: 'paused', share: 0.35 }),
    sample('sq030_sh080_render.1001.exr', 6, 84_000_000, { state: 'blocked', blockedFor: 'file-settling' }),
    sample('sq030_sh080_previs_with_a_rather_long_name_for_client_review_v012.mp4', 7, 77_000_000, {
      state: 'blocked',
      blockedFor: 'conflict',
    }),
    sample('sq010_sh010_comp_v002.mp4', 8, 96_000_000, { state: 'failed', share: 0.4, code: 'file-changed' }),
    sample('sq010_sh030_plate_v001.mov', 9, 3_960_000_000, { state: 'failed', code: 'access-denied' }),
    sample('sq030_mood_harbour.jpg', 10, 6_200_000, { state: 'done' }),
    sample('sq030_mood_lagoon.jpg', 11, 5_910_000, { state: 'skipped', skippedFor: 'identical' }),
    sample('sq030_sh090_anim_v001.mov', 12, 610_000_000, { state: 'cancelled' }),
    ...Array.from({ length: 24 }, (_, at) => sample(`sq040_sh010_beauty.${1001 + at}.exr`, 20 + at, 64_000_000)),
  ],
  many: () =>
    Array.from({ length: 100_000 }, (_, at) =>
      sample(`sq050_sh010_beauty.${String(at).padStart(6, '0')}.exr`, at, 2_000_000 + ((at * 7_919) % 9_000_000), {
        state: at < 2000 ? 'done' : at < 2004 ? 'running' : 'waiting',
        // A few among so many: lines of another height, which the list has to reckon with.
        ...(at % 20_000 === 15_000 && { state: 'blocked', blockedFor: 'conflict' }),
      }),
    ),
  conflicts: () =>
    Array.from({ length: 14 }, (_, at) =>
      sample(`sq020_sh0${10 + at}_comp_v003.mov`, at, 180_000_000 + at * 40_000_000, {
        state: 'blocked',
        blockedFor: 'conflict',
      }),
    ),
  paused: () =>
    Array.from({ length: 9 }, (_, at) =>
      sample(`sq020_sh0${10 + at}_comp_v003.mov`, at, 1_800_000_000, {
        state: 'paused',
        share: at < 3 ? 0.25 * at : 0,
      }),
    ),
  offline: () => [
    ...Array.from({ length: 3 }, (_, at) =>
      sample(`sq020_sh0${10 + at}_comp_v003.mov`, at, 1_800_000_000, {
        state: 'blocked',
        blockedFor: 'offline',
        share: 0.4,
      }),
    ),
    sample('sq020_sh014_comp_v001.mov', 4, 1_800_000_000, { state: 'blocked', blockedFor: 'sign-in', share: 0.1 }),
    sample('sq020_sh015_comp_v001.mov', 5, 1_800_000_000, { state: 'blocked', blockedFor: 'disk', share: 0.1 }),
  ],
  over: () => [
    ...Array.from({ length: 12 }, (_, at) =>
      sample(`sq020_sh0${10 + at}_comp_v003.mov`, at, 180_000_000, { state: 'done' }),
    ),
    sample('sq010_sh010_comp_v002.mp4', 20, 96_000_000, { state: 'failed', share: 0.4, code: 'file-unreadable' }),
  ],
};
