import type { Link } from '../../../shared/link.ts';
import type { RangeFault } from './rangeRequest.ts';

/** What the reader needs of a link. */
export type ReadLink = Pick<Link, 'url' | 'size' | 'versionId' | 'lastModified' | 'expiresAt'> & {
  route: Pick<Link['route'], 'storage'>;
};

/** A link to read by; `failed` names the storage whose link just failed, so that another one is chosen. */
export type AskForLink = (failed?: string) => Promise<ReadLink>;

/** The object has another content than the one that is read: its bytes must not be mixed. */
export class VersionChanged extends Error {
  constructor() {
    super('The object was replaced while it was read');
    this.name = 'VersionChanged';
  }
}

/** A link is renewed when this share of its life is over: the rest is time for what a request needs, and for a second try. */
const RENEW_AT_LIFE_SHARE = 0.8;

/**
 * Keeps the one link that ranges are read by: asks for it, renews it before its end and after a refusal, and goes over to
 * another storage after a fault. Faults of requests that ran side by side over the same link count once.
 */
export class ReadLinks {
  readonly #ask: AskForLink;
  readonly #now: () => number;
  #first: ReadLink | undefined;
  #link: ReadLink | undefined;
  #asking: Promise<ReadLink> | undefined;
  /** Milliseconds on the clock of `now`. */
  #renewAt = Infinity;
  /** Storage to name as failed in the next question. */
  #failed: string | undefined;
  /** The link was asked for because the one before was refused, and has not given a byte yet. */
  #isAfterRefusal = false;

  /** @param now milliseconds, on the clock that the ends of links are given in */
  constructor(ask: AskForLink, now: () => number) {
    this.#ask = ask;
    this.#now = now;
  }

  /** Storage that is read from; undefined before the first link. */
  get storage(): string | undefined {
    return this.#link?.route.storage;
  }

  /**
   * The link to read by now.
   * @throws VersionChanged; what `ask` rejects with
   */
  async get(): Promise<ReadLink> {
    const link = this.#link;
    if (!link || this.#now() >= link.expiresAt) return this.#request();
    if (this.#now() >= this.#renewAt) {
      this.#renewAt = Infinity;
      // The present one still holds: nothing waits for the next one, and a refusal is met when it ends.
      void this.#request().catch(() => undefined);
    }
    return link;
  }

  /** Another route may be the right one now: resolves to the newest link; undefined where there is none. Never rejects. */
  async renew(): Promise<ReadLink | undefined> {
    // What was asked for before may not know of it.
    await this.#asking?.catch(() => undefined);
    return this.#request().catch(() => undefined);
  }

  worked(link: ReadLink): void {
    if (link === this.#link) this.#isAfterRefusal = false;
  }

  /** Lets go of a link; a link that is gone already changes nothing. */
  failed(link: ReadLink, fault: RangeFault): void {
    if (link !== this.#link) return;
    const mayHaveEnded = fault === 'refused' && !this.#isAfterRefusal;
    this.#failed = mayHaveEnded ? undefined : link.route.storage;
    this.#isAfterRefusal = mayHaveEnded;
    this.#link = undefined;
  }

  #request(): Promise<ReadLink> {
    this.#asking ??= this.#receive().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #receive(): Promise<ReadLink> {
    const failed = this.#failed;
    const link = await (failed === undefined ? this.#ask() : this.#ask(failed));
    this.#first ??= link;
    if (!isSameVersion(this.#first, link)) throw new VersionChanged();
    this.#failed = undefined;
    this.#link = link;
    this.#renewAt = this.#now() + (link.expiresAt - this.#now()) * RENEW_AT_LIFE_SHARE;
    return link;
  }
}

type Version = Pick<ReadLink, 'size' | 'versionId' | 'lastModified'>;

/** Where the bucket keeps no versions, size and date are what a link says of its content. */
export function isSameVersion(one: Version, other: Version): boolean {
  if (one.size !== other.size || one.versionId !== other.versionId) return false;
  return one.versionId !== undefined || one.lastModified === other.lastModified;
}
