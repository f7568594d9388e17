import { type ErrorCode, type ErrorReport, NearplayError } from '../../shared/errors.ts';
import { type BlockedFor, isOver, type Transfer } from '../../shared/transfers.ts';
import { MINUTE_MS, SECOND_MS } from '../../shared/units.ts';
import { type CommandContext, report } from './surroundings.ts';

/** A recently written file settles within seconds: no report before. */
const SETTLING_REPORT_DELAY_MS = 10 * SECOND_MS;
/** Time without progress and without a known cause (repeated requests, a slow storage) before a report. */
const SILENCE_REPORT_DELAY_MS = 20 * SECOND_MS;
/** Default limit without a terminal, where a wait is not seen. */
const DEFAULT_WAIT_MINUTES = 30;

/** `folder`: the watched folder, which cannot be read. */
type WaitsFor = Exclude<BlockedFor, 'conflict'> | 'folder';

interface Watched extends Pick<Transfer, 'id' | 'key' | 'state' | 'confirmed' | 'sent' | 'error'> {
  blockedFor?: BlockedFor | WaitsFor;
}

const WAIT_TEXTS: Partial<Record<string, string>> = {
  'file-settling': 'the file to be written completely',
  'sign-in': 'a sign-in',
  folder: 'the watched folder',
  disk: 'room on the disk of this computer',
};
const SAME_COMMAND = 'The same command goes on where this one stopped.';
const DEFAULT_WAIT_TEXT = 'the storage';

export interface WaitsOptions {
  context: CommandContext;
  /** Minutes without progress after which waiting ends the command; absent: no limit. */
  minutes?: number;
  /** Milliseconds of a monotonic clock; default: performance.now. */
  monotonicNow?: () => number;
  silenceReportDelayMs?: number;
  /** Last error of an upload that was retried without a report. */
  lastErrorOf?: (id: string) => ErrorReport | undefined;
  /** Whether nothing was sent since credentials are missing; default: it was. */
  awaitsCredentials?: () => boolean;
  /** What the user can do after a wait has ended; default: the same command resumes. */
  afterwards?: string;
}

/**
 * Reports on stderr when uploads begin to wait, for what, and when they continue; ends the command when a wait exceeds
 * its limit. A wait ends when an upload ends or the storage confirms more bytes than before. The limit counts from the
 * last byte beyond the earlier maximum: a request that is refused again and again is no progress.
 */
export class Waits {
  readonly #context: CommandContext;
  readonly #limitMs: number | undefined;
  readonly #now: () => number;
  readonly #silenceMs: number;
  readonly #lastErrorOf: (id: string) => ErrorReport | undefined;
  readonly #awaitsCredentials: () => boolean;
  readonly #afterwards: string;
  /** Last cause of delay of each unfinished upload. */
  readonly #errors = new Map<string, ErrorReport>();
  readonly #blocked = new Map<string, Watched & { blockedFor: WaitsFor }>();
  /** Maximum of bytes sent, and confirmed, of each unfinished upload. */
  readonly #most = new Map<string, { sent: number; confirmed: number }>();
  readonly #reported = new Set<string>();
  readonly #ended = Promise.withResolvers<never>();
  readonly #timer: NodeJS.Timeout;
  /** Time of the last progress. */
  #progressAt: number;
  #stopped = false;

  constructor(options: WaitsOptions) {
    const { context, minutes, monotonicNow, silenceReportDelayMs, lastErrorOf, awaitsCredentials, afterwards } =
      options;
    this.#context = context;
    this.#limitMs = minutes === undefined ? undefined : minutes * MINUTE_MS;
    this.#now = monotonicNow ?? (() => performance.now());
    this.#silenceMs = silenceReportDelayMs ?? SILENCE_REPORT_DELAY_MS;
    this.#lastErrorOf = lastErrorOf ?? (() => undefined);
    this.#awaitsCredentials = awaitsCredentials ?? (() => false);
    this.#afterwards = afterwards ?? SAME_COMMAND;
    this.#progressAt = this.#now();
    this.#timer = setInterval(() => this.check(), Math.min(SECOND_MS, this.#silenceMs / 2)).unref();
    this.#ended.promise.catch(() => undefined);
  }

  /** Rejects with `wait-ended` when a wait has taken too long; never resolves. */
  get ended(): Promise<never> {
    return this.#ended.promise;
  }

  changed(transfers: readonly Watched[]): void {
    for (const transfer of transfers) this.#update(transfer);
    this.check();
  }

