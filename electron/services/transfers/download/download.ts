import { lstat, mkdir, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type ErrorCode, NearplayError } from '../../../../shared/errors.ts';
import type { Route } from '../../../../shared/routing.ts';
import { KIB } from '../../../../shared/units.ts';
import { atDestination } from '../../files/destinationDisk.ts';
import { specialAt } from '../../files/writePlace.ts';
import type { Studio } from '../../reading/studio.ts';
import { orCancelled, sleep } from '../../runtime/async.ts';
import { backoffDelay } from '../../runtime/backoff.ts';
import { type Machine, thisMachine } from '../../runtime/machine.ts';
import { lastingVersion, type ObjectVersion } from '../../storage/objectVersion.ts';
import { isRefusal, type WaitReason, waitReasonOf } from '../../storage/refusals.ts';
import { explainS3Error, meansUnreachable } from '../../storage/s3Errors.ts';
import { DestinationClaim, type PartContent } from './destinationClaim.ts';
import { destinationPath } from './destinationPath.ts';
import { downloadResources } from './downloadResources.ts';
import { objectBytes, OtherObject, OtherRange, RangesIgnored } from './objectBytes.ts';
import { PartFile } from './partFile.ts';
import { type DownloadResources, type ReadRange, receiveRanges } from './receiveRanges.ts';
import {
  type ContentProof,
  Contradiction,
  lookAt,
  objectPlaceOf,
  proveContent,
  type Proved,
  type ProvedBy,
  proveReplicated,
  type StoredObject,
  type Unproved,
} from './storedObject.ts';

/** Fruitless attempts before a wait is reported: short breaks are not shown. */
const SILENT_ATTEMPTS = 3;
/** Downloads from the beginning: after a replacement of the object, or damage. */
const MAX_BEGINNINGS = 3;
/** Free bytes to leave for the note and for data of the file system. */
const SPARE_BYTES = 64 * KIB;

/** Abort reason that keeps the part for a later download: at quit, or after too long a wait. */
export const STOPPED = Symbol('stopped');

export interface Download {
  key: string;
  /** Path of the file. */
  path: string;
  /** Bytes. */
  size: number;
  route: Route;
  /** The stored checksum that the file matches; `null`: only size and version are known. */
  provedBy: ProvedBy | null;
  /** Why it is unproved; with `provedBy: null` only. */
  unproved?: Unproved;
  byWordOf?: Proved['byWordOf'];
  /** Bytes taken over from an earlier, ended attempt. */
  resumed: number;
}

/** Reason of a wait. The download goes on by itself. */
interface DownloadWait {
  for: WaitReason;
  error: NearplayError;
  /** Ends the wait. */
  tryNow: () => void;
}

export interface DownloadOptions {
  /** Cancels and removes the part; with the reason STOPPED, the part is kept. */
  signal?: AbortSignal;
  /** Called with the bytes on disk. */
  progress?: (received: number, size: number) => void;
  /** Called at the beginning of a wait, and after each fruitless attempt. */
  waiting?: (wait: DownloadWait) => void;
  /** Reasons to wait; any other error ends the download. Default: all but a full disk. */
  waitsFor?: ReadonlySet<WaitReason>;
  /** Called when the download begins again from zero. */
  beginsAgain?: (why: ErrorCode) => void;
  /** Called with the claim's token, with which a later process can take over at once. */
  claimed?: (path: string, token: string) => void;
  formerToken?: string | undefined;
  /** Shared by downloads that run side by side; default: its own. */
  resources?: DownloadResources;
  /** Milliseconds without a byte after which a connection counts as broken; default 30 s. */
  idleMs?: number | undefined;
  /** Bytes of a range; default: by the size of the object. */
  rangeBytes?: number;
  random?: () => number;
  machine?: Machine;
}

/**
 * Downloads one object from the storage of its route. The bytes go to a part file with a random name beside the
 * destination, which gets the destination's name once it is complete, synced, and compared with the stored checksum; an
 * existing file stays untouched until then. The download resumes after a broken connection, from the main storage when
 * a replica does not deliver, and after the end of the process from the part beside the destination.
 *
 * @param studio called for each attempt: preferences and credentials may change meanwhile.
 * @param destination a file, or a folder (existing, or with a closing slash).
 * @throws NearplayError same-destination (another download writes there), destination-unwritable, not-a-folder,
 *   name-too-long, disk-full, no-such-key, object-changed, damaged, archived, access-denied, cancelled …
 */
