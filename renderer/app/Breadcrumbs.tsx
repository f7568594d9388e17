import { IconChevronRight } from '@tabler/icons-react';
import { type ReactNode, type RefObject, useLayoutEffect, useRef, useState } from 'react';
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useLibrary } from '../store/context.tsx';
import { type Crumb, crumbsOf } from '../store/libraryPages.ts';
import { foldedCrumbs } from './foldedCrumbs.ts';

/** The way to the folder on screen; each part goes there. What does not fit between the ends is in a menu. */
export function Breadcrumbs() {
  const { t } = useTranslation();
  const folder = useLibrary((library) => library.loaded.folder);
  const show = useLibrary((library) => library.show);
  const way = useRef<HTMLElement>(null);
  const crumbs = [{ name: t('shell.library'), folder: '' }, ...crumbsOf(folder)];
  const folded = useFolded(way, folder);
  const go = (index: number): void => {
    const target = crumbs[index];
    // The folder that was left is the active entry there.
    if (target) void show(target.folder, crumbs[index + 1]?.folder);
  };
  return (
    <nav ref={way} aria-label={t('shell.folders')} className="breadcrumbs">
      <ol className="crumbs">
        {crumbs.map((crumb, index) => {
          if (index > 1 && index <= folded) return null;
          if (index === 1 && folded > 0) {
            return (
              <Step key="folded" isFold>
                <FoldedFolders folders={crumbs.slice(1, 1 + folded)} go={(within) => go(1 + within)} />
              </Step>
            );
          }
          const isLast = index === crumbs.length - 1;
          return (
            <Step key={crumb.folder} isRoot={index === 0}>
              <Button className="crumb" {...(isLast && { 'aria-current': 'page' as const })} onPress={() => go(index)}>
                <span className="crumb-name" title={crumb.name}>
                  {crumb.name}
                </span>
              </Button>
            </Step>
          );
        })}
      </ol>
      <Yardstick crumbs={crumbs} />
    </nav>
  );
}

function Step({
  isRoot = false,
  isFold = false,
  children,
}: {
  isRoot?: boolean;
  isFold?: boolean;
  children: ReactNode;
}) {
  return (
    <li className="crumb-step" data-root={isRoot} data-fold={isFold}>
      {!isRoot && <IconChevronRight size={14} aria-hidden="true" />}
      {children}
    </li>
  );
}

function FoldedFolders({ folders, go }: { folders: readonly Crumb[]; go: (index: number) => void }) {
  const { t } = useTranslation();
  return (
    <MenuTrigger>
      <Button
        className="crumb"
        aria-label={t('shell.foldersBetween', { count: folders.length })}
        data-testid="crumb-fold"
      >
        …
      </Button>
      <Popover className="popover" placement="bottom start">
        <Menu
          className="menu crumb-menu"
          aria-label={t('shell.foldersBetween', { count: folders.length })}
          onAction={(key) => go(folders.findIndex(({ folder }) => folder === key))}
        >
          {folders.map(({ name, folder }) => (
            <MenuItem key={folder} id={folder} className="menu-item" textValue={name}>
              <span className="crumb-name" title={name}>
                {name}
              </span>
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

/** The same crumbs, whole and unseen: what they would take in the font that is really there. */
function Yardstick({ crumbs }: { crumbs: readonly Crumb[] }) {
  return (
    <div className="crumb-yardstick" aria-hidden="true">
      {[...crumbs.map(({ name }) => name), '…'].map((name, index) => (
        <div key={index} className="crumb-step" data-root={index === 0}>
          {index > 0 && <IconChevronRight size={14} />}
          <span className="crumb" {...(index === crumbs.length - 1 && { 'aria-current': 'page' as const })}>
            {name}
          </span>
        </div>
      ))}
    </div>
  );
}

function useFolded(way: RefObject<HTMLElement | null>, folder: string): number {
  const [folded, setFolded] = useState(0);
  useLayoutEffect(() => {
    const element = way.current;
    const yardstick = element?.querySelector('.crumb-yardstick');
    if (!element || !yardstick) return undefined;
    const measure = (): void => {
      const widths = [...yardstick.children].map((step) => step.getBoundingClientRect().width);
      const fold = widths.pop() ?? 0;
      setFolded(foldedCrumbs({ crumbs: widths, fold, available: element.clientWidth }));
    };
    measure();
    // The yardstick changes with the font, the way with the window.
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    observer.observe(yardstick);
    return () => observer.disconnect();
  }, [way, folder]);
  return folded;
}
