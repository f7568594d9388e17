import { IconColumns2 } from '@tabler/icons-react';
import { useState } from 'react';
import { useFocusVisible } from 'react-aria';
import { Button, Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { LibraryFile } from '../../../shared/library.ts';
import { arranged } from '../../store/arrangement.ts';
import { useLibrary } from '../../store/context.tsx';
import { identityOf } from '../../store/entryIdentity.ts';
import { keysOf } from '../playerKeys.ts';
import { playerMemory } from '../playerMemory.ts';
import { usePlayerKeys } from '../usePlayerKeys.ts';
import { candidatesFor } from './versions.ts';

/** Chooses what a file is compared with: versions of the same shot first. */
export function CompareMenu({ file, children }: { file: LibraryFile; children?: React.ReactNode }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const { isFocusVisible } = useFocusVisible();
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
        onFocus={({ target }) => {
          // Chosen with a pointer, the menu leaves the keys to the stage.
          if (!isFocusVisible) target.closest<HTMLElement>('.player')?.focus();
        }}
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
  const { versions, others } = candidatesFor(entries, file);
  const files = [...versions.map((one) => one.file), ...others];
  const choose = (id: React.Key): void => {
    const chosen = files.find((one) => identityOf(one) === id);
    if (!chosen) return;
    // What is compared first goes on where it was.
    if (!compared) playerMemory.goTo(file.key);
    compareWith(chosen);
  };
  return (
    <Menu
      className="menu compare-menu"
      aria-label={t('player.compare.with')}
      autoFocus="first"
      onAction={choose}
      renderEmptyState={() => <p className="menu-header">{t('player.compare.nothing')}</p>}
    >
      {versions.length > 0 && (
        <MenuSection>
          <Header className="menu-header">{t('player.compare.versions')}</Header>
          {versions.map(({ file: one }) => (
            <Choice key={identityOf(one)} file={one} />
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
    </Menu>
  );
}

function Choice({ file }: { file: LibraryFile }) {
  return (
    <MenuItem id={identityOf(file)} textValue={file.name} className="menu-item compare-choice" data-choice={file.name}>
      {file.name}
    </MenuItem>
  );
}