export async function download(
  studio: () => Studio,
  key: string,
  destination: string,
  options: DownloadOptions = {},
): Promise<Download> {
  const { path, mayReplace } = await destinationPath(destination, key);
  await prepare(path);
  const machine = options.machine ?? (await thisMachine());
  const claim = await DestinationClaim.take(path, { machine, formerToken: options.formerToken });
  options.claimed?.(path, claim.token);
  const run = new DownloadRun(studio, { key, path, mayReplace, claim }, options);
  let keep = false;
  try {
    return await run.toTheEnd();
  } catch (error) {
    keep = options.signal?.aborted === true && options.signal.reason === STOPPED;
    throw error;
  } finally {
    await run.close({ keep });
    await claim.release({ keep });
  }
}

interface DownloadTarget {
  key: string;
  path: string;
  mayReplace: boolean;
  claim: DestinationClaim;
}

/** The attempts of one download, up to its end. */
class DownloadRun {
  readonly #studio: () => Studio;
  readonly #target: DownloadTarget;
  readonly #options: DownloadOptions;
  readonly #signal: AbortSignal;
  readonly #resources: DownloadResources;
  /** Storages that delivered damaged bytes. */
  readonly #damagedAt = new Set<string>();
  #part: PartFile | undefined;
  #version: ObjectVersion | undefined;
  #stored: StoredObject | undefined;
  #beginnings = 0;
  #fruitless = 0;
  /** Most bytes ever on disk: only more than that is progress. */
  #most = 0;
  #mostBefore = 0;
  /** Bytes resumed from an earlier process. */
  #resumed = 0;
  /** Whether these are not checked yet. */
  #isResuming = false;

  constructor(studio: () => Studio, target: DownloadTarget, options: DownloadOptions) {
    this.#studio = studio;
    this.#target = target;
    this.#options = options;
    this.#resources = options.resources ?? downloadResources();
    const { revoked } = target.claim;
    this.#signal = options.signal ? AbortSignal.any([options.signal, revoked]) : revoked;
  }

