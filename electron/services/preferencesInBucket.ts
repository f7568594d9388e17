import { GetObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { PreferencesVersion } from '../../shared/ipc.ts';
import { NearplayError } from '../../shared/errors.ts';
import { OWN_FOLDER, wholeKey } from './keys.ts';
import { bucketPlace, type BucketDocument } from './preferencesSource.ts';
import { httpStatusOf } from './s3Errors.ts';
import type { Studio } from './studio.ts';

const KEY = `${OWN_FOLDER}isolation-preferences.json`;
/** No object has it, so a write on this condition never changes anything: it only tells whether writing is allowed. */
const IMPOSSIBLE_ETAG = '"00000000000000000000000000000000"';
const PROBE_KEY = `${OWN_FOLDER}may-write`;
const HISTORY = 100;

/** The studio's preferences as an object in the main storage: read and written on conditions, so that nobody overwrites unseen. */
export class PreferencesInBucket {
  readonly #studio: Studio;

  constructor(studio: Studio) {
    this.#studio = studio;
  }

  /**
   * @param knownEtag what was read last: then `unchanged` costs no body.
   * @returns `undefined` where there is no such object; `unchanged` where nothing can be said against what is known.
   * @throws NearplayError offline, timeout, credentials-expired …
   */
  async read(knownEtag?: string): Promise<BucketDocument | 'unchanged' | undefined> {
    try {
      return await this.#get({ ...(knownEtag !== undefined && { IfNoneMatch: knownEtag }) });
    } catch (error) {
      const status = httpStatusOf(error instanceof NearplayError ? error.cause : error);
      if (status === 304) return 'unchanged';
      if (error instanceof NearplayError && error.code === 'no-such-key') return undefined;
      // Not there, for a user who may not list the bucket (S3 User Guide, GetObject), or not for these credentials: what
      // was read before is no worse for it.
      if (error instanceof NearplayError && error.code === 'access-denied') return 'unchanged';
      throw error;
    }
  }

  /**
   * Saves, unless somebody else saved since `expectedEtag` was read (S3 User Guide, "conditional writes").
   *
   * @param expectedEtag `undefined`: there was no such object.
   * @returns the new ETag.
   * @throws NearplayError conflict when somebody else was faster; access-denied
   */
  async save(text: string, expectedEtag: string | undefined): Promise<string> {
    const condition = expectedEtag === undefined ? { IfNoneMatch: '*' } : { IfMatch: expectedEtag };
    try {
      return await this.#put(text, condition);
    } catch (error) {
      // If-Match on an object that is gone answers 404: for the one who saves that is a conflict like any other.
      const gone = error instanceof NearplayError && error.code === 'no-such-key';
      const message = 'Somebody else changed the preferences in the meantime. Nothing was overwritten.';
      if (gone || (error instanceof NearplayError && error.code === 'conflict')) {
        throw new NearplayError('conflict', message, { cause: error });
      }
      throw error;
    }
  }

  /**
   * Whether these credentials may write preferences: `undefined` when they may, else why not. Tried with a condition that
   * no object meets, on a key of its own: a server that ignores conditions must not lose anything by it.
   */
  async refusal(): Promise<NearplayError | undefined> {
    try {
      await this.#put('{}', { IfMatch: IMPOSSIBLE_ETAG }, PROBE_KEY);
      const message = 'This storage ignores conditions on writing: two admins could overwrite each other.';
      return new NearplayError('not-supported', message);
    } catch (error) {
      if (!(error instanceof NearplayError)) throw error;
      return error.code === 'conflict' || error.code === 'no-such-key' ? undefined : error;
    }
  }

  /** Saved states, newest first; one at most where the bucket keeps no versions. */
  async history(): Promise<PreferencesVersion[]> {
    const { storage, configuration } = this.#main();
    const whole = wholeKey(configuration, KEY);
    const command = new ListObjectVersionsCommand({ Bucket: configuration.bucket, Prefix: whole, MaxKeys: HISTORY });
    const asked = { storage, action: 's3:ListBucketVersions' };
    const { Versions = [] } = await this.#studio.requests.ask(asked, (client, send) => client.send(command, send));
    return Versions.filter(({ Key, VersionId }) => Key === whole && VersionId !== undefined).map((version) => ({
      versionId: version.VersionId ?? '',
      savedAt: version.LastModified?.getTime() ?? 0,
      size: version.Size ?? 0,
      current: version.IsLatest ?? false,
    }));
  }

  /** The text of one saved state. @throws NearplayError no-such-key */
  async readVersion(versionId: string): Promise<string> {
    return (await this.#get({ VersionId: versionId })).text;
  }

  #main() {
    const storage = this.#studio.preferences.mainStorage;
    return { storage, configuration: this.#studio.clients.configurationOf(storage) };
  }

  async #get(options: { IfNoneMatch?: string; VersionId?: string }): Promise<BucketDocument> {
    const { storage, configuration } = this.#main();
    const place = { Bucket: configuration.bucket, Key: wholeKey(configuration, KEY) };
    return this.#studio.requests.ask({ storage, action: 's3:GetObject', key: KEY }, async (client, send) => {
      const { Body, ETag } = await client.send(new GetObjectCommand({ ...place, ...options }), send);
      const text = (await Body?.transformToString()) ?? '';
      return { text, etag: ETag ?? '', where: bucketPlace(this.#studio.preferences) };
    });
  }

  async #put(text: string, condition: { IfMatch?: string; IfNoneMatch?: string }, key = KEY): Promise<string> {
    const { storage, configuration } = this.#main();
    const command = new PutObjectCommand({
      Bucket: configuration.bucket,
      Key: wholeKey(configuration, key),
      Body: text,
      ContentType: 'application/json',
      ChecksumAlgorithm: 'CRC32',
      ...condition,
    });
    const asked = { storage, action: 's3:PutObject', key };
    const { ETag } = await this.#studio.requests.ask(asked, (client, send) => client.send(command, send));
    return ETag ?? '';
  }
}
