import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { NearplayError } from '../../../../shared/errors.ts';
import { KIB, SECOND_MS } from '../../../../shared/units.ts';
import { hiddenName, NEW_FILE_FLAGS, randomText } from '../../files/atomicFile.ts';
import { atDestination, isDriveSilent, syncAtDestination } from '../../files/destinationDisk.ts';
import { explainFileError } from '../../files/fileErrors.ts';
import { THIS_COMPUTER } from '../../files/localDisk.ts';
import { writeFully } from '../../files/writeFully.ts';
import type { Machine } from '../../runtime/machine.ts';
import { type ReceivedNote, receivedSchema } from './ranges.ts';

/** Interval of a claim's heartbeat, at which it also checks its note. */
const HEARTBEAT_INTERVAL_MS = 2 * SECOND_MS;
/**
 * Age of the heartbeat at which another machine's claim counts as abandoned. NFS clients cache attributes for up to a
 * minute.
 */
const HEARTBEAT_STALE_MS = 4 * 60 * SECOND_MS;
/** A new note is empty until its process has written it; one of several blocks is half of two while it is written. */
const UNFINISHED_NOTE_PAUSE_MS = 50;
const UNFINISHED_NOTE_LOOKS = 20;
const NOTE_ENDING = '.nearplay-part.json';
const PART = /\.[0-9a-f]{16}\.nearplay-part(?:\.json)?$/;
/**
 * A note is overwritten in place with the same number of bytes, so that a crash leaves no half of one of up to a block.
 * Of a longer one, the first block always says whose it is.
 */
const NOTE_BLOCK_BYTES = 4096;
const MAX_NOTE_BYTES = 64 * KIB;
const TAKING_ROUNDS = 10;
/** Age of a marker at which its process was stopped: it is there for milliseconds. */
const MARKER_STALE_MS = 60 * SECOND_MS;
/** Age of a part without a note at which its process has ended: it takes milliseconds. */
const ABANDONED_PART_AGE_MS = 60 * 60 * SECOND_MS;
/** Mode of a note, before the umask: that of the file it stands for. */
const SHARED_MODE = 0o666;
const NO_FOLLOW = (constants.O_NOFOLLOW as number | undefined) ?? 0;
const NO_WAIT = (constants.O_NONBLOCK as number | undefined) ?? 0;
/** Begins what a note says of the part; quotes within its texts are escaped. */
const DESCRIPTION = ',"content":';
/** Stands for content that is not a note. */
const NO_NOTE = '-';

/** Object version of a part; a part is resumed for the same version only. */
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
  /** Absent once its process has released it. */
  owner: z.object({ machine: z.string(), host: z.string(), pid: z.number(), birth: z.string() }).optional(),
  content: contentSchema.optional(),
  /** The ranges that are on disk. Absent: the part is read in one request, and its size counts. */
  received: receivedSchema.optional(),
});
type Note = z.infer<typeof noteSchema>;

export interface ClaimOptions {
  machine: Machine;
  /** Token of a claim of this app before its restart, whose process is known to have ended. */
  formerToken?: string | undefined;
  heartbeatMs?: number;
  staleAfterMs?: number;
}

/** Part of an earlier download to the same destination. */
export interface EarlierPart {
  /** The part's name beside the destination. */
  name: string;
  content: PartContent;
  received?: ReceivedNote;
}

/**
 * Exclusive claim on a destination for one download. A note beside the destination, created exclusively, names the
 * process, the object and the part file. It works between processes and, on a shared drive, between machines that see
 * the same folder. A note counts as abandoned when its process on this machine has ended or, from another machine, when
 * its heartbeat is old by the clock of the file server.
 */