  async toTheEnd(): Promise<Download> {
    const { key, path, claim } = this.#target;
    for (;;) {
      let route: Route | undefined;
      this.#mostBefore = this.#most;
      try {
        const studio = this.#studio();
        // The answers are of use to other readers as well: these requests go on.
        this.#version ??= await orCancelled(studio.identify(key), this.#signal);
        const version = this.#version;
        const part = await this.#partFor(studio, version);
        route = await orCancelled(this.#routeOf(studio, version), this.#signal);
        await this.#receive(studio, version, route, part);
        const proof = await this.#prove(studio, part);
        await part.finish(version.lastModified, this.#target.mayReplace);
        const proved = 'by' in proof ? provedAs(proof) : { provedBy: null, ...proof };
        return { key, path, size: version.size, route, ...proved, resumed: this.#resumed };
      } catch (cause) {
        if (this.#options.signal?.aborted) throw new NearplayError('cancelled', undefined, { cause });
        if (claim.revoked.aborted) await claim.assertOurs();
        await this.#settleFailure(cause, route);
      }
    }
  }

  async close({ keep }: { keep: boolean }): Promise<void> {
    if (keep) await this.#part?.keep();
    else await this.#part?.close();
  }

  async #partFor(studio: Studio, version: ObjectVersion): Promise<PartFile> {
    const content: PartContent = {
      place: objectPlaceOf(studio, version.key),
      etag: version.etag,
      size: version.size,
      lastModified: version.lastModified,
      ...(version.versionId !== undefined && { versionId: version.versionId }),
    };
    if (!this.#part) {
      const { claim, path } = this.#target;
      this.#part = await PartFile.open(claim, path, content, this.#options.rangeBytes);
      this.#most = this.#mostBefore = this.#resumed = this.#part.resumed;
      this.#isResuming = this.#resumed > 0;
    } else if (!this.#part.isOf(content)) {
      await this.#part.beginAgain(content);
      this.#stored = undefined;
    }
    return this.#part;
  }

  /**
   * The route by the rules, or another replica that has the version when the route's storage delivered damaged bytes.
   */
  async #routeOf(studio: Studio, version: ObjectVersion): Promise<Route> {
    const route = await studio.router.proved(version);
    if (!this.#damagedAt.has(route.storage)) return route;
    const { replication } = studio.preferences;
    for (const { storage } of replication.replicas) {
      if (this.#damagedAt.has(storage) || !studio.reachability.isReachable(storage)) continue;
      const { holds, by } = await studio.proof.prove(storage, version);
      if (holds === 'yes' && by === 'version') return { ...route, storage };
    }
    return route;
  }

  async #receive(studio: Studio, version: ObjectVersion, { storage }: Route, part: PartFile): Promise<void> {
    if (this.#stored?.storage !== storage || this.#stored.version !== version) {
      const begun = performance.now();
      this.#stored = await lookAt(studio, storage, version, this.#signal);
      this.#resources.slots.roundTrip(performance.now() - begun);
    }
    const object = this.#stored;
    // Bytes of an earlier process are not resumed when they cannot be proved or pinned to one version.
    const isPinned = lastingVersion(version) !== undefined || object.etag !== '';
    if (!isPinned || (this.#isResuming && !object.fingerprint)) {
      // Answers to several requests could be of different versions then.
      await part.beginAgain(undefined, !isPinned);
      this.#most = this.#mostBefore = this.#resumed = 0;
    }
    this.#isResuming = false;
    const have = part.received.total;
    // HEAD's size of 0 alone replaces no file: the empty content is requested as well.
    if (have === version.size && have > 0) return;
    await assertRoom(this.#target.path, version.size - have);
    const { mainStorage } = studio.preferences;
    try {
      await receiveRanges({
        ...{ part, owner: this.#target.path, resources: this.#resources, signal: this.#signal, sleep },
        read: this.#readerOf(studio, object),
        ...(storage !== mainStorage && {
          fallback: async (signal) => this.#readerOf(studio, await lookAt(studio, mainStorage, object.version, signal)),
        }),
        written: () => this.#received(part.received.total, version.size),
        random: () => this.#random(),
      });
    } catch (error) {
      if (error instanceof RangesIgnored || error instanceof OtherRange) await part.beginAgain(undefined, true);
      throw error;
    }
    await part.assertWhole();
  }

  #readerOf(studio: Studio, object: StoredObject): ReadRange {
    const configuration = studio.clients.configurationOf(object.storage);
    const client = this.#resources.clients.clientFor(studio.clients.clientOf(object.storage), configuration);
    const { idleMs } = this.#options;
    return ({ start: from, end: to }, signal) =>
      objectBytes({ client, configuration, object, from, to, idleMs, signal });
  }

  /** @throws NearplayError damaged */
  async #prove(studio: Studio, part: PartFile): Promise<ContentProof> {
    const object = this.#stored;
    if (!object) return { unproved: 'no-checksum' };
    const file = await part.compared();
    const { mainStorage } = studio.preferences;
    if (object.storage === mainStorage) return proveContent(studio, object, file, this.#signal);
    const onMain = studio.reachability.isReachable(mainStorage)
      ? await lookAt(studio, mainStorage, object.version, this.#signal).catch(() => undefined)
      : undefined;
    return proveReplicated(studio, object, onMain, file, this.#signal);
  }

  #received(received: number, size: number): void {
    if (received > this.#most) {
      this.#most = received;
      this.#fruitless = 0;
    }
    this.#options.progress?.(received, size);
  }

  /** Resolves when another attempt is due. @throws NearplayError when none is */
  async #settleFailure(cause: unknown, route: Route | undefined): Promise<void> {
    const studio = this.#studio();
    const storage = route?.storage ?? studio.preferences.mainStorage;
    const error = explainS3Error(cause, {
      ...{ action: 's3:GetObject', storage: studio.clients.configurationOf(storage), key: this.#target.key },
    });
    const isReplica = storage !== studio.preferences.mainStorage;
    if (error instanceof OtherObject) return this.#settleFailure(await this.#whyOther(studio, error), route);
    if (error instanceof Contradiction || error.code === 'object-changed' || error.code === 'damaged') {
      return this.#beginAgain(studio, error, storage, isReplica);
    }
    if (isReplica && this.#version && isRefusal(error)) {
      studio.proof.refused(storage, this.#version, error.code);
      return;
    }
    // It goes on in one request at once.
    if (error instanceof RangesIgnored) return;
    const reason = waitReasonOf(error.code);
    const { waitsFor = WAITED_FOR } = this.#options;
    if (reason === undefined || !waitsFor.has(reason)) throw error;
    this.#fruitless += 1;
    // A connection that broke after some bytes does not make the storage unreachable.
    if (this.#most === this.#mostBefore && meansUnreachable(error)) studio.reachability.failed(storage, error);
    await this.#wait(reason, error);
  }

  /** The error after another HEAD: only a different version counts as replaced. */
  async #whyOther(studio: Studio, { isEncoded, cause }: OtherObject): Promise<unknown> {
    const object = this.#stored;
    if (!object) return new NearplayError('object-changed', undefined, { cause });
    try {
      await lookAt(studio, object.storage, object.version, this.#signal);
    } catch (error) {
      if (!(error instanceof Contradiction)) return error;
    }
    return new Contradiction(isEncoded);
  }

  async #beginAgain(studio: Studio, error: NearplayError, storage: string, isReplica: boolean): Promise<void> {
    this.#beginnings += 1;
    if (this.#beginnings >= MAX_BEGINNINGS) throw error;
    if (error.code === 'damaged') this.#damagedAt.add(storage);
    if (isReplica && this.#version) studio.proof.refused(storage, this.#version, error.code);
    if (this.#most > 0) this.#options.beginsAgain?.(error.code);
    this.#version = undefined;
    this.#stored = undefined;
    this.#most = this.#resumed = 0;
    await this.#part?.beginAgain();
    await this.#pause(backoffDelay(this.#beginnings, this.#random()));
  }

  async #wait(reason: WaitReason, error: NearplayError): Promise<void> {
    const now = new AbortController();
    const isReported = this.#fruitless >= SILENT_ATTEMPTS || reason !== 'offline';
    if (isReported) this.#options.waiting?.({ for: reason, error, tryNow: () => now.abort() });
    await this.#pause(backoffDelay(this.#fruitless, this.#random()), now.signal);
  }

  /** @throws NearplayError cancelled */
  async #pause(milliseconds: number, shorter?: AbortSignal): Promise<void> {
    const signal = shorter ? AbortSignal.any([this.#signal, shorter]) : this.#signal;
    try {
      await sleep(milliseconds, signal);
    } catch (cause) {
      if (this.#options.signal?.aborted) throw new NearplayError('cancelled', undefined, { cause });
      if (this.#target.claim.revoked.aborted) await this.#target.claim.assertOurs();
    }
  }

  #random(): number {
    return (this.#options.random ?? Math.random)();
  }
}

/** A proof as it is told. */
export function provedAs({ by, byWordOf }: Proved): Pick<Download, 'byWordOf'> & { provedBy: ProvedBy } {
  return { provedBy: by, ...(byWordOf !== undefined && { byWordOf }) };
}

const WAITED_FOR: ReadonlySet<WaitReason> = new Set(['offline', 'sign-in']);

/** Creates the folder. @throws NearplayError at once when nothing can be written there */
async function prepare(path: string): Promise<void> {
  const special = await atDestination(path, () => specialAt(path));
  if (special !== undefined) throw notAFile(path, special);
  const existing = await atDestination(path, async () => {
    await mkdir(dirname(path), { recursive: true });
    return lstat(path).catch((cause: unknown): undefined => {
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')) throw cause;
    });
  });
  if (!existing || existing.isFile() || existing.isSymbolicLink()) return;
  const what = existing.isDirectory() ? 'A folder' : 'Something that is no file';
  throw new NearplayError('destination-unwritable', `${what} is in the way at ${path}. Choose another name.`);
}

/** @param special as in "a pipe" */
function notAFile(path: string, special: string): NearplayError {
  const why = 'What is saved is compared with the bucket first, which takes a file. Choose the name of a file.';
  return new NearplayError('destination-unwritable', `"${path}" is ${special}. ${why}`);
}

/** @throws NearplayError disk-full in advance; a drive that does not report free space is tried */
async function assertRoom(path: string, bytes: number): Promise<void> {
  const room = await atDestination(path, () => statfs(dirname(path))).catch(() => undefined);
  if (!room || room.blocks === 0) return;
  const free = room.bavail * room.bsize;
  if (free >= bytes + SPARE_BYTES) return;
  const message = `There is no room for it in ${dirname(path)}: ${bytes} bytes are to come, ${free} are free. Make room there.`;
  throw new NearplayError('disk-full', message);
}
