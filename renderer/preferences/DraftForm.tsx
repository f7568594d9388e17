import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { Button, CheckboxButton, CheckboxField } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { Finding } from '../../shared/preferences.ts';
import { useEditor } from '../store/context.tsx';
import { Choice } from '../ui/Choice.tsx';
import { Field } from '../ui/Field.tsx';
import { IconButton } from '../ui/IconButton.tsx';
import {
  addLook,
  addReplica,
  addStorage,
  type Draft,
  type DraftLook,
  type DraftReplica,
  type DraftStorage,
  readDraft,
  removeLook,
  removeReplica,
  removeStorage,
  renameStorage,
  setCeiling,
  setSeconds,
  setStorageField,
  setValue,
  shownCeiling,
  STORAGE_KEYS,
  type StorageField,
} from './draftText.ts';
import { findingsByLine, hasRemarks, linesOf, shownLines } from './rangeLines.ts';

/** The draft as a form; every change is written into the text. */
export function DraftForm() {
  const { t } = useTranslation();
  const text = useEditor((editor) => editor.text);
  const findings = useEditor((editor) => editor.parsed.findings);
  const readOnly = useEditor((editor) => editor.readOnly);
  const edit = useEditor((editor) => editor.edit);
  const showTab = useEditor((editor) => editor.showTab);
  const draft = readDraft(text);
  if (!draft) {
    return (
      <div className="editor-note">
        <p>{t('editor.notReadable')}</p>
        <Button className="button" onPress={() => showTab('text')}>
          {t('editor.toText')}
        </Button>
      </div>
    );
  }
  const form: FormProps = { draft, text, edit, readOnly, findings };
  return (
    <div className="editor-form">
      <Storages {...form} />
      <Replicas {...form} />
      <Rest {...form} />
      <Looks {...form} />
    </div>
  );
}

interface FormProps {
  draft: Draft;
  text: string;
  edit: (text: string) => void;
  readOnly: boolean;
  findings: readonly Finding[];
}

function findingsAt(findings: readonly Finding[], path: string): Finding[] {
  return findings.filter((finding) => finding.path === path);
}

function Storages({ draft, text, edit, readOnly, findings }: FormProps) {
  const { t } = useTranslation();
  const names = draft.storages.map(({ name }) => ({ id: name, label: name }));
  return (
    <section className="editor-section">
      <h3>{t('editor.storages')}</h3>
      {draft.storages.map((storage, index) => (
        <StorageCard key={index} storage={storage} {...{ draft, text, edit, readOnly, findings }} />
      ))}
      {!readOnly && (
        <Button className="button small editor-add" onPress={() => edit(addStorage(text))}>
          <IconPlus size={15} aria-hidden="true" />
          {t('editor.addStorage')}
        </Button>
      )}
      <Choice
        label={t('editor.main')}
        value={draft.mainStorage}
        options={names}
        isDisabled={readOnly}
        placeholder={t('editor.choose')}
        onChange={(name) => edit(setValue(text, ['mainStorage'], name))}
      />
      <FieldFindings findings={findingsAt(findings, 'mainStorage')} />
    </section>
  );
}

function StorageCard({ storage, draft, text, edit, readOnly, findings }: FormProps & { storage: DraftStorage }) {
  const { t } = useTranslation();
  const [name, setName] = useState<string>();
  const taken = name !== undefined && name !== storage.name && draft.storages.some((other) => other.name === name);
  const optional: readonly StorageField[] = ['endpoint', 'role', 'vpcEndpoint'];
  const [more, setMore] = useState(() => optional.some((field) => storage[field] !== ''));
  const fieldOf = (field: StorageField) => (
    <Field
      label={t(`editor.field.${field}`)}
      value={storage[field]}
      onChange={(value) => edit(setStorageField(text, storage.name, field, value))}
      isReadOnly={readOnly}
      findings={findingsAt(findings, `s3Configuration.${storage.name}.${STORAGE_KEYS[field]}`)}
      placeholder={t(`editor.example.${field}`)}
    />
  );
  return (
    <fieldset className="editor-card" data-testid="storage-fields" data-name={storage.name}>
      <legend className="visually-hidden">{storage.name}</legend>
      <div className="editor-row">
        <Field
          label={t('editor.field.name')}
          value={name ?? storage.name}
          onChange={(typed) => {
            setName(typed);
            edit(renameStorage(text, storage.name, typed));
          }}
          onBlur={() => setName(undefined)}
          isReadOnly={readOnly}
          findings={[
            ...(taken ? [{ severity: 'error' as const, message: t('editor.nameTaken', { name }) }] : []),
            ...findingsAt(findings, `s3Configuration.${storage.name}`),
          ]}
        />
        {fieldOf('region')}
        {fieldOf('bucket')}
        {fieldOf('prefix')}
        {!readOnly && (
          <RemoveButton
            label={t('editor.removeStorage', { name: storage.name })}
            onPress={() => edit(removeStorage(text, storage.name))}
          />
        )}
      </div>
      {more ? (
        <div className="editor-row">{optional.map((field) => ({ ...fieldOf(field), key: field }))}</div>
      ) : (
        !readOnly && (
          <Button className="button quiet small editor-add" onPress={() => setMore(true)}>
            {t('editor.moreFields')}
          </Button>
        )
      )}
    </fieldset>
  );
}

