import {
  IconArrowsUpDown,
  IconCopyCheck,
  IconLayoutGrid,
  IconList,
  IconSearch,
  IconSettings,
  IconX,
} from '@tabler/icons-react';
import type { RefObject } from 'react';
import { Button, Input, SearchField } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { ReadingStatus } from '../../shared/reading.ts';
import { useLibrary, useSession, useTransfers, useUploadFolderByProject } from '../store/context.tsx';
import { formatCount, formatPercent } from '../text/format.ts';
import { overallOf } from '../transfers/overall.ts';
import { IconButton } from '../ui/IconButton.tsx';
import { destinationOf } from '../uploads/destination.ts';
import { UploadMenu } from '../uploads/UploadMenu.tsx';
import { Breadcrumbs } from './Breadcrumbs.tsx';
import { ProductMark } from './ProductMark.tsx';
import { ReadingChip } from './ReadingChip.tsx';

interface HeaderProps {
  reading: ReadingStatus | null;
  /** False while there are no preferences: then there is no folder to act on. */
  usable: boolean;
  filterField: RefObject<HTMLInputElement | null>;
}

export function Header({ reading, usable, filterField }: HeaderProps) {
  const { t } = useTranslation();
  const showPanel = useSession((session) => session.showPanel);
  return (
    <header className="header">
      <div className="brand">
        <ProductMark />
        <span className="brand-name">{t('product')}</span>
      </div>
      <div className="header-way">{usable && <Breadcrumbs />}</div>
      <div className="header-reading">
        <ReadingChip reading={reading} />
      </div>
      {usable && <FolderTools filterField={filterField} />}
      <div className="header-panels">
        {usable && <TransfersButton />}
        {usable && (
          <IconButton
            label={t('replication.title')}
            shortcut="R"
            testId="replication-button"
            onPress={() => showPanel('replication')}
          >
            <IconCopyCheck size={18} aria-hidden="true" />
          </IconButton>
        )}
        <IconButton
          label={t('shell.settings')}
          shortcut=","
          testId="settings-button"
          onPress={() => showPanel('settings')}
        >
          <IconSettings size={18} aria-hidden="true" />
        </IconButton>
      </div>
    </header>
  );
}

function FolderTools({ filterField }: { filterField: RefObject<HTMLInputElement | null> }) {
  const { t } = useTranslation();
  const { filter, view, folder } = {
    filter: useLibrary((library) => library.filter),
    view: useLibrary((library) => library.view),
    folder: useLibrary((library) => library.loaded.folder),
  };
  const setFilter = useLibrary((library) => library.setFilter);
  const setView = useLibrary((library) => library.setView);
  return (
    <div className="header-tools">
      <SearchField
        className="filter"
        aria-label={t('shell.filter')}
        value={filter}
        onChange={setFilter}
        data-filtering={filter !== ''}
      >
        <Input ref={filterField} placeholder={t('shell.filterPlaceholder')} spellCheck="false" />
        <IconSearch size={16} aria-hidden="true" />
        {filter === '' ? (
          <kbd aria-hidden="true">/</kbd>
        ) : (
          <Button className="filter-clear" aria-label={t('actions.clearFilter')}>
            <IconX size={14} aria-hidden="true" />
          </Button>
        )}
      </SearchField>
      <IconButton
        label={view === 'grid' ? t('shell.list') : t('shell.grid')}
        shortcut="V"
        onPress={() => setView(view === 'grid' ? 'list' : 'grid')}
      >
        {view === 'grid' ? <IconList size={18} aria-hidden="true" /> : <IconLayoutGrid size={18} aria-hidden="true" />}
      </IconButton>
      <UploadMenu />
      <FileInput inView={folder} />
    </div>
  );
}

/** A second way to choose files, for assistive tools and tests that fill in a file field instead of a system dialog. */
function FileInput({ inView }: { inView: string }) {
  const byProject = useUploadFolderByProject();
  const uploadFiles = useSession((session) => session.uploadFiles);
  return (
    <input
      type="file"
      multiple
      hidden
      data-testid="file-input"
      onChange={({ currentTarget }) => {
        const files = [...(currentTarget.files ?? [])];
        // Choosing the same file twice in a row is two uploads.
        currentTarget.value = '';
        if (files.length > 0) void uploadFiles(destinationOf(inView, byProject).folder, files);
      }}
    />
  );
}

function TransfersButton() {
  const { t } = useTranslation();
  const totals = useTransfers((state) => state.totals);
  const needYou = useTransfers((state) => state.counts['need-you']);
  const isOpen = useSession((session) => session.transfersOpen);
  const showTransfers = useSession((session) => session.showTransfers);
  const { share, open } = overallOf(totals);
  const { failed } = totals.files;
  return (
    <IconButton label={t('shell.transfers')} shortcut="T" isPressed={isOpen} onPress={() => showTransfers(!isOpen)}>
      <IconArrowsUpDown size={18} aria-hidden="true" />
      {open > 0 && <span className="badge near">{formatPercent(Math.floor(share * 100) / 100)}</span>}
      {needYou > 0 ? (
        <span className="badge warn">?</span>
      ) : (
        failed > 0 && <span className="badge bad">{formatCount(failed)}</span>
      )}
    </IconButton>
  );
}
