import type { ErrorReport } from '../../shared/errors.ts';
import { growingDelay } from '../../shared/growingDelay.ts';
import type { FasterStorage, Link } from '../../shared/link.ts';
import type { Route } from '../../shared/routing.ts';
import { MINUTE_MS, SECOND_MS } from '../../shared/units.ts';
import { isSettling } from '../text/routeText.ts';

/**
 * Why media stopped. `network`: the source fell silent, refused or answered with an error. `decode`: its bytes came, and
 * could not be decoded after a while. `unsupported`: its bytes came, and nothing here plays them.
 */
export type MediaFault = 'network' | 'decode' | 'unsupported';

/** Why a link was asked for. */
type LinkPurpose = 'open' | 'move' | 'renew' | 'recover';

/**
 * State of the player's source. Pure: `step` gives the next state and the effects;
 * the PlayerSession, with the media elements, the clock and the bridge, performs them.
 */
export interface PlayerLink {
  phase: 'opening' | 'playing' | 'failed';
  /**
   * The link whose media is on screen, its end on the player's clock; also while failed, so that Retry goes on from
   * there.
   */
  link: Link | undefined;
  /** A link that a second media element is getting ready to take over with. */
  standby: Link | undefined;
  /** The link request under way; an answer to any other is late and ignored. */
  request: { id: number; purpose: LinkPurpose } | undefined;
  lastRequestId: number;
  /** End of the replication delay, milliseconds on the player's clock. */
  delayOverAt: number | undefined;
  /** Time to ask for the route again; undefined when there is nothing to wait for. */
  askAt: number | undefined;
  asking: boolean;
  /** Questions in a row that changed nothing. */
  asked: number;
  renewAt: number | undefined;
  /** Fault of the media on screen, while its last picture stays and another link is on its way. */
  broken: MediaFault | undefined;
  /** Causes, as storage and fault, that already had their fresh link since the media last played. */
  answered: readonly string[];
  /** Time to ask again for a link that was refused for a reason that may pass. */
  recoverAt: number | undefined;
  /** Refusals in a row. */
  refusals: number;
  /** Measured while this file is open: links are asked for there, until it fails or the route is another one. */
  faster: FasterStorage | undefined;
  /** The route that was left for the faster storage: as long as it is the same, it is not returned to. */
  left: Route | undefined;
  /** Times that a faster storage was gone over to. */
  fasterFound: number;
  failure: PlayerFailure | undefined;
}

/** @param report what the source or its bytes said of it, where it was asked. */
export type PlayerFailure =
  { kind: 'media'; fault: MediaFault; report?: ErrorReport | undefined } | { kind: 'report'; report: ErrorReport };

export type PlayerEvent =
  | { type: 'opened' }
  /** Its `expiresAt` is on the player's clock. */
  | { type: 'link-arrived'; id: number; link: Link }
  | { type: 'link-refused'; id: number; report: ErrorReport }
  /** What reads the media renewed its link, or went over to another storage, by itself. `expiresAt` as above. */
  | { type: 'link-taken'; link: Link }
  | { type: 'tick' }
  /** The user chose another region, or something in the folder changed: the route may be another one now. */
  | { type: 'route-suspect' }
  | { type: 'route-explained'; route: Route }
  | { type: 'route-unknown' }
  | { type: 'standby-ready' }
  | { type: 'standby-failed'; fault: MediaFault; report?: ErrorReport | undefined }
  /** Its storage was measured against the one of the link on screen, which gives less than plays. */
  | { type: 'faster-found'; link: Link }
  | { type: 'media-playing' }
  | { type: 'media-failed'; fault: MediaFault; report?: ErrorReport | undefined }
  | { type: 'retried' };

export type PlayerEffect =
  /** `failed` names the storage whose link just failed. */
  | { type: 'request-link'; id: number; purpose: LinkPurpose; failed?: string; faster?: FasterStorage }
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
  broken: undefined,
  answered: [],
  recoverAt: undefined,
  refusals: 0,
  faster: undefined,
  left: undefined,
  fasterFound: 0,
  failure: undefined,
};

const FIRST_ASK_DELAY_MS = SECOND_MS;
const MAX_ASK_DELAY_MS = 30 * SECOND_MS;
/** A link is renewed when this share of its life is over, and at the latest a minute before its end. */
const RENEW_AT_LIFE_SHARE = 0.8;
const RENEW_BEFORE_END_MS = MINUTE_MS;
/** Interval between two renewals at least, however short-lived the links are. */
const MIN_RENEWAL_MS = 5 * SECOND_MS;
/** A refusal that may pass is asked again after 1, 2, 4 and 8 seconds, the last picture staying on screen. */
const MAX_REFUSALS = 4;
/** A file goes over to a faster storage so often at most: lines that change all the time are no reason to move all the time. */
export const MAX_FASTER_FOUND = 3;

