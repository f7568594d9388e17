import { IconFileImport, IconPencil, IconRefresh } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Button, Label, RadioButton, RadioField, RadioGroup } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { Bootstrap } from '../../shared/bootstrap.ts';
import { useSession } from '../store/context.tsx';
import { AddressList } from '../ui/AddressList.tsx';
import { ErrorText } from '../ui/ErrorText.tsx';
import { Findings } from '../ui/Findings.tsx';
import { Panel } from '../ui/Panel.tsx';
import { ProfileSelect } from '../ui/ProfileSelect.tsx';
import { Section } from '../ui/Section.tsx';
import { OnConflictOptions } from './OnConflictOptions.tsx';
import { ReadFromOptions } from './ReadFromOptions.tsx';

interface SettingsPanelProps {
  app: Bootstrap;
  /** The choices that belong to other rooms. */
  bandwidth: ReactNode;
  watchFolders: ReactNode;
}

/** A sheet over the window; every choice is in force at once, so there is nothing to save. */
export function SettingsPanel({ app, bandwidth, watchFolders }: SettingsPanelProps) {
  const { t } = useTranslation();
  return (
    <Panel name="settings" shape="sheet" title={t('settings.title')} testId="settings">
      <div className="settings-body">
        {app.reading && (
          <Section title={t('settings.readFrom')} note={t('settings.readFromNote')}>
            <ReadFromOptions reading={app.reading} />
          </Section>
        )}
        {app.reading && (
          <Section title={t('settings.automaticSees')} action={<RefreshAddress />}>
            <AddressList reading={app.reading} />
          </Section>
        )}
        <Section title={t('bandwidth.title')}>{bandwidth}</Section>
        <Section title={t('onConflict.title')} note={t('onConflict.note')}>
          <OnConflictOptions />
        </Section>
        <Section title={t('uploads.folders')} note={t('uploads.foldersNote')}>
          {watchFolders}
        </Section>
        <Section title={t('settings.appearance')}>
          <ThemeOptions theme={app.settings.theme} />
        </Section>
        <Section title={t('settings.profile')}>
          <Credentials credentials={app.credentials} />
        </Section>
        <Section title={t('settings.preferences')} action={<PreferencesActions />}>
          <PreferencesOrigin preferences={app.preferences} />
        </Section>
        <Section title={t('settings.about')}>
          <p>{t('settings.version', { version: app.version })}</p>
          <p className="muted">{t('settings.runtime', { runtime: app.runtime, platform: app.platform })}</p>
        </Section>
      </div>
    </Panel>
  );
}

function RefreshAddress() {
  const { t } = useTranslation();
  const refreshAddress = useSession((session) => session.refreshAddress);
  return (
    <Button className="button quiet small" onPress={() => void refreshAddress()}>
      <IconRefresh size={15} aria-hidden="true" />
      {t('actions.refreshAddress')}
    </Button>
  );
}

function PreferencesActions() {
  const { t } = useTranslation();
  const importPreferences = useSession((session) => session.importPreferences);
  const showPanel = useSession((session) => session.showPanel);
  return (
    <span className="section-actions">
      <Button className="button quiet small" onPress={() => void importPreferences()}>
        <IconFileImport size={15} aria-hidden="true" />
        {t('actions.importPreferences')}
      </Button>
      <Button
        className="button quiet small"
        onPress={() => showPanel('preferences')}
        data-testid="edit-preferences-button"
      >
        <IconPencil size={15} aria-hidden="true" />
        {t('editor.open')}
      </Button>
    </span>
  );
}

const THEMES = ['system', 'dark', 'light'] as const;

function ThemeOptions({ theme }: { theme: Bootstrap['settings']['theme'] }) {
  const { t } = useTranslation();
  const changeSettings = useSession((session) => session.changeSettings);
  return (
    <RadioGroup
      className="segments"
      orientation="horizontal"
      value={theme}
      onChange={(value) => {
        const chosen = THEMES.find((name) => name === value);
        if (chosen) void changeSettings({ theme: chosen });
      }}
    >
      <Label className="visually-hidden">{t('settings.appearance')}</Label>
      {THEMES.map((name) => (
        <RadioField key={name} value={name}>
          <RadioButton className="segment">{t(`settings.theme.${name}`)}</RadioButton>
        </RadioField>
      ))}
    </RadioGroup>
  );
}

function Credentials({ credentials }: { credentials: Bootstrap['credentials'] }) {
  const { t } = useTranslation();
  return (
    <>
      <ProfileSelect />
      <p className="muted">
        {credentials.source === null
          ? t('settings.noCredentials')
          : t('settings.credentialsFrom', { source: credentials.source })}
      </p>
      {credentials.problem && (
        <p className="problem">
          <ErrorText report={credentials.problem} />
        </p>
      )}
    </>
  );
}

function PreferencesOrigin({ preferences }: { preferences: Bootstrap['preferences'] }) {
  const { t } = useTranslation();
  return (
    <>
      {preferences.origin ? (
        <>
          <p>{t(`settings.origin.${preferences.origin.kind}`)}</p>
          <p className="muted path">{preferences.origin.where}</p>
        </>
      ) : (
        <p>{t('settings.noPreferences')}</p>
      )}
      <Findings findings={preferences.findings} />
    </>
  );
}
