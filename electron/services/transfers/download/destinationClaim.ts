import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, lstat, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { NearplayError } from '../../../../shared/errors.ts';
import { KIB, SECOND_MS } from '../../../../shared/units.ts';
import { hiddenName, NEW_FILE_FLAGS, randomText } from '../../files/atomicFile.ts';
import { explainFileError } from '../../files/fileErrors.ts';
import type { Machine } from '../../runtime/machine.ts';

/** How often a claim shows that it is alive, and looks whether it is still there. */
const HEARTBEAT_INTERVAL_MS = 2 * SECOND_MS;
/** Another machine's claim without a heartbeat for so long is abandoned. NFS clients keep attributes for up to a minute. */
const HEARTBEAT_STALE_MS = 4 * 60 * SECOND_MS;
/** A process that has made its note writes it at once. */
const EMPTY_NOTE_PAUSE_MS = 50;
const EMPTY_NOTE_LOOKS = 20;
const NOTE_ENDING = '.nearplay-part.json';
const PART = /\.[0-9a-f]{16}\.nearplay-part(?:\.json)?$/;
/** A note is overwritten in place with as many bytes each time, so that a crash leaves no half of one. */
const NOTE_BLOCK_BYTES = 4096;
const MAX_NOTE_BYTES = 64 * KIB;
const TAKING_ROUNDS = 10;
/** Other users may read a note as they may read the file that it is for. */
const SHARED_MODE = 0o666;
const NO_FOLLOW = (constants.O_NOFOLLOW as number | undefined) ?? 0;
const NO_WAIT = (constants.O_NONBLOCK as number | undefined) ?? 0;
/** What a note never says. */
const NO_NOTE = '-';

/** The version of an object that a part belongs to; only the same one may be gone on with. */
const contentSchema = z.object({
  /** Endpoint or region, bucket and whole key of the main storage. */
  place: z.string(),
  versionId: z.string().optional(),
  etag: z.string(),
  /** Bytes. */
  size: z.number(),
  /** Milliseconds since the epoch, on the storage's clock. */
  lastModified: z.number(),
});
export type PartContent = z.infer<typeof contentSchema>;

const noteSchema = z.object({
  format: z.literal('nearplay-part-1'),
  token: z.string(),
  /** The name of the part beside it. */
  part: z.string().regex(/^\.[^/\\]*\.[0-9a-f]{16}\.nearplay-part$/su),
  /** Absent once its process has let go of it. */
  owner: z.object({ machine: z.string(), host: z.string(), pid: z.number(), birth: z.string() }).optional(),
  content: contentSchema.optional(),
});
type Note = z.infer<typeof noteSchema>;

export interface ClaimOptions {
  machine: Machine;
  /** Of a claim whose process is known to be gone, whatever its note says: this app's own, before it was started again. */
  formerToken?: string | undefined;
  heartbeatMs?: number;
  staleAfterMs?: number;
}

/** What an earlier process left of a download to the same destination. */
export interface LeftPart {
  /** The part's name beside the destination. */
  name: string;
  content: PartContent;
}

/**
 * The right to write one destination, for one download at a time: a note beside it that is made exclusively and says who
 * writes, which object, and under which name the bytes are meanwhile. It works between processes and, on a shared drive,
 * between machines, as long as both see the same folder. A note is abandoned when its process is gone on this machine, or
 * when its heartbeat is old, by the clock of the file server, on another.
 */
export class DestinationClaim {
  /** Where the bytes are until they are all there and proved; absolute. */
  readonly part: string;
  /** The mode that a new file gets here, as the umask has it. */
  readonly mode: number;
  /** What can be gone on with: its process is known to be gone. */
  readonly left: LeftPart | undefined;
  readonly #destination: string;
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #timer: NodeJS.Timeout;
  readonly #lost = new AbortController();
  #note: Note;

  private constructor(made: Made, destination: string, left: LeftPart | undefined, heartbeatMs: number) {
    this.#destination = destination;
    this.#file = made.file;
    this.#handle = made.handle;
    this.#note = made.note;
    this.mode = made.mode;
    this.part = join(dirname(destination), made.note.part);
    this.left = left;
    this.#timer = setInterval(() => void this.#beat(), heartbeatMs).unref();
  }

  /**
   * @param destination absolute; its folder must exist.
   * @throws NearplayError same-destination when another download to it is at work; destination-unwritable, disk-full …
   */
  static async take(destination: string, options: ClaimOptions): Promise<DestinationClaim> {
    const { heartbeatMs = HEARTBEAT_INTERVAL_MS } = options;
    const file = noteFileOf(destination);
    const owner = await ownerOf(options.machine);
    let before: Found | undefined;
    for (let round = 0; round < TAKING_ROUNDS; round++) {
      const left = leftIn(before);
      const made = await make(file, destination, owner, left?.name);
      if (made) {
        if (before) await removeParts(destination, [made.note.part]);
        return new DestinationClaim(made, destination, left, heartbeatMs);
      }
      const found = await look(file, options);
      if (!found) continue;
      if (found.isAtWork) throw alreadyAtWork(destination);
      if (await moveAway(file, destination, found.text)) before = found;
    }
    throw alreadyAtWork(destination);
  }

