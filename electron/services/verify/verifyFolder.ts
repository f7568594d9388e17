import { HeadObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { sep } from 'node:path';
import { type ErrorCode, NearplayError } from '../../../shared/errors.ts';
import { errorText } from '../../../shared/errorText.ts';
import { asFolder } from '../../../shared/keys.ts';
import type { LeftOut, LeftOutFor } from '../../../shared/leftOut.ts';
import { MIB } from '../../../shared/units.ts';
import type { VerifyFinding, VerifyReport } from '../../../shared/verify.ts';
import {
  decides,
  etagFingerprint,
  type Fingerprint,
  fingerprintOf,
  hasContent,
  isEtag,
  partSizeBy,
} from '../content/fingerprint.ts';
import { findFiles, type FoundFile } from '../files/findFiles.ts';
import { leftOutSentence } from '../files/leftOut.ts';
import type { LocalDisk } from '../files/localDisk.ts';
import { StableFile } from '../files/stableFile.ts';
import type { Studio } from '../reading/studio.ts';
import { sleep } from '../runtime/async.ts';
import { attemptsFor, backoffDelay } from '../runtime/backoff.ts';
import { waitReasonOf } from '../storage/refusals.ts';
import { wholeKey } from '../storage/storageKeys.ts';
import { wholeListing } from '../storage/wholeListing.ts';

/** Enough to use disk and line fully, few enough not to make a disk seek. */
const MAX_PARALLEL_FILES = 6;
/** Files listed individually; further ones are only counted. */
const MAX_LISTED_FILES = 50_000;
/** Up to this size a file is read first, even in vain (an ETag may be no MD5), rather than a HEAD sent. */
const READ_BEFORE_HEAD_MAX_BYTES = 8 * MIB;
const PROGRESS_INTERVAL_MS = 100;
/** Objects in a row that the storage failed to answer for, after which the comparison ends: it is not these objects. */
const MAX_UNANSWERED_IN_A_ROW = 2 * MAX_PARALLEL_FILES;

export interface VerifyOptions {
  /** The local folder, absolute; its contents are compared with the contents of `folder`. Or one file, which is looked for there. */
  path: string;
  /** In the main storage, relative to the prefix. */
  folder: string;
  signal?: AbortSignal;
  /** Called at most ten times a second, and at the end. */
  progress?: (progress: { compared: number; bytes: number }) => void;
  /** Where the files are read; default: this computer's. */
  disk?: LocalDisk;
}

/** The parts of a studio that the comparison uses. */
export type VerifyAccess = Pick<Studio, 'preferences' | 'clients' | 'requests'>;

/**
 * Compares the files of a local folder, as an upload would find them, with the objects of the same names in the main
 * storage: by the size in the listing, then by content with the checksum that the storage keeps. Every file is read
 * once; a small one that differs from its ETag twice.
 *
 * An object that the storage refuses to describe is a line of the report, and the others go on.
 *
 * @throws NearplayError file-unreadable when the folder itself cannot be read; cancelled; credentials-expired …; and
 *   what the listing or a row of objects failed with
 */
export async function verifyFolder(studio: VerifyAccess, options: VerifyOptions): Promise<VerifyReport> {
  const folder = asFolder(options.folder.normalize('NFC'));
  const failed = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failed.signal]) : failed.signal;
  const comparison = new FolderComparison(studio, { ...options, folder, named: options.folder, signal });
  try {
    return await comparison.run();
  } finally {
    // Ends reads whose result is not needed any more.
    failed.abort();
  }
}

/** An object of a listing. */
interface Listed {
  key: string;
  size: number;
  etag: string;
}

interface Verdict {
  finding: VerifyFinding | 'same';
  detail: string;
}

interface ComparisonOptions extends VerifyOptions {
  /** The folder as it was named; `folder` is in NFC. */
  named: string;
  signal: AbortSignal;
}

class FolderComparison {
  readonly #studio: VerifyAccess;
  readonly #options: ComparisonOptions;
  readonly #report: VerifyReport;
  /** By name in NFC: other programs upload the NFD that macOS returns. */
  readonly #listed = new Map<string, Listed>();
  #progressAt = 0;
  #unansweredInARow = 0;

