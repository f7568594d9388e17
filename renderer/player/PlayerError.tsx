import { IconBan, IconCloudOff, IconFileOff, IconLock, IconPlayerPause, IconPhotoOff } from '@tabler/icons-react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { MediaKind } from '../../shared/media.ts';
import { StatePanel } from '../shell/StatePanel.tsx';
import { useSession } from '../store/context.tsx';
import { playerErrorKind, type PlayerErrorKind } from './playerErrors.ts';
import type { PlayerFailure } from './playerLink.ts';

const ICONS: Record<PlayerErrorKind, typeof IconBan> = {
  'no-such-key': IconFileOff,
  denied: IconLock,
  offline: IconCloudOff,
  codec: IconBan,
  image: IconPhotoOff,
  stalled: IconPlayerPause,
};

/** Why the player shows nothing, in words that help. */
export function PlayerError({
  failure,
  kind,
  onRetry,
}: {
  failure: PlayerFailure;
  kind: MediaKind;
  onRetry: () => void;
}) {
  const { t } = useTranslation();
  const online = useSession((session) => session.online);
  const error = playerErrorKind(failure, kind, online);
  const Icon = ICONS[error];
  return (
    <StatePanel
      testId="error-state"
      icon={<Icon />}
      title={t(`playerError.${error}.title`)}
      body={failure.kind === 'report' ? failure.report.message : t(`playerError.${error}.body`)}
      code={failure.kind === 'report' ? failure.report.code : failure.fault}
    >
      <div className="state-actions">
        <Button className="button primary" onPress={onRetry}>
          {t('actions.retry')}
        </Button>
      </div>
    </StatePanel>
  );
}
