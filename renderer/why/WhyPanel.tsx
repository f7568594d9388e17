import { IconBulb, IconClipboardCheck, IconClipboardCopy, IconGauge } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { ExplainedObject, ReadingStatus, RouteExplanation } from '../../shared/reading.ts';
import type { Route } from '../../shared/routing.ts';
import { SECOND_MS } from '../../shared/units.ts';
import { useSession } from '../store/context.tsx';
import { formatAge, formatBytes, formatDuration, formatMoment } from '../text/format.ts';
import { roleText, routeText, storageLabel } from '../text/routeText.ts';
import { AddressList } from '../ui/AddressList.tsx';
import { BusyBar } from '../ui/BusyBar.tsx';
import { ErrorText } from '../ui/ErrorText.tsx';
import { Panel } from '../ui/Panel.tsx';
import { Section } from '../ui/Section.tsx';
import { useCopyText } from '../ui/useCopyText.ts';
import { useClock, useNow } from '../ui/useNow.ts';
import { type Explaining, useExplanation } from './useExplanation.ts';
import { modeText, proofText, replicationText, routeInUse, type StorageFacts, storageFacts } from './whyText.ts';

/** Everything that led to where a file, or everything, is read from. */
export function WhyPanel() {
  const { t } = useTranslation();
  return (
    <Panel name="why" shape="sheet" title={t('reading.why')} testId="why-panel">
      <Explanation />
    </Panel>
  );
}

function Explanation() {
  const { t } = useTranslation();
  const whyKey = useSession((session) => session.whyKey);
  const explaining = useExplanation(whyKey);
  const { explained, failure, reload } = explaining;
  if (!explained) {
    return (
      <div className="settings-body" aria-busy={!failure}>
        {failure ? (
          <section className="settings-section" role="alert">
            <p className="problem">
              <ErrorText report={failure} />
            </p>
            <Button className="button" onPress={() => void reload()}>
              {t('actions.retry')}
            </Button>
          </section>
        ) : (
          <p className="muted">{t('why.looking')}</p>
        )}
      </div>
    );
  }
  const { reading, object, advice } = explained;
  const route = routeInUse(explained);
  return (
    <>
      <div className="settings-body">
        <section className="settings-section why-answer" data-storage={route.storage} data-reason={route.reason}>
          {object && <p className="muted path">{object.key}</p>}
          <p className="why-sentence">{routeText(route, reading.storages, t).sentence}</p>
          {object?.playedFrom && <RegularRoute route={object.route} reading={reading} />}
          {advice !== undefined && (
            <p className="why-advice">
              <IconBulb size={17} aria-hidden="true" />
              <span>{t('why.advice', { place: storageLabel(advice, reading.storages) })}</span>
            </p>
          )}
        </section>
        <Section title={t('why.choice')}>
          <p>{modeText(reading.readFrom, reading.storages, t)}</p>
        </Section>
        <Section title={t('why.addresses')}>
          <AddressList reading={reading} />
        </Section>
        <Section title={t('why.freshness')}>
          {object ? (
            <ObjectFacts explained={explained} object={object} askedAt={explaining.askedAt} />
          ) : (
            <General explained={explained} />
          )}
        </Section>
        <Section title={t('reading.regions')} action={<Measure explaining={explaining} />}>
          {explaining.measuring && <BusyBar label={t('why.measuring')} />}
          {explaining.measureFailure && (
            <p className="problem">
              <ErrorText report={explaining.measureFailure} />
            </p>
          )}
          <ul className="why-storages">
            {storageFacts(explained, t).map((facts) => (
              <StorageCard key={facts.storage.name} facts={facts} />
            ))}
          </ul>
        </Section>
      </div>
      <div className="panel-foot">
        <CopyForIt text={explained.text} />
      </div>
    </>
  );
}

/** What is left for a faster storage while the file plays, which changes no other file. */
function RegularRoute({ route, reading: { storages } }: { route: Route; reading: ReadingStatus }) {
  const { t } = useTranslation();
  const { place, label } = routeText(route, storages, t);
  return (
    <p className="muted" data-testid="regular-route" data-storage={route.storage}>
      {t('why.regular', { place, reason: label })}
    </p>
  );
}

function General({ explained: { reading } }: { explained: RouteExplanation }) {
  const { t } = useTranslation();
  const replicas = reading.storages.filter(({ role }) => role === 'replica');
  if (replicas.length === 0) return <p className="muted">{t('why.noReplica')}</p>;
  return (
    <p className="muted">
      {reading.replicationDelaySeconds > 0
        ? t('reading.delay', { count: reading.replicationDelaySeconds })
        : t('why.noDelay')}{' '}
      {t('why.proofRule')}
    </p>
  );
}

/**
 * Seconds of the replication delay that are left; `undefined` where the object has no age. The route counts from the end
 * of an upload of this machine; the object's age is counted from its beginning.
 *
 * @param since seconds since the object was asked for.
 */
