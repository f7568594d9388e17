import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PreferencesStatus } from '../../shared/ipc.ts';
import { NearplayError } from '../../shared/errors.ts';
import { parsePreferences, type Finding, type IsolationPreferences } from '../../shared/preferences.ts';
import type { Log } from './contract.ts';
import { replaceFile } from './files/atomicFile.ts';

export type PreferencesOrigin = NonNullable<PreferencesStatus['origin']>;

export interface PreferencesSourceOptions {
  /** Named for this one run; beats every other origin. */
  commandLineFile?: string;
  /** The file that IT manages; need not exist. */
  managedFile?: string;
  /** What the user imported, in the user's own folder; `null`: nothing. */
  importedFile: () => string | null;
  userDataFolder: string;
  log: Log;
}

/** What one origin gave. */
interface Reading {
  origin: PreferencesOrigin;
  document?: IsolationPreferences;
  findings: Finding[];
}

/** The object in the main storage, as it was read last. */
export interface BucketDocument {
  text: string;
  etag: string;
  where: string;
}

/**
 * The Isolation Preferences in force: the first of the file named for this run, the file IT manages, the object in the
 * main storage, the imported file. An origin that is there but cannot be used is reported and never skipped in silence:
 * the last good document stays in force.
 */
export class PreferencesSource {
  readonly #options: PreferencesSourceOptions;
  #status: PreferencesStatus = { origin: null, document: null, findings: [] };
  #bucket: Reading | undefined;
  #bucketEtag: string | undefined;
  /** The last good one of this run: a copy on disk is a convenience that may fail. */
  #lastGood: Reading | undefined;
  /** Which studio the imported file belongs to: whatever a bucket said for another one is void. */
  #studio: string | undefined;

  constructor(options: PreferencesSourceOptions) {
    this.#options = options;
  }

  status(): PreferencesStatus {
    return this.#status;
  }

  /** The ETag of the object that was read last, for If-None-Match and If-Match. */
  bucketEtag(): string | undefined {
    return this.#bucketEtag;
  }

  /** Whether the object in the main storage would have a say. */
  asksBucket(): boolean {
    const kind = this.#status.origin?.kind;
    return kind === 'imported' || kind === 'bucket';
  }

  /** Reads the origins again. Never throws: faults are findings. */
  async load(): Promise<PreferencesStatus> {
    const first = (await this.#fromFiles()) ?? (await this.#fromBucketOrImport());
    this.#status = first ? this.#inForce(first) : { origin: null, document: null, findings: [] };
    return this.#status;
  }

  /** Takes what the main storage holds now; absent: there is no such object. */
  async fromBucket(read: BucketDocument | undefined): Promise<PreferencesStatus> {
    const { document } = this.#status;
    const asked = document ? bucketPlace(document) : undefined;
    // The answer to a question that was asked before other preferences came into force.
    if (read && read.where !== asked) return this.#status;
    // A document can name another main storage, where there may be no such object yet: that takes nothing back.
    if (!read && this.#lastGood && this.#lastGood.origin.where !== asked) return this.#status;
    this.#bucketEtag = read?.etag;
    this.#bucket = read && { origin: { kind: 'bucket', where: read.where }, ...parsePreferences(read.text) };
    if (!read) await this.#forget(asked);
    else if (this.#bucket?.document) {
      this.#lastGood = this.#bucket;
      await this.#keepCopy(read).catch(() => undefined);
    }
    return this.load();
  }

  /**
   * Copies a file into the user's own folder when it can be used, and resolves to the copy's path; `null` and the
   * findings when it cannot.
   *
   * @throws NearplayError file-unreadable
   */
  async import(file: string): Promise<{ copy: string | null; findings: Finding[] }> {
    const text = await readText(file);
    const { document, findings } = parsePreferences(text);
    if (!document) return { copy: null, findings };
    const copy = join(this.#options.userDataFolder, 'isolation-preferences.json');
    await replaceFile(copy, text);
    return { copy, findings };
  }

  async #fromFiles(): Promise<Reading | undefined> {
    const { commandLineFile, managedFile } = this.#options;
    if (commandLineFile !== undefined) return readOrigin({ kind: 'command-line', where: commandLineFile }, true);
    return managedFile === undefined ? undefined : readOrigin({ kind: 'managed', where: managedFile });
  }

  async #fromBucketOrImport(): Promise<Reading | undefined> {
    const file = this.#options.importedFile();
    const imported = file === null ? undefined : await readOrigin({ kind: 'imported', where: file });
    if (imported?.document) this.#beginWith(bucketPlace(imported.document));
    if (this.#bucket?.document) return this.#bucket;
    this.#lastGood ??= imported?.document && (await this.#cached());
    const base = this.#lastGood ?? imported;
    // A malformed object in the bucket: what was good stays in force, with the findings of what is not.
    return base && this.#bucket ? { ...base, findings: this.#bucket.findings } : base;
  }

  #inForce(reading: Reading): PreferencesStatus {
    const { origin, document, findings } = reading;
    if (document) return { origin, document, findings };
    const { origin: before, document: lastGood } = this.#status;
    this.#options.log.warn('Isolation Preferences cannot be used', { where: origin.where, kept: lastGood !== null });
    return { origin: lastGood ? before : origin, document: lastGood, findings };
  }

  #beginWith(studio: string): void {
    if (this.#studio !== undefined && this.#studio !== studio) {
      this.#bucket = undefined;
      this.#bucketEtag = undefined;
      this.#lastGood = undefined;
    }
    this.#studio = studio;
  }

