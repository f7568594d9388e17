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
/** How long a note that may be lost waits for others. */
const FLUSH_DELAY_MS = SECOND_MS / 2;
/** Until a full disk is tried again with them. */
const FLUSH_RETRY_MS = 5 * SECOND_MS;
const sheetSchema = z.looseObject({ version: z.int().min(1), records: z.array(z.unknown()) });
/** What a file of the journal is called that was set aside: `NAME.damaged-1780000000000`. */
const ASIDE = /\.(damaged|newer)-\d+$/;

export interface JournalLoad {
  records: UploadRecord[];
  /** What could not be understood now, in files of its own; nothing of it is lost. */
  unread: JournalUnread;
  /** All such files, those of before too. */
  setAside: string[];
}

/**
 * Transfers on disk, so that a crash at any moment loses none. A sheet is one file with one or more records; it is always
 * replaced as a whole (written beside, synced, renamed over, the folder synced), so that a reader sees the old one or the
 * new one. Files that were queued together share a sheet: 100,000 of them are not 100,000 syncs.
 */
export class Journal {
  readonly #folder: string;
  readonly #sheetOf = new Map<string, Sheet>();
  readonly #dirty = new Set<Sheet>();
  #timer: NodeJS.Timeout | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Reads all that is there, record by record: what cannot be understood is set aside, and never deleted. Never throws; what keeps
   * the folder from being used is told.
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
    // Sheet after sheet they are nearly in order, which is what makes sorting 100,000 cheap.
    const sheets = [...new Set(this.#sheetOf.values())].sort((a, b) => a.firstOrder() - b.firstOrder());
    const records = sheets.flatMap((sheet) => [...sheet.records.values()]);
    records.sort((a, b) => a.order - b.order);
    return { records, unread, setAside: [...before, ...unread.files] };
  }

  /**
   * Puts new records on a sheet of their own; on disk when it resolves.
   *
   * @throws NearplayError disk-full; then none of them is in the journal.
   */
  async add(records: readonly UploadRecord[]): Promise<void> {
    const sheet = new Sheet(join(this.#folder, `${randomUUID()}${SHEET_EXTENSION}`), records);
    await sheet.write();
    for (const { id } of records) this.#sheetOf.set(id, sheet);
  }

  /**
   * Replaces a record; on disk when it resolves. Changes that come while a sheet is being written go into one further
   * writing.
   *
   * @throws NearplayError disk-full; the record is kept in memory and goes with the next writing that succeeds.
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

  /** Replaces a record, on disk within a second or so; for what does no harm when a crash takes it back. */
  putSoon(record: UploadRecord): void {
    const sheet = this.#sheetOf.get(record.id);
    if (!sheet) return;
    sheet.records.set(record.id, record);
    this.#dirty.add(sheet);
    this.#timer ??= setTimeout(() => void this.#flushLater(), FLUSH_DELAY_MS).unref();
  }

  /** Writes what was noted. @throws NearplayError disk-full; the notes are kept for another time */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
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

  /** Takes records out, one writing a sheet. @throws NearplayError disk-full */
  async remove(ids: Iterable<string>): Promise<void> {
    const touched = new Set<Sheet>();
    for (const id of ids) {
      const sheet = this.#sheetOf.get(id);
      if (!sheet?.records.delete(id)) continue;
      this.#sheetOf.delete(id);
      touched.add(sheet);
    }
    for (const sheet of touched) await sheet.write();
  }

  async #flushLater(): Promise<void> {
    try {
      await this.flush();
    } catch {
      // Whoever needs a record to be on disk is told by `put`; a note can wait for room.
      this.#timer ??= setTimeout(() => void this.#flushLater(), FLUSH_RETRY_MS).unref();
    }
  }

  /** Makes the folder; a file in its place is set aside. */
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
      // Perhaps another time.
      unread.files.push(file);
      return;
    }
    const parsed = sheetSchema.safeParse(jsonOf(bytes));
    if (!parsed.success || parsed.data.version > RECORD_VERSION) {
      unread.uploads += parsed.data?.records.length ?? 0;
      unread.files.push(await setAside(file, parsed.success ? 'newer' : 'damaged'));
      return;
    }
    const understood: UploadRecord[] = [];
    const others: unknown[] = [];
    for (const record of parsed.data.records) {
      const upgraded = upgradeRecord(record, parsed.data.version);
      const { data } = uploadRecordSchema.safeParse(upgraded);
      if (data) understood.push(data);
      else others.push(upgraded);
    }
    const sheet = new Sheet(file, understood, others);
    for (const { id } of understood) this.#sheetOf.set(id, sheet);
    if (others.length === 0) return;
    unread.uploads += others.length;
    unread.files.push(await sheet.setOthersAside());
  }
}

class Sheet {
  readonly records: Map<string, UploadRecord>;
  readonly #file: string;
  /** Not understood, and not set aside yet: written back as they are. */
  #others: readonly unknown[];
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(file: string, records: readonly UploadRecord[], others: readonly unknown[] = []) {
    this.#file = file;
    this.records = new Map(records.map((record) => [record.id, record]));
    this.#others = others;
  }

  /** @returns the file that has them now: one of their own, or this one while the disk takes no other. */
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

  /** One writing at a time; callers that come meanwhile share the next one. */
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
      // Somebody removed the folder: what is noted here is all that there is.
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

/** @returns where it is now. */
async function setAside(file: string, why: 'damaged' | 'newer'): Promise<string> {
  const aside = asideName(file, why);
  return rename(file, aside).then(
    () => aside,
    () => file,
  );
}

/** Of the code that holds the queue until the disk takes the notes; the message says what the disk said. */
function explain(failure: unknown): NearplayError {
  const cause = failure instanceof NearplayError ? failure.cause : failure;
  const why = failure instanceof NearplayError ? failure.message : `The disk said ${codeOf(cause) || 'nothing of it'}.`;
  return new NearplayError('disk-full', `Nearplay cannot note what was sent. ${why}`, { cause });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