/** Milliseconds to wait before asking a route again, after `asked` questions that changed nothing. */
export function askDelay(asked: number): number {
  return growingDelay({ first: FIRST_ASK_DELAY_MS, most: MAX_ASK_DELAY_MS, factor: 1.5 }, asked);
}

/**
 * Whole seconds of the replication delay that are left; undefined when it is over or was never there. Never more than the
 * route said: a view draws a moment that it took before the route arrived, and its clock need not be the one of `step`.
 */
export function secondsOfDelayLeft(state: PlayerLink, now: number): number | undefined {
  if (state.delayOverAt === undefined || state.delayOverAt <= now) return undefined;
  const said = state.link?.route.details.secondsLeft ?? Number.POSITIVE_INFINITY;
  return Math.min(said, Math.ceil((state.delayOverAt - now) / SECOND_MS));
}

/** Next state and effects of an event. `now` is the player's clock in milliseconds, which is monotonic. */
export function step(state: PlayerLink, event: PlayerEvent, now: number): Step {
  switch (event.type) {
    case 'opened':
      return request(INITIAL_PLAYER_LINK, 'open');
    case 'retried':
      return request({ ...healthy(state), phase: 'opening', failure: undefined, answered: [] }, 'open');
    case 'link-arrived':
      return event.id === state.request?.id ? arrived(state, state.request.purpose, event.link, now) : stay(state);
    case 'link-refused':
      return event.id === state.request?.id ? refused(state, state.request.purpose, event.report, now) : stay(state);
    case 'link-taken':
      return stay(state.phase === 'playing' ? adopt(state, event.link, now) : state);
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
        ? { state: { ...healthy(adopt(state, state.standby, now)), standby: undefined }, effects: [{ type: 'swap' }] }
        : stay(state);
    case 'standby-failed':
      return standbyFailed(state, event, now);
    case 'faster-found':
      return fasterFound(state, event.link);
    case 'media-playing':
      return stay(state.answered.length > 0 ? { ...state, answered: [] } : state);
    case 'media-failed':
      return mediaFailed(state, event);
  }
}

function stay(state: PlayerLink): Step {
  return { state, effects: [] };
}

function request(state: PlayerLink, purpose: LinkPurpose, failed?: string): Step {
  const id = state.lastRequestId + 1;
  const asking = failed !== undefined && failed === state.faster?.storage ? withoutFaster(state) : state;
  const { faster } = asking;
  const named = { ...(failed !== undefined && { failed }), ...(faster && { faster }) };
  return {
    state: { ...asking, request: { id, purpose }, lastRequestId: id },
    effects: [{ type: 'request-link', id, purpose, ...named }],
  };
}

function withoutFaster(state: PlayerLink): PlayerLink {
  return { ...state, faster: undefined, left: undefined };
}

/** Whether a link of another storage may take over now because it carries more. */
export function mayGoOver(state: PlayerLink): boolean {
  const isBusy = state.request !== undefined || state.standby !== undefined || state.broken !== undefined;
  return state.phase === 'playing' && !isBusy && state.fasterFound < MAX_FASTER_FOUND;
}

function fasterFound(state: PlayerLink, link: Link): Step {
  const { storage } = link.route;
  if (!state.link || !mayGoOver(state) || storage === state.link.route.storage) return stay(state);
  const faster = { storage, than: state.link.route.storage };
  const going = { ...state, faster, left: state.link.route, fasterFound: state.fasterFound + 1, standby: link };
  return { state: going, effects: [{ type: 'prepare', link }] };
}

/** Nothing is wrong any more, as far as is known. */
function healthy(state: PlayerLink): PlayerLink {
  return { ...state, broken: undefined, recoverAt: undefined, refusals: 0 };
}

function arrived(state: PlayerLink, purpose: LinkPurpose, link: Link, now: number): Step {
  const idle = { ...state, request: undefined };
  if (purpose === 'open' || !state.link) {
    const playing = adopt({ ...healthy(idle), phase: 'playing', failure: undefined, standby: undefined }, link, now);
    return { state: playing, effects: [{ type: 'discard-standby' }, { type: 'load', link }] };
  }
  if (purpose !== 'recover' && link.url === state.link.url) return stay(adopt(idle, link, now));
  // While the media is broken its last picture stays, until the other element has one for the same position.
  return { state: { ...idle, refusals: 0, standby: link }, effects: [{ type: 'prepare', link }] };
}