function Replicas({ draft, text, edit, readOnly, findings }: FormProps) {
  const { t } = useTranslation();
  return (
    <section className="editor-section">
      <h3>{t('editor.replicas')}</h3>
      {draft.replicas.length === 0 && <p className="muted">{t('editor.noReplicas')}</p>}
      {draft.replicas.map((replica, index) => (
        <ReplicaCard key={index} {...{ draft, text, edit, readOnly, findings, replica, index }} />
      ))}
      {!readOnly && (
        <Button className="button small editor-add" onPress={() => edit(addReplica(text))}>
          <IconPlus size={15} aria-hidden="true" />
          {t('editor.addReplica')}
        </Button>
      )}
    </section>
  );
}

function ReplicaCard(props: FormProps & { replica: DraftReplica; index: number }) {
  const { draft, text, edit, readOnly, findings, replica, index } = props;
  const { t } = useTranslation();
  const place = ['replication', 'replicas', index];
  const options = draft.storages
    .filter(({ name }) => name !== draft.mainStorage)
    .map(({ name }) => ({ id: name, label: name }));
  return (
    <fieldset className="editor-card" data-testid="replica-fields" data-name={replica.storage}>
      <legend className="visually-hidden">{replica.label || replica.storage}</legend>
      <div className="editor-row">
        <Choice
          label={t('editor.replicaStorage')}
          value={replica.storage}
          options={options}
          isDisabled={readOnly}
          placeholder={t('editor.choose')}
          onChange={(name) => edit(setValue(text, [...place, 'storage'], name))}
        />
        <Field
          label={t('editor.label')}
          value={replica.label}
          onChange={(label) => edit(setValue(text, [...place, 'label'], label === '' ? undefined : label))}
          isReadOnly={readOnly}
          placeholder={t('editor.example.label')}
          findings={findingsAt(findings, `${place.join('.')}.label`)}
        />
        {!readOnly && (
          <RemoveButton
            label={t('editor.removeReplica', { name: replica.label || replica.storage })}
            onPress={() => edit(removeReplica(text, index))}
          />
        )}
      </div>
      <FieldFindings
        findings={[...findingsAt(findings, `${place.join('.')}.storage`), ...findingsAt(findings, place.join('.'))]}
      />
      <Ranges {...props} />
    </fieldset>
  );
}

function Ranges({
  text,
  edit,
  readOnly,
  findings,
  replica,
  index,
}: FormProps & { replica: DraftReplica; index: number }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(() => replica.ranges.join('\n'));
  const shown = shownLines(typed, replica.ranges);
  const byLine = findingsByLine(shown, findings, index);
  return (
    <Field
      label={t('editor.ranges')}
      value={shown}
      onChange={(value) => {
        setTyped(value);
        edit(setValue(text, ['replication', 'replicas', index, 'ipRanges'], linesOf(value)));
      }}
      isReadOnly={readOnly}
      rows={Math.min(14, Math.max(3, shown.split('\n').length + 1))}
      mono
      note={t(hasRemarks(shown) ? 'editor.remarksNote' : 'editor.rangesNote')}
      placeholder={'203.0.113.0/24\n2001:db8:20::/44'}
      testId="ranges-field"
    >
      {byLine.length > 0 && (
        <ul className="range-findings" aria-live="polite">
          {byLine.map(({ line, severity, message }) => (
            <li key={`${line} ${message}`} data-severity={severity} data-testid="range-finding">
              <span className={`tag ${severity}`}>{t('editor.line', { line })}</span>
              <span>{message}</span>
            </li>
          ))}
        </ul>
      )}
    </Field>
  );
}

