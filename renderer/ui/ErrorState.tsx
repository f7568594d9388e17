import {
  IconAlertTriangle,
  IconBucketOff,
  IconClockExclamation,
  IconCloudOff,
  IconFileOff,
  IconLock,
  IconUserExclamation,
} from '@tabler/icons-react';
import { type ReactNode, useEffect, useState } from 'react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { ErrorCode, ErrorReport } from '../../shared/errors.ts';
import { SECOND_MS } from '../../shared/units.ts';
import { useSession } from '../store/context.tsx';
import { formatDuration } from '../text/format.ts';
import { ProfileSelect } from './ProfileSelect.tsx';
import { StatePanel } from './StatePanel.tsx';

type TitleKey =
  | 'noCredentialsTitle'
  | 'expiredTitle'
  | 'deniedTitle'
  | 'offlineTitle'
  | 'notStorageTitle'
  | 'goneTitle'
  | 'bucketTitle'
  | 'clockTitle'
  | 'errorTitle';

function looksOf(code: ErrorCode): { title: TitleKey; icon: ReactNode } {
  switch (code) {
    case 'credentials-missing':
      return { title: 'noCredentialsTitle', icon: <IconUserExclamation /> };
    case 'credentials-expired':
      return { title: 'expiredTitle', icon: <IconUserExclamation /> };
    case 'access-denied':
    case 'wrong-key':
      return { title: 'deniedTitle', icon: <IconLock /> };
    case 'offline':
    case 'timeout':
      return { title: 'offlineTitle', icon: <IconCloudOff /> };
    case 'no-such-key':
      return { title: 'goneTitle', icon: <IconFileOff /> };
    case 'not-a-storage':
    case 'proxy-sign-in':
      return { title: 'notStorageTitle', icon: <IconCloudOff /> };
    case 'no-such-bucket':
    case 'wrong-region':
      return { title: 'bucketTitle', icon: <IconBucketOff /> };
    case 'clock-skew':
      return { title: 'clockTitle', icon: <IconClockExclamation /> };
    default:
      return { title: 'errorTitle', icon: <IconAlertTriangle /> };
  }
}

/** A failure, designed: what it means, what to do, and a retry that counts down by itself where waiting helps. */
export function ErrorState({ report, onRetry }: { report: ErrorReport; onRetry: () => void }) {
  const { t } = useTranslation();
  const { title, icon } = looksOf(report.code);
  const needsProfile = report.code === 'credentials-missing' || report.code === 'credentials-expired';
  const waits = report.code === 'offline' || report.code === 'timeout';
  const secondsLeft = useRetry(waits, onRetry);
  const body = report.code === 'credentials-missing' ? t('states.noCredentialsBody') : report.message;
  return (
    <StatePanel
      testId="error-state"
      icon={icon}
      title={t(`states.${title}`)}
      body={body}
      detail={report.detail}
      code={report.code}
    >
      {needsProfile && <ProfileSelect />}
      <div className="state-actions">
        <Button className="button primary" onPress={onRetry}>
          {t('actions.retry')}
        </Button>
      </div>
      {waits && <p className="state-note">{t('states.retryingIn', { duration: formatDuration(secondsLeft) })}</p>}
    </StatePanel>
  );
}

const RETRY_SECONDS = 15;

/** Retries by itself after a while, and at once when the computer is back on a network. Returns the seconds left. */
function useRetry(active: boolean, onRetry: () => void): number {
  const [left, setLeft] = useState(RETRY_SECONDS);
  const online = useSession((session) => session.online);
  useEffect(() => {
    if (!active) return undefined;
    const timer = setInterval(() => setLeft((seconds) => seconds - 1), SECOND_MS);
    return () => clearInterval(timer);
  }, [active]);
  useEffect(() => {
    if (active && left <= 0) onRetry();
  }, [active, left, onRetry]);
  const [wasOnline, setWasOnline] = useState(online);
  useEffect(() => {
    if (active && online && !wasOnline) onRetry();
    setWasOnline(online);
  }, [active, online, wasOnline, onRetry]);
  return Math.max(0, left);
}
