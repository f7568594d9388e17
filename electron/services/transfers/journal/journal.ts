import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { NearplayError } from '../../../../shared/errors.ts';
import type { JournalUnread } from '../../../../shared/transfers.ts';
import { SECOND_MS } from '../../../../shared/units.ts';
import { isTemporaryName, replaceFile } from '../../files/atomicFile.ts';
import { readRegularFile } from '../../files/smallFile.ts';
import { utf8Text } from '../../files/utf8Text.ts';
import { RECORD_VERSION, upgradeRecord, type UploadRecord, uploadRecordSchema } from './uploadRecord.ts';

const SHEET_EXTENSION = '.json';
/** Delay of writes that a crash may lose, to combine them. */
const FLUSH_DELAY_MS = SECOND_MS / 2;
/** Delay before a failed write of them is tried again. */
const FLUSH_RETRY_MS = 5 * SECOND_MS;
const sheetSchema = z.looseObject({ version: z.int().min(1), records: z.array(z.unknown()) });
/** Name of a file that was set aside: `NAME.damaged-1780000000000`. */
const ASIDE = /\.(damaged|newer)-\d+$/;

export interface JournalLoad {
  records: UploadRecord[];
  /** Records that could not be read now; their bytes are kept in files of their own. */
  unread: JournalUnread;
  /** All such files, earlier ones included. */
  setAside: string[];
}

/**
 * Upload records on disk, so that a crash at any moment loses none. A sheet is a file of one or more records and is
 * always replaced as a whole (temporary file, fsync, rename, fsync of the folder), so that a reader sees the old one or
 * the new one. Files that are queued together share a sheet: 100,000 files do not take 100,000 syncs.
 */
export class Journal {
  readonly #folder: string;
  readonly #sheetOf = new Map<string, Sheet>();
  readonly #dirty = new Set<Sheet>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Reads all records. Those that cannot be read are set aside, never deleted. Never throws; a folder that cannot be
   * used is reported in `unread.problem`.
   */
  async load(): Promise<JournalLoad> {
    const unread: JournalUnread = { uploads: 0, files: [] };
    const before: string[] = [];
    try {
      await this.#prepare(unread);
      for (const name of await readdir(this.#folder)) {
        const file = join(this.#folder, name);
        if (name.endsWith('.tmp') || isTemporaryName(name)) await rm(file, { force: true });
        else if (name.endsWith(SHEET_EXTENSION)) await this.#read(file, unread);
        else if (ASIDE.test(name)) before.push(file);
      }
    } catch (error) {
      unread.problem = explain(error).report();
    }
    // Nearly sorted sheet by sheet, which makes sorting 100,000 cheap.
    const sheets = [...new Set(this.#sheetOf.values())].sort((a, b) => a.firstOrder() - b.firstOrder());
    const records = sheets.flatMap((sheet) => [...sheet.records.values()]);
    records.sort((a, b) => a.order - b.order);
    return { records, unread, setAside: [...before, ...unread.files] };
  }

  /**
   * Reads all records as `load` does, and changes nothing on disk: another process, on another machine, may be at work
   * there. What cannot be read is named where it is.
   */
  async look(): Promise<Pick<JournalLoad, 'records' | 'setAside'>> {
    const records = new Map<string, UploadRecord>();
    const setAside: string[] = [];
    const names = await readdir(this.#folder).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') setAside.push(this.#folder);
      return [];
    });
    for (const name of names) {
      const file = join(this.#folder, name);
      if (ASIDE.test(name)) setAside.push(file);
      if (!name.endsWith(SHEET_EXTENSION) || isTemporaryName(name)) continue;
      const { understood, others } = recordsOf(await readRegularFile(file).catch(() => undefined));
      for (const record of understood) records.set(record.id, record);
      if (others === undefined || others.length > 0) setAside.push(file);
    }
    return { records: [...records.values()].sort((a, b) => a.order - b.order), setAside };
  }

  /**
   * Adds new records in a sheet of their own; on disk when it resolves. Records may be replaced and removed meanwhile.
   *
   * @throws NearplayError disk-full; then none of them is in the journal.
   */
  async add(records: readonly UploadRecord[]): Promise<void> {
    const sheet = new Sheet(join(this.#folder, `${randomUUID()}${SHEET_EXTENSION}`), records);
    // Before the write, so that no change during it is lost.
    for (const { id } of records) this.#sheetOf.set(id, sheet);
    try {
      await sheet.write();
    } catch (error) {
      this.#dirty.delete(sheet);
      for (const { id } of records) this.#sheetOf.delete(id);
      throw error;
    }
  }

  /**
   * Replaces a record; on disk when it resolves. Changes during a write of the sheet share one further write.
   *
   * @throws NearplayError disk-full; the record stays in memory and is part of the next successful write.
   */
  async put(record: UploadRecord): Promise<void> {
    const sheet = this.#sheetOf.get(record.id);
    if (!sheet) return this.add([record]);
    sheet.records.set(record.id, record);
    await sheet.write();
  }

  has(id: string): boolean {
    return this.#sheetOf.has(id);
  }

  /** Replaces a record; on disk within about a second. For changes that a crash may undo. */
  putSoon(record: UploadRecord): void {
    const sheet = this.#sheetOf.get(record.id);
    if (!sheet) return;
    sheet.records.set(record.id, record);
    this.#dirty.add(sheet);
    this.#timer ??= setTimeout(() => void this.#flushLater(), FLUSH_DELAY_MS).unref();
  }

  /** Writes pending changes. @throws NearplayError disk-full; they stay pending */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // One at a time: a flush that resolves has also seen the end of one that was under way.
    const before = this.#flushing.catch(() => undefined);
    this.#flushing = before.then(() => this.#flushNow());
    return this.#flushing;
  }

  /** Removes records, with one write per sheet. @throws NearplayError disk-full */
  async remove(ids: Iterable<string>): Promise<void> {
    const changed = new Set<Sheet>();
    for (const id of ids) {
      const sheet = this.#sheetOf.get(id);
      if (!sheet?.records.delete(id)) continue;
      this.#sheetOf.delete(id);
      changed.add(sheet);
    }
    for (const sheet of changed) await sheet.write();
  }

  async #flushNow(): Promise<void> {
    for (const sheet of [...this.#dirty]) {
      this.#dirty.delete(sheet);
      try {
        await sheet.write();
      } catch (error) {
        this.#dirty.add(sheet);
        throw error;
      }
    }
  }

  async #flushLater(): Promise<void> {
    try {
      await this.flush();
    } catch {
      // `put` reports its own errors; pending changes can wait for free space.
      this.#timer ??= setTimeout(() => void this.#flushLater(), FLUSH_RETRY_MS).unref();
    }
  }

  /** Creates the folder; a file of that name is set aside. */
  async #prepare(unread: JournalUnread): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      unread.files.push(await setAside(this.#folder, 'damaged'));
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    }
  }

  async #read(file: string, unread: JournalUnread): Promise<void> {
    let bytes: Buffer;
    try {
      bytes = await readRegularFile(file);
    } catch {
      // The next start may be able to read it.
      unread.files.push(file);
      return;
    }
    const { understood, others, newer } = recordsOf(bytes);
    if (others === undefined) {
      unread.uploads += newer ?? 0;
      unread.files.push(await setAside(file, newer === undefined ? 'damaged' : 'newer'));
      return;
    }
    const sheet = new Sheet(file, understood, others);
    for (const { id } of understood) this.#sheetOf.set(id, sheet);
    if (others.length === 0) return;
    unread.uploads += others.length;
    unread.files.push(await sheet.setOthersAside());
  }
}

/** One file of the journal: its records in memory, and their serialised writes. */
class Sheet {
  readonly records: Map<string, UploadRecord>;
  readonly #file: string;
  /** Unreadable records that are not set aside yet; written back unchanged. */
  #others: readonly unknown[];
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(file: string, records: readonly UploadRecord[], others: readonly unknown[] = []) {
    this.#file = file;
    this.records = new Map(records.map((record) => [record.id, record]));
    this.#others = others;
  }