function refused(state: PlayerLink, purpose: LinkPurpose, report: ErrorReport, now: number): Step {
  const idle = { ...state, request: undefined };
  if (purpose === 'recover' && report.retryable && state.refusals < MAX_REFUSALS) {
    return stay({ ...idle, refusals: state.refusals + 1, recoverAt: now + SECOND_MS * 2 ** state.refusals });
  }
  if (purpose === 'open' || purpose === 'recover') return fail(idle, { kind: 'report', report });
  // The media on screen still plays: try again after a while.
  if (purpose === 'renew') return stay({ ...idle, renewAt: now + MIN_RENEWAL_MS });
  return stay(askLater(idle, now));
}

function fail(state: PlayerLink, failure: PlayerFailure): Step {
  return {
    state: { ...healthy(state), phase: 'failed', failure, askAt: undefined, renewAt: undefined, standby: undefined },
    effects: [{ type: 'discard-standby' }],
  };
}

/** Takes a link as the one on screen and sets the clocks that follow from it. */
function adopt(state: PlayerLink, link: Link, now: number): PlayerLink {
  const life = link.expiresAt - now;
  const renewIn = Math.max(MIN_RENEWAL_MS, Math.min(life * RENEW_AT_LIFE_SHARE, life - RENEW_BEFORE_END_MS));
  // An image that is on screen needs its link no more.
  const renewAt = link.kind === 'image' ? undefined : now + renewIn;
  const known = link.route.storage === state.faster?.storage ? state : withoutFaster(state);
  return waitFor({ ...known, link, renewAt, asked: 0 }, link.route, now);
}

/** Sets when to ask next for a route that will change by itself. */
function waitFor(state: PlayerLink, route: Route, now: number): PlayerLink {
  const { secondsLeft } = route.details;
  if (route.reason === 'within-replication-delay' && secondsLeft !== undefined) {
    const delayOverAt = now + secondsLeft * SECOND_MS;
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
  if (state.broken !== undefined) {
    const due = state.recoverAt !== undefined && now >= state.recoverAt;
    return due ? request({ ...state, recoverAt: undefined }, 'recover', state.link?.route.storage) : stay(state);
  }
  if (state.renewAt !== undefined && now >= state.renewAt) return request({ ...state, renewAt: undefined }, 'renew');
  if (!state.asking && state.askAt !== undefined && now >= state.askAt) return ask(state);
  return stay(state);
}

function explained(state: PlayerLink, route: Route, now: number): Step {
  if (state.phase !== 'playing' || !state.link) return stay(state);
  const { faster, left } = state;
  if (faster && left?.storage === route.storage && left.reason === route.reason) return stay(state);
  if (route.storage === state.link.route.storage) {
    const link = { ...state.link, route };
    const sameReason = route.reason === state.link.route.reason;
    return stay(waitFor({ ...state, link, asked: sameReason ? state.asked : 0 }, route, now));
  }
  if (state.request || state.standby || state.broken !== undefined) return stay(askLater(state, now));
  return request(withoutFaster(state), 'move');
}

/** Fault of the media, with its cause where it is known. */
type Failed = Pick<Extract<PlayerEvent, { type: 'media-failed' }>, 'fault' | 'report'>;

/** The media on screen stopped. One failure may be reported twice: the second report changes nothing. */
function mediaFailed(state: PlayerLink, failed: Failed): Step {
  const { fault } = failed;
  if (state.phase !== 'playing' || state.broken !== undefined || !state.link) return stay(state);
  // Another link is about to take over: that is the answer already.
  if (state.standby) return stay({ ...state, broken: fault });
  return recover({ ...state, broken: fault }, state.link, failed);
}

function standbyFailed(state: PlayerLink, failed: Failed, now: number): Step {
  const { standby, broken } = state;
  const alone = { ...state, standby: undefined };
  if (standby && broken !== undefined) return recover(alone, standby, failed);
  if (standby && standby.route.storage === state.faster?.storage && standby.route.storage !== state.link?.route.storage)
    return { state: withoutFaster(alone), effects: [{ type: 'discard-standby' }] };
  // The link on screen still plays: nothing is shown, and the route is asked for again later.
  return { state: askLater(alone, now), effects: [{ type: 'discard-standby' }] };
}

/** Asks for another link in place of one that failed: once a cause, and never for what no link can change. */
function recover(state: PlayerLink, link: Link, { fault, report }: Failed): Step {
  const { storage } = link.route;
  const cause = `${storage} ${fault}`;
  if (fault === 'unsupported' || state.answered.includes(cause))
    return fail(state, { kind: 'media', fault, ...(report && { report }) });
  const recovering = request({ ...state, answered: [...state.answered, cause] }, 'recover', storage);
  return { ...recovering, effects: [{ type: 'discard-standby' }, ...recovering.effects] };
}
