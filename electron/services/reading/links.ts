import { S3RequestPresigner } from '@aws-sdk/s3-request-presigner';
import { buildQueryString, escapeUriPath, HttpRequest } from '@smithy/core/protocols';
import type mime from 'mime';
import { NearplayError } from '../../../shared/errors.ts';
import { hasDotSegment, nameOfKey } from '../../../shared/keys.ts';
import type { Link } from '../../../shared/link.ts';
import { mediaKind } from '../../../shared/media.ts';
import type { Route } from '../../../shared/routing.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../shared/units.ts';
import type { ObjectVersion } from '../storage/objectVersion.ts';
import type { StorageClients } from '../storage/storageClients.ts';
import { wholeKey } from '../storage/storageKeys.ts';

/**
 * Signed URLs live 7 days at most (S3 API reference, "Authenticating requests: using query parameters"). A working day
 * is enough.
 */
const LINK_LIFETIME_MS = 12 * HOUR_MS;
/** Signing times are rounded down to five minutes: an object keeps its URL for that time, and browser caches stay warm. */
const SIGNING_STEP_MS = 5 * MINUTE_MS;

const DOTS =
  'Its name has "." or ".." as a folder, and browsers take those out of an address. "nearplay get" brings it to disk.';

/** Loaded for the first link: the tables take longer to load than a link takes to sign. */
let typesByName: Promise<{ default: typeof mime }> | undefined;

export type LinkPurpose = 'play' | 'download' | 'preview';

interface StoragePresigner {
  base: URL;
  presigner: S3RequestPresigner;
}

/** Signs links. A link reads one version of one object from one storage, and grants nothing else. */
export class Links {
  readonly #clients: StorageClients;
  readonly #now: () => number;
  readonly #lifetime: number;
  readonly #presigners = new Map<string, StoragePresigner>();

  /** @param lifetime milliseconds; shorter where the credentials end earlier. */
  constructor(clients: StorageClients, now: () => number, lifetime = LINK_LIFETIME_MS) {
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
    // A backslash is an ordinary character of a key; the MIME library treats it as a separator.
    typesByName ??= import('mime');
    const contentType = (await typesByName).default.getType(name.replaceAll('\\', '_')) ?? 'application/octet-stream';
    // S3 checks the signing date against its own clock, and the presigner does not apply the SDK's skew correction.
    const offset = this.#clients.clockOffsetOf(route.storage);
    const storageNow = this.#now() + offset;
    const signedAt =
      this.#lifetime > 2 * SIGNING_STEP_MS ? Math.floor(storageNow / SIGNING_STEP_MS) * SIGNING_STEP_MS : storageNow;
    const { expiration } = await client.config.credentials();
    // The expiry of credentials is compared with the storage's clock: this machine's may be wrong.
    const credentialsEnd = expiration?.getTime() ?? Number.POSITIVE_INFINITY;
    const end = Math.min(signedAt + this.#lifetime, credentialsEnd);
    if (credentialsEnd - storageNow < SECOND_MS) throw new NearplayError('credentials-expired');
    const expiresIn = Math.max(1, Math.floor((end - signedAt) / SECOND_MS));
    const query = {
      // The version is pinned: range requests of one player must not mix an old and a new version.
      ...(version.versionId !== undefined && { versionId: version.versionId }),
      // Players refuse media that other tools stored as application/octet-stream.
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
      expiresAt: signedAt + expiresIn * SECOND_MS - offset,
    };
  }

  /** Builds the same URL as the SDK's getSignedUrl at a sixth of its cost: a page of the library has 1,000 links. */
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
