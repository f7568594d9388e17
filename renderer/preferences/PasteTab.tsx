import { useState } from 'react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { importStudioSettings, type PastedSettings } from '../../shared/studioImport.ts';
import { useEditor } from '../store/context.tsx';
import { Field } from '../ui/Field.tsx';
import { Findings } from '../ui/Findings.tsx';

const EMPTY: Required<PastedSettings> = {
  s3Configuration: '',
  mainStorage: '',
  replicationBucket: '',
  delaySeconds: '',
  ipAddresses: '',
};

/** The settings of Flow Production Tracking, as a studio has them, made into a draft. */
export function PasteTab() {
  const { t } = useTranslation();
  const edit = useEditor((editor) => editor.edit);
  const showTab = useEditor((editor) => editor.showTab);
  const [pasted, setPasted] = useState(EMPTY);
  const made = pasted.s3Configuration.trim() === '' ? undefined : importStudioSettings(pasted);
  const field = (name: keyof PastedSettings, rows?: number) => (
    <Field
      label={t(`editor.paste.${name}`)}
      value={pasted[name]}
      onChange={(value) => setPasted((before) => ({ ...before, [name]: value }))}
      note={t(`editor.paste.${name}Note`)}
      testId={`paste-${name}`}
      {...(rows !== undefined && { rows, mono: true })}
    />
  );
  return (
    <div className="editor-form">
      <p className="muted">{t('editor.paste.intro')}</p>
      {field('s3Configuration', 9)}
      <div className="editor-row">
        {field('replicationBucket')}
        {field('delaySeconds')}
        {field('mainStorage')}
      </div>
      {field('ipAddresses', 6)}
      {made && <Findings findings={made.findings} />}
      <div className="state-actions">
        <Button
          className="button primary"
          isDisabled={!made || made.text === ''}
          data-testid="paste-use"
          onPress={() => {
            if (!made) return;
            edit(made.text);
            showTab('form');
          }}
        >
          {t('editor.paste.use')}
        </Button>
      </div>
      {made && !made.document && made.text !== '' && <p className="muted">{t('editor.paste.unfinished')}</p>}
    </div>
  );
}
