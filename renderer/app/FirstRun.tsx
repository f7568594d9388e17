import { IconAlertTriangle, IconFileImport } from '@tabler/icons-react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { PreferencesStatus } from '../../shared/preferencesStatus.ts';
import { useSession } from '../store/context.tsx';
import { Findings } from '../ui/Findings.tsx';
import { StatePanel } from '../ui/StatePanel.tsx';
import { ProductMark } from './ProductMark.tsx';

/** No Isolation Preferences are in force: none were found, or those that were have faults. */
export function FirstRun({ preferences }: { preferences: PreferencesStatus }) {
  const { t } = useTranslation();
  const importPreferences = useSession((session) => session.importPreferences);
  const showPanel = useSession((session) => session.showPanel);
  const faulty = preferences.findings.some(({ severity }) => severity === 'error');
  return (
    <StatePanel
      testId={faulty ? 'error-state' : 'empty-state'}
      icon={faulty ? <IconAlertTriangle /> : <ProductMark size={44} />}
      title={faulty ? t('states.invalidTitle') : t('states.firstRunTitle')}
      body={faulty ? t('states.invalidBody') : t('states.firstRunBody')}
    >
      {faulty && <Findings findings={preferences.findings} />}
      <div className="state-actions">
        <Button className="button primary" onPress={() => void importPreferences()}>
          <IconFileImport size={17} aria-hidden="true" />
          {t('actions.importPreferences')}
        </Button>
        <Button className="button" onPress={() => showPanel('preferences')}>
          {t('editor.fromStudio')}
        </Button>
      </div>
      {!faulty && <p className="state-note">{t('states.firstRunHint')}</p>}
    </StatePanel>
  );
}