  /** @returns the file that holds them: a new one, or this one while no new one can be written. */
  async setOthersAside(): Promise<string> {
    const aside = asideName(this.#file, 'damaged');
    try {
      await replaceFile(aside, textOf(this.#others));
      this.#others = [];
      await this.write();
      return aside;
    } catch {
      return this.#others.length === 0 ? aside : this.#file;
    }
  }

  firstOrder(): number {
    const [first] = this.records.values();
    return first?.order ?? 0;
  }

  /** One write at a time; callers during a write share the next one. */
  write(): Promise<void> {
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        this.#running = this.#writeNow();
        return this.#running;
      });
    return this.#next;
  }

  async #writeNow(): Promise<void> {
    const records = [...this.records.values(), ...this.#others];
    if (records.length === 0) return rm(this.#file, { force: true });
    try {
      await replaceFile(this.#file, textOf(records));
    } catch (error) {
      // The folder was removed; memory holds all records of the sheet.
      const isGone = error instanceof NearplayError && codeOf(error.cause) === 'ENOENT';
      if (!isGone) throw explain(error);
      await this.#writeAnew(textOf(records));
    }
  }

  async #writeAnew(text: string): Promise<void> {
    try {
      await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
      await replaceFile(this.#file, text);
    } catch (error) {
      throw explain(error);
    }
  }
}

interface SheetRecords {
  understood: UploadRecord[];
  /** Those that are not understood; absent where the sheet as a whole is not. */
  others?: unknown[];
  /** How many there are in a sheet of a newer version. */
  newer?: number;
}

function recordsOf(bytes: Uint8Array | undefined): SheetRecords {
  const parsed = sheetSchema.safeParse(bytes && jsonOf(bytes));
  if (!parsed.success) return { understood: [] };
  const { version, records } = parsed.data;
  if (version > RECORD_VERSION) return { understood: [], newer: records.length };
  const understood: UploadRecord[] = [];
  const others: unknown[] = [];
  for (const record of records) {
    const upgraded = upgradeRecord(record, version);
    const { data } = uploadRecordSchema.safeParse(upgraded);
    if (data) understood.push(data);
    else others.push(upgraded);
  }
  return { understood, others };
}

function textOf(records: readonly unknown[]): string {
  return JSON.stringify({ version: RECORD_VERSION, records });
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8Text(bytes));
  } catch {
    return undefined;
  }
}

function asideName(file: string, why: 'damaged' | 'newer'): string {
  return `${file}.${why}-${Date.now()}`;
}

/** @returns its path afterwards. */
async function setAside(file: string, why: 'damaged' | 'newer'): Promise<string> {
  const aside = asideName(file, why);
  return rename(file, aside).then(
    () => aside,
    () => file,
  );
}

/** Has the code that pauses the queue until the disk accepts writes; the message has the disk's own error. */
function explain(failure: unknown): NearplayError {
  const cause = failure instanceof NearplayError ? failure.cause : failure;
  const why = failure instanceof NearplayError ? failure.message : `The disk said ${codeOf(cause) || 'nothing of it'}.`;
  return new NearplayError('disk-full', `Nearplay cannot note what was sent. ${why}`, { cause });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
