import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useNearplay, useSession } from '../store/context.tsx';
import { steadyNow } from '../ui/useNow.ts';
import { INITIAL_PLAYER_LINK, type PlayerLink } from './playerLink.ts';
import { type PlayerClocks, PlayerSession } from './playerSession.ts';
import type { Stage } from './stage.ts';

export const PLAYER_CLOCKS: PlayerClocks = { clock: steadyNow, now: Date.now };

/** One file in the player, as long as the component is there. @param make a stage that the session then owns */
export function usePlayerSession(
  key: string,
  make: (session: PlayerSession) => Stage | undefined,
): { session: PlayerSession | undefined; state: PlayerLink } {
  const { api, session: store } = useNearplay();
  const [session, setSession] = useState<PlayerSession>();
  const newest = useRef(make);
  newest.current = make;
  useEffect(() => {
    const player = new PlayerSession(api, key, PLAYER_CLOCKS);
    const stage = newest.current(player);
    if (stage) player.open(stage);
    setSession(player);
    const end = store.subscribe(({ routesVersion }, before) => {
      if (routesVersion !== before.routesVersion) player.dispatch({ type: 'route-suspect' });
    });
    return () => {
      end();
      player.dispose();
    };
  }, [api, store, key]);
  const state = useSyncExternalStore(
    session?.subscribe ?? subscribeToNothing,
    () => session?.state ?? INITIAL_PLAYER_LINK,
  );
  useGoOnWhenOnline(session);
  return { session, state };
}

/** A computer that is back on the network goes on where it was, without being asked. */
function useGoOnWhenOnline(session: PlayerSession | undefined): void {
  const online = useSession((store) => store.online);
  useEffect(() => {
    if (online && session?.state.phase === 'failed') session.dispatch({ type: 'retried' });
  }, [online, session]);
}

function subscribeToNothing(): () => void {
  return () => undefined;
}
