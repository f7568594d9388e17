import { Label, RadioButton, RadioField, RadioGroup } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useSession } from '../store/context.tsx';

const CHOICES = ['ask', 'skip', 'replace', 'keep-both'] as const;

/** Choices for a file whose name is taken by other content. */
export function OnConflictOptions() {
  const { t } = useTranslation();
  const onConflict = useSession((session) => session.app?.settings.onConflict) ?? 'ask';
  const changeSettings = useSession((session) => session.changeSettings);
  return (
    <RadioGroup
      className="options"
      value={onConflict}
      onChange={(value) => {
        const chosen = CHOICES.find((name) => name === value);
        if (chosen) void changeSettings({ onConflict: chosen });
      }}
    >
      <Label className="visually-hidden">{t('onConflict.title')}</Label>
      {CHOICES.map((name) => (
        <RadioField key={name} value={name}>
          <RadioButton className="option" data-testid="on-conflict-option" data-value={name}>
            <span className="option-dot" aria-hidden="true" />
            <span className="option-text">
              <span className="option-title">{t(`onConflict.${name}.title`)}</span>
              <span className="muted">{t(`onConflict.${name}.note`)}</span>
            </span>
          </RadioButton>
        </RadioField>
      ))}
    </RadioGroup>
  );
}
