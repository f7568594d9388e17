import { IconCircleCheck, IconFolderCheck, IconFolderOpen } from '@tabler/icons-react';
import { useEffect } from 'react';
import { Button, Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { VERIFY_FINDINGS, type VerifyReport } from '../../shared/verify.ts';
import { useLibrary, useNearplay, useSession, useVerification } from '../store/context.tsx';
import { findingsIn } from '../store/verification.ts';
import { folderText } from '../text/folderText.ts';
import { formatBytes, formatCount } from '../text/format.ts';
import { BusyBar } from '../ui/BusyBar.tsx';
import { ErrorState } from '../ui/ErrorState.tsx';
import { Panel } from '../ui/Panel.tsx';
import { ReportTable } from '../ui/ReportTable.tsx';
import { StatePanel } from '../ui/StatePanel.tsx';

/** A folder of this computer against the bucket: what is not there, not the same, or not certain, and what to do. */
export function VerifyPanel() {
  const { t } = useTranslation();
  const { api, verification } = useNearplay();
  const isOpen = useSession((session) => session.panel === 'verify');
  const showPanel = useSession((session) => session.showPanel);
  const phase = useVerification((state) => state.phase);
  useEffect(
    () => api.on('verifyProgress', ({ compared, bytes }) => verification.getState().progressed(compared, bytes)),
    [api, verification],
  );
  useEffect(() => {
    // The chooser was cancelled: there is nothing to look at.
    if (isOpen && phase === 'idle') showPanel(undefined);
  }, [isOpen, phase, showPanel]);
  return (
    <Panel
      name="verify"
      shape="wide"
      title={t('verify.title')}
      testId="verify-panel"
      isDismissable={phase !== 'running'}
      onClose={() => void verification.getState().cancel()}
    >
      <Body />
    </Panel>
  );
}

function Body() {
  const { t } = useTranslation();
  const phase = useVerification((state) => state.phase);
  const folder = useVerification((state) => state.folder);
  const report = useVerification((state) => state.report);
  const failure = useVerification((state) => state.failure);
  const run = useVerification((state) => state.run);
  const cancel = useVerification((state) => state.cancel);
  const inView = useLibrary((library) => library.loaded.folder);
  const place = folderText(folder, t);
  const going = phase === 'running' || phase === 'choosing';
  return (
    <>
      <div className="report-head">
        <p className="muted">
          <Status place={place} />
        </p>
        {going ? (
          <Button className="button small" onPress={() => void cancel()} data-testid="verify-cancel">
            {t('actions.cancel')}
          </Button>
        ) : (
          <Button className="button small" onPress={() => void run(inView)} data-testid="verify-again">
            <IconFolderCheck size={15} aria-hidden="true" />
            {t('verify.again')}
          </Button>
        )}
      </div>
      {phase === 'running' && <BusyBar label={t('verify.title')} className="report-progress" />}
      {phase === 'failed' && failure && <ErrorState report={failure} onRetry={() => void run(folder)} />}
      {phase === 'done' && report && <Found report={report} />}
    </>
  );
}

function Status({ place }: { place: string }) {
  const { t } = useTranslation();
  const phase = useVerification((state) => state.phase);
  const compared = useVerification((state) => state.compared);
  const bytes = useVerification((state) => state.bytes);
  const path = useVerification((state) => state.report?.path);
  const figures = { folder: place, formatted: formatCount(compared), bytes: formatBytes(bytes) };
  if (phase === 'choosing') return t('verify.choosing', { folder: place });
  // Not a live region while it counts: a listener would hear nothing else.
  if (phase === 'running') return t('verify.running', figures);
  return (
    <span role="status">
      {phase === 'done' && t('verify.done', { ...figures, path: path ?? '' })}
      {phase === 'cancelled' && t('verify.cancelled')}
    </span>
  );
}

function Found({ report }: { report: VerifyReport }) {
  const { t } = useTranslation();
  const shown = useVerification((state) => state.shown);
  const show = useVerification((state) => state.show);
  const findings = findingsIn(report);
  const same = t('verify.same', { count: report.same, formatted: formatCount(report.same) });
  if (findings.length === 0) {
    const nothing = report.compared === 0;
    return (
      <div className="verify-report" data-testid="verify-report" data-same={report.same}>
        <StatePanel
          testId="empty-state"
          icon={nothing ? <IconFolderOpen /> : <IconCircleCheck />}
          title={t(nothing ? 'verify.emptyTitle' : 'verify.sameTitle')}
          body={nothing ? t('verify.emptyBody') : same}
        />
      </div>
    );
  }
  return (
    <div className="verify-report" data-testid="verify-report" data-same={report.same}>
      <p className="verify-same">
        <IconCircleCheck size={16} aria-hidden="true" />
        {same}
      </p>
      <Tabs
        className="tabs report-tabs"
        {...(shown !== undefined && { selectedKey: shown })}
        onSelectionChange={(key) => {
          const wanted = VERIFY_FINDINGS.find((name) => name === key);
          if (wanted) show(wanted);
        }}
      >
        <TabList className="tab-list" aria-label={t('verify.title')}>
          {findings.map((finding) => (
            <Tab key={finding} id={finding} className="tab" data-testid={`verify-${finding}`}>
              {t(`verify.finding.${finding}.title`)}{' '}
              <span className="muted">{formatCount(report.totals[finding])}</span>
            </Tab>
          ))}
        </TabList>
        {findings.map((finding) => (
          <TabPanel key={finding} id={finding} className="tab-panel report-panel">
            <p className="report-meaning">{t(`verify.finding.${finding}.meaning`)}</p>
            <FileList files={report.files.filter((file) => file.finding === finding)} />
            {report.truncated && <p className="muted report-meaning">{t('verify.truncated')}</p>}
          </TabPanel>
        ))}
      </Tabs>
    </div>
  );
}

function FileList({ files }: { files: VerifyReport['files'] }) {
  const { t } = useTranslation();
  const columns = (['key', 'size', 'detail'] as const).map((column) => t(`verify.column.${column}`));
  return (
    <ReportTable
      label={t('verify.files')}
      rowClass="verify-row"
      columns={columns}
      rows={files}
      testId="verify-file"
      data={({ finding }) => ({ 'data-finding': finding })}
    >
      {({ size, detail }) => (
        <>
          <span role="cell">{formatBytes(size)}</span>
          <span role="cell" title={detail}>
            {detail}
          </span>
        </>
      )}
    </ReportTable>
  );
}
