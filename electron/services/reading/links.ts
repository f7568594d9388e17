import { S3RequestPresigner } from '@aws-sdk/s3-request-presigner';
import { buildQueryString, escapeUriPath, HttpRequest } from '@smithy/core/protocols';
import mime from 'mime';
import { NearplayError } from '../../../shared/errors.ts';
import { hasDotSegment, nameOfKey } from '../../../shared/keys.ts';
import type { Link } from '../../../shared/link.ts';
import { mediaKind } from '../../../shared/media.ts';
import type { Route } from '../../../shared/routing.ts';
import type { ObjectVersion } from '../storage/objectVersion.ts';
import type { StorageClients } from '../storage/storageClients.ts';
import { wholeKey } from '../storage/storageKeys.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** S3 takes 7 days at most (S3 API reference, "Authenticating requests: using query parameters"). A working day is enough. */
const LIFETIME = 12 * 60 * MINUTE;
/** Links are signed as of the last full five minutes: the same object then has the same URL, and browser caches stay warm. */
const SIGNING_STEP = 5 * MINUTE;

const DOTS =
  'Its name has "." or ".." as a folder, and browsers take those out of an address. "nearplay get" brings it to disk.';

export type LinkPurpose = 'play' | 'download' | 'preview';

interface StoragePresigner {
  base: URL;
  presigner: S3RequestPresigner;
}

/** Signs links. Every link is good for reading one version of one object from one storage, and for nothing else. */
export class Links {
  readonly #clients: StorageClients;
  readonly #now: () => number;
  readonly #lifetime: number;
  readonly #presigners = new Map<string, StoragePresigner>();

  /** @param lifetime milliseconds; shorter where the credentials end earlier. */
  constructor(clients: StorageClients, now: () => number, lifetime = LIFETIME) {
    this.#clients = clients;
    this.#now = now;
    this.#lifetime = lifetime;
  }

  /**
   * @throws NearplayError credentials-expired when the credentials end within a second; not-supported for a key that has "." or
   *   ".." between its slashes: a browser takes them out of the address, and asks for what was not signed.
   */
  async sign(version: ObjectVersion, route: Route, purpose: LinkPurpose): Promise<Link> {
    const configuration = this.#clients.configurationOf(route.storage);
    const client = this.#clients.clientOf(route.storage);
    if (hasDotSegment(wholeKey(configuration, version.key))) throw new NearplayError('not-supported', DOTS);
    const name = nameOfKey(version.key);
    // A backslash is a character of a key like others; the library takes it for a separator.
    const contentType = mime.getType(name.replaceAll('\\', '_')) ?? 'application/octet-stream';
    // S3 checks the signing date on its own clock, and the presigner knows nothing of the SDK's skew correction.
    const offset = this.#clients.clockOffsetOf(route.storage);
    const storageNow = this.#now() + offset;
    const signedAt =
      this.#lifetime > 2 * SIGNING_STEP ? Math.floor(storageNow / SIGNING_STEP) * SIGNING_STEP : storageNow;
    const { expiration } = await client.config.credentials();
    // Whoever issues credentials tells their end by a right clock, as the storage's is, and not by this machine's.
    const credentialsEnd = expiration?.getTime() ?? Number.POSITIVE_INFINITY;
    const end = Math.min(signedAt + this.#lifetime, credentialsEnd);
    if (credentialsEnd - storageNow < SECOND) throw new NearplayError('credentials-expired');
    const expiresIn = Math.max(1, Math.floor((end - signedAt) / SECOND));
    const query = {
      // Pinned: a player that asks for range after range must not get half of an old and half of a new version.
      ...(version.versionId !== undefined && { versionId: version.versionId }),
      // What tools stored as application/octet-stream would not play.
      'response-content-type': contentType,
      ...(purpose === 'download' && { 'response-content-disposition': attachment(name) }),
      'x-id': 'GetObject',
    };
    const signing = { expiresIn, signingDate: new Date(signedAt) };
    const url = await this.#presign(route.storage, wholeKey(configuration, version.key), query, signing);
    return {
      key: version.key,
      url,
      route,
      region: configuration.region,
      bucket: configuration.bucket,
      kind: mediaKind(name),
      contentType,
      size: version.size,
      ...(version.versionId !== undefined && { versionId: version.versionId }),
      lastModified: version.lastModified,
      expiresAt: signedAt + expiresIn * SECOND - offset,
    };
  }

  /** The same URL as the SDK's getSignedUrl gives, at a sixth of its cost: a page of the library has 1,000 links. */
  async #presign(
    storage: string,
    wholeKey: string,
    query: Record<string, string>,
    signing: { expiresIn: number; signingDate: Date },
  ): Promise<string> {
    const { base, presigner } = await this.#presignerOf(storage);
    const signed = await presigner.presign(
      new HttpRequest({
        protocol: base.protocol,
        hostname: base.hostname,
        ...(base.port !== '' && { port: Number(base.port) }),
        path: `${base.pathname}${escapeUriPath(wholeKey)}`,
        query,
      }),
      signing,
    );
    return `${base.origin}${signed.path}?${buildQueryString(signed.query ?? {})}`;
  }

  async #presignerOf(storage: string): Promise<StoragePresigner> {
    const known = this.#presigners.get(storage);
    if (known) return known;
    const { credentials, sha256 } = this.#clients.clientOf(storage).config;
    const { region } = this.#clients.configurationOf(storage);
    const presigner = new S3RequestPresigner({ credentials, sha256, region });
    const made = { base: await this.#clients.baseOf(storage), presigner };
    this.#presigners.set(storage, made);
    return made;
  }
}

/** RFC 6266 with the RFC 8187 form for names beyond ASCII. */
function attachment(name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]|["\\]/g, '_');
  const extended = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${extended}`;
}
