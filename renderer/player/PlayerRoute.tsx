import { useEffect } from 'react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { LibraryFile } from '../../shared/library.ts';
import type { MediaKind } from '../../shared/media.ts';
import type { Route } from '../../shared/routing.ts';
import { useSession, useStorages } from '../store/context.tsx';
import { formatDuration } from '../text/format.ts';
import { isAgeUnknown, isNear, isSettling, routeText, storageLabel } from '../text/routeText.ts';
import { useClock } from '../ui/useNow.ts';
import { type PlayerLink, secondsOfDelayLeft } from './playerLink.ts';

const COUNTDOWN_INTERVAL_MS = 250;

/** Source of the media on screen, its reason, and the seconds until it changes. */
export function PlayerRoute({ state, kind }: { state: PlayerLink; kind: MediaKind }) {
  const { t } = useTranslation();
  const showWhy = useSession((session) => session.showWhy);
  const storages = useStorages();
  const now = useClock(COUNTDOWN_INTERVAL_MS);
  const { link } = state;
  const isRead = state.phase === 'playing' && state.broken === undefined;
  usePlayedFaster(link?.key, isRead ? link?.route : undefined);
  if (!link || !isRead) {
    return (
      <p className="player-route" data-testid="player-route" role="status">
        {state.phase === 'failed' ? '' : t('player.connecting')}
      </p>
    );
  }
  const { route } = link;
  const { place, label, sentence } = routeText(route, storages, t);
  const isImage = kind === 'image';
  const onItsWay = route.reason === 'within-replication-delay' || route.reason === 'replica-not-ready';
  const from = onItsWay
    ? t(isImage ? 'player.showingFromSource' : 'player.fromSource')
    : t(isImage ? 'player.showingFromPlace' : 'player.fromPlace', { place });
  const left = secondsOfDelayLeft(state, now);
  const replica = route.details.replica === undefined ? '' : storageLabel(route.details.replica, storages);
  const why =
    !onItsWay || isAgeUnknown(route)
      ? label
      : left !== undefined
        ? t('player.delayLeft', { duration: formatDuration(left) })
        : t('player.confirming', { replica });
  return (
    <p
      className="player-route"
      data-testid="player-route"
      data-storage={route.storage}
      data-reason={route.reason}
      data-near={isNear(route.storage, storages)}
      data-settling={onItsWay}
      title={sentence}
    >
      <Button className="player-route-button" onPress={() => showWhy(link.key)} aria-haspopup="dialog">
        <span className="near-dot" aria-hidden="true" />
        <span className="route-from">{from}</span>
        <span className="route-short" aria-hidden="true">
          {place}
        </span>
        <span className="player-why">
          <span aria-hidden="true">· </span>
          {why}
        </span>
      </Button>
    </p>
  );
}

/** Tells "Why this region?" that the player reads from another storage than the route says. */
function usePlayedFaster(key: string | undefined, route: Route | undefined): void {
  const setPlayedFaster = useSession((session) => session.setPlayedFaster);
  const storage = route?.reason === 'measured-faster' ? route.storage : undefined;
  const than = route?.details.slower;
  useEffect(() => {
    if (key === undefined || storage === undefined || than === undefined) return undefined;
    setPlayedFaster(key, { storage, than });
    return () => setPlayedFaster(key, undefined);
  }, [key, storage, than, setPlayedFaster]);
}

/** The same for what is read all at once and does not move while it is looked at. */
export function SettledRoute({ file, route }: { file: LibraryFile; route: Route }) {
  const { t } = useTranslation();
  const showWhy = useSession((session) => session.showWhy);
  const storages = useStorages();
  const { place, label, sentence } = routeText(route, storages, t);
  return (
    <p
      className="player-route"
      data-testid="player-route"
      data-storage={route.storage}
      data-reason={route.reason}
      data-near={isNear(route.storage, storages)}
      data-settling={isSettling(route)}
      title={sentence}
    >
      <Button className="player-route-button" onPress={() => showWhy(file.key)} aria-haspopup="dialog">
        <span className="near-dot" aria-hidden="true" />
        <span className="route-from">{t('player.readFromPlace', { place })}</span>
        <span className="route-short" aria-hidden="true">
          {place}
        </span>
        <span className="player-why">
          <span aria-hidden="true">· </span>
          {label}
        </span>
      </Button>
    </p>
  );
}
