import { GetObjectCommand, ListObjectVersionsCommand, type ObjectVersion, PutObjectCommand } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import { decodeText, MAX_DOCUMENT_BYTES } from '../../../shared/documentText.ts';
import { NearplayError } from '../../../shared/errors.ts';
import type { Finding } from '../../../shared/preferences.ts';
import type { PreferencesVersion } from '../../../shared/preferencesStatus.ts';
import { SECOND_MS } from '../../../shared/units.ts';
import type { Studio } from '../reading/studio.ts';
import { httpStatusOf } from '../runtime/errorFacts.ts';
import { decodedName } from '../storage/listedNames.ts';
import { listingPages, nextMarker } from '../storage/listingPages.ts';
import { OWN_FOLDER, PREFERENCES_KEY, wholeKey } from '../storage/storageKeys.ts';
import { IMPOSSIBLE_ETAG, NOT_WRITTEN_MESSAGE } from '../storage/writeConditions.ts';
import { type BucketDocument, bucketPlace } from './preferencesSource.ts';

const PROBE_KEY = `${OWN_FOLDER}may-write`;
const MAX_HISTORY_VERSIONS = 100;
/** Includes the body of at most 1 MB. */
const READ_TIMEOUT_MS = 20 * SECOND_MS;

/**
 * The studio's preferences as an object in the main storage. Conditional requests keep one admin from overwriting
 * another unseen.
 */
export class PreferencesInBucket {
  readonly #studio: Studio;
  readonly #readTimeout: number;

  /** @param readTimeout milliseconds for reading the whole object; default 20 s. */
  constructor(studio: Studio, readTimeout = READ_TIMEOUT_MS) {
    this.#studio = studio;
    this.#readTimeout = readTimeout;
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
      // 403: missing, for a user who may not list the bucket (S3 User Guide, GetObject), or refused. The document read
      // before stays in force.
      if (error instanceof NearplayError && error.code === 'access-denied') return 'unchanged';
      throw error;
    }
  }

  /**
   * Saves, unless the object has changed since `expectedEtag` was read (S3 User Guide, "conditional writes").
   *
   * @param expectedEtag `undefined`: there was no such object.
   * @returns the new ETag; `undefined` where the storage names none.
   * @throws NearplayError conflict when the object has changed meanwhile; access-denied; damaged or unproved when the
   *   storage has something else afterwards
   */
  async save(text: string, expectedEtag: string | undefined): Promise<string | undefined> {
    const condition = expectedEtag === undefined ? { IfNoneMatch: '*' } : { IfMatch: expectedEtag };
    let etag: string | undefined;
    try {
      etag = await this.#put(text, condition);
    } catch (error) {
      // If-Match on a deleted object answers 404: a conflict like any other.
      const gone = error instanceof NearplayError && error.code === 'no-such-key';
      const message = 'Somebody else changed the preferences in the meantime. Nothing was overwritten.';
      if (gone || (error instanceof NearplayError && error.code === 'conflict')) {
        throw new NearplayError('conflict', message, { cause: error });
      }
      throw error;
    }
    await this.#assertSaved(text, expectedEtag);
    return etag;
  }

  /** Reads back: the answer to a write may be that of a firewall, which answers anything with 200. */
  async #assertSaved(text: string, expectedEtag: string | undefined): Promise<void> {
    const stored = await this.#get({}).catch((error: unknown) => {
      if (!(error instanceof NearplayError) || error.code !== 'no-such-key') throw error;
      throw new NearplayError('damaged', 'The storage said that it took the preferences, and does not have them.');
    });
    if (stored.text === text) return;
    if (expectedEtag !== undefined && stored.etag === expectedEtag) {
      const message = 'The storage said that it took the preferences, and still has the earlier ones.';
      throw new NearplayError('unproved', message);
    }
    const message =
      'The storage has other preferences now than those that were saved. Open the editor again to see them.';
    throw new NearplayError('conflict', message);
  }

  /**
   * Whether these credentials may write preferences: `undefined` when they may, else why not. Tried with a condition that
   * no object meets, on a key of its own: a server that ignores conditions must not lose anything by it.
   */
  async refusal(): Promise<NearplayError | undefined> {
    try {
      await this.#put('{}', { IfMatch: IMPOSSIBLE_ETAG }, PROBE_KEY);
      const isWritten = await this.#studio.objects.isThere(this.#main().storage, PROBE_KEY);
      if (!isWritten) return new NearplayError('not-a-storage', NOT_WRITTEN_MESSAGE);
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
    const whole = wholeKey(configuration, PREFERENCES_KEY);
    const pages = listingPages({
      ask: (marker: VersionsMarker | undefined) => {
        const input = { Bucket: configuration.bucket, Prefix: whole, MaxKeys: MAX_HISTORY_VERSIONS, ...marker };
        const asked = { storage, action: 's3:ListBucketVersions' };
        const command = new ListObjectVersionsCommand(input);
        return this.#studio.requests.request(asked, (client, send) => client.send(command, send));
      },
      next: (page) => {
        const key = nextMarker(page.IsTruncated, page.NextKeyMarker);
        if (key === undefined || decodedName(key, page) !== whole) return undefined;
        return { KeyMarker: whole, VersionIdMarker: page.NextVersionIdMarker };
      },
      last: ({ Versions }) => Versions?.at(-1)?.VersionId,
    });
    const saved = new Map<string, PreferencesVersion>();
    for await (const page of pages) {
      for (const version of page.Versions ?? []) {
        if (version.Key === undefined || decodedName(version.Key, page) !== whole) continue;
        const state = savedState(version);
        if (state && !saved.has(state.versionId)) saved.set(state.versionId, state);
      }
      if (saved.size >= MAX_HISTORY_VERSIONS) break;
    }
    return [...saved.values()].slice(0, MAX_HISTORY_VERSIONS);
  }

  /** The text of one saved state. @throws NearplayError no-such-key; preferences-invalid where it is no text */
  async readVersion(versionId: string): Promise<string> {
    const { text, fault } = await this.#get({ VersionId: versionId });
    if (fault) throw new NearplayError('preferences-invalid', fault.message);
    return text;
  }

  #main() {
    const storage = this.#studio.preferences.mainStorage;
    return { storage, configuration: this.#studio.clients.configurationOf(storage) };
  }

  async #get(options: { IfNoneMatch?: string; VersionId?: string }): Promise<BucketDocument> {
    const { storage, configuration } = this.#main();
    const place = { Bucket: configuration.bucket, Key: wholeKey(configuration, PREFERENCES_KEY) };
    const asked = { storage, action: 's3:GetObject', key: PREFERENCES_KEY, timeout: this.#readTimeout };
    const where = bucketPlace(this.#studio.preferences);
    return this.#studio.requests.request(asked, async (client, send) => {
      const { Body, ETag, ContentLength } = await client.send(new GetObjectCommand({ ...place, ...options }), send);
      const bytes = await readBounded(Body, ContentLength, send.abortSignal);
      return { ...decoded(bytes), etag: ETag === '' ? undefined : ETag, where };
    });
  }

  async #put(
    text: string,
    condition: { IfMatch?: string; IfNoneMatch?: string },
    key = PREFERENCES_KEY,
  ): Promise<string | undefined> {
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
    const { ETag } = await this.#studio.requests.request(asked, (client, send) => client.send(command, send));
    return ETag === '' ? undefined : ETag;
  }
}