  constructor(studio: VerifyAccess, options: ComparisonOptions) {
    this.#studio = studio;
    this.#options = options;
    this.#report = {
      ...{ path: options.path, folder: options.folder, compared: 0, bytes: 0, same: 0 },
      totals: { different: 0, missing: 0, unproved: 0, unanswered: 0, unreadable: 0, 'left-out': 0 },
      ...{ files: [], truncated: false },
    };
  }

  async run(): Promise<VerifyReport> {
    const { path, folder, progress, signal, disk } = this.#options;
    const leftOut = (one: LeftOut) => {
      const finding = UNREAD_REASONS.has(one.why) ? 'unreadable' : 'left-out';
      this.#found(folder + keyBelow(path, one.path).normalize('NFC'), 0, { finding, detail: leftOutSentence(one) });
    };
    let isListed = false;
    for await (const batch of findFiles([path], { leftOut, signal, disk })) {
      // Listed only now: a missing folder is reported at once.
      if (!isListed) await this.#list(batch);
      isListed = true;
      await forEachInParallel(batch, MAX_PARALLEL_FILES, (file) => this.#compare(file));
    }
    this.#report.files.sort((a, b) => (a.key < b.key ? -1 : 1));
    progress?.({ compared: this.#report.compared, bytes: this.#report.bytes });
    return this.#report;
  }

  /** What lies below the folder; of one file that was chosen itself, only what begins with its name. */
  async #list([first]: readonly FoundFile[]): Promise<void> {
    const { folder, signal } = this.#options;
    const { mainStorage } = this.#studio.preferences;
    const isOne = first?.isChosen === true;
    const whole = isOne ? folder + first.name : folder;
    // As it was named, and in both forms: other programs upload the NFD that macOS returns.
    const asNamed = asFolder(this.#options.named) + (isOne ? first.name : '');
    for (const beginning of new Set([whole, whole.normalize('NFD'), asNamed])) {
      for await (const { key, size, etag } of wholeListing(this.#studio, mainStorage, beginning, signal)) {
        const name = key.normalize('NFC');
        if (name === key || !this.#listed.has(name)) this.#listed.set(name, { key, size, etag });
      }
    }
  }

  async #compare(file: FoundFile): Promise<void> {
    const key = this.#options.folder + file.name.slice(file.name.indexOf('/') + 1);
    const verdict = await this.#verdictOf(file, this.#listed.get(key));
    this.#report.compared += 1;
    this.#found(key, file.size, verdict);
    this.#emitProgress();
  }

  async #verdictOf(file: FoundFile, listed: Listed | undefined): Promise<Verdict> {
    if (!listed) return { finding: 'missing', detail: 'The storage has no such object.' };
    if (listed.size !== file.size) return otherSize(file.size, listed.size);
    let opened: StableFile | undefined;
    try {
      const { signal, disk } = this.#options;
      opened = await StableFile.open(file.path, { root: file.root, signal, disk });
      const verdict = await this.#compareContent(opened, listed);
      this.#unansweredInARow = 0;
      return verdict;
    } catch (error) {
      const code = error instanceof NearplayError ? error.code : 'internal';
      if (this.#options.signal.aborted) throw new NearplayError('cancelled', undefined, { cause: error });
      if (code === 'no-such-key') return { finding: 'missing', detail: 'It was deleted from the storage just now.' };
      if (code === 'file-changed') return { finding: 'unreadable', detail: 'The file changed while it was compared.' };
      if (code === 'not-a-file') return { finding: 'left-out', detail: 'It is not a regular file any more.' };
      if (code === 'file-unreadable') return { finding: 'unreadable', detail: 'The file cannot be read.' };
      return this.#unanswered(error);
    } finally {
      await opened?.close();
    }
  }

  /** @throws the error when it is not about this object */
  #unanswered(error: unknown): Verdict {
    if (!(error instanceof NearplayError)) throw error;
    const reason = waitReasonOf(error.code);
    if (reason === 'sign-in' || ENDING_CODES.has(error.code)) throw error;
    this.#unansweredInARow = reason === undefined ? 0 : this.#unansweredInARow + 1;
    if (this.#unansweredInARow >= MAX_UNANSWERED_IN_A_ROW) throw error;
    return { finding: 'unanswered', detail: errorText(error.report()) };
  }

  async #compareContent(file: StableFile, listed: Listed): Promise<Verdict> {
    const { signal } = this.#options;
    const read = (bytes: number) => this.#read(bytes);
    const { size } = file.identity;
    const etag = etagFingerprint(listed.etag);
    // The listing usually suffices: no HEAD per frame.
    if (size <= READ_BEFORE_HEAD_MAX_BYTES && etag?.of === 'whole') {
      if (await hasContent(file, { fingerprint: etag, signal, read })) return SAME;
    }
    const head = await this.#head(listed.key);
    // HEAD without a length: the size of the listing counts.
    const { ContentLength: now = size } = head;
    if (now !== size) return otherSize(size, now);
    const fingerprint = fingerprintOf(head);
    if (!fingerprint) return { finding: 'unproved', detail: 'The storage keeps no checksum of it.' };
    if (fingerprint.of === 'whole') {
      return (await hasContent(file, { fingerprint, signal, read })) ? SAME : this.#otherContent(fingerprint);
    }
    const { ContentLength: length, PartsCount: count } = await this.#head(listed.key, 1);
    const partSize = partSizeBy(fingerprint, size, { size: length, count });
    const isSame = partSize !== undefined && (await hasContent(file, { fingerprint, partSize, signal, read }));
    if (isSame) return SAME;
    const isEven = partSize !== undefined && (await this.#isSizeOfSecondPart(listed.key, size, partSize));
    if (isEven) return this.#otherContent(fingerprint);
    return { finding: 'unproved', detail: `The ${nameOf(fingerprint)} is one of parts that are not all of one size.` };
  }

  #otherContent(fingerprint: Fingerprint): Verdict {
    const { clients, preferences } = this.#studio;
    if (decides(fingerprint, clients.configurationOf(preferences.mainStorage))) {
      return { finding: 'different', detail: `It has the same size and another ${nameOf(fingerprint)}.` };
    }
    const detail =
      'The storage keeps no checksum of it, and its ETag is not the MD5 of the file, which it need not be.';
    return { finding: 'unproved', detail };
  }

  /**
   * Parts of several sizes can have the same count as equal ones: a file is reported as different only where the second
   * part has the size of the first.
   */
  async #isSizeOfSecondPart(key: string, size: number, partSize: number): Promise<boolean> {
    if (size <= 2 * partSize) return true;
    return (await this.#head(key, 2)).ContentLength === partSize;
  }

  /** @throws NearplayError no-such-key, and what repetition did not cure */
  async #head(key: string, part?: number): Promise<HeadObjectCommandOutput> {
    const { preferences, clients, requests } = this.#studio;
    const configuration = clients.configurationOf(preferences.mainStorage);
    const command = new HeadObjectCommand({
      Bucket: configuration.bucket,
      Key: wholeKey(configuration, key),
      ChecksumMode: 'ENABLED',
      ...(part !== undefined && { PartNumber: part }),
    });
    const { signal } = this.#options;
    const asked = { storage: preferences.mainStorage, action: 's3:GetObject', key, signal };
    for (let attempt = 1; ; attempt++) {
      try {
        return await requests.request(asked, (client, send) => client.send(command, send));
      } catch (error) {
        if (!(error instanceof NearplayError) || attempt >= attemptsFor(error.code)) throw error;
        await sleep(backoffDelay(attempt, Math.random()), signal);
      }
    }
  }

  #found(key: string, size: number, { finding, detail }: Verdict): void {
    const report = this.#report;
    if (finding === 'same') {
      report.same += 1;
      return;
    }
    report.totals[finding] += 1;
    if (report.files.length < MAX_LISTED_FILES) report.files.push({ key, size, finding, detail });
    else report.truncated = true;
  }

  #read(bytes: number): void {
    this.#report.bytes += bytes;
    this.#emitProgress();
  }

  #emitProgress(): void {
    const now = performance.now();
    if (now - this.#progressAt < PROGRESS_INTERVAL_MS) return;
    this.#progressAt = now;
    const { compared, bytes } = this.#report;
    this.#options.progress?.({ compared, bytes });
  }
}

/** Errors that every other object would meet as well. */
const ENDING_CODES: ReadonlySet<ErrorCode> = new Set([
  'cancelled',
  'clock-skew',
  'credentials-missing',
  'proxy-sign-in',
]);

/** Regular files that cannot be read now. */
const UNREAD_REASONS: ReadonlySet<LeftOutFor> = new Set(['unreadable', 'unanswered', 'vanished']);

const SAME: Verdict = { finding: 'same', detail: '' };

function otherSize(here: number, there: number): Verdict {
  return { finding: 'different', detail: `It has ${here} bytes here and ${there} in the storage.` };
}

function nameOf(fingerprint: Fingerprint): string {
  return isEtag(fingerprint) ? 'MD5 (ETag)' : fingerprint.algorithm;
}

/** Key of a path: with forward slashes. A backslash is a part of the name where it separates none. */
function keyBelow(folder: string, path: string): string {
  return path.slice(folder.length).replaceAll(sep, '/').replace(/^\/+/, '');
}

/** Runs `work` for all items, a limited number at a time; the first failure ends it. */
async function forEachInParallel<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
