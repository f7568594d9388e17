import { IconColumns2 } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { Button, Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { LibraryFile } from '../../../shared/library.ts';
import { arranged } from '../../store/arrangement.ts';
import { useLibrary, useNearplay } from '../../store/context.tsx';
import { identityOf } from '../../store/entryIdentity.ts';
import { ErrorText } from '../../ui/ErrorText.tsx';
import { keysOf } from '../playerKeys.ts';
import { playerMemory } from '../playerMemory.ts';
import { usePlayerKeys } from '../usePlayerKeys.ts';
import { usePointerFocus } from '../usePointerFocus.ts';
import { findVersions, type FoundVersions } from './findVersions.ts';
import { candidatesFor, versionFoldersOf } from './versions.ts';

/** Identity of no entry. */
const LOOK_AGAIN = 'look-again';

/** Chooses what a file is compared with: versions of the same shot first. */
export function CompareMenu({ file, children }: { file: LibraryFile; children?: React.ReactNode }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const onFocus = usePointerFocus();
  usePlayerKeys((action) => {
    if (action === 'compare') setOpen(true);
  });
  return (
    <MenuTrigger isOpen={isOpen} onOpenChange={setOpen}>
      <Button
        className={children ? 'button quiet small compare-other' : 'icon-button'}
        aria-label={t('player.compare.with')}
        aria-keyshortcuts={keysOf('compare')}
        data-testid="compare-button"
        onFocus={onFocus}
      >
        {children ?? <IconColumns2 size={18} aria-hidden="true" />}
      </Button>
      <Popover className="popover" placement="bottom end">
        <Choices file={file} />
      </Popover>
    </MenuTrigger>
  );
}

/** Looked for when the menu opens: a folder may have a hundred thousand entries. */
function Choices({ file }: { file: LibraryFile }) {
  const { t } = useTranslation();
  const entries = useLibrary(arranged);
  const compareWith = useLibrary((library) => library.compareWith);
  const compared = useLibrary((library) => library.compared);
  const { found, lookAgain } = useFolderVersions(file);
  const { versions, inFolders, others } = candidatesFor(entries, file, found?.versions);
  const files = [...versions, ...inFolders].map((one) => one.file).concat(others);
  const choose = (id: React.Key): void => {
    if (id === LOOK_AGAIN) lookAgain();
    const chosen = files.find((one) => identityOf(one) === id);
    if (!chosen) return;
    // What is compared first goes on where it was.
    if (!compared) playerMemory.goTo(file.key);
    compareWith(chosen);
  };
  const hasFailed = found?.phase === 'failed';
  return (
    <>
      {found && <SearchState found={found} />}
      <Menu
        className="menu compare-menu"
        aria-label={t('player.compare.with')}
        autoFocus="first"
        onAction={choose}
        renderEmptyState={() => <p className="menu-header">{t('player.compare.nothing')}</p>}
      >
        {versions.length + inFolders.length > 0 && (
          <MenuSection>
            <Header className="menu-header">{t('player.compare.versions')}</Header>
            {versions.map(({ file: one }) => (
              <Choice key={identityOf(one)} file={one} />
            ))}
            {inFolders.map(({ file: one, within }) => (
              <Choice key={identityOf(one)} file={one} folder={within} />
            ))}
          </MenuSection>
        )}
        {others.length > 0 && (
          <MenuSection>
            <Header className="menu-header">{t('player.compare.others')}</Header>
            {others.map((one) => (
              <Choice key={identityOf(one)} file={one} />
            ))}
          </MenuSection>
        )}
        {hasFailed && (
          <MenuItem id={LOOK_AGAIN} className="menu-item" shouldCloseOnSelect={false} data-testid="look-again">
            {t('player.compare.lookAgain')}
          </MenuItem>
        )}
      </Menu>
    </>
  );
}

/** The versions in folders of their own; undefined where the file is in none of a version. */
function useFolderVersions(file: LibraryFile): { found: FoundVersions | undefined; lookAgain: () => void } {
  const { api } = useNearplay();
  const [found, setFound] = useState<FoundVersions>();
  const [attempt, setAttempt] = useState(0);
  const newest = useRef(file);
  newest.current = file;
  const id = identityOf(file);
  useEffect(() => {
    const own = newest.current;
    const folders = versionFoldersOf(own);
    setFound(undefined);
    if (!folders) return undefined;
    // A menu that is closed lists no more.
    const ends = new AbortController();
    const { signal } = ends;
    void findVersions({ list: api.listLibrary, file: own, folders, changed: setFound, signal });
    return () => ends.abort();
  }, [api, id, attempt]);
  return { found, lookAgain: () => setAttempt((count) => count + 1) };
}

/** How far the search in other folders is. */
function SearchState({ found: { phase, versions, isPartial, report } }: { found: FoundVersions }) {
  const { t } = useTranslation();
  if (phase === 'failed' && report) {
    return (
      <p className="menu-header compare-search" role="alert" data-testid="version-search" data-phase={phase}>
        {t('player.compare.searchFailed')} <ErrorText report={report} />
      </p>
    );
  }
  return (
    <p className="menu-header compare-search" role="status" data-testid="version-search" data-phase={phase}>
      {phase === 'looking' ? t('player.compare.searching') : t('player.compare.found', { count: versions.length })}
      {phase === 'done' && isPartial && <> {t('player.compare.foundPartly')}</>}
    </p>
  );
}

/** @param folder where it is another one than that of the file: without the one that all versions are in. */
function Choice({ file, folder }: { file: LibraryFile; folder?: string }) {
  const text = folder === undefined ? file.name : `${file.name}, ${folder}`;
  return (
    <MenuItem id={identityOf(file)} textValue={text} className="menu-item compare-choice" data-choice={file.name}>
      {folder === undefined ? (
        file.name
      ) : (
        <>
          <span>{file.name}</span>
          <span className="muted">{folder}</span>
        </>
      )}
    </MenuItem>
  );
}
