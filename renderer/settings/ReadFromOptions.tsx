import { Label, RadioButton, RadioField, RadioGroup } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { ReadingStatus } from '../../shared/reading.ts';
import { useSession } from '../store/context.tsx';

/** Automatic, the main region, or one replica. */
export function ReadFromOptions({ reading }: { reading: ReadingStatus }) {
  const { t } = useTranslation();
  const changeSettings = useSession((session) => session.changeSettings);
  const main = reading.storages.find(({ role }) => role === 'main');
  const replicas = reading.storages.filter(({ role }) => role === 'replica');
  const options = [
    { value: 'auto', title: t('settings.auto'), detail: '', note: t('settings.autoNote') },
    { value: 'main', title: main?.label ?? '', detail: main?.region ?? '', note: t('settings.mainNote') },
    ...replicas.map(({ name, label, region }) => ({
      value: name,
      title: label,
      detail: region,
      note: t('settings.replicaNote'),
    })),
  ];
  return (
    <RadioGroup className="options" value={reading.readFrom} onChange={(readFrom) => void changeSettings({ readFrom })}>
      <Label className="visually-hidden">{t('settings.readFrom')}</Label>
      {options.map(({ value, title, detail, note }) => (
        <RadioField key={value} value={value}>
          <RadioButton className="option" data-testid="read-from-option" data-value={value}>
            <span className="option-dot" aria-hidden="true" />
            <span className="option-text">
              <span className="option-title">
                {title} {detail !== '' && <span className="muted">{detail}</span>}
              </span>
              <span className="muted">{note}</span>
            </span>
          </RadioButton>
        </RadioField>
      ))}
    </RadioGroup>
  );
}
