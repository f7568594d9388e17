import { useTranslation } from 'react-i18next';
import type { Finding } from '../../shared/preferences.ts';

/** Errors and warnings of the Isolation Preferences, each with its place. */
export function Findings({ findings }: { findings: readonly Finding[] }) {
  const { t } = useTranslation();
  if (findings.length === 0) return null;
  return (
    <ul className="findings" aria-label={t('settings.findings')}>
      {findings.map(({ severity, path, line, message }, index) => (
        <li key={index} data-severity={severity}>
          <span className={`tag ${severity}`}>{t(`settings.severity.${severity}`)}</span>
          <span>
            {message}
            {(path !== '' || line !== undefined) && (
              <span className="muted finding-place">
                {[path, line === undefined ? '' : t('settings.findingLine', { line })].filter(Boolean).join(', ')}
              </span>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