  /** The last good object of this very studio, so that the app starts with it when the storage is away. */
  async #cached(): Promise<Reading | undefined> {
    try {
      const value: unknown = JSON.parse(await readFile(this.#cacheFile(), 'utf8'));
      if (typeof value !== 'object' || value === null) return undefined;
      if (!('studio' in value && 'where' in value && 'text' in value)) return undefined;
      const { studio, where, text } = value;
      if (typeof where !== 'string' || typeof text !== 'string' || studio !== this.#studio) return undefined;
      const { document, findings } = parsePreferences(text);
      return document && { origin: { kind: 'bucket', where }, document, findings };
    } catch {
      return undefined;
    }
  }

  #keepCopy({ text, where }: BucketDocument): Promise<void> {
    return replaceFile(this.#cacheFile(), JSON.stringify({ studio: this.#studio, where, text }));
  }

  /** The object was removed: what it said ends, on disk as well. */
  async #forget(where: string | undefined): Promise<void> {
    if (this.#lastGood?.origin.where !== where) return;
    this.#lastGood = undefined;
    await rm(this.#cacheFile(), { force: true }).catch(() => undefined);
  }

  #cacheFile(): string {
    return join(this.#options.userDataFolder, 'isolation-preferences.bucket.json');
  }
}

/** Where the object is, for people: `s3://bucket/prefix/.nearplay/isolation-preferences.json`. */
export function bucketPlace({ s3Configuration, mainStorage }: IsolationPreferences): string {
  const storage = s3Configuration[mainStorage];
  const prefix = storage?.prefix ? `${storage.prefix}/` : '';
  const place = `s3://${storage?.bucket ?? ''}/${prefix}.nearplay/isolation-preferences.json`;
  // Two servers may both have a bucket of this name.
  return storage?.endpoint === undefined ? place : `${place} at ${storage.endpoint}`;
}

async function readOrigin(origin: PreferencesOrigin, mustExist = false): Promise<Reading | undefined> {
  try {
    return { origin, ...parsePreferences(await readFile(origin.where, 'utf8')) };
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (missing && !mustExist) return undefined;
    const message = missing ? `There is no file ${origin.where}.` : `${origin.where} cannot be read.`;
    return { origin, findings: [{ severity: 'error', path: '', message }] };
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new NearplayError('file-unreadable', `${file} cannot be read.`, { cause });
  }
}
