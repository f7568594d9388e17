import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { MAX_DOCUMENT_BYTES } from '../../../shared/documentText.ts';
import { NearplayError } from '../../../shared/errors.ts';
import {
  type Finding,
  type IsolationPreferences,
  parsePreferences,
  parsePreferencesBytes,
  storageOf,
} from '../../../shared/preferences.ts';
import type { PreferencesStatus } from '../../../shared/preferencesStatus.ts';
import { AWS_HOST, storagePlaceOf } from '../../../shared/storagePlace.ts';
import { replaceFile } from '../files/atomicFile.ts';
import { readSmallFile } from '../files/smallFile.ts';
import { utf8Text } from '../files/utf8Text.ts';
import type { Log } from '../runtime/log.ts';
import { PREFERENCES_KEY } from '../storage/storageKeys.ts';

type PreferencesOrigin = NonNullable<PreferencesStatus['origin']>;

export interface PreferencesSourceOptions {
  /** File of `--preferences`; takes precedence over every other origin. */
  commandLineFile?: string;
  /** The file that IT manages; need not exist. */
  managedFile?: string;
  /**
   * The reason why the managed file does not count as IT's, as the end of a sentence; undefined: it counts. Default: it
   * always counts.
   */
  foreign?: (file: string) => Promise<string | undefined>;
  /** The copy of the user's import, in the user's own folder; `null`: none. */
  importedFile: () => string | null;
  userDataFolder: string;
  log: Log;
}

/** Result of reading one origin. */
interface OriginResult {
  origin: PreferencesOrigin;
  document?: IsolationPreferences;
  findings: Finding[];
}

/** A character takes up to six in JSON (`\u0000`). */
const MAX_COPY_BYTES = 6 * MAX_DOCUMENT_BYTES + 10_000;

/** The object in the main storage as last read. */
export interface BucketDocument {
  /** '' where there is a fault. */
  text: string;
  /** Absent where the storage returned none: then it is always read whole. */
  etag?: string | undefined;
  where: string;
  /** The reason why the object is no text. */
  fault?: Finding;
}

/**
 * Determines the Isolation Preferences in force: the first of the file of `--preferences`, the file that IT manages,
 * the object in the main storage, the imported file. An origin that exists but cannot be used is reported, never
 * silently skipped: the last good document stays in force. The imported file pins what the object may contain
 * (preferencesTrust.ts): the object is read from the main storage of that file only, and is rejected where it leads
 * elsewhere. The copy of the object on disk is held to the same rule, so that no storage can redirect the next read.
 */
export class PreferencesSource {
  readonly #options: PreferencesSourceOptions;
  #status: PreferencesStatus = { origin: null, document: null, findings: [] };
  #bucket: OriginResult | undefined;
  #bucketEtag: string | undefined;
  /** The last good object of this process; a copy on disk may be unwritable. */
  #lastGood: OriginResult | undefined;
  /** The imported file; an object read under another import is void. */
  #imported: IsolationPreferences | undefined;

  constructor(options: PreferencesSourceOptions) {
    this.#options = options;
  }

  status(): PreferencesStatus {
    return this.#status;
  }

  /** This machine's own file, which no object in a bucket can override; undefined: there is none. */
  pinned(): IsolationPreferences | undefined {
    const { origin, document } = this.#status;
    const isOwn = origin?.kind === 'managed' || origin?.kind === 'command-line';
    return isOwn ? (document ?? undefined) : this.#imported;
  }

  /** ETag of the last object, for If-None-Match and If-Match. */
  bucketEtag(): string | undefined {
    return this.#bucketEtag;
  }

  /** Whether the object in the main storage takes part. */
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

