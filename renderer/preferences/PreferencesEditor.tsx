import { IconFileExport, IconLock } from '@tabler/icons-react';
import { useEffect } from 'react';
import { Button, Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { reportOf } from '../api.ts';
import { useEditor, useNearplay } from '../store/context.tsx';
import { changesOf, EDITOR_TABS, isChanged } from '../store/preferencesDraft.ts';
import { ErrorDetail, ErrorText } from '../ui/ErrorText.tsx';
import { Field } from '../ui/Field.tsx';
import { Findings } from '../ui/Findings.tsx';
import { Panel } from '../ui/Panel.tsx';
import { Differences } from './Differences.tsx';
import { DraftForm } from './DraftForm.tsx';
import { HistoryTab } from './HistoryTab.tsx';
import { MergeView } from './MergeView.tsx';
import { PasteTab } from './PasteTab.tsx';
import { Simulator } from './Simulator.tsx';

/** The studio's Isolation Preferences, edited for everyone. */
export function PreferencesEditor() {
  const { t } = useTranslation();
  return (
    <Panel
      name="preferences"
      shape="wide"
      title={t('settings.preferences')}
      testId="preferences-editor"
      isDismissable={false}
    >
      <EditorBody />
    </Panel>
  );
}

function EditorBody() {
  const { t } = useTranslation();
  const phase = useEditor((editor) => editor.phase);
  const failure = useEditor((editor) => editor.failure);
  const merging = useEditor((editor) => editor.merging);
  const open = useEditor((editor) => editor.open);
  useEffect(() => void open(), [open]);
  if (phase === 'failed' && failure) {
    return (
      <div className="editor-note" role="alert">
        <p className="problem">
          <ErrorText report={failure} />
        </p>
        <Button className="button" onPress={() => void open()}>
          {t('actions.retry')}
        </Button>
      </div>
    );
  }
  if (phase !== 'ready') return <p className="editor-note muted">{t('editor.loading')}</p>;
  return (
    <>
      <Refusal />
      <div className="editor-body">
        {merging ? <MergeView merging={merging} /> : <EditorTabs />}
        <Aside />
      </div>
      {!merging && <Foot />}
    </>
  );
}

function Refusal() {
  const { t } = useTranslation();
  const refusal = useEditor((editor) => editor.refusal);
  const readOnly = useEditor((editor) => editor.readOnly);
  if (!refusal) return null;
  return (
    <p className="editor-refusal" data-testid="preferences-refusal" role="status">
      <IconLock size={16} aria-hidden="true" />
      {readOnly ? (
        <span>
          {t('editor.readOnly', { reason: refusal.message })}
          <ErrorDetail report={refusal} />
        </span>
      ) : (
        <span>{t('editor.nowhere')}</span>
      )}
    </p>
  );
}

function EditorTabs() {
  const { t } = useTranslation();
  const tab = useEditor((editor) => editor.tab);
  const showTab = useEditor((editor) => editor.showTab);
  const readOnly = useEditor((editor) => editor.readOnly);
  const shown = EDITOR_TABS.filter((name) => !(readOnly && name === 'paste'));
  return (
    <Tabs
      className="tabs"
      selectedKey={tab}
      onSelectionChange={(key) => {
        const wanted = EDITOR_TABS.find((name) => name === key);
        if (wanted) showTab(wanted);
      }}
    >
      <TabList className="tab-list" aria-label={t('settings.preferences')}>
        {shown.map((name) => (
          <Tab key={name} id={name} className="tab" data-testid={`editor-tab-${name}`}>
            {t(`editor.tab.${name}`)}
          </Tab>
        ))}
      </TabList>
      <TabPanel id="form" className="tab-panel">
        <DraftForm />
      </TabPanel>
      <TabPanel id="text" className="tab-panel">
        <TextTab />
      </TabPanel>
      <TabPanel id="paste" className="tab-panel">
        <PasteTab />
      </TabPanel>
      <TabPanel id="history" className="tab-panel">
        <HistoryTab />
      </TabPanel>
    </Tabs>
  );
}

function TextTab() {
  const { t } = useTranslation();
  const text = useEditor((editor) => editor.text);
  const edit = useEditor((editor) => editor.edit);
  const readOnly = useEditor((editor) => editor.readOnly);
  return (
    <div className="editor-text">
      <Field
        label={t('editor.textLabel')}
        value={text}
        onChange={edit}
        isReadOnly={readOnly}
        rows={24}
        mono
        testId="preferences-text"
      />
    </div>
  );
}

/** Findings, changes and the simulator, beside every tab. */
function Aside() {
  const { t } = useTranslation();
  const parsed = useEditor((editor) => editor.parsed);
  const text = useEditor((editor) => editor.text);
  const base = useEditor((editor) => editor.base);
  const changes = isChanged({ text, base }) ? changesOf({ parsed, base }) : [];
  return (
    <aside className="editor-aside" aria-label={t('editor.aside')}>
      <section aria-live="polite">
        <h3>{t('settings.findings')}</h3>
        {parsed.findings.length === 0 || text.trim() === '' ? (
          <p className="muted">{t(text.trim() === '' ? 'editor.empty' : 'editor.noFindings')}</p>
        ) : (
          <Findings findings={parsed.findings} />
        )}
      </section>
      <section>
        <h3>{t('editor.simulator.title')}</h3>
        <Simulator document={parsed.document} />
      </section>
      <section>
        <h3>{t('editor.difference')}</h3>
        {changes ? <Differences changes={changes} /> : <p className="muted">{t('editor.differenceLater')}</p>}
      </section>
    </aside>
  );
}

function Foot() {
  const { t } = useTranslation();
  const { api, notifications } = useNearplay();
  const { notify } = notifications;
  const text = useEditor((editor) => editor.text);
  const base = useEditor((editor) => editor.base);
  const usable = useEditor((editor) => editor.parsed.document !== undefined);
  const savable = useEditor((editor) => editor.savable);
  const refusal = useEditor((editor) => editor.refusal);
  const saving = useEditor((editor) => editor.saving);
  const saveFailure = useEditor((editor) => editor.saveFailure);
  const save = useEditor((editor) => editor.save);
  const discard = useEditor((editor) => editor.discard);
  const changed = isChanged({ text, base });
  const onExport = async (): Promise<void> => {
    try {
      const saved = await api.exportPreferences({ text });
      if (saved) notify({ kind: 'saved-file', name: saved.name }, 'good');
    } catch (error) {
      notify({ kind: 'report', report: reportOf(error) }, 'bad');
    }
  };
  const onSave = async (): Promise<void> => {
    if (await save()) notify({ kind: 'preferences-saved' }, 'good');
  };
  return (
    <div className="panel-foot">
      <span className={saveFailure ? 'problem foot-note' : 'muted foot-note'} role="status">
        {saveFailure ? <ErrorText report={saveFailure} /> : changed ? t('editor.unsaved') : ''}
      </span>
      {changed && (
        <Button className="button quiet" isDisabled={saving} onPress={discard}>
          {t('editor.discard')}
        </Button>
      )}
      <Button className="button" isDisabled={!usable} onPress={() => void onExport()} data-testid="preferences-export">
        <IconFileExport size={16} aria-hidden="true" />
        {t('editor.export')}
      </Button>
      {!refusal && (
        <Button
          className="button primary"
          isDisabled={!savable || !changed || saving}
          onPress={() => void onSave()}
          data-testid="preferences-save"
        >
          {saving ? t('editor.saving') : t('editor.save')}
        </Button>
      )}
    </div>
  );
}
