import { isOver } from '../../shared/transfers.ts';
import type { Application } from '../services/application.ts';
import { isHere, isIn } from '../services/storage/objectPlace.ts';
import type { ConflictPolicy, UploadRecord } from '../services/transfers/journal/uploadRecord.ts';
import type { AbandonedSession, Sessions } from './sessions.ts';

/** An upload of an abandoned session. */
export interface UnfinishedUpload {
  session: AbandonedSession;
  record: UploadRecord;
}

export interface ResumeOptions {
  /** Policy for names that are taken; default: each upload's own. */
  policy?: ConflictPolicy;
  /** Whether they start paused. */
  paused?: boolean;
}

/** Unfinished uploads of abandoned sessions, for the session that resumes them. */
export class UnfinishedUploads {
  readonly #services: Application;
  /** By path and destination. */
  readonly #uploads = new Map<string, UnfinishedUpload>();

  readonly #setAside: string[] = [];
  /** To another place than today's main storage. */
  readonly #elsewhere: UploadRecord[] = [];

  private constructor(services: Application) {
    this.#services = services;
  }

  /**
   * Finds them. Uploads to another bucket than today's main storage stay where they are. Finished ones with parts left
   * behind go to the queue for removal.
   *
   * @throws NearplayError disk-full
   */
  static async find(services: Application, sessions: Sessions): Promise<UnfinishedUploads> {
    const left = new UnfinishedUploads(services);
    await sessions.tidy();
    for (const session of await sessions.abandoned()) {
      left.#setAside.push(...session.setAside);
      const here = session.records.filter((record) => left.#isHere(record));
      left.#elsewhere.push(...session.records.filter((record) => !here.includes(record) && canGoOn(record)));
      const over = here.filter((record) => !canGoOn(record));
      await left.#adopt(session, over);
      for (const record of here) {
        if (!over.includes(record)) left.#uploads.set(pathAndKey(record.path, record.wanted), { session, record });
      }
    }
    return left;
  }

  /** Unreadable record files of earlier sessions. */
  get setAside(): readonly string[] {
    return this.#setAside;
  }

  /** Unfinished uploads to another place than today's main storage: they stay as they are. */
  get elsewhere(): readonly UploadRecord[] {
    return this.#elsewhere;
  }

  all(): UnfinishedUpload[] {
    return [...this.#uploads.values()];
  }

  /** The unfinished upload of a file and key. */
  at(path: string, key: string): UnfinishedUpload | undefined {
    return this.#uploads.get(pathAndKey(path, key));
  }

  /**
   * Puts them into the queue with their progress.
   *
   * @returns their ids, without those that another process adopted first.
   * @throws NearplayError disk-full
   */
  async resume(
    uploads: readonly UnfinishedUpload[],
    { policy, paused = false }: ResumeOptions = {},
  ): Promise<string[]> {
    const taken: string[] = [];
    for (const session of new Set(uploads.map((upload) => upload.session))) {
      const records = uploads.filter((upload) => upload.session === session).map(({ record }) => record);
      const again = records.map((record): UploadRecord => {
        const { blockedFor: _, error: __, finishedAt: ___, ...kept } = record;
        return { ...kept, ...(policy && { policy }), state: paused ? 'paused' : 'waiting' };
      });
      if (await this.#adopt(session, again)) taken.push(...records.map(({ id }) => id));
      for (const { path, wanted } of records) this.#uploads.delete(pathAndKey(path, wanted));
    }
    return taken;
  }

  /** A record is in both journals for a moment: after a crash the second one is found complete, or resumed. */
  async #adopt(session: AbandonedSession, records: readonly UploadRecord[]): Promise<boolean> {
    if (records.length === 0 || !(await session.take())) return false;
    await this.#services.uploads.adopt(records);
    await session.removeRecords(records.map(({ id }) => id));
    return true;
  }

  #isHere({ key, upload, unconfirmedStart, abandoned, unconfirmedStarts }: UploadRecord): boolean {
    const { preferences, clients } = this.#services.studio();
    const configuration = clients.configurationOf(preferences.mainStorage);
    const current = upload ?? unconfirmedStart;
    if (current && !isHere(current, configuration, key)) return false;
    return [...abandoned, ...unconfirmedStarts].every((one) => isIn(one, configuration));
  }
}

/** The output of another program cannot be read again. */
function canGoOn(record: UploadRecord): boolean {
  return record.path !== '-' && (!isOver(record) || record.state === 'failed');
}

function pathAndKey(path: string, key: string): string {
  return `${path}\n${key}`;
}