  /** Reports what is due. Also called by a timer. */
  check(): void {
    if (this.#stopped) return;
    const idleMs = this.#now() - this.#progressAt;
    for (const blockedFor of new Set([...this.#blocked.values()].map((one) => one.blockedFor))) {
      if (blockedFor !== 'file-settling' || idleMs >= SETTLING_REPORT_DELAY_MS) this.#reportWait(blockedFor);
    }
    const isOpen = this.#most.size > 0;
    if (isOpen && this.#reported.size === 0 && idleMs >= this.#silenceMs) this.#reportSilence(idleMs);
    if (isOpen && this.#limitMs !== undefined && idleMs >= this.#limitMs) this.#end();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  #update(transfer: Watched): void {
    const { id, state, blockedFor, sent, confirmed } = transfer;
    const isWaiting = state === 'blocked' && blockedFor !== undefined && blockedFor !== 'conflict';
    if (isWaiting) this.#blocked.set(id, { ...transfer, blockedFor });
    else if (state !== 'waiting') this.#blocked.delete(id);
    if (isOver(transfer)) this.#errors.delete(id);
    else if (transfer.error) this.#errors.set(id, transfer.error);
    if (isOver(transfer) || blockedFor === 'conflict' || state === 'paused') {
      if (this.#most.delete(id) || isOver(transfer)) this.#waitIsOver();
      return;
    }
    const before = this.#most.get(id);
    const most = { sent: Math.max(before?.sent ?? 0, sent), confirmed: Math.max(before?.confirmed ?? 0, confirmed) };
    // Nothing was open before: the limit counts from now.
    if (this.#most.size === 0) this.#progressAt = this.#now();
    this.#most.set(id, most);
    if (before === undefined) return;
    if (most.confirmed > before.confirmed) {
      this.#errors.delete(id);
      this.#waitIsOver();
    } else if (most.sent > before.sent) this.#progressAt = this.#now();
  }

  #waitIsOver(): void {
    this.#progressAt = this.#now();
    // Other blocked uploads are retried too, and report again.
    this.#blocked.clear();
    if (this.#reported.size === 0) return;
    this.#reported.clear();
    this.#report({ waiting: null, message: 'It goes on.' }, 'it goes on.');
  }

  #reportWait(blockedFor: WaitsFor): void {
    if (this.#reported.has(blockedFor)) return;
    this.#reported.add(blockedFor);
    const ones = [...this.#blocked.values()].filter((one) => one.blockedFor === blockedFor);
    const [first] = ones;
    if (!first) return;
    const others = ones.length > 1 ? ` and ${ones.length - 1} more` : '';
    const cause = first.error === undefined ? '' : ` ${first.error.message}`;
    const text = `waiting for ${WAIT_TEXTS[blockedFor] ?? DEFAULT_WAIT_TEXT} (${first.key}${others}).${cause} ${this.#goesOn()}`;
    this.#report({ waiting: blockedFor, ...codeOf(first), message: sentence(text), files: ones.length }, text);
  }

  #reportSilence(idleMs: number): void {
    this.#reported.add('silence');
    const seconds = Math.round(idleMs / SECOND_MS);
    const cause = this.#cause();
    const met = cause === undefined ? '' : ` The last cause: ${cause.message}`;
    const isSignIn = this.#awaitsCredentials();
    const what = isSignIn
      ? 'waiting for a sign-in: no AWS credentials have come, and the storage has not been asked'
      : 'the storage is still being asked';
    const text = `no byte has moved for ${seconds} s; ${what}.${met} ${this.#goesOn()}`;
    this.#report(
      { waiting: isSignIn ? 'sign-in' : 'silence', ...(cause && { code: cause.code }), message: sentence(text) },
      text,
    );
  }

  #goesOn(): string {
    const end =
      this.#limitMs === undefined ? '' : `, and ends after ${minutesText(this.#limitMs / MINUTE_MS)} without progress`;
    return `It goes on by itself${end}.`;
  }

  #end(): void {
    this.stop();
    const minutes = minutesText((this.#limitMs ?? 0) / MINUTE_MS);
    const cause = this.#cause();
    const why = cause === undefined ? '' : ` The last cause: ${cause.message}`;
    const message = `Nothing moved for ${minutes}, the time to wait is over.${why} ${this.#afterwards}`;
    this.#ended.reject(new NearplayError('wait-ended', message, { detail: cause?.detail }));
  }

  /** The current cause of delay, else the last one. */
  #cause(): ErrorReport | undefined {
    const now = [...this.#blocked.values()].find(({ error }) => error !== undefined)?.error;
    if (now) return now;
    for (const id of this.#most.keys()) {
      const error = this.#lastErrorOf(id) ?? this.#errors.get(id);
      if (error) return error;
    }
    return undefined;
  }

  #report(value: object, text: string): void {
    report(this.#context, value, text);
  }
}

function codeOf({ error }: Watched): { code?: ErrorCode } {
  return error === undefined ? {} : { code: error.code };
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function minutesText(minutes: number): string {
  return minutes === 1 ? '1 minute' : `${minutes} minutes`;
}

/** The limit of `--wait`, else 30 minutes without a terminal, else none. */
export function waitMinutes(asked: number | undefined, isTerminal: boolean): { minutes?: number } {
  const minutes = asked ?? (isTerminal ? undefined : DEFAULT_WAIT_MINUTES);
  return minutes === undefined ? {} : { minutes };
}
