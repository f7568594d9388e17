import type { NearplayApi } from '../../shared/ipc.ts';
import type { FasterStorage, Link } from '../../shared/link.ts';
import { reportOf } from '../api.ts';
import { INITIAL_PLAYER_LINK, type PlayerEffect, type PlayerEvent, type PlayerLink, step } from './playerLink.ts';
import type { Stage } from './stage.ts';

const TICK_INTERVAL_MS = 250;

export interface PlayerClocks {
  /** Milliseconds, never set back: for what is waited for. */
  clock: () => number;
  /** Milliseconds since the epoch, as a link's end is given. */
  now: () => number;
}

interface AskedOfLink {
  failed?: string | undefined;
  faster?: FasterStorage | undefined;
}

/** One file in the player: keeps PlayerLink's state and does what its effects say. */
export class PlayerSession {
  readonly #api: Pick<NearplayApi, 'createLink' | 'explainRoute'>;
  readonly #key: string;
  readonly #clocks: PlayerClocks;
  readonly #listeners = new Set<() => void>();
  #stage: Stage | undefined;
  #state: PlayerLink = INITIAL_PLAYER_LINK;
  #timer: ReturnType<typeof setInterval> | undefined;
  #disposed = false;

  constructor(api: Pick<NearplayApi, 'createLink' | 'explainRoute'>, key: string, clocks: PlayerClocks) {
    this.#api = api;
    this.#key = key;
    this.#clocks = clocks;
  }

  get state(): PlayerLink {
    return this.#state;
  }

  /** For React: the same function all the time. Returns the function that ends the subscription. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Begins on a stage, which this session then owns. */
  open(stage: Stage): void {
    this.#stage = stage;
    this.#timer = setInterval(() => this.dispatch({ type: 'tick' }), TICK_INTERVAL_MS);
    this.dispatch({ type: 'opened' });
  }

  readonly dispatch = (event: PlayerEvent): void => {
    if (this.#disposed) return;
    const { state, effects } = step(this.#state, event, this.#clocks.clock());
    const changed = state !== this.#state;
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
    if (changed) for (const listener of this.#listeners) listener();
  };

  dispose(): void {
    this.#disposed = true;
    clearInterval(this.#timer);
    this.#stage?.dispose();
  }

  #perform(effect: PlayerEffect): void {
    switch (effect.type) {
      case 'request-link':
        void this.#requestLink(effect);
        break;
      case 'explain-route':
        void this.#explainRoute();
        break;
      case 'load':
        this.#stage?.load(effect.link);
        break;
      case 'prepare':
        this.#stage?.prepare(effect.link);
        break;
      case 'swap':
        this.#stage?.swap();
        break;
      case 'discard-standby':
        this.#stage?.discardStandby();
        break;
    }
  }

  /** A link for the file, its end on the player's clock. @param asked as in the request of that name */
  async createLink({ failed, faster }: AskedOfLink): Promise<Link> {
    const link = await this.#api.createLink({
      ...{ key: this.#key, purpose: 'play' },
      ...(failed !== undefined && { failed }),
      ...(faster && { faster }),
    });
    const { clock, now } = this.#clocks;
    return { ...link, expiresAt: clock() + (link.expiresAt - now()) };
  }

  async #requestLink({ id, failed, faster }: AskedOfLink & { id: number }): Promise<void> {
    try {
      this.dispatch({ type: 'link-arrived', id, link: await this.createLink({ failed, faster }) });
    } catch (error) {
      this.dispatch({ type: 'link-refused', id, report: reportOf(error) });
    }
  }

  async #explainRoute(): Promise<void> {
    try {
      this.dispatch({ type: 'route-explained', route: await this.#api.explainRoute({ key: this.#key }) });
    } catch {
      this.dispatch({ type: 'route-unknown' });
    }
  }
}
