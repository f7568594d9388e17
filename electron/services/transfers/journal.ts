import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { NearplayError } from '../../../shared/errors.ts';
import { isTemporaryName, replaceFile } from '../files/atomicFile.ts';
import { recordSchema, type TransferRecord } from './transferRecord.ts';

const SECOND = 1000;
const SHEET = '.json';
/** How long a note that may be lost waits for others. */
const NOTES_AFTER = SECOND / 2;
/** Until a full disk is tried again with them. */
const NOTES_AGAIN = 5 * SECOND;
const sheetSchema = z.strictObject({ version: z.literal(1), records: z.array(z.unknown()) });

export interface JournalLoad {
  records: TransferRecord[];
  /** Files that could not be understood, under the names that they were set aside with. */
  damaged: string[];
}

/**
 * Transfers on disk, so that a crash at any moment loses none. A sheet is one file with one or more records; it is always
 * replaced as a whole (written beside, synced, renamed over, the folder synced), so that a reader sees the old one or the
 * new one. Files that were queued together share a sheet: 100,000 of them are not 100,000 syncs.
 */
export class Journal {
  readonly #folder: string;
  readonly #sheetOf = new Map<string, Sheet>();
  readonly #noted = new Set<Sheet>();
  #timer: NodeJS.Timeout | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Reads all that is there; a sheet or record that cannot be understood is set aside, never fatal and never deleted. */
  async load(): Promise<JournalLoad> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const damaged: string[] = [];
    for (const name of await readdir(this.#folder)) {
      const file = join(this.#folder, name);
      if (name.endsWith('.tmp') || isTemporaryName(name)) await rm(file, { force: true });
      else if (name.endsWith(SHEET) && !(await this.#read(file))) damaged.push(await setAside(file));
    }
    // Sheet after sheet they are nearly in order, which is what makes sorting 100,000 cheap.
    const sheets = [...new Set(this.#sheetOf.values())].sort((a, b) => a.firstOrder() - b.firstOrder());
    const records = sheets.flatMap((sheet) => [...sheet.records.values()]);
    return { records: records.sort((a, b) => a.order - b.order), damaged };
  }

  /**
   * Puts new records on a sheet of their own; on disk when it resolves.
   *
   * @throws NearplayError disk-full; then none of them is in the journal.
   */
  async add(records: readonly TransferRecord[]): Promise<void> {
    const sheet = new Sheet(join(this.#folder, `${randomUUID()}${SHEET}`), records);
    await sheet.write();
    for (const { id } of records) this.#sheetOf.set(id, sheet);
  }

  /**
   * Replaces a record; on disk when it resolves. Changes that come while a sheet is being written go into one further
   * writing.
   *
   * @throws NearplayError disk-full; the record is kept in memory and goes with the next writing that succeeds.
   */
  async put(record: TransferRecord): Promise<void> {
    const sheet = this.#sheetOf.get(record.id);
    if (!sheet) return this.add([record]);
    sheet.records.set(record.id, record);
    await sheet.write();
  }

  has(id: string): boolean {
    return this.#sheetOf.has(id);
  }

  /** Replaces a record, on disk within a second or so; for what does no harm when a crash takes it back. */
  note(record: TransferRecord): void {
    const sheet = this.#sheetOf.get(record.id);
    if (!sheet) return;
    sheet.records.set(record.id, record);
    this.#noted.add(sheet);
    this.#timer ??= setTimeout(() => void this.#flushLater(), NOTES_AFTER).unref();
  }

  /** Writes what was noted. @throws NearplayError disk-full; the notes are kept for another time */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const sheet of [...this.#noted]) {
      this.#noted.delete(sheet);
      try {
        await sheet.write();
      } catch (error) {
        this.#noted.add(sheet);
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
      this.#timer ??= setTimeout(() => void this.#flushLater(), NOTES_AGAIN).unref();
    }
  }

  async #read(file: string): Promise<boolean> {
    try {
      const { records } = sheetSchema.parse(JSON.parse(await readFile(file, 'utf8')));
      const understood = records.map((record) => recordSchema.parse(record));
      const sheet = new Sheet(file, understood);
      for (const { id } of understood) this.#sheetOf.set(id, sheet);
      return true;
    } catch {
      return false;
    }
  }
}

class Sheet {
  readonly records: Map<string, TransferRecord>;
  readonly #file: string;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(file: string, records: readonly TransferRecord[]) {
    this.#file = file;
    this.records = new Map(records.map((record) => [record.id, record]));
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
    if (this.records.size === 0) return rm(this.#file, { force: true });
    try {
      await replaceFile(this.#file, JSON.stringify({ version: 1, records: [...this.records.values()] }));
    } catch (error) {
      throw explain(error);
    }
  }
}

async function setAside(file: string): Promise<string> {
  const aside = `${file}.damaged-${Date.now()}`;
  await rename(file, aside).catch(() => undefined);
  return aside;
}

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS']);

function explain(failure: unknown): NearplayError {
  const cause = failure instanceof NearplayError ? failure.cause : failure;
  const code = codeOf(cause);
  const message = FULL.has(code)
    ? 'The disk of this computer is full: Nearplay cannot note what was sent. Make room; it goes on by itself.'
    : `Nearplay cannot write its journal of transfers (${code}). It tries again.`;
  return new NearplayError('disk-full', message, { cause });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