  /** For `formerToken` of the next one. */
  get token(): string {
    return this.#note.token;
  }

  /** Aborted when the note is gone or somebody else's: with the folder, or after a sleep in which it seemed abandoned. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Says which object the part is of; on disk when it resolves. @throws NearplayError disk-full … */
  async describe(content: PartContent): Promise<void> {
    this.#note = { ...this.#note, content };
    try {
      await this.#write();
      await this.#handle.datasync();
    } catch (cause) {
      throw explainFileError(cause, { path: this.#destination, doing: 'write' });
    }
  }

  /** @throws NearplayError destination-unwritable when the folder is gone, same-destination when somebody else took over */
  async assertOurs(): Promise<void> {
    if (await this.#isOurs()) return;
    const isFolderThere = await lstat(dirname(this.#destination)).then(
      () => true,
      () => false,
    );
    if (isFolderThere) throw alreadyAtWork(this.#destination);
    const gone = `The folder ${dirname(this.#destination)} is not there any more. Choose another destination.`;
    throw new NearplayError('destination-unwritable', gone);
  }

  /** @param keep leaves note and part for the next download of the same to here. */
  async release({ keep }: { keep: boolean }): Promise<void> {
    clearInterval(this.#timer);
    if (keep) {
      const { owner: _owner, ...note } = this.#note;
      this.#note = note;
      await this.#write().catch(() => undefined);
    } else if (await this.#isOurs()) {
      await rm(this.#file, { force: true }).catch(() => undefined);
    }
    await this.#handle.close().catch(() => undefined);
  }

  async #beat(): Promise<void> {
    if (await this.#isOurs()) await this.#write().catch(() => undefined);
    else this.#lost.abort();
  }

  async #isOurs(): Promise<boolean> {
    try {
      const [own, there] = await Promise.all([
        this.#handle.stat({ bigint: true }),
        lstat(this.#file, { bigint: true }),
      ]);
      return own.ino === there.ino && own.dev === there.dev;
    } catch {
      return false;
    }
  }

  async #write(): Promise<void> {
    await this.#handle.write(bytesOf(this.#note), 0, undefined, 0);
  }
}

/** Whether a download to here has left something, or is at work. */
export async function isLeft(destination: string): Promise<boolean> {
  return (await lstat(noteFileOf(destination)).catch(() => undefined)) !== undefined;
}

/** Removes what is left of a download to here, unless one is at work. For what nobody will go on with. */
export async function discardLeft(destination: string, options: ClaimOptions): Promise<void> {
  if (!(await isLeft(destination))) return;
  const claim = await DestinationClaim.take(destination, options).catch(() => undefined);
  if (!claim) return;
  await removeParts(destination, []);
  await claim.release({ keep: false });
}

interface Made {
  file: string;
  handle: FileHandle;
  note: Note;
  mode: number;
}

interface Found {
  text: string;
  note: Note | undefined;
  isAtWork: boolean;
  /** For certain: nobody writes to the part any more. */
  isGone: boolean;
}

function leftIn(found: Found | undefined): LeftPart | undefined {
  const { note, isGone = false } = found ?? {};
  return isGone && note?.content ? { name: note.part, content: note.content } : undefined;
}

type Owner = Exclude<Note['owner'], undefined>;

/** The part's name for a destination differs each time; the note's is always the same, so that two downloads meet there. */
function noteFileOf(destination: string): string {
  return join(dirname(destination), hiddenName(basename(destination), `.${markOf(destination)}${NOTE_ENDING}`));
}

/** Of the whole name, since a long one is cut. */
function markOf(destination: string): string {
  return createHash('sha256').update(basename(destination)).digest('hex').slice(0, 12);
}

/** `undefined` when there is a note already. */
async function make(
  file: string,
  destination: string,
  owner: Owner,
  reused: string | undefined,
): Promise<Made | undefined> {
  const ending = `.${markOf(destination)}.${randomText()}.nearplay-part`;
  const part = reused ?? hiddenName(basename(destination), ending);
  const note: Note = { format: 'nearplay-part-1', token: randomText(), part, owner };
  let handle: FileHandle;
  try {
    handle = await open(file, NEW_FILE_FLAGS, SHARED_MODE);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') return undefined;
    throw explainFileError(cause, { path: destination, doing: 'write' });
  }
  try {
    await handle.write(bytesOf(note), 0, undefined, 0);
    return { file, handle, note, mode: (await handle.stat()).mode & SHARED_MODE };
  } catch (cause) {
    await handle.close().catch(() => undefined);
    await rm(file, { force: true }).catch(() => undefined);
    throw explainFileError(cause, { path: destination, doing: 'write' });
  }
}

/** `undefined` when it is gone. @throws NearplayError destination-unwritable when it is no note of Nearplay's */
async function look(file: string, options: ClaimOptions): Promise<Found | undefined> {
  const { machine, formerToken, staleAfterMs = HEARTBEAT_STALE_MS } = options;
  let text = await readNote(file);
  for (let looks = 0; text?.trim() === '' && looks < EMPTY_NOTE_LOOKS; looks++) {
    await new Promise((resolve) => setTimeout(resolve, EMPTY_NOTE_PAUSE_MS));
    text = await readNote(file);
  }
  if (text === undefined) return undefined;
  // Its process ended before it could write a word, or the machine did.
  if (text.replaceAll('\0', '').trim() === '') return { text, note: undefined, isAtWork: false, isGone: false };
  const note = parsed(text);
  if (!note) {
    const message = `"${basename(file)}" is in the way, and was not written by this version of Nearplay. Remove it.`;
    throw new NearplayError('destination-unwritable', message);
  }
  const { owner } = note;
  if (!owner || note.token === formerToken) return { text, note, isAtWork: false, isGone: true };
  if (owner.machine === machine.id) {
    const isAlive = await machine.isAlive(owner.pid, owner.birth);
    return { text, note, isAtWork: isAlive, isGone: !isAlive };
  }
  const isFresh = (await ageOf(file)) < staleAfterMs;
  // The same machine, started again in the meantime; other ones may only sleep.
  return { text, note, isAtWork: isFresh, isGone: !isFresh && owner.host === machine.hostName };
}

async function readNote(file: string): Promise<string | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(file, constants.O_RDONLY | NO_FOLLOW | NO_WAIT);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    // A link, and a socket.
    if (cause instanceof Error && 'code' in cause && /^(?:ELOOP|ENXIO)$/.test(String(cause.code))) return NO_NOTE;
    throw explainFileError(cause, { path: file, doing: 'write' });
  }
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) return NO_NOTE;
    const { size } = stats;
    const buffer = Buffer.alloc(Math.min(size, MAX_NOTE_BYTES));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

function parsed(text: string): Note | undefined {
  try {
    return noteSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Milliseconds since the last heartbeat, by the clock of the file server: that of a file that is made now. */
async function ageOf(file: string): Promise<number> {
  const probe = join(dirname(file), hiddenName('clock', `.${randomText()}.nearplay-tmp`));
  try {
    const handle = await open(probe, NEW_FILE_FLAGS, 0o600);
    try {
      await handle.write('.');
      const [now, then] = await Promise.all([handle.stat(), lstat(file)]);
      return now.mtimeMs - then.mtimeMs;
    } finally {
      await handle.close();
    }
  } catch {
    // Nothing is known of its age: it counts as alive.
    return 0;
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}

/**
 * Takes an abandoned note away: only one process can rename it. When a fresh one took its place in between, that one is put
 * back. Resolves to whether the way is free.
 */
async function moveAway(file: string, destination: string, text: string): Promise<boolean> {
  const ending = `.${markOf(destination)}.${randomText()}.nearplay-part.json`;
  const aside = join(dirname(file), hiddenName(basename(destination), ending));
  try {
    await rename(file, aside);
  } catch {
    return false;
  }
  const isIt = (await readNote(aside)) === text;
  if (!isIt) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
  return isIt;
}

/** Removes parts of this destination, and notes that were moved away: whoever has the claim has them all. */
async function removeParts(destination: string, but: readonly string[]): Promise<void> {
  const folder = dirname(destination);
  const mark = `.${markOf(destination)}.`;
  for (const name of await readdir(folder).catch(() => [])) {
    if (but.includes(name) || !name.startsWith('.') || !name.includes(mark) || !PART.test(name)) continue;
    await rm(join(folder, name), { force: true }).catch(() => undefined);
  }
}

async function ownerOf(machine: Machine): Promise<Owner> {
  const { id, hostName, pid } = machine;
  return { machine: id, host: hostName, pid, birth: await machine.birthOf(pid) };
}

function alreadyAtWork(destination: string): NearplayError {
  const message = `"${basename(destination)}" is already being saved there by another download. Wait for it, or choose another name.`;
  return new NearplayError('same-destination', message);
}

function bytesOf(note: Note): Buffer {
  const text = JSON.stringify(note);
  const length = Math.ceil((Buffer.byteLength(text) + 1) / NOTE_BLOCK_BYTES) * NOTE_BLOCK_BYTES;
  const bytes = Buffer.alloc(length, ' ');
  bytes.write(text);
  return bytes;
}
