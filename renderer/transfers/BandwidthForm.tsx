import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import {
  Button,
  FieldError,
  Input,
  Label,
  RadioButton,
  RadioField,
  RadioGroup,
  TextField,
} from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { BandwidthSettings } from '../../shared/settings.ts';
import { useSession } from '../store/context.tsx';
import { formatBytes } from '../text/format.ts';
import { IconButton } from '../ui/IconButton.tsx';
import { clockOf, minuteOf, RATE_UNITS, rateOf, rateText, type RateUnit } from './bandwidth.ts';
import { useLimit } from './useLimit.ts';

/** First value of a limit that is switched on: leaves room for calls on most connections. */
const FIRST_BYTES_PER_SECOND = 10_000_000;
/** A working day. */
const FIRST_HOURS_MINUTES = { from: 9 * 60, to: 18 * 60 };
const MAX_HOURS_RULES = 24;

type Hours = BandwidthSettings['hours'][number];

/** Limits on uploads, in general and by the hour. A choice is in force at once. */
export function BandwidthForm() {
  const { t } = useTranslation();
  const bandwidth = useSession((session) => session.app?.settings.bandwidth);
  const changeSettings = useSession((session) => session.changeSettings);
  const [unit, setUnit] = useState<RateUnit>('MB/s');
  if (!bandwidth) return null;
  const { bytesPerSecond, hours } = bandwidth;
  const change = (patch: Partial<BandwidthSettings>): void =>
    void changeSettings({ bandwidth: { ...bandwidth, ...patch } });
  const changeHours = (at: number, patch: Partial<Hours>): void =>
    change({ hours: hours.map((item, index) => (index === at ? { ...item, ...patch } : item)) });
  return (
    <div className="bandwidth" data-testid="bandwidth">
      <InForce />
      <RadioGroup
        className="bandwidth-choices"
        value={bytesPerSecond === null ? 'unlimited' : 'limit'}
        onChange={(value) => change({ bytesPerSecond: value === 'limit' ? FIRST_BYTES_PER_SECOND : null })}
        aria-label={t('bandwidth.title')}
      >
        <Choice value="unlimited">{t('bandwidth.unlimited')}</Choice>
        <div className="bandwidth-row">
          <Choice value="limit">{t('bandwidth.limit')}</Choice>
          {bytesPerSecond !== null && (
            <RateField
              rate={bytesPerSecond}
              unit={unit}
              testId="bandwidth-rate"
              onChange={(rate) => rate !== null && change({ bytesPerSecond: rate })}
            />
          )}
        </div>
      </RadioGroup>
      {(bytesPerSecond !== null || hours.length > 0) && <Units unit={unit} onChange={setUnit} />}
      {hours.map((item, at) => (
        <HoursRow
          key={at}
          item={item}
          unit={unit}
          onChange={(patch) => changeHours(at, patch)}
          onRemove={() => change({ hours: hours.filter((_, index) => index !== at) })}
        />
      ))}
      {hours.length > 0 && <p className="muted field-note">{t('bandwidth.hoursNote')}</p>}
      {hours.length < MAX_HOURS_RULES && (
        <Button
          className="button small editor-add"
          onPress={() =>
            change({ hours: [...hours, { ...FIRST_HOURS_MINUTES, bytesPerSecond: FIRST_BYTES_PER_SECOND }] })
          }
          data-testid="bandwidth-add-hours"
        >
          <IconPlus size={15} aria-hidden="true" />
          {t('bandwidth.addHours')}
        </Button>
      )}
    </div>
  );
}

/** The limit in force at this moment, and which rule it comes from. */
function InForce() {
  const { t } = useTranslation();
  const ceiling = useSession((session) => session.app?.preferences.document?.uploads.maxBytesPerSecond);
  const limit = useLimit();
  const rateWords = (bytes: number): string => t('transfers.speed', { rate: formatBytes(bytes) });
  if (!limit) return <p className="muted">{t('bandwidth.inForceNone')}</p>;
  const rate = rateWords(limit.bytesPerSecond);
  return (
    <p className="muted" data-testid="bandwidth-in-force" data-by={limit.by}>
      {limit.by === 'studio'
        ? t('bandwidth.ceilingInForce', { rate })
        : limit.until === undefined
          ? t('bandwidth.inForce', { rate })
          : t('bandwidth.inForceUntil', { rate, until: clockOf(limit.until) })}
      {ceiling !== undefined && limit.by !== 'studio' && ` ${t('bandwidth.ceiling', { rate: rateWords(ceiling) })}`}
    </p>
  );
}

