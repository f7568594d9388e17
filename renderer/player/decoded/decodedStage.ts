import type { Link } from '../../../shared/link.ts';
import { SECOND_MS } from '../../../shared/units.ts';
import { NearplayApiError } from '../../api.ts';
import type { PlayerEvent } from '../playerLink.ts';
import { RangeReader } from '../reader/rangeReader.ts';
import { type ReadLink, VersionChanged } from '../reader/readLinks.ts';
import { probeSource } from '../sourceProbe.ts';
import type { Stage } from '../stage.ts';
import type { FrameTable } from '../table/frameTable.ts';
import { DecodedPictures } from './decodedPictures.ts';
import { type Film, openFilm, UndecodableFilm } from './film.ts';

/** Small enough that a jump reads little beside the picture; requests carry several. */
const BLOCK_BYTES = 256 * 1024;
const MAX_BLOCKS_PER_REQUEST = 16;
/** After so long without trouble a fault counts as overcome. */
const RECOVERED_AFTER_MS = 5 * SECOND_MS;
/** Pictures that cannot be decoded before a single one could: then the film cannot. */
const MAX_UNDECODABLE = 3;

export interface OpenedFilm {
  film: Film;
  pictures: DecodedPictures;
  table: FrameTable;
}

export interface DecodedStageOptions {
  dispatch: (event: PlayerEvent) => void;
  /** A link for the file, of another storage than the one that failed; its end on the player's clock. */
  createLink: (failed: string | undefined) => Promise<Link>;
  /** Milliseconds, never set back: that of the player. */
  clock: () => number;
  /** There is a film to play, or none any more. */
  opened: (film: OpenedFilm | undefined) => void;
  /** A picture is there that was not. */
  arrived: () => void;
  /** Bound of memory of decoded pictures; default as DecodedPictures has it. */
  maxBytes?: number;
  /** Default: the real ones. */
  open?: (reader: RangeReader, table: FrameTable) => Promise<Film>;
  probe?: typeof probeSource;
}

/**
 * A film as decoded pictures. Its bytes come through one reader, which renews links and goes over to another storage by itself; what it
 * goes over to is told, and links that the session brings are used next.
 */
export class DecodedStage implements Stage {
  readonly #options: DecodedStageOptions;
  #reader: RangeReader | undefined;
  #film: OpenedFilm | undefined;
  #table: FrameTable | null | undefined;
  /** The link that the session brought last. */
  #link: Link | undefined;
  /** It was not read by yet. */
  #isOffered = false;
  /** Counts openings: what belongs to an earlier one is late. */
  #opening = 0;
  #isOpening = false;
  /** When bytes could not be had last, while that may come again. */
  #troubleAt: number | undefined;
  #undecodable = 0;
  #isOver = false;

  constructor(options: DecodedStageOptions) {
    this.#options = options;
  }

  /** @param table null: it cannot be known, and a film without it is not decoded */
  setTable(table: FrameTable | null | undefined): void {
    this.#table = table;
    void this.#open();
  }

