import { IconChevronRight } from '@tabler/icons-react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { crumbsOf } from '../library/libraryPages.ts';
import { useLibrary } from '../store/context.tsx';

/** The way to the folder on screen; each part goes there. */
export function Breadcrumbs() {
  const { t } = useTranslation();
  const folder = useLibrary((library) => library.loaded.folder);
  const show = useLibrary((library) => library.show);
  const crumbs = [{ name: t('shell.library'), folder: '' }, ...crumbsOf(folder)];
  return (
    <nav aria-label={t('shell.folders')} className="breadcrumbs">
      <ol>
        {crumbs.map(({ name, folder: target }, index) => {
          const isLast = index === crumbs.length - 1;
          return (
            <li key={target} data-last={isLast}>
              {index > 0 && <IconChevronRight size={14} aria-hidden="true" />}
              <Button
                className="crumb"
                {...(isLast && { 'aria-current': 'page' as const })}
                onPress={() => void show(target, isLast ? undefined : crumbs[index + 1]?.folder)}
              >
                {name}
              </Button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
