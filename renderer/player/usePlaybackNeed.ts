import { useEffect, useRef } from 'react';
import { useNearplay } from '../store/context.tsx';
import { steadyNow } from '../ui/useNow.ts';
import { type PlaybackMoment, PlaybackNeeds } from './playbackNeed.ts';

const LOOK_INTERVAL_MS = 250;

/** Reports what playing needs while the component is there. */
export function usePlaybackNeed(look: () => PlaybackMoment): void {
  const { api } = useNearplay();
  const newest = useRef(look);
  newest.current = look;
  useEffect(() => {
    const needs = new PlaybackNeeds((need) => {
      // Main stops yielding by itself when it hears nothing.
      api.reportPlayback({ need }).catch(() => undefined);
    }, steadyNow);
    const timer = setInterval(() => needs.look(newest.current()), LOOK_INTERVAL_MS);
    return () => {
      clearInterval(timer);
      needs.end();
    };
  }, [api]);
}
