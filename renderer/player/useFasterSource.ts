import { useEffect, useRef } from 'react';
import { useNearplay } from '../store/context.tsx';
import { FasterSource, type FilmMoment } from './fasterSource.ts';
import type { PlayerSession } from './playerSession.ts';

const LOOK_INTERVAL_MS = 250;

/** Goes over to a faster source while the component is there. */
export function useFasterSource(session: PlayerSession | undefined, look: () => FilmMoment | undefined): void {
  const { session: store } = useNearplay();
  const newest = useRef(look);
  newest.current = look;
  useEffect(() => {
    if (!session) return undefined;
    const faster = new FasterSource({
      state: () => session.state,
      dispatch: session.dispatch,
      createLink: (wanted) => session.createLink({ faster: wanted }),
      storages: () =>
        (store.getState().app?.reading?.storages ?? [])
          .filter(({ role, reachable }) => reachable && role !== 'other')
          .map(({ name }) => name),
    });
    const timer = setInterval(() => faster.look(newest.current()), LOOK_INTERVAL_MS);
    return () => {
      clearInterval(timer);
      faster.dispose();
    };
  }, [session, store]);
}