export class DestinationClaim {
  /** Absolute path of the part file, which holds the bytes until they are complete and proved. */
  readonly part: string;
  /** Mode of a new file in this folder, by the umask. */
  readonly mode: number;
  /** Part that can be resumed: its process is known to have ended. */
  readonly left: EarlierPart | undefined;
  readonly #destination: string;
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #timer: NodeJS.Timeout;
  readonly #revoked = new AbortController();
  #note: Note;
  /** Of the note as it was written: a shorter one would leave the end of a longer one behind it. */
  #noteBytes: number;
  #received: (() => ReceivedNote) | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(made: Made, destination: string, left: EarlierPart | undefined, heartbeatMs: number) {
    this.#destination = destination;
    this.#file = made.file;
    this.#handle = made.handle;
    this.#note = made.note;
    this.#noteBytes = bytesOf(made.note).length;
    this.mode = made.mode;
    this.part = join(dirname(destination), made.note.part);
    this.left = left;
    // Until the part is opened, it is as the earlier download described it: this one may end before that.
    const { received } = left ?? {};
    if (received) this.#received = () => received;
    let isBeating = false;
    const beat = async () => {
      // A drive that does not answer holds one beat, not one more each time.
      if (isBeating) return;
      isBeating = true;
      await this.#beat().finally(() => (isBeating = false));
    };
    this.#timer = setInterval(() => void beat(), heartbeatMs).unref();
  }

  /**
   * Claims a destination.
   *
   * @param destination absolute; its folder must exist.
   * @throws NearplayError same-destination when another download to it is running; destination-unwritable, disk-full …
   */
  static take(destination: string, options: ClaimOptions): Promise<DestinationClaim> {
    // In one turn: a marker that waits for others at the drive would make those wait that ask for the destination.
    return atDestination(
      destination,
      () => DestinationClaim.#take(destination, options),
      (late) => void late.release({ keep: true }),
    );
  }

  static async #take(destination: string, options: ClaimOptions): Promise<DestinationClaim> {
    const { heartbeatMs = HEARTBEAT_INTERVAL_MS } = options;
    const file = noteFileOf(destination);
    const owner = await ownerOf(options.machine);
    for (let round = 0; round < TAKING_ROUNDS; round++) {
      const made = await make(file, destination, owner, undefined);
      if (made) return new DestinationClaim(made, destination, undefined, heartbeatMs);
      const found = await look(file, options);
      if (!found) continue;
      if (found.isRunning) throw alreadyRunning(destination);
      const taken = await takeOver(file, destination, owner, found);
      if (taken) {
        await removeParts(destination, [taken.note.part]);
        return new DestinationClaim(taken, destination, leftIn(found), heartbeatMs);
      }
      await pause(UNFINISHED_NOTE_PAUSE_MS);
    }
    throw alreadyRunning(destination);
  }

  /** To be passed as `formerToken` after a restart. */
  get token(): string {
    return this.#note.token;
  }

  /**
   * Aborted when the note was removed or replaced: with its folder, or after a sleep during which it seemed abandoned.
   */
  get revoked(): AbortSignal {
    return this.#revoked.signal;
  }

  /**
   * Records the object version of the part; on disk when it resolves.
   *
   * @param received called for each later write of the note; absent: the size of the part counts.
   * @throws NearplayError disk-full …
   */
  async describe(content: PartContent, received?: () => ReceivedNote): Promise<void> {
    this.#note = { ...this.#note, content };
    this.#received = received;
    await this.#write();
    await syncAtDestination(this.#destination, () => this.#handle.datasync());
  }

  /**
   * @throws NearplayError destination-unwritable when the folder is gone, same-destination when another download has
   *   the claim
   */
  async assertOurs(): Promise<void> {
    if (await this.#isOurs()) return;
    const folder = dirname(this.#destination);
    const folderExists = await atDestination(this.#destination, () => lstat(folder)).then(
      () => true,
      () => false,
    );
    if (folderExists) throw alreadyRunning(this.#destination);
    const gone = `The folder ${folder} is not there any more. Choose another destination.`;
    throw new NearplayError('destination-unwritable', gone);
  }

  /** Writes the note with the ranges that are on disk by now. A failed write only lets a later download repeat them. */
  async record(): Promise<void> {
    await this.#write().catch(() => undefined);
  }

  /**
   * Removes note and part.
   *
   * @param keep leaves them for the next download of the same object version to this destination.
   */
  async release({ keep }: { keep: boolean }): Promise<void> {
    clearInterval(this.#timer);
    if (keep) {
      const { owner: _owner, ...note } = this.#note;
      this.#note = note;
      await this.#write().catch(() => undefined);
    } else {
      // The part first: without its note it would be found by no later download. Its name is this claim's own.
      const remove = (file: string) =>
        atDestination(this.#destination, () => rm(file, { force: true })).catch(() => undefined);
      await remove(this.part);
      if (await this.#isOurs()) await remove(this.#file);
    }
    await THIS_COMPUTER.close(this.#destination, this.#handle);
  }

  async #beat(): Promise<void> {
    if (await this.#isOurs()) await this.#write().catch(() => undefined);
    else this.#revoked.abort();
  }

  async #isOurs(): Promise<boolean> {
    try {
      const look = async () => [await this.#handle.stat({ bigint: true }), await lstat(this.#file, { bigint: true })];
      const [own, named] = await atDestination(this.#destination, look);
      return own !== undefined && own.ino === named?.ino && own.dev === named.dev;
    } catch (error) {
      // Without an answer nothing is known, so nothing is given up.
      return isDriveSilent(error);
    }
  }

  /** One at a time: two at once could leave a mixture. */
  async #write(): Promise<void> {
    const before = this.#writing;
    const writing = before.catch(() => undefined).then(() => this.#writeNow());
    this.#writing = writing;
    return writing;
  }

  async #writeNow(): Promise<void> {
    const { received: _former, ...note } = this.#note;
    const received = this.#received?.();
    const bytes = bytesOf({ ...note, ...(received && { received }) }, this.#noteBytes);
    this.#noteBytes = bytes.length;
    await atDestination(this.#destination, () => writeFully(this.#handle, bytes, 0));
  }
}

/** Whether the destination has a note, of a running download or an earlier one. */
export async function hasNote(destination: string): Promise<boolean> {
  return (await atDestination(destination, () => lstat(noteFileOf(destination))).catch(() => undefined)) !== undefined;
}

/**
 * Removes the part and the note of an earlier download, unless one is running. For downloads that will not be resumed.
 */
export async function discardPart(destination: string, options: ClaimOptions): Promise<void> {
  if (!(await hasNote(destination))) return;
  const claim = await DestinationClaim.take(destination, options).catch(() => undefined);
  if (!claim) return;
  await atDestination(destination, () => removeParts(destination, [])).catch(() => undefined);
  await claim.release({ keep: false });
}

/**
 * Removes parts that a killed process left without a note: those of small objects, which have one for no longer than it
 * takes to write them. A part with a note is a claim's.
 *
 * @param names all names in the folder.
 * @param now milliseconds since the epoch.
 */
export async function removeAbandonedParts(folder: string, names: readonly string[], now: number): Promise<void> {
  const marked = new Set(names.flatMap((name) => /\.([0-9a-f]{12})\.nearplay-part\.json$/.exec(name)?.[1] ?? []));
  for (const name of names) {
    const [, mark] = /^\..*\.([0-9a-f]{12})\.[0-9a-f]{16}\.nearplay-part$/su.exec(name) ?? [];
    if (mark === undefined || marked.has(mark)) continue;
    const path = join(folder, name);
    const stats = await lstat(path).catch(() => undefined);
    if (stats?.isFile() !== true || now - stats.mtimeMs < ABANDONED_PART_AGE_MS) continue;
    await rm(path, { force: true }).catch(() => undefined);
  }
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
  isRunning: boolean;
  /** Its process is known to have ended: the part is not written any more. */
  isGone: boolean;
}

function leftIn(found: Found | undefined): EarlierPart | undefined {
  const { note, isGone = false } = found ?? {};
  if (!isGone || !note?.content) return undefined;
  const { part: name, content, received } = note;
  return { name, content, ...(received && { received }) };
}

type Owner = Exclude<Note['owner'], undefined>;

/**
 * The part has another name each time, the note always the same, so that two downloads to one destination meet there.
 */
function noteFileOf(destination: string): string {
  return join(dirname(destination), hiddenName(basename(destination), `.${markOf(destination)}${NOTE_ENDING}`));
}

/** A new name for the part of a destination, by which a later claim finds and removes it. */
export function newPartName(destination: string): string {
  return hiddenName(basename(destination), `.${markOf(destination)}.${randomText()}.nearplay-part`);
}

/** Hash of the whole name, since long names are cut. */
function markOf(destination: string): string {
  return createHash('sha256').update(basename(destination)).digest('hex').slice(0, 12);
}

/** Creates the note; `undefined` when one exists. */
async function make(
  file: string,
  destination: string,
  owner: Owner,
  left: EarlierPart | undefined,
): Promise<Made | undefined> {
  const { name: part = newPartName(destination), ...described } = left ?? {};
  const note: Note = { format: 'nearplay-part-1', token: randomText(), part, owner, ...described };
  const handle = await openNew(file, SHARED_MODE, destination);
  if (!handle) return undefined;
  try {
    await handle.write(bytesOf(note), 0, undefined, 0);
    return { file, handle, note, mode: (await handle.stat()).mode & SHARED_MODE };
  } catch (cause) {
    await discard({ file, handle });
    throw explainFileError(cause, { path: destination, doing: 'write' });
  }
}

/** Opens a file that was not there; `undefined` when one is. @throws NearplayError destination-unwritable, disk-full … */
async function openNew(file: string, mode: number, destination: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, NEW_FILE_FLAGS, mode);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') return undefined;
    throw explainFileError(cause, { path: destination, doing: 'write' });
  }
}

/** Closes and removes a note that took no place. */
async function discard({ file, handle }: Pick<Made, 'file' | 'handle'>): Promise<void> {
  await handle.close().catch(() => undefined);
  await rm(file, { force: true }).catch(() => undefined);
}

/**
 * Reads the note; `undefined` when it is gone. @throws NearplayError destination-unwritable when it is not a note of
 * Nearplay's
 */
async function look(file: string, options: ClaimOptions): Promise<Found | undefined> {
  const { machine, formerToken, staleAfterMs = HEARTBEAT_STALE_MS } = options;
  let text = await readNote(file);
  for (let looks = 0; isUnfinished(text) && looks < UNFINISHED_NOTE_LOOKS; looks++) {
    await pause(UNFINISHED_NOTE_PAUSE_MS);
    text = await readNote(file);
  }
  if (text === undefined) return undefined;
  // The process or the machine stopped before the note was written.
  if (text.replaceAll('\0', '').trim() === '') return { text, note: undefined, isRunning: false, isGone: false };
  const note = parsed(text) ?? parsedBeginning(text);
  if (!note) {
    const message = `"${basename(file)}" is in the way, and was not written by this version of Nearplay. Remove it.`;
    throw new NearplayError('destination-unwritable', message);
  }
  const { owner } = note;
  if (!owner || note.token === formerToken) return { text, note, isRunning: false, isGone: true };
  if (owner.machine === machine.id) {
    const isAlive = await machine.isAlive(owner.pid, owner.birth);
    return { text, note, isRunning: isAlive, isGone: !isAlive };
  }
  const isFresh = (await ageOf(file)) < staleAfterMs;
  // The same machine after a restart; another one may only sleep.
  return { text, note, isRunning: isFresh, isGone: !isFresh && owner.host === machine.hostName };
}

async function readNote(file: string): Promise<string | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(file, constants.O_RDONLY | NO_FOLLOW | NO_WAIT);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    // ELOOP: a link. ENXIO: a socket.
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

/** Whose a note is, where its end is lost. */
function parsedBeginning(text: string): Note | undefined {
  const end = text.indexOf(DESCRIPTION);
  return end === -1 ? undefined : parsed(`${text.slice(0, end)}}`);
}

function isUnfinished(text: string | undefined): boolean {
  if (text === undefined) return false;
  return text.trim() === '' || (!parsed(text) && parsedBeginning(text) !== undefined);
}

/** Milliseconds since the last heartbeat by the clock of the file server, which dates a file that is created now. */
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
    // An unknown age counts as alive.
    return 0;
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}

/**
 * Puts a new note in the place of an abandoned one; `undefined` when that is gone, or another process is at it. Whoever
 * does it holds a marker that is named after the abandoned note, and looks at the note again before it is replaced in one
 * step: so there is never a moment without a note, and no note but that one is replaced.
 */
async function takeOver(file: string, destination: string, owner: Owner, found: Found): Promise<Made | undefined> {
  const beside = (text: string) =>
    join(dirname(file), hiddenName(basename(destination), `.${markOf(destination)}.${text}.nearplay-part.json`));
  const marker = beside(createHash('sha256').update(found.text).digest('hex').slice(0, 16));
  if (!(await setMarker(marker, destination))) return undefined;
  try {
    if ((await readNote(file)) !== found.text) return undefined;
    const made = await make(beside(randomText()), destination, owner, leftIn(found));
    if (!made) return undefined;
    try {
      await rename(made.file, file);
    } catch (cause) {
      await discard(made);
      throw explainFileError(cause, { path: destination, doing: 'write' });
    }
    return { ...made, file };
  } finally {
    await rm(marker, { force: true }).catch(() => undefined);
  }
}

/** Resolves to whether the marker is this process's; one of a process that was stopped meanwhile is removed. */
async function setMarker(marker: string, destination: string): Promise<boolean> {
  const handle = await openNew(marker, 0o600, destination);
  if (handle) {
    await handle.close();
    return true;
  }
  if ((await ageOf(marker)) >= MARKER_STALE_MS) await rm(marker, { force: true }).catch(() => undefined);
  return false;
}

/** Removes parts, markers and notes that took no place of this destination; the claim covers all of them. */
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

function alreadyRunning(destination: string): NearplayError {
  const message = `"${basename(destination)}" is already being saved there by another download. Wait for it, or choose another name.`;
  return new NearplayError('same-destination', message);
}

/** @param least bytes of the note that it takes the place of. */
function bytesOf(note: Note, least = 0): Buffer {
  const text = JSON.stringify(note);
  const length = Math.max(least, Math.ceil((Buffer.byteLength(text) + 1) / NOTE_BLOCK_BYTES) * NOTE_BLOCK_BYTES);
  const bytes = Buffer.alloc(length, ' ');
  bytes.write(text);
  return bytes;
}
