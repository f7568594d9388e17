import { IconX } from '@tabler/icons-react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useSession } from '../store/context.tsx';
import { formatCount } from '../text/format.ts';
import { IconButton } from '../ui/IconButton.tsx';

/** Above the list of transfers, until it is dismissed: how much of what was chosen is not uploaded. */
export function LeftOutNote() {
  const { t } = useTranslation();
  const leftOut = useSession((session) => session.leftOut);
  const dismiss = useSession((session) => session.dismissLeftOut);
  const show = useSession((session) => session.showLeftOut);
  if (!leftOut) return null;
  const { list, files } = leftOut;
  const figures = { formatted: formatCount(list.count), all: formatCount(list.count + files) };
  return (
    <div className="left-out-note" data-testid="left-out-note">
      <p className="problem" role="alert">
        {t('leftOut.note', { count: list.count, ...figures })}
      </p>
      <Button className="button small" onPress={() => show(list)} data-testid="left-out-show">
        {t('leftOut.show')}
      </Button>
      <IconButton className="small" testId="left-out-dismiss" label={t('actions.dismiss')} onPress={dismiss}>
        <IconX size={14} aria-hidden="true" />
      </IconButton>
    </div>
  );
}
