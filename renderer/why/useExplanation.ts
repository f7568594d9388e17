import { useCallback, useEffect, useRef, useState } from 'react';
import type { ErrorReport } from '../../shared/errors.ts';
import type { RouteExplanation } from '../../shared/reading.ts';
import { reportOf } from '../api.ts';
import { useNearplay, useSession } from '../store/context.tsx';
import { steadyNow } from '../ui/useNow.ts';

export interface Explaining {
  explained: RouteExplanation | undefined;
  /** Time of the answer, milliseconds of a monotonic clock. */
  askedAt: number;
  failure: ErrorReport | undefined;
  measuring: boolean;
  measureFailure: ErrorReport | undefined;
  reload: () => Promise<void>;
  /** Some seconds a storage. What comes back after the panel was closed is dropped. */
  measure: () => Promise<void>;
}

const NOTHING = { explained: undefined, askedAt: 0, failure: undefined };

/** Explanation of a route, asked for again whenever routes may have changed, or the player goes over to another storage. */
export function useExplanation(key: string | undefined): Explaining {
  const { api } = useNearplay();
  const routesVersion = useSession((session) => session.routesVersion);
  const faster = useSession(({ playedFaster }) => (key === undefined ? undefined : playedFaster[key]));
  const [answer, setAnswer] = useState<Pick<Explaining, 'explained' | 'askedAt' | 'failure'>>(NOTHING);
  const [measuring, setMeasuring] = useState(false);
  const [measureFailure, setMeasureFailure] = useState<ErrorReport>();
  const request = useCallback(() => (key === undefined ? {} : { key }), [key]);

  const asked = useRef(0);

  const reload = useCallback(async (): Promise<void> => {
    const id = (asked.current += 1);
    try {
      const explained = await api.explainRegion({ ...request(), ...(faster && { faster }) });
      // An answer from before the player went over says what is no longer so.
      if (id === asked.current) setAnswer({ explained, askedAt: steadyNow(), failure: undefined });
    } catch (error) {
      if (id === asked.current) setAnswer((before) => ({ ...before, failure: reportOf(error) }));
    }
  }, [api, request, faster]);

  useEffect(() => void reload(), [reload, routesVersion]);

  const measure = useCallback(async (): Promise<void> => {
    setMeasuring(true);
    setMeasureFailure(undefined);
    try {
      await api.measureStorages(request());
      await reload();
    } catch (error) {
      setMeasureFailure(reportOf(error));
    } finally {
      setMeasuring(false);
    }
  }, [api, request, reload]);

  return { ...answer, measuring, measureFailure, reload, measure };
}
