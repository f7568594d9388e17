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

export interface GoingOn {
  /** For names that are taken; default: what each had. */
  policy?: ConflictPolicy;
  /** They wait for a word first. */
  paused?: boolean;
}

/** Uploads that abandoned sessions left unfinished, for the session that goes on with them. */
export class UnfinishedUploads {
  readonly #services: Application;
  /** By path and destination. */
  readonly #uploads = new Map<string, UnfinishedUpload>();

  readonly #setAside: string[] = [];

  private constructor(services: Application) {
    this.#services = services;
  }

  /**
   * Those to another bucket than today's main storage stay where they are. What is over, and left parts behind, goes to the
   * queue to be cleaned up.
   *
   * @throws NearplayError disk-full
   */
  static async find(services: Application, sessions: Sessions): Promise<UnfinishedUploads> {
    const left = new UnfinishedUploads(services);
    await sessions.tidy();
    for (const session of await sessions.abandoned()) {
      left.#setAside.push(...session.setAside);
      const here = session.records.filter((record) => left.#isHere(record));
      // What came from another program cannot be read again.
      const over = here.filter((record) => record.path === '-' || (isOver(record) && record.state !== 'failed'));
      await left.#handOver(session, over);
      for (const record of here) {
        if (!over.includes(record)) left.#uploads.set(pathAndKey(record.path, record.wanted), { session, record });
      }
    }
    return left;
  }

  /** Files in which earlier sessions have noted uploads that cannot be read. */
  get setAside(): readonly string[] {
    return this.#setAside;
  }

  all(): UnfinishedUpload[] {
    return [...this.#uploads.values()];
  }

  /** The one of a file and its destination. */
  at(path: string, key: string): UnfinishedUpload | undefined {
    return this.#uploads.get(pathAndKey(path, key));
  }

  /**
   * Puts them into the queue, with what the storage has of them.
   *
   * @returns their ids; those are missing that another process was quicker to take.
   * @throws NearplayError disk-full
   */
  async goOnWith(uploads: readonly UnfinishedUpload[], { policy, paused = false }: GoingOn = {}): Promise<string[]> {
    const taken: string[] = [];
    for (const session of new Set(uploads.map((upload) => upload.session))) {
      const records = uploads.filter((upload) => upload.session === session).map(({ record }) => record);
      const again = records.map((record): UploadRecord => {
        const { blockedFor: _, error: __, finishedAt: ___, ...kept } = record;
        return { ...kept, ...(policy && { policy }), state: paused ? 'paused' : 'waiting' };
      });
      if (await this.#handOver(session, again)) taken.push(...records.map(({ id }) => id));
      for (const { path, wanted } of records) this.#uploads.delete(pathAndKey(path, wanted));
    }
    return taken;
  }

  /** In both journals for a moment: whoever finds the second one after a crash finds the upload complete, or goes on with it. */
  async #handOver(session: AbandonedSession, records: readonly UploadRecord[]): Promise<boolean> {
    if (records.length === 0 || !(await session.take())) return false;
    await this.#services.uploads.adopt(records);
    await session.handedOver(records.map(({ id }) => id));
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

function pathAndKey(path: string, key: string): string {
  return `${path}\n${key}`;
}