/** Where a page of versions begins. */
interface VersionsMarker {
  KeyMarker: string;
  VersionIdMarker: string | undefined;
}

/** `undefined` for what cannot be asked for. @throws NearplayError not-a-storage where it has no date or no size */
function savedState(version: ObjectVersion): PreferencesVersion | undefined {
  const { VersionId: versionId, LastModified: date, Size: size, IsLatest: current = false } = version;
  if (versionId === undefined || versionId === '') return undefined;
  if (date === undefined || size === undefined) throw new NearplayError('not-a-storage');
  return { versionId, savedAt: date.getTime(), size, current };
}

/** What a storage sent; undefined where it is more than preferences may have. A body that never ends is ended. */
async function readBounded(
  body: unknown,
  announced: number | undefined,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  if (!(body instanceof Readable)) throw new NearplayError('storage-failed');
  const stop = () =>
    body.destroy(signal.reason instanceof Error ? signal.reason : new Error('The answer took too long'));
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (announced !== undefined && announced > MAX_DOCUMENT_BYTES) return undefined;
    const pieces: Buffer[] = [];
    let length = 0;
    for await (const piece of body as AsyncIterable<Buffer>) {
      length += piece.length;
      if (length > MAX_DOCUMENT_BYTES) return undefined;
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  } finally {
    signal.removeEventListener('abort', stop);
    body.destroy();
  }
}

function decoded(bytes: Uint8Array | undefined): Pick<BucketDocument, 'text' | 'fault'> {
  if (bytes === undefined) return { text: '', fault: faultOf('The object is larger than 1 MB: no preferences are.') };
  const { text, fault, line } = { line: undefined, ...decodeText(bytes) };
  return text === undefined ? { text: '', fault: faultOf(fault, line) } : { text };
}

function faultOf(message: string, line = 1): Finding {
  return { severity: 'error', path: '', line, message };
}
