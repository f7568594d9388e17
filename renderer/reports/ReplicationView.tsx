import { IconCircleCheck, IconFileExport, IconRefresh } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { Button, CheckboxButton, CheckboxField, Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import {
  REPLICATION_PROBLEMS,
  type ReplicationProblem,
  type ReplicationReport,
  type UnreplicatedObject,
} from '../../shared/replication.ts';
import { reportOf } from '../api.ts';
import { useLibrary, useNearplay, useReporting, useStorages } from '../store/context.tsx';
import { mendable, problemsIn } from '../store/replicationReport.ts';
import { formatAge, formatBytes, formatCount, formatMoment } from '../text/format.ts';
import { storageLabel } from '../text/routeText.ts';
import { BusyBar } from '../ui/BusyBar.tsx';
import { ErrorState } from '../ui/ErrorState.tsx';
import { Panel } from '../ui/Panel.tsx';
import { ReportTable } from '../ui/ReportTable.tsx';
import { StatePanel } from '../ui/StatePanel.tsx';

/** Objects of a folder that are not in every replica, why, and what to do. */
export function ReplicationView() {
  const { t } = useTranslation();
  return (
    <Panel name="replication" shape="wide" title={t('replication.title')} testId="replication-view">
      <Body />
    </Panel>
  );
}

function Body() {
  const { t } = useTranslation();
  const { api, reporting } = useNearplay();
  const phase = useReporting((state) => state.phase);
  const compared = useReporting((state) => state.compared);
  const report = useReporting((state) => state.report);
  const failure = useReporting((state) => state.failure);
  const run = useReporting((state) => state.run);
  const cancel = useReporting((state) => state.cancel);
  const folder = useLibrary((library) => library.loaded.folder);
  useEffect(
    () => api.on('reportProgress', ({ compared: so }) => reporting.getState().progressed(so)),
    [api, reporting],
  );
  useEffect(() => {
    const { phase: before, folder: reported } = reporting.getState();
    // A report stays until it is asked for again: in a large storage it took minutes.
    if (before === 'idle' || before === 'cancelled' || reported !== folder) void run(folder);
    return () => void reporting.getState().cancel();
  }, [reporting, run, folder]);
  const place = folder === '' ? t('replication.everything') : folder;
  return (
    <>
      <div className="report-head">
        <p className="muted" role="status">
          {phase === 'running' && t('replication.comparing', { place, formatted: formatCount(compared) })}
          {phase === 'done' && t('replication.compared', { place, formatted: formatCount(compared) })}
          {phase === 'cancelled' && t('replication.cancelled')}
        </p>
        {phase === 'running' ? (
          <Button className="button small" onPress={() => void cancel()} data-testid="report-cancel">
            {t('actions.cancel')}
          </Button>
        ) : (
          <Button className="button small" onPress={() => void run(folder)} data-testid="report-again">
            <IconRefresh size={15} aria-hidden="true" />
            {t('replication.again')}
          </Button>
        )}
      </div>
      {phase === 'running' && <BusyBar label={t('replication.title')} className="report-progress" />}
      {phase === 'failed' && failure && <ErrorState report={failure} onRetry={() => void run(folder)} />}

      {phase === 'done' && report && <Found report={report} />}
    </>
  );
}

function Found({ report }: { report: ReplicationReport }) {
  const { t } = useTranslation();
  const shown = useReporting((state) => state.shown);
  const show = useReporting((state) => state.show);
  const problems = problemsIn(report);
  if (problems.length === 0) {
    return (
      <StatePanel
        testId="empty-state"
        icon={<IconCircleCheck />}
        title={t('replication.nothingTitle')}
        body={t('replication.nothingBody')}
      />
    );
  }
  return (
    <>
      <Tabs
        className="tabs report-tabs"
        {...(shown !== undefined && { selectedKey: shown })}
        onSelectionChange={(key) => {
          const wanted = REPLICATION_PROBLEMS.find((name) => name === key);
          if (wanted) show(wanted);
        }}
      >
        <TabList className="tab-list" aria-label={t('replication.title')}>
          {problems.map((problem) => (
            <Tab key={problem} id={problem} className="tab" data-testid={`report-${problem}`}>
              {t(`replication.problem.${problem}.title`)}{' '}
              <span className="muted">
                {formatCount(report.totals[problem].objects)} · {formatBytes(report.totals[problem].bytes)}
              </span>
            </Tab>
          ))}
        </TabList>
        {problems.map((problem) => (
          <TabPanel key={problem} id={problem} className="tab-panel report-panel">
            <p className="report-meaning">{t(`replication.problem.${problem}.meaning`)}</p>
            <ObjectList objects={report.objects.filter((object) => object.problem === problem)} />
            {report.truncated && <p className="muted report-meaning">{t('replication.truncated')}</p>}
          </TabPanel>
        ))}
      </Tabs>
      <ManifestFoot report={report} />
    </>
  );
}

function ObjectList({ objects }: { objects: readonly UnreplicatedObject[] }) {
  const { t } = useTranslation();
  const storages = useStorages();
  const [now] = useState(() => Date.now());
  const columns = (['key', 'size', 'age', 'missingFrom'] as const).map((column) => t(`replication.column.${column}`));
  return (
    <ReportTable
      label={t('replication.objects')}
      rowClass="report-row"
      columns={columns}
      rows={objects}
      testId="report-object"
    >
      {({ size, lastModified, missingFrom }) => (
        <>
          <span role="cell">{formatBytes(size)}</span>
          <span role="cell" title={formatMoment(lastModified)}>
            {formatAge(lastModified, now, t('age.justNow'))}
          </span>
          <span role="cell">{missingFrom.map((storage) => storageLabel(storage, storages)).join(', ')}</span>
        </>
      )}
    </ReportTable>
  );
}

function ManifestFoot({ report }: { report: ReplicationReport }) {
  const { t } = useTranslation();
  const { api, notifications } = useNearplay();
  const { notify } = notifications;
  const possible = mendable(report);
  const [left, setLeft] = useState<readonly ReplicationProblem[]>([]);
  const chosen = possible.filter((problem) => !left.includes(problem));
  const save = async (): Promise<void> => {
    try {
      const saved = await api.saveManifest({ problems: chosen });
      if (saved) notify({ kind: 'saved-file', name: saved.name }, 'good');
    } catch (error) {
      notify({ kind: 'report', report: reportOf(error) }, 'bad');
    }
  };
  if (possible.length === 0) return null;
  return (
    <div className="panel-foot" role="group" aria-label={t('replication.manifest')}>
      <span className="foot-note report-choices">
        {possible.map((problem) => (
          <CheckboxField
            key={problem}
            isSelected={!left.includes(problem)}
            onChange={(on) => setLeft(on ? left.filter((name) => name !== problem) : [...left, problem])}
          >
            <CheckboxButton className="check">
              <span className="check-box" aria-hidden="true" />
              {t(`replication.problem.${problem}.title`)}
            </CheckboxButton>
          </CheckboxField>
        ))}
      </span>
      <Button
        className="button primary"
        isDisabled={chosen.length === 0}
        onPress={() => void save()}
        data-testid="save-manifest"
      >
        <IconFileExport size={16} aria-hidden="true" />
        {t('replication.manifest')}
      </Button>
    </div>
  );
}