function Rest({ draft, text, edit, readOnly, findings }: FormProps) {
  const { t } = useTranslation();
  const { services } = draft;
  const off = services?.length === 0;
  const readFrom = [
    { id: 'auto', label: t('settings.auto') },
    { id: 'main', label: t('editor.mainRegion') },
    ...draft.replicas.map(({ storage, label }) => ({ id: storage, label: label || storage })),
  ];
  return (
    <section className="editor-section">
      <h3>{t('editor.rules')}</h3>
      <div className="editor-row">
        <Field
          label={t('editor.delay')}
          value={draft.delaySeconds}
          placeholder="60"
          onChange={(value) => edit(setSeconds(text, 'delaySeconds', value))}
          isReadOnly={readOnly}
          note={t('editor.delayNote')}
          findings={findingsAt(findings, 'replication.delaySeconds')}
        />
        <Field
          label={t('editor.stuckAfter')}
          value={draft.stuckAfterSeconds}
          placeholder="900"
          onChange={(value) => edit(setSeconds(text, 'stuckAfterSeconds', value))}
          isReadOnly={readOnly}
          note={t('editor.stuckAfterNote')}
          findings={findingsAt(findings, 'replication.stuckAfterSeconds')}
        />
        <Choice
          label={t('editor.readFrom')}
          value={draft.readFrom || 'auto'}
          options={readFrom}
          isDisabled={readOnly}
          onChange={(value) => edit(setValue(text, ['defaults', 'readFrom'], value))}
        />
      </div>
      <FieldFindings findings={findingsAt(findings, 'defaults.readFrom')} />
      <Ceiling {...{ draft, text, edit, readOnly, findings }} />
      <CheckboxField
        isSelected={!off}
        isReadOnly={readOnly}
        onChange={(on) => edit(setValue(text, ['publicIp'], on ? undefined : { services: [] }))}
      >
        <CheckboxButton className="check">
          <span className="check-box" aria-hidden="true" />
          {t('editor.askAddress')}
        </CheckboxButton>
      </CheckboxField>
      {!off && <Services {...{ draft, text, edit, readOnly, findings }} />}
    </section>
  );
}

function Ceiling({ draft: { ceiling }, text, edit, readOnly, findings }: FormProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(() => shownCeiling('', ceiling));
  return (
    <Field
      label={t('editor.ceiling')}
      value={shownCeiling(typed, ceiling)}
      onChange={(value) => {
        setTyped(value);
        edit(setCeiling(text, value));
      }}
      isReadOnly={readOnly}
      note={t('editor.ceilingNote')}
      findings={findingsAt(findings, 'uploads.maxBytesPerSecond')}
      testId="ceiling-field"
    />
  );
}

function Services({ draft: { services = [] }, text, edit, readOnly, findings }: FormProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(() => services.join('\n'));
  return (
    <Field
      label={t('editor.services')}
      value={shownLines(typed, services)}
      placeholder="https://checkip.amazonaws.com"
      onChange={(value) => {
        setTyped(value);
        const wanted = linesOf(value);
        edit(setValue(text, ['publicIp'], wanted.length === 0 ? undefined : { services: wanted }));
      }}
      isReadOnly={readOnly}
      rows={2}
      mono
      note={t('editor.servicesNote')}
      findings={findings.filter(({ path }) => path.startsWith('publicIp.services'))}
    />
  );
}

function Looks({ draft, text, edit, readOnly, findings }: FormProps) {
  const { t } = useTranslation();
  return (
    <section className="editor-section">
      <h3>{t('editor.looks')}</h3>
      <p className="muted">{t('editor.looksNote')}</p>
      {draft.looks.map((look, index) => (
        <LookCard key={index} {...{ draft, text, edit, readOnly, findings, look, index }} />
      ))}
      <FieldFindings findings={findingsAt(findings, 'looks')} />
      {!readOnly && (
        <Button className="button small editor-add" onPress={() => edit(addLook(text))} data-testid="add-look">
          <IconPlus size={15} aria-hidden="true" />
          {t('editor.addLook')}
        </Button>
      )}
    </section>
  );
}

function LookCard({ text, edit, readOnly, findings, look, index }: FormProps & { look: DraftLook; index: number }) {
  const { t } = useTranslation();
  const place = ['looks', index];
  return (
    <fieldset className="editor-card" data-testid="look-fields" data-name={look.name}>
      <legend className="visually-hidden">{look.name || look.key}</legend>
      <div className="editor-row">
        <Field
          label={t('editor.lookName')}
          value={look.name}
          onChange={(name) => edit(setValue(text, [...place, 'name'], name))}
          isReadOnly={readOnly}
          placeholder={t('editor.example.lookName')}
          findings={findingsAt(findings, `${place.join('.')}.name`)}
        />
        <Field
          label={t('editor.lookKey')}
          value={look.key}
          onChange={(key) => edit(setValue(text, [...place, 'key'], key))}
          isReadOnly={readOnly}
          placeholder={t('editor.example.lookKey')}
          findings={findingsAt(findings, `${place.join('.')}.key`)}
        />
        {!readOnly && (
          <RemoveButton
            label={t('editor.removeLook', { name: look.name || look.key || index + 1 })}
            onPress={() => edit(removeLook(text, index))}
          />
        )}
      </div>
      <FieldFindings findings={findingsAt(findings, place.join('.'))} />
    </fieldset>
  );
}

function RemoveButton({ label, onPress }: { label: string; onPress: () => void }) {
  return (
    <IconButton className="editor-remove" label={label} onPress={onPress}>
      <IconTrash size={16} aria-hidden="true" />
    </IconButton>
  );
}

function FieldFindings({ findings }: { findings: readonly Finding[] }) {
  return findings.map(({ severity, message }) => (
    <p key={message} className="field-finding" data-severity={severity}>
      {message}
    </p>
  ));
}
