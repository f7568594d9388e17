import {
  IconArchive,
  IconBan,
  IconClockOff,
  IconCloudOff,
  IconDownload,
  IconFileOff,
  IconFileX,
  IconKey,
  IconLock,
  IconPhotoOff,
  IconPlayerPause,
  IconUserExclamation,
} from '@tabler/icons-react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { MediaKind } from '../../shared/media.ts';
import { useSession } from '../store/context.tsx';
import { StatePanel } from '../ui/StatePanel.tsx';
import { type PlayerErrorKind, shownFailure } from './playerErrors.ts';
import type { PlayerFailure } from './playerLink.ts';

const ICONS: Record<PlayerErrorKind, typeof IconBan> = {
  'no-such-key': IconFileOff,
  denied: IconLock,
  offline: IconCloudOff,
  codec: IconBan,
  image: IconPhotoOff,
  stalled: IconPlayerPause,
  signIn: IconUserExclamation,
  empty: IconFileX,
  damaged: IconFileX,
  archived: IconArchive,
  encryption: IconKey,
  notStorage: IconCloudOff,
  expired: IconClockOff,
};

/** Why the player shows nothing, in words that help, and with what can help. */
export function PlayerError({
  failure,
  kind,
  onRetry,
  onDownload,
}: {
  failure: PlayerFailure;
  kind: MediaKind;
  onRetry: () => void;
  /** Absent where there is no one file to save. */
  onDownload?: () => void;
}) {
  const { t } = useTranslation();
  const online = useSession((session) => session.online);
  const { kind: error, report, canRetry, canDownload } = shownFailure(failure, kind, online);
  const Icon = ICONS[error];
  return (
    <StatePanel
      testId="error-state"
      icon={<Icon />}
      title={t(`playerError.${error}.title`)}
      body={report?.message ?? t(`playerError.${error}.body`)}
      detail={report?.detail}
      code={report?.code ?? (failure.kind === 'media' ? failure.fault : undefined)}
    >
      {(canRetry || (canDownload && onDownload)) && (
        <div className="state-actions">
          {canRetry && (
            <Button className="button primary" onPress={onRetry}>
              {t('actions.retry')}
            </Button>
          )}
          {canDownload && onDownload && (
            <Button className={canRetry ? 'button' : 'button primary'} onPress={onDownload}>
              <IconDownload size={16} aria-hidden="true" />
              {t('player.download')}
            </Button>
          )}
        </div>
      )}
    </StatePanel>
  );
}
