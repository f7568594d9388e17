import { IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useSession, useTransfers } from '../store/context.tsx';
import { formatCount } from '../text/format.ts';
import { ErrorText } from '../ui/ErrorText.tsx';
import { IconButton } from '../ui/IconButton.tsx';
import { BandwidthButton } from './BandwidthButton.tsx';
import { TransferList } from './TransferList.tsx';
import { AllConflicts, AllTransfers, Filters, Summary } from './TransfersHead.tsx';

/**
 * All that goes up or comes down, beside the library. Closed, the slim bar stands for it.
 *
 * @param children what stands above the list.
 */
export function TransfersDrawer({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const isOpen = useSession((session) => session.transfersOpen);
  const showTransfers = useSession((session) => session.showTransfers);
  if (!isOpen) return null;
  return (
    <aside className="transfers" data-testid="transfers" aria-label={t('transfers.title')}>
      <div className="panel-head">
        <h2>{t('transfers.title')}</h2>
        <BandwidthButton />
        <IconButton label={t('actions.close')} shortcut="T" onPress={() => showTransfers(false)}>
          <IconX size={18} aria-hidden="true" />
        </IconButton>
      </div>
      {children}
      <Unread />
      <Body />
    </aside>
  );
}

function Body() {
  const { t } = useTranslation();
  const adding = useSession((session) => session.adding);
  const count = useTransfers((state) => state.counts.all);
  const loading = useTransfers((state) => state.loading);
  if (count === 0 && loading !== 'loading') {
    return (
      <div className="transfers-none">
        <p role="status">{adding > 0 ? t('transfers.adding') : t('transfers.none')}</p>
        {adding === 0 && <p className="muted">{t('transfers.noneBody')}</p>}
        <LoadFailed />
      </div>
    );
  }
  return (
    <>
      <Summary />
      <StorageNote />
      <AllTransfers />
      <AllConflicts />
      <Filters />
      {adding > 0 && (
        <p className="transfers-note" role="status">
          {t('transfers.adding')}
        </p>
      )}
      {loading === 'loading' && (
        <p className="transfers-note">{t('transfers.loading', { formatted: formatCount(count) })}</p>
      )}
      <LoadFailed />
      <Shown />
    </>
  );
}

/** Note on the storage that uploads go to. */
function StorageNote() {
  const { t } = useTranslation();
  const note = useTransfers((state) => state.totals.note);
  if (!note) return null;
  return (
    <p className="transfers-note" role="note" data-testid="transfers-storage-note">
      {t(`transfers.note.${note}`)}
    </p>
  );
}

function Shown() {
  const { t } = useTranslation();
  const filter = useTransfers((state) => state.filter);
  const isEmpty = useTransfers((state) => state.counts[state.filter] === 0);
  if (isEmpty) return <p className="transfers-none muted">{t(`transfers.noneFiltered.${filter}`)}</p>;
  // Another filter is another list: it begins at its own top.
  return <TransferList key={filter} />;
}

/** Journal files of an earlier session that could not be read, and why nothing is written now. */
function Unread() {
  const { t } = useTranslation();
  const unread = useSession((session) => session.app?.unread);
  if (!unread) return null;
  const { uploads, files, problem } = unread;
  return (
    <div className="transfers-note problem" role="alert" data-testid="transfers-unread">
      {files.length > 0 && (
        <p>{t('transfers.unread', { count: uploads, formatted: formatCount(uploads), files: files.join(', ') })}</p>
      )}
      {problem && (
        <p>
          <ErrorText report={problem} />
        </p>
      )}
    </div>
  );
}

function LoadFailed() {
  const { t } = useTranslation();
  const failed = useTransfers((state) => state.loading === 'failed');
  const load = useTransfers((state) => state.load);
  if (!failed) return null;
  return (
    <p className="transfers-note problem" role="alert">
      {t('transfers.loadFailed')}{' '}
      <Button className="button small" onPress={() => void load()}>
        {t('actions.retry')}
      </Button>
    </p>
  );
}