function Choice({ value, children }: { value: string; children: string }) {
  return (
    <RadioField value={value}>
      <RadioButton className="radio-line">
        <span className="option-dot" aria-hidden="true" />
        {children}
      </RadioButton>
    </RadioField>
  );
}

function Units({ unit, onChange }: { unit: RateUnit; onChange: (unit: RateUnit) => void }) {
  const { t } = useTranslation();
  return (
    <RadioGroup
      className="segments"
      orientation="horizontal"
      value={unit}
      onChange={(value) => {
        const chosen = RATE_UNITS.find((name) => name === value);
        if (chosen) onChange(chosen);
      }}
    >
      <Label className="visually-hidden">{t('bandwidth.unit')}</Label>
      {RATE_UNITS.map((name) => (
        <RadioField key={name} value={name}>
          <RadioButton className="segment">{name}</RadioButton>
        </RadioField>
      ))}
    </RadioGroup>
  );
}

interface RateFieldProps {
  /** Bytes per second; `null`: no limit, shown as nothing. */
  rate: number | null;
  unit: RateUnit;
  onChange: (rate: number | null) => void;
  canBeEmpty?: boolean;
  testId?: string;
}

/** A rate as typed; taken over when the field is left or Enter is pressed, so that no half number slows uploads down. */
function RateField({ rate, unit, onChange, canBeEmpty = false, testId }: RateFieldProps) {
  const { t } = useTranslation();
  const shown = rate === null ? '' : rateText(rate, unit);
  const [typed, setTyped] = useState<string>();
  const text = typed ?? shown;
  const isEmpty = canBeEmpty && text.trim() === '';
  const parsed = isEmpty ? null : rateOf(text, unit);
  const accept = (): void => {
    if (typed === undefined || parsed === undefined) return;
    setTyped(undefined);
    if (parsed !== rate) onChange(parsed);
  };
  return (
    <TextField
      className="rate-field"
      aria-label={`${t('bandwidth.rate')}, ${unit}`}
      value={text}
      onChange={setTyped}
      onBlur={accept}
      onKeyDown={(event) => {
        if (event.key === 'Enter') accept();
        // Otherwise Escape would end here, and the panel stay open.
        else event.continuePropagation();
      }}
      isInvalid={parsed === undefined}
    >
      <Input className="input" inputMode="decimal" autoComplete="off" data-testid={testId} />
      <span className="muted">{unit}</span>
      <FieldError className="field-finding" data-severity="error">
        {t('bandwidth.notARate', { least: unit === 'MB/s' ? '0.02 MB/s' : '0.14 Mbit/s' })}
      </FieldError>
    </TextField>
  );
}

interface HoursRowProps {
  item: Hours;
  unit: RateUnit;
  onChange: (patch: Partial<Hours>) => void;
  onRemove: () => void;
}

function HoursRow({ item, unit, onChange, onRemove }: HoursRowProps) {
  const { t } = useTranslation();
  const [from, to] = [clockOf(item.from), clockOf(item.to)];
  return (
    <div className="bandwidth-hours" data-testid="bandwidth-hours">
      {(['from', 'to'] as const).map((end) => (
        <TextField
          key={`${end} ${item[end]}`}
          className="field"
          type="time"
          defaultValue={clockOf(item[end])}
          onBlur={({ target }) => {
            const minute = target instanceof HTMLInputElement ? minuteOf(target.value) : undefined;
            if (minute !== undefined && minute !== item[end]) onChange({ [end]: minute });
          }}
        >
          <Label>{t(end === 'from' ? 'bandwidth.from' : 'bandwidth.to')}</Label>
          <Input className="input" data-testid={`bandwidth-${end}`} />
        </TextField>
      ))}
      <RateField
        rate={item.bytesPerSecond}
        unit={unit}
        canBeEmpty
        onChange={(rate) => onChange({ bytesPerSecond: rate })}
      />
      <IconButton className="small" label={t('bandwidth.removeHours', { from, to })} onPress={onRemove}>
        <IconTrash size={15} aria-hidden="true" />
      </IconButton>
    </div>
  );
}
