import { limitAt, type LimitNow, minuteOfDay } from '../../shared/bandwidth.ts';
import { useSession } from '../store/context.tsx';
import { useNow } from '../ui/useNow.ts';

const MINUTE = 60_000;

/** The limit in force now, as main reckons it too: by the settings, the hour and the studio's ceiling. */
export function useLimit(): LimitNow | undefined {
  const bandwidth = useSession((session) => session.app?.settings.bandwidth);
  const ceiling = useSession((session) => session.app?.preferences.document?.uploads.maxBytesPerSecond);
  const now = useNow(MINUTE);
  return bandwidth && limitAt({ ...bandwidth, ceiling: ceiling ?? null }, minuteOfDay(new Date(now)));
}
