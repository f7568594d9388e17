import { useTranslation } from 'react-i18next';
import type { Change } from '../../shared/preferencesMerge.ts';
import { describeChange } from './changeText.ts';

/** Changes between two documents, told apart by signs as well as by colours. */
export function Differences({ changes }: { changes: readonly Change[] }) {
  const { t } = useTranslation();
  if (changes.length === 0) return <p className="muted">{t('editor.noDifference')}</p>;
  return (
    <ul className="differences" data-testid="differences">
      {changes.map((change) => {
        const { place, removed, added } = describeChange(change, t);
        return (
          <li key={change.path} data-path={change.path}>
            <strong>{place}</strong>
            {removed.map((item) => (
              <del key={item} aria-label={t('editor.removed', { item })}>
                {item}
              </del>
            ))}
            {added.map((item) => (
              <ins key={item} aria-label={t('editor.added', { item })}>
                {item}
              </ins>
            ))}
          </li>
        );
      })}
    </ul>
  );
}
