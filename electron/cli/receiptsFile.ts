import { type BigIntStats, constants } from 'node:fs';
import { access, open, realpath, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { z } from 'zod';
import { NearplayError } from '../../shared/errors.ts';
import { MIB } from '../../shared/units.ts';
import { hiddenName, NEW_FILE_FLAGS, randomText } from '../services/files/atomicFile.ts';
import { explainFileError } from '../services/files/fileErrors.ts';
import { readRegularFile } from '../services/files/smallFile.ts';
import { writeUsersFile } from '../services/files/usersFile.ts';
import { utf8Text } from '../services/files/utf8Text.ts';
import { type WritePlace, writePlaceOf } from '../services/files/writePlace.ts';
import { type Receipt, receiptSchema } from '../services/transfers/journal/uploadRecord.ts';
import { receiptsText } from '../services/transfers/upload/receipt.ts';
import { type CommandContext, reportError } from './surroundings.ts';

/** Receipts of about 500,000 uploads; a larger file is media and is not read. */
const MAX_RECEIPTS_BYTES = 256 * MIB;
const NOTHING_UPLOADED = 'Nothing was uploaded.';
const NOT_AFFECTED = 'The uploads are not affected.';

/**
 * The file of `upload --receipts`. It is checked before the first byte is uploaded and again before it is written: only
 * a file of receipts is ever replaced.
 */
export class ReceiptsFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Asserts that receipts can be written there without loss.
   *
   * @param sources files and folders that are going to be uploaded.
   * @param input of what comes in, where that is a source.
   * @throws NearplayError receipts-unwritten
   */
  async assertUsable(sources: readonly string[], input?: BigIntStats): Promise<void> {
    try {
      const place = await writePlaceOf(this.#path);
      if (place.kind !== 'file') return;
      await this.#assertNoSource(place.path, sources, input);
      await this.#assertReplaceable(place);
      await assertWritable(place.path);
    } catch (error) {
      throw unwritten(error, this.#path, NOTHING_UPLOADED);
    }
  }

  /**
   * Writes the receipts; resolves to whether they are on disk, after a report on stderr if not. The uploads are not
   * affected.
   */
  async save(receipts: readonly Receipt[], context: CommandContext): Promise<boolean> {
    try {
      const place = await writePlaceOf(this.#path);
      if (place.kind === 'file') await this.#assertReplaceable(place);
      await writeUsersFile(this.#path, receiptsText(receipts));
      return true;
    } catch (error) {
      const { code, message, detail } = unwritten(error, this.#path, NOT_AFFECTED);
      reportError(context, code, message, undefined, detail);
      return false;
    }
  }

  async #assertNoSource(path: string, sources: readonly string[], input: BigIntStats | undefined): Promise<void> {
    const there = await stat(path, { bigint: true }).catch(() => undefined);
    if (!there) return;
    const whole = await realpath(path);
    for (const source of sources) {
      const found = await stat(source, { bigint: true }).catch(() => undefined);
      if (!found) continue;
      const isInside = found.isDirectory() && whole.startsWith(withSeparator(await realpath(source)));
      if (isInside || isSame(there, found)) throw this.#refused('is one of the files to be uploaded');
    }
    if (input && isSame(there, input)) throw this.#refused('is what comes in to be uploaded');
  }

  async #assertReplaceable({ path, old }: Extract<WritePlace, { kind: 'file' }>): Promise<void> {
    // An empty file, as mktemp makes it.
    if (!old || old.size === 0) return;
    if (!(old.size <= MAX_RECEIPTS_BYTES && (await holdsReceipts(path)))) {
      throw this.#refused('is there already and holds something else than receipts');
    }
  }

  #refused(why: string): NearplayError {
    const message = `"${this.#path}" ${why}. It is not replaced; choose another name for the receipts.`;
    return new NearplayError('receipts-unwritten', message);
  }
}

/** The receipts file of a command; `undefined` without `--receipts`. */
export function receiptsFileOf(file: string | undefined, { surroundings }: CommandContext): ReceiptsFile | undefined {
  return file === undefined ? undefined : new ReceiptsFile(resolve(surroundings.cwd, file));
}

async function holdsReceipts(path: string): Promise<boolean> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    // A file that does not begin like text is not read whole.
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(64), 0, 64, 0);
    if (!/^\s*(?:\[|$)/.test(buffer.toString('latin1', 0, bytesRead))) return false;
  } finally {
    await handle.close();
  }
  try {
    return z.array(receiptSchema).safeParse(JSON.parse(utf8Text(await readRegularFile(path)))).success;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return false;
    throw error;
  }
}

/** Creates a file beside it, as writing does. @throws the error of the system */
async function assertWritable(path: string): Promise<void> {
  const folder = dirname(path);
  await access(folder, constants.W_OK);
  const beside = join(folder, hiddenName(basename(path), `.${randomText()}.nearplay-tmp`));
  const handle = await open(beside, NEW_FILE_FLAGS, 0o600);
  await handle.close();
  await rm(beside, { force: true });
}

function isSame(one: BigIntStats, other: BigIntStats): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}

function withSeparator(folder: string): string {
  return folder.endsWith(sep) ? folder : folder + sep;
}

/** The specific cause where it is more than a code of the system. @param end what became of the uploads. */
function unwritten(error: unknown, path: string, end: string): NearplayError {
  const known = explainFileError(error, { path, doing: 'write' });
  if (known.code === 'receipts-unwritten') {
    return new NearplayError(known.code, `${known.message} ${end}`, { cause: error });
  }
  const message = `The receipts cannot be written. ${known.message} ${end}`;
  return new NearplayError('receipts-unwritten', message, { cause: error, detail: known.detail });
}
