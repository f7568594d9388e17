import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { IsolationPreferences } from '../../shared/preferences.ts';
import { routeText } from '../text/routeText.ts';
import { Choice } from '../ui/Choice.tsx';
import { Field } from '../ui/Field.tsx';
import { simulate } from './simulate.ts';

/** "Someone at this address, so many seconds after an upload": which bucket, and why. */
export function Simulator({ document }: { document: IsolationPreferences | undefined }) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState({ address: '', seconds: '3600', readFrom: 'auto' });
  const change = (patch: Partial<typeof asked>): void => setAsked((before) => ({ ...before, ...patch }));
  const answer = document && simulate(document, asked);
  const options = [
    { id: 'auto', label: t('settings.auto') },
    { id: 'main', label: t('editor.mainRegion') },
    ...(document?.replication.replicas ?? []).map(({ storage, label }) => ({ id: storage, label: label ?? storage })),
  ];
  return (
    <div className="simulator" data-testid="simulator">
      <Field
        label={t('editor.simulator.address')}
        value={asked.address}
        onChange={(address) => change({ address })}
        placeholder="203.0.113.7"
        testId="simulator-address"
        findings={answer === 'address' ? [{ severity: 'error', message: t('editor.simulator.noAddress') }] : []}
      />
      <Field
        label={t('editor.simulator.seconds')}
        value={asked.seconds}
        onChange={(seconds) => change({ seconds })}
        testId="simulator-seconds"
        findings={answer === 'seconds' ? [{ severity: 'error', message: t('editor.simulator.noSeconds') }] : []}
      />
      <Choice
        label={t('settings.readFrom')}
        value={asked.readFrom}
        options={options}
        onChange={(readFrom) => change({ readFrom })}
      />
      <div className="simulated" aria-live="polite" data-testid="simulated">
        {answer === undefined && <p className="muted">{t('editor.simulator.notYet')}</p>}
        {typeof answer === 'object' && (
          <>
            <p>
              <strong>{answer.bucket}</strong> <span className="muted">{answer.region}</span>
            </p>
            <p className="muted">{routeText(answer.route, answer.storages, t).sentence}</p>
          </>
        )}
      </div>
    </div>
  );
}