  /** Takes over the object of the main storage; absent: there is none. */
  async fromBucket(read: BucketDocument | undefined): Promise<PreferencesStatus> {
    const pinned = this.#imported;
    // The answer to a request from before another file was imported.
    if (!pinned || (read && read.where !== bucketPlace(pinned))) return this.#status;
    this.#bucketEtag = read?.etag;
    this.#bucket = read && readObject(read, pinned);
    if (!read) await this.#dropBucketDocument();
    else if (this.#bucket?.document) {
      this.#lastGood = this.#bucket;
      await this.#keepCopy(read).catch(() => undefined);
    } else {
      const findings = this.#bucket?.findings.slice(0, 5).map(({ path, message }) => `${path}: ${message}`);
      this.#options.log.warn('The preferences in the bucket cannot be used', { where: read.where, findings });
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
    const { bytes, fault } = await readSmallFile(file);
    if (bytes === undefined) throw new NearplayError('file-unreadable', `${file} ${fault}.`);
    const { text, document, findings } = parsePreferencesBytes(bytes);
    if (!document || text === undefined) return { copy: null, findings };
    const copy = join(this.#options.userDataFolder, 'isolation-preferences.json');
    await replaceFile(copy, text);
    return { copy, findings };
  }

  async #fromFiles(): Promise<OriginResult | undefined> {
    const { commandLineFile, managedFile } = this.#options;
    if (commandLineFile !== undefined) return readOrigin({ kind: 'command-line', where: commandLineFile }, true);
    return managedFile === undefined ? undefined : this.#fromManaged(managedFile);
  }

  /** A managed file that a user could have written does not count, and is reported. */
  async #fromManaged(where: string): Promise<OriginResult | undefined> {
    const reading = await readOrigin({ kind: 'managed', where });
    const foreign = reading?.document && (await this.#options.foreign?.(where));
    if (!reading || foreign === undefined) return reading;
    return { origin: reading.origin, findings: [{ severity: 'error', path: '', message: `${where} ${foreign}.` }] };
  }

  async #fromBucketOrImport(): Promise<OriginResult | undefined> {
    const file = this.#options.importedFile();
    const imported = file === null ? undefined : await readOrigin({ kind: 'imported', where: file });
    if (imported?.document || file === null) this.#pinTo(imported?.document);
    // Without a file on this machine no bucket is trusted.
    if (!this.#imported) return imported;
    if (this.#bucket?.document) return this.#bucket;
    this.#lastGood ??= await this.#cached(this.#imported);
    const base = this.#lastGood ?? imported;
    // A malformed object: the last good document stays in force, with the findings of the new one.
    return base && this.#bucket ? { ...base, findings: this.#bucket.findings } : base;
  }

  #inForce(reading: OriginResult): PreferencesStatus {
    const { origin, document, findings } = reading;
    if (document) return { origin, document, findings };
    const { origin: before, document: lastGood } = this.#status;
    this.#options.log.warn('Isolation Preferences cannot be used', { where: origin.where, kept: lastGood !== null });
    return { origin: lastGood ? before : origin, document: lastGood, findings };
  }

  #pinTo(imported: IsolationPreferences | undefined): void {
    if (!isDeepStrictEqual(this.#imported, imported)) {
      this.#bucket = undefined;
      this.#bucketEtag = undefined;
      this.#lastGood = undefined;
    }
    this.#imported = imported;
  }

  /** The last good object, for a start while the storage is unreachable; undefined where it leads away from the pinned file. */
  async #cached(pinned: IsolationPreferences): Promise<OriginResult | undefined> {
    const { bytes } = await readSmallFile(this.#cacheFile(), MAX_COPY_BYTES);
    if (bytes === undefined) return undefined;
    try {
      const value: unknown = JSON.parse(utf8Text(bytes));
      if (typeof value !== 'object' || value === null || !('where' in value && 'text' in value)) return undefined;
      const { where, text } = value;
      if (typeof text !== 'string' || where !== bucketPlace(pinned)) return undefined;
      const { document, findings } = parsePreferences(text, { pinned });
      return document && { origin: { kind: 'bucket', where }, document, findings };
    } catch {
      return undefined;
    }
  }

  #keepCopy({ text, where }: BucketDocument): Promise<void> {
    return replaceFile(this.#cacheFile(), JSON.stringify({ where, text }));
  }

  /** The object was removed: its content ends, on disk as well. */
  async #dropBucketDocument(): Promise<void> {
    this.#lastGood = undefined;
    await rm(this.#cacheFile(), { force: true }).catch(() => undefined);
  }

  #cacheFile(): string {
    return join(this.#options.userDataFolder, 'isolation-preferences.bucket.json');
  }
}

/** Location of the object for people: `s3://bucket/prefix/.nearplay/isolation-preferences.json`. */
export function bucketPlace(preferences: IsolationPreferences): string {
  const storage = storageOf(preferences, preferences.mainStorage);
  const prefix = storage?.prefix ? `${storage.prefix}/` : '';
  const place = `s3://${storage?.bucket ?? ''}/${prefix}${PREFERENCES_KEY}`;
  const host = storage ? storagePlaceOf(storage).host : AWS_HOST;
  // Two servers may both have a bucket of this name.
  return host === AWS_HOST ? place : `${place} at ${host}`;
}

function readObject({ text, where, fault }: BucketDocument, pinned: IsolationPreferences): OriginResult {
  const origin: PreferencesOrigin = { kind: 'bucket', where };
  return fault ? { origin, findings: [fault] } : { origin, ...parsePreferences(text, { pinned }) };
}

async function readOrigin(origin: PreferencesOrigin, mustExist = false): Promise<OriginResult | undefined> {
  const { bytes, fault, missing } = await readSmallFile(origin.where);
  if (bytes !== undefined) {
    const { document, findings } = parsePreferencesBytes(bytes);
    return { origin, ...(document && { document }), findings };
  }
  if (missing && !mustExist) return undefined;
  const message = missing ? `There is no file ${origin.where}.` : `${origin.where} ${fault}.`;
  return { origin, findings: [{ severity: 'error', path: '', message }] };
}
