import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useEditor } from '../store/context.tsx';
import { formatBytes, formatMoment } from '../text/format.ts';
import { Differences } from './Differences.tsx';

/** Every saved state that the bucket still has. */
export function HistoryTab() {
  const { t } = useTranslation();
  const history = useEditor((editor) => editor.history);
  const lookedAt = useEditor((editor) => editor.lookedAt);
  const lookAt = useEditor((editor) => editor.lookAt);
  const restore = useEditor((editor) => editor.restore);
  const readOnly = useEditor((editor) => editor.readOnly);
  if (history.length === 0) return <p className="editor-note muted">{t('editor.history.none')}</p>;
  return (
    <ul className="versions" data-testid="preferences-history">
      {history.map(({ versionId, savedAt, size, current }) => {
        const isShown = lookedAt?.versionId === versionId;
        return (
          <li key={versionId} data-testid="preferences-version" data-version={versionId}>
            <div className="version-line">
              <span>{formatMoment(savedAt)}</span>
              <span className="muted">{formatBytes(size)}</span>
              {current ? (
                <span className="tag near">{t('editor.history.current')}</span>
              ) : (
                <Button className="button small" aria-expanded={isShown} onPress={() => void lookAt(versionId)}>
                  {t('editor.history.look')}
                </Button>
              )}
            </div>
            {isShown && (
              <div className="version-changes">
                <p className="muted">{t('editor.history.restoring')}</p>
                <Differences changes={lookedAt.changes} />
                {!readOnly && (
                  <Button className="button" onPress={restore} data-testid="preferences-restore">
                    {t('editor.history.restore')}
                  </Button>
                )}
              </div>
            )}
          </li>
        );
      })}
    </ul>
  );
}
