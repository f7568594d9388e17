import { IconAlertTriangle, IconChevronUp, IconHelpCircle } from '@tabler/icons-react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useSession, useTransfers } from '../store/context.tsx';
import { formatCount } from '../text/format.ts';
import { overallOf } from './overall.ts';
import { figuresText } from './TransfersHead.tsx';

/** The drawer while it is closed: a slim line below the library, as long as there is anything that is not simply done. */
export function TransfersBar() {
  const { t } = useTranslation();
  const isOpen = useSession((session) => session.transfersOpen);
  const showTransfers = useSession((session) => session.showTransfers);
  const totals = useTransfers((state) => state.totals);
  const needYou = useTransfers((state) => state.counts['need-you']);
  const { open, files, done, share } = overallOf(totals);
  const { failed } = totals.files;
  if (isOpen || (open === 0 && failed === 0)) return null;
  const words = (count: number) => ({ count, formatted: formatCount(count) });
  return (
    <Button className="transfers-bar" onPress={() => showTransfers(true)} data-testid="transfers-bar">
      <span className="transfers-bar-line" aria-hidden="true">
        <span style={{ transform: `scaleX(${share})` }} />
      </span>
      <strong>{t('transfers.files', { ...words(files), done: formatCount(done) })}</strong>
      <span className="muted transfers-bar-figures">{figuresText(totals, t)}</span>
      {needYou > 0 && (
        <span className="transfers-bar-flag" data-tone="warn">
          <IconHelpCircle size={15} aria-hidden="true" />
          {t('transfers.needYou', words(needYou))}
        </span>
      )}
      {failed > 0 && (
        <span className="transfers-bar-flag" data-tone="bad">
          <IconAlertTriangle size={15} aria-hidden="true" />
          {t('transfers.failedCount', words(failed))}
        </span>
      )}
      <span className="visually-hidden">{t('transfers.show')}</span>
      <IconChevronUp size={16} aria-hidden="true" />
    </Button>
  );
}