  load(link: Link): void {
    this.#take(link);
    if (this.#film && this.#reader) this.#film.pictures.retry();
    else this.#begin();
  }

  prepare(link: Link): void {
    this.#take(link);
    if (!this.#reader) this.#begin();
    else if (this.#troubleAt !== undefined) this.#film?.pictures.retry();
    // It takes over at the byte where reading is, so that nothing has to be got ready.
    queueMicrotask(() => this.#dispatch({ type: 'standby-ready' }));
  }

  swap(): void {
    // There is one reader and one picture.
  }

  discardStandby(): void {
    // As above.
  }

  dispose(): void {
    this.#isOver = true;
    this.#close();
  }

  /** Bytes that have arrived since the film was opened, and whether more are waited for; undefined while none is open. */
  get arriving(): { bytes: number; size: number; isWaiting: boolean } | undefined {
    if (!this.#reader || !this.#film || !this.#link) return undefined;
    return { bytes: this.#reader.figures.bytesReceived, size: this.#link.size, isWaiting: this.#reader.isWaiting };
  }

  #dispatch(event: PlayerEvent): void {
    if (!this.#isOver) this.#options.dispatch(event);
  }

  #take(link: Link): void {
    this.#link = link;
    this.#isOffered = true;
    this.#reader?.renewLink();
  }

  #begin(): void {
    this.#close();
    this.#reader = new RangeReader({
      link: (failed) => this.#ask(failed),
      now: this.#options.clock,
      blockBytes: BLOCK_BYTES,
      maxBlocksPerRequest: MAX_BLOCKS_PER_REQUEST,
    });
    void this.#open();
  }

  #close(): void {
    this.#opening += 1;
    this.#isOpening = false;
    const film = this.#film;
    this.#film = undefined;
    this.#undecodable = 0;
    if (film) {
      this.#options.opened(undefined);
      film.pictures.dispose();
      film.film.dispose();
    }
    this.#reader?.dispose();
    this.#reader = undefined;
  }

  /** The session's link first; else one of our own, which the session is told of. Its end is on the player's clock. */
  async #ask(failed: string | undefined): Promise<ReadLink> {
    const link = this.#link;
    const isUsed = !this.#isOffered;
    this.#isOffered = false;
    if (link && !isUsed && link.route.storage !== failed) return link;
    const taken = await this.#options.createLink(failed);
    this.#dispatch({ type: 'link-taken', link: taken });
    return taken;
  }

  async #open(): Promise<void> {
    const { open = openFilm } = this.#options;
    const reader = this.#reader;
    const table = this.#table;
    if (!reader || table === undefined || this.#film || this.#isOpening || this.#isOver) return;
    const opening = this.#opening;
    this.#isOpening = true;
    try {
      if (table === null) throw new UndecodableFilm('the times of its pictures are not known');
      const film = await open(reader, table);
      if (opening !== this.#opening) {
        film.dispose();
        return;
      }
      this.#film = { film, table, pictures: this.#picturesOf(film) };
      this.#options.opened(this.#film);
    } catch (error) {
      if (opening === this.#opening) this.#failed(error);
    } finally {
      if (opening === this.#opening) this.#isOpening = false;
    }
  }

  #picturesOf({ pictures: source, placement: { width, height } }: Film): DecodedPictures {
    const { maxBytes } = this.#options;
    return new DecodedPictures({
      ...(maxBytes !== undefined && { maxBytes }),
      source,
      width,
      height,
      arrived: (isDecoded) => {
        this.#count(isDecoded);
        this.#options.arrived();
      },
      failed: (error) => this.#failed(error),
    });
  }

  #count(isDecoded: boolean): void {
    if (isDecoded) {
      this.#undecodable = -Infinity;
      const since = this.#troubleAt === undefined ? 0 : this.#options.clock() - this.#troubleAt;
      if (since < RECOVERED_AFTER_MS) return;
      this.#troubleAt = undefined;
      this.#dispatch({ type: 'media-playing' });
    } else if (++this.#undecodable === MAX_UNDECODABLE) void this.#giveUp('decode');
  }

  #failed(error: unknown): void {
    if (error instanceof UndecodableFilm) {
      void this.#giveUp('unsupported');
      return;
    }
    this.#troubleAt = this.#options.clock();
    // Of another content, or one that was never opened: from the beginning, with the next link.
    if (error instanceof VersionChanged || !this.#film) this.#close();
    const report = error instanceof NearplayApiError ? error.report : undefined;
    this.#dispatch({ type: 'media-failed', fault: 'network', ...(report && { report }) });
  }

  /** What the file is, from its head: that is why nothing here plays it. */
  async #giveUp(fault: 'unsupported' | 'decode'): Promise<void> {
    const { probe = probeSource } = this.#options;
    const link = this.#link;
    this.#close();
    const finding = link ? await probe(link, fault) : { fault };
    // No other link changes what the bytes are.
    const told = finding.fault === 'decode' ? { ...finding, fault: 'unsupported' as const } : finding;
    this.#dispatch({ type: 'media-failed', ...told });
  }
}