function delayLeft({ ageSeconds, route }: ExplainedObject, delaySeconds: number, since: number): number | undefined {
  const left = route.details.secondsLeft ?? (ageSeconds === null ? undefined : delaySeconds - ageSeconds);
  return left === undefined ? undefined : left - since;
}

function ObjectFacts({
  explained: { reading },
  object,
  askedAt,
}: {
  explained: RouteExplanation;
  object: ExplainedObject;
  askedAt: number;
}) {
  const { t } = useTranslation();
  const clock = useClock(SECOND_MS);
  const since = Math.max(0, clock - askedAt) / SECOND_MS;
  const now = useNow(SECOND_MS);
  const { ageSeconds, lastModified } = object;
  const delay = formatDuration(reading.replicationDelaySeconds);
  const left = delayLeft(object, reading.replicationDelaySeconds, since);
  return (
    <dl className="facts">
      <dt>{t('why.uploaded')}</dt>
      <dd>
        {ageSeconds === null
          ? t('why.ageUnknown', { moment: formatMoment(lastModified) })
          : formatAge(now - (ageSeconds + since) * SECOND_MS, now, t('age.justNow'))}
        , {formatBytes(object.size)}
      </dd>
      <dt>{t('why.delay')}</dt>
      <dd>
        {left === undefined
          ? t('why.delayUnknown', { delay })
          : left > 0
            ? t('why.delayLeft', { duration: formatDuration(left), delay })
            : t('why.delayOver', { delay })}
      </dd>
      <dt>{t('why.replication')}</dt>
      <dd>{replicationText(object.replicationStatus, t)}</dd>
      <dt>{t('why.proof')}</dt>
      <dd>
        {object.proofs.length === 0
          ? t('why.noReplica')
          : object.proofs.map((proof) => (
              <span key={proof.storage} className="proof" data-holds={proof.holds}>
                {proofText(proof, reading.storages, t)}
              </span>
            ))}
      </dd>
      {object.versionId !== undefined && (
        <>
          <dt>{t('why.version')}</dt>
          <dd className="path">{object.versionId}</dd>
        </>
      )}
    </dl>
  );
}

function Measure({ explaining: { measuring, measure } }: { explaining: Explaining }) {
  const { t } = useTranslation();
  return (
    <Button className="button quiet small" isDisabled={measuring} onPress={() => void measure()} data-testid="measure">
      <IconGauge size={15} aria-hidden="true" />
      {measuring ? t('why.measuring') : t('why.measure')}
    </Button>
  );
}

function StorageCard({ facts: { storage, inUse, clock, measured } }: { facts: StorageFacts }) {
  const { t } = useTranslation();
  return (
    <li data-in-use={inUse} data-storage={storage.name}>
      <span className="near-dot" aria-hidden="true" />
      <div className="why-storage">
        <p className="why-storage-name">
          <strong>{storage.label}</strong>
          <span className="muted">
            {storage.region} · {roleText(storage, t)}
          </span>
          {inUse && <span className="tag near">{t('reading.inUse')}</span>}
          {!storage.reachable && <span className="tag bad">{t('reading.unreachable')}</span>}
        </p>
        <p className="muted">
          {storage.reachable ? t('why.reachable') : t('why.unreachable')} · {clock}
        </p>
        {measured?.error && (
          <p className="problem">
            <ErrorText report={measured.error} />
          </p>
        )}
        {measured?.latency !== undefined && (
          <Measured label={t('why.latency')} value={measured.latency} share={measured.latencyShare} />
        )}
        {measured?.throughput !== undefined && (
          <Measured label={t('why.throughput')} value={measured.throughput} share={measured.throughputShare} />
        )}
      </div>
    </li>
  );
}

function Measured({ label, value, share }: { label: string; value: string; share: number }) {
  return (
    <div className="why-measured">
      <span className="muted">{label}</span>
      <span className="bar" aria-hidden="true">
        <span className="bar-fill" style={{ width: `${Math.max(2, share * 100)}%` }} />
      </span>
      <span>{value}</span>
    </div>
  );
}

const COPIED_NOTE_MS = 2.5 * SECOND_MS;

function CopyForIt({ text }: { text: string }) {
  const { t } = useTranslation();
  const copyText = useCopyText();
  const [copied, setCopied] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async (): Promise<void> => {
    if (!(await copyText(text))) return;
    setCopied(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setCopied(false), COPIED_NOTE_MS);
  };
  return (
    <>
      <span className="muted">{t('why.copyNote')}</span>
      <Button className="button" onPress={() => void copy()} data-testid="copy-for-it">
        {copied ? (
          <IconClipboardCheck size={16} aria-hidden="true" />
        ) : (
          <IconClipboardCopy size={16} aria-hidden="true" />
        )}
        <span aria-live="polite">{copied ? t('why.copied') : t('why.copy')}</span>
      </Button>
    </>
  );
}
