import { IconCircleCheck, IconFolderCheck, IconFolderOpen, IconX } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import {
  Button,
  Dialog,
  Heading,
  Modal,
  ModalOverlay,
  ProgressBar,
  Tab,
  TabList,
  TabPanel,
  Tabs,
} from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { VERIFY_FINDINGS, type VerifyReport } from '../../shared/ipc.ts';
import { ErrorState } from '../shell/ErrorState.tsx';
import { StatePanel } from '../shell/StatePanel.tsx';
import { useLibrary, useNearplay, useSession, useVerifying } from '../store/context.tsx';
import { formatBytes, formatCount } from '../text/format.ts';
import { splitName } from '../text/middleTruncate.ts';
import { findingsIn } from './verifyStore.ts';

/** A folder of this computer against the bucket: what is not there, not the same, or not certain, and what to do. */
export function VerifyPanel() {
  const { t } = useTranslation();
  const { api, verifying } = useNearplay();
  const isOpen = useSession((session) => session.panel === 'verify');
  const showPanel = useSession((session) => session.showPanel);
  const phase = useVerifying((state) => state.phase);
  useEffect(
    () => api.onVerifyProgress(({ compared, bytes }) => verifying.getState().progressed(compared, bytes)),
    [api, verifying],
  );
  useEffect(() => {
    // The chooser was cancelled: there is nothing to look at.
    if (isOpen && phase === 'idle') showPanel(undefined);
  }, [isOpen, phase, showPanel]);
  return (
    <ModalOverlay
      className="overlay centred"
      isDismissable={phase !== 'running'}
      isOpen={isOpen}
      onOpenChange={(open) => {
        if (open) return;
        void verifying.getState().cancel();
        showPanel(undefined);
      }}
    >
      <Modal className="dialog-card editor-card-wide">
        <Dialog className="editor" data-testid="verify-panel">
          <div className="panel-head">
            <Heading slot="title">{t('verify.title')}</Heading>
            <Button slot="close" className="icon-button" aria-label={t('actions.close')}>
              <IconX size={18} aria-hidden="true" />
            </Button>
          </div>
          <Body />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Body() {
  const { t } = useTranslation();
  const { phase, folder, report, failure, run, cancel } = useVerifying((state) => state);
  const inView = useLibrary((library) => library.loaded.folder);
  const place = folder === '' ? t('uploads.library') : folder;
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
      {phase === 'running' && (
        <ProgressBar isIndeterminate aria-label={t('verify.title')} className="why-measuring report-progress">
          <div className="bar">
            <div className="bar-fill" />
          </div>
        </ProgressBar>
      )}
      {phase === 'failed' && failure && <ErrorState report={failure} onRetry={() => void run(folder)} />}
      {phase === 'done' && report && <Found report={report} />}
    </>
  );
}

function Status({ place }: { place: string }) {
  const { t } = useTranslation();
  const { phase, compared, bytes, report } = useVerifying((state) => state);
  const figures = { folder: place, formatted: formatCount(compared), bytes: formatBytes(bytes) };
  if (phase === 'choosing') return t('verify.choosing', { folder: place });
  // Not a live region while it counts: a listener would hear nothing else.
  if (phase === 'running') return t('verify.running', figures);
  return (
    <span role="status">
      {phase === 'done' && t('verify.done', { ...figures, path: report?.path ?? '' })}
      {phase === 'cancelled' && t('verify.cancelled')}
    </span>
  );
}

function Found({ report }: { report: VerifyReport }) {
  const { t } = useTranslation();
  const shown = useVerifying((state) => state.shown);
  const show = useVerifying((state) => state.show);
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

const LINE = 40;

/** Only the lines in the window are drawn: there may be many thousands. */
function FileList({ files }: { files: VerifyReport['files'] }) {
  const { t } = useTranslation();
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: files.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE,
    overscan: 8,
  });
  return (
    <div
      ref={scroller}
      className="report-list"
      role="table"
      aria-rowcount={files.length + 1}
      tabIndex={0}
      aria-label={t('verify.files')}
    >
      <div className="verify-line report-columns" role="row">
        {(['key', 'size', 'detail'] as const).map((column) => (
          <span key={column} role="columnheader">
            {t(`verify.column.${column}`)}
          </span>
        ))}
      </div>
      <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map(({ index, start, size }) => {
          const file = files[index];
          if (!file) return null;
          const { head, tail } = splitName(file.key);
          return (
            <div
              key={index}
              className="verify-line"
              role="row"
              aria-rowindex={index + 2}
              data-testid="verify-file"
              data-key={file.key}
              data-finding={file.finding}
              style={{ transform: `translateY(${start}px)`, height: size, position: 'absolute', insetInline: 0 }}
            >
              <span className="name" role="cell" title={file.key}>
                <span className="name-head">{head}</span>
                <span className="name-tail">{tail}</span>
              </span>
              <span role="cell">{formatBytes(file.size)}</span>
              <span role="cell" title={file.detail}>
                {file.detail}
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}
