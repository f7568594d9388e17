import type { ErrorReport } from '../../shared/errors.ts';
import type { Link } from '../../shared/ipc.ts';
import type { Route } from '../../shared/routing.ts';
import { isSettling } from '../text/routeText.ts';

/** Why media stopped: each cause is answered with one fresh link before the user hears of it. */
export type MediaFault = 'network' | 'decode' | 'unsupported';

/** Why a link was asked for. */
export type LinkPurpose = 'open' | 'move' | 'renew' | 'recover';

/**
 * What the player knows of where its media comes from. Pure: `step` says what follows and what is to be done, and
 * whoever holds the media elements, the clock and the bridge does it.
 */
export interface PlayerLink {
  phase: 'opening' | 'playing' | 'failed';
  /** The link whose media is on screen; also while failed, so that Retry goes on from there. */
  link: Link | undefined;
  /** A link that a second media element is getting ready to take over with. */
  standby: Link | undefined;
  /** The link request under way; an answer to any other is late and ignored. */
  request: { id: number; purpose: LinkPurpose } | undefined;
  lastRequestId: number;
  /** When the replication delay is over, milliseconds on this machine's clock. */
  delayOverAt: number | undefined;
  /** When to ask for the route again; undefined when there is nothing to wait for. */
  askAt: number | undefined;
  asking: boolean;
  /** Questions in a row that changed nothing. */
  asked: number;
  renewAt: number | undefined;
  /** Faults that already had their fresh link since the media last played. */
  answered: readonly MediaFault[];
  failure: PlayerFailure | undefined;
}

export type PlayerFailure = { kind: 'media'; fault: MediaFault } | { kind: 'report'; report: ErrorReport };

export type PlayerEvent =
  | { type: 'opened' }
  | { type: 'link-arrived'; id: number; link: Link }
  | { type: 'link-refused'; id: number; report: ErrorReport }
  | { type: 'tick' }
  /** The user chose another region, or something in the folder changed: the route may be another one now. */
  | { type: 'route-suspect' }
  | { type: 'route-explained'; route: Route }
  | { type: 'route-unknown' }
  | { type: 'standby-ready' }
  | { type: 'standby-failed' }
  | { type: 'media-playing' }
  | { type: 'media-failed'; fault: MediaFault }
  | { type: 'retried' };

export type PlayerEffect =
  /** `failed` names the storage whose link just failed. */
  | { type: 'request-link'; id: number; purpose: LinkPurpose; failed?: string }
  | { type: 'explain-route' }
  /** Load into the element on screen, at the position it had. */
  | { type: 'load'; link: Link }
  /** Load into the second element and report when it can play at the position of the first. */
  | { type: 'prepare'; link: Link }
  /** Put the second element in the first one's place. */
  | { type: 'swap' }
  | { type: 'discard-standby' };

export interface Step {
  state: PlayerLink;
  effects: PlayerEffect[];
}

export const INITIAL_PLAYER_LINK: PlayerLink = {
  phase: 'opening',
  link: undefined,
  standby: undefined,
  request: undefined,
  lastRequestId: 0,
  delayOverAt: undefined,
  askAt: undefined,
  asking: false,
  asked: 0,
  renewAt: undefined,
  answered: [],
  failure: undefined,
};

const FIRST_ASK = 1000;
const LONGEST_ASK = 30_000;
/** A link is renewed when this share of its life is over, and at the latest a minute before its end. */
const RENEW_SHARE = 0.8;
const RENEW_MARGIN = 60_000;
/** Never renew more often than this, however short-lived the links are. */
const MIN_RENEWAL = 5000;

/** Milliseconds to wait before asking a route again, after `asked` questions that changed nothing. */
export function askDelay(asked: number): number {
  return Math.min(LONGEST_ASK, FIRST_ASK * 1.5 ** Math.max(0, asked));
}

/** Whole seconds of the replication delay that are left; undefined when it is over or was never there. */
export function secondsOfDelayLeft(state: PlayerLink, now: number): number | undefined {
  if (state.delayOverAt === undefined || state.delayOverAt <= now) return undefined;
  return Math.ceil((state.delayOverAt - now) / 1000);
}

/** What follows from an event. `now` is this machine's clock in milliseconds. */
export function step(state: PlayerLink, event: PlayerEvent, now: number): Step {
  switch (event.type) {
    case 'opened':
      return request(INITIAL_PLAYER_LINK, 'open');
    case 'retried':
      return request({ ...state, phase: 'opening', failure: undefined, answered: [] }, 'open');
    case 'link-arrived':
      return event.id === state.request?.id ? arrived(state, state.request.purpose, event.link, now) : stay(state);
    case 'link-refused':
      return event.id === state.request?.id ? refused(state, state.request.purpose, event.report, now) : stay(state);
    case 'tick':
      return tick(state, now);
    case 'route-suspect':
      return state.phase === 'playing' && !state.asking ? ask(state) : stay(state);
    case 'route-explained':
      return explained({ ...state, asking: false }, event.route, now);
    case 'route-unknown':
      return stay(askLater({ ...state, asking: false }, now));
    case 'standby-ready':
      return state.standby
        ? { state: { ...adopt(state, state.standby, now), standby: undefined }, effects: [{ type: 'swap' }] }
        : stay(state);
    case 'standby-failed':
      // The link on screen still plays: nothing is shown, and the route is asked for again later.
      return { state: askLater({ ...state, standby: undefined }, now), effects: [{ type: 'discard-standby' }] };
    case 'media-playing':
      return stay(state.answered.length > 0 ? { ...state, answered: [] } : state);
    case 'media-failed':
      return mediaFailed(state, event.fault);
  }
}

