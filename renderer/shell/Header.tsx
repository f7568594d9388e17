import {
  IconArrowsUpDown,
  IconCopyCheck,
  IconLayoutGrid,
  IconList,
  IconSearch,
  IconSettings,
  IconUpload,
  IconX,
} from '@tabler/icons-react';
import { useRef, type RefObject } from 'react';
import { Button, Input, SearchField } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { Reading } from '../../shared/ipc.ts';
import { useLibrary, useSession } from '../store/context.tsx';
import { formatPercent } from '../text/format.ts';
import { summarise } from '../transfers/transfersSummary.ts';
import { Breadcrumbs } from './Breadcrumbs.tsx';
import { IconButton } from './IconButton.tsx';
import { ProductMark } from './ProductMark.tsx';
import { ReadingChip } from './ReadingChip.tsx';

interface HeaderProps {
  reading: Reading | null;
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
  const chooseUploads = useSession((session) => session.chooseUploads);
  return (
    <div className="header-tools">
      <SearchField className="filter" aria-label={t('shell.filter')} value={filter} onChange={setFilter}>
        <IconSearch size={15} aria-hidden="true" />
        <Input ref={filterField} placeholder={t('shell.filterPlaceholder')} spellCheck="false" />
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
      <Button className="button primary" data-testid="upload-button" onPress={() => void chooseUploads(folder)}>
        <IconUpload size={16} aria-hidden="true" />
        {t('actions.upload')}
      </Button>
      <FileInput folder={folder} />
    </div>
  );
}

/** A second way to choose files, for assistive tools and tests that fill in a file field instead of a system dialog. */
function FileInput({ folder }: { folder: string }) {
  const uploadFiles = useSession((session) => session.uploadFiles);
  const field = useRef<HTMLInputElement>(null);
  return (
    <input
      ref={field}
      type="file"
      multiple
      hidden
      data-testid="file-input"
      onChange={({ currentTarget }) => {
        const files = [...(currentTarget.files ?? [])];
        // Choosing the same file twice in a row is two uploads.
        currentTarget.value = '';
        if (files.length > 0) void uploadFiles(folder, files);
      }}
    />
  );
}

const NO_TRANSFERS: never[] = [];

function TransfersButton() {
  const { t } = useTranslation();
  const transfers = useSession((session) => session.app?.transfers) ?? NO_TRANSFERS;
  const isOpen = useSession((session) => session.transfersOpen);
  const showTransfers = useSession((session) => session.showTransfers);
  const { share, failed, active } = summarise(transfers);
  return (
    <IconButton label={t('shell.transfers')} shortcut="T" isPressed={isOpen} onPress={() => showTransfers(!isOpen)}>
      <IconArrowsUpDown size={18} aria-hidden="true" />
      {active > 0 && share !== undefined && <span className="badge near">{formatPercent(share)}</span>}
      {active === 0 && failed > 0 && <span className="badge bad">{failed}</span>}
    </IconButton>
  );
}
