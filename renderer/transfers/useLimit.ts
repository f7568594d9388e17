import { limitAt, type LimitNow, minuteOfDay } from '../../shared/bandwidth.ts';
import { MINUTE_MS } from '../../shared/units.ts';
import { useSession } from '../store/context.tsx';
import { useNow } from '../ui/useNow.ts';

/** The limit in force now, as main reckons it too: by the settings, the hour and the studio's ceiling. */
export function useLimit(): LimitNow | undefined {
  const bandwidth = useSession((session) => session.app?.settings.bandwidth);
  const ceiling = useSession((session) => session.app?.preferences.document?.uploads.maxBytesPerSecond);
  const now = useNow(MINUTE_MS);
  return bandwidth && limitAt({ ...bandwidth, ceiling: ceiling ?? null }, minuteOfDay(new Date(now)));
}