function stay(state: PlayerLink): Step {
  return { state, effects: [] };
}

function request(state: PlayerLink, purpose: LinkPurpose, failed?: string): Step {
  const id = state.lastRequestId + 1;
  return {
    state: { ...state, request: { id, purpose }, lastRequestId: id },
    effects: [{ type: 'request-link', id, purpose, ...(failed !== undefined && { failed }) }],
  };
}

function arrived(state: PlayerLink, purpose: LinkPurpose, link: Link, now: number): Step {
  const idle = { ...state, request: undefined };
  if (purpose === 'open' || purpose === 'recover' || !state.link) {
    const playing = adopt({ ...idle, phase: 'playing', failure: undefined, standby: undefined }, link, now);
    return { state: playing, effects: [{ type: 'discard-standby' }, { type: 'load', link }] };
  }
  if (link.url === state.link.url) return stay(adopt(idle, link, now));
  return { state: { ...idle, standby: link }, effects: [{ type: 'prepare', link }] };
}

function refused(state: PlayerLink, purpose: LinkPurpose, report: ErrorReport, now: number): Step {
  const idle = { ...state, request: undefined };
  if (purpose === 'open' || purpose === 'recover') {
    return stay({
      ...idle,
      phase: 'failed',
      failure: { kind: 'report', report },
      askAt: undefined,
      renewAt: undefined,
    });
  }
  // What is on screen still plays: try again after a while.
  if (purpose === 'renew') return stay({ ...idle, renewAt: now + MIN_RENEWAL });
  return stay(askLater(idle, now));
}

/** Takes a link as the one on screen and sets the clocks that follow from it. */
function adopt(state: PlayerLink, link: Link, now: number): PlayerLink {
  const life = link.expiresAt - now;
  const renewIn = Math.max(MIN_RENEWAL, Math.min(life * RENEW_SHARE, life - RENEW_MARGIN));
  // An image that is on screen needs its link no more.
  const renewAt = link.kind === 'image' ? undefined : now + renewIn;
  return waitFor({ ...state, link, renewAt, asked: 0 }, link.route, now);
}

/** Sets when to ask next for a route that will change by itself. */
function waitFor(state: PlayerLink, route: Route, now: number): PlayerLink {
  const { secondsLeft } = route.details;
  if (route.reason === 'within-replication-delay' && secondsLeft !== undefined) {
    const delayOverAt = now + secondsLeft * 1000;
    return { ...state, delayOverAt, askAt: delayOverAt };
  }
  const settled = { ...state, delayOverAt: undefined };
  return isSettling(route) ? askLater(settled, now) : { ...settled, askAt: undefined };
}

function askLater(state: PlayerLink, now: number): PlayerLink {
  return { ...state, askAt: now + askDelay(state.asked), asked: state.asked + 1 };
}

function ask(state: PlayerLink): Step {
  return { state: { ...state, asking: true, askAt: undefined }, effects: [{ type: 'explain-route' }] };
}

function tick(state: PlayerLink, now: number): Step {
  if (state.phase !== 'playing' || state.request || state.standby) return stay(state);
  if (state.renewAt !== undefined && now >= state.renewAt) return request({ ...state, renewAt: undefined }, 'renew');
  if (!state.asking && state.askAt !== undefined && now >= state.askAt) return ask(state);
  return stay(state);
}

function explained(state: PlayerLink, route: Route, now: number): Step {
  if (state.phase !== 'playing' || !state.link) return stay(state);
  if (route.storage === state.link.route.storage) {
    const link = { ...state.link, route };
    const sameReason = route.reason === state.link.route.reason;
    return stay(waitFor({ ...state, link, asked: sameReason ? state.asked : 0 }, route, now));
  }
  if (state.request || state.standby) return stay(askLater(state, now));
  return request(state, 'move');
}

function mediaFailed(state: PlayerLink, fault: MediaFault): Step {
  if (state.phase !== 'playing' || state.request?.purpose === 'recover') return stay(state);
  if (!state.answered.includes(fault)) {
    const answered = { ...state, answered: [...state.answered, fault], standby: undefined };
    const recovering = request(answered, 'recover', state.link?.route.storage);
    return { ...recovering, effects: [{ type: 'discard-standby' }, ...recovering.effects] };
  }
  return {
    state: {
      ...state,
      phase: 'failed',
      failure: { kind: 'media', fault },
      askAt: undefined,
      renewAt: undefined,
      standby: undefined,
    },
    effects: [{ type: 'discard-standby' }],
  };
}
