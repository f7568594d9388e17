import type { StorageSummary } from '../../shared/reading.ts';
import type { Route } from '../../shared/routing.ts';
import type { Translate } from './i18n.ts';

export interface RouteText {
  /** Label of the storage it is read from, as the studio calls it. */
  place: string;
  /** Two or three words. */
  label: string;
  /** The whole reason, as one sentence a person can act on. */
  sentence: string;
}

/** Label of a storage; its name where it has none. */
export function storageLabel(storage: string, storages: readonly StorageSummary[]): string {
  return storages.find(({ name }) => name === storage)?.label ?? storage;
}

/** Whether a storage is a replica: the mark of what is read nearby. */
export function isNear(storage: string, storages: readonly StorageSummary[]): boolean {
  return storages.find(({ name }) => name === storage)?.role === 'replica';
}

const ROLE_KEYS = { main: 'mainRole', replica: 'replicaRole', other: 'otherRole' } as const;

/** Role of a storage in one word. */
export function roleText({ role }: Pick<StorageSummary, 'role'>, t: Translate): string {
  return t(`reading.${ROLE_KEYS[role]}`);
}

/** Texts for the storage that one object is read from, and why. */
export function routeText(route: Route, storages: readonly StorageSummary[], t: Translate): RouteText {
  const place = storageLabel(route.storage, storages);
  const main = storages.find(({ role }) => role === 'main');
  const words = {
    place,
    main: main?.label ?? '',
    replica: route.details.replica === undefined ? place : storageLabel(route.details.replica, storages),
    address: route.details.matchedAddress ?? '',
    range: route.details.matchedRange ?? '',
    slower: route.details.slower === undefined ? '' : storageLabel(route.details.slower, storages),
  };
  const { overdue, refusedFor } = route.details;
  const ofReplica = refusedFor !== undefined ? 'replica-refused' : overdue ? 'replica-overdue' : route.reason;
  const reason = isAgeUnknown(route) ? 'age-unknown' : ofReplica;
  return {
    place,
    label: t(`reason.${reason}.label`),
    sentence: t(`reason.${reason}.sentence`, words),
  };
}

/** Whether the source is read because the object's date is to come, so that it has no age. */
export function isAgeUnknown({ reason, details }: Route): boolean {
  return reason === 'within-replication-delay' && details.secondsLeft === undefined;
}

/** True while another copy may take over by itself: the route is worth asking for again. */
export function isSettling(route: Route): boolean {
  return (
    route.reason === 'within-replication-delay' ||
    route.reason === 'replica-not-ready' ||
    route.reason === 'replica-unreachable' ||
    route.reason === 'main-unreachable'
  );
}
