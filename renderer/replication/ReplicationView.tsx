import { IconCircleCheck, IconFileExport, IconRefresh, IconX } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import {
  Button,
  CheckboxButton,
  CheckboxField,
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
import {
  REPLICATION_PROBLEMS,
  type ReplicationProblem,
  type ReplicationReport,
  type StorageSummary,
  type UnreplicatedObject,
} from '../../shared/ipc.ts';
import { reportOf } from '../api.ts';
import { ErrorState } from '../shell/ErrorState.tsx';
import { StatePanel } from '../shell/StatePanel.tsx';
import { useLibrary, useNearplay, useReporting, useSession } from '../store/context.tsx';
import { formatAge, formatBytes, formatCount, formatMoment } from '../text/format.ts';
import { splitName } from '../text/middleTruncate.ts';
import { placeOf } from '../text/routeText.ts';
import { mendable, problemsIn } from './reportStore.ts';

const NO_STORAGES: readonly StorageSummary[] = [];

/** What of a folder is not in every replica, why, and what to do. */
export function ReplicationView() {
  const { t } = useTranslation();
  const isOpen = useSession((session) => session.panel === 'replication');
  const showPanel = useSession((session) => session.showPanel);
  return (
    <ModalOverlay
      className="overlay centred"
      isDismissable
      isOpen={isOpen}
      onOpenChange={(open) => {
        if (!open) showPanel(undefined);
      }}
    >
      <Modal className="dialog-card editor-card-wide">
        <Dialog className="editor" data-testid="replication-view">
          <div className="panel-head">
            <Heading slot="title">{t('replication.title')}</Heading>
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
  const { api, reporting } = useNearplay();
  const phase = useReporting((state) => state.phase);
  const compared = useReporting((state) => state.compared);
  const report = useReporting((state) => state.report);
  const failure = useReporting((state) => state.failure);
  const run = useReporting((state) => state.run);
  const cancel = useReporting((state) => state.cancel);
  const folder = useLibrary((library) => library.loaded.folder);
  useEffect(() => api.onReportProgress(({ compared: so }) => reporting.getState().progressed(so)), [api, reporting]);
  useEffect(() => {
    const { phase: before, folder: reported } = reporting.getState();
    // What was found stays until it is asked for again: in a large storage it took minutes.
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
      {phase === 'running' && (
        <ProgressBar isIndeterminate aria-label={t('replication.title')} className="why-measuring report-progress">
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

const LINE = 40;

/** Only the lines in the window are drawn: there may be a hundred thousand. */
function ObjectList({ objects }: { objects: readonly UnreplicatedObject[] }) {
  const { t } = useTranslation();
  const storages = useSession((session) => session.app?.reading?.storages) ?? NO_STORAGES;
  const scroller = useRef<HTMLDivElement>(null);
  const [now] = useState(() => Date.now());
  const virtual = useVirtualizer({
    count: objects.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE,
    overscan: 8,
  });
  return (
    <div
      ref={scroller}
      className="report-list"
      role="table"
      aria-rowcount={objects.length + 1}
      tabIndex={0}
      aria-label={t('replication.objects')}
    >
      <div className="report-line report-columns" role="row">
        {(['key', 'size', 'age', 'missingFrom'] as const).map((column) => (
          <span key={column} role="columnheader">
            {t(`replication.column.${column}`)}
          </span>
        ))}
      </div>
      <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map(({ index, start, size }) => {
          const object = objects[index];
          if (!object) return null;
          const { head, tail } = splitName(object.key);
          return (
            <div
              key={index}
              className="report-line"
              role="row"
              aria-rowindex={index + 2}
              data-testid="report-object"
              data-key={object.key}
              style={{ transform: `translateY(${start}px)`, height: size, position: 'absolute', insetInline: 0 }}
            >
              <span className="name" role="cell" title={object.key}>
                <span className="name-head">{head}</span>
                <span className="name-tail">{tail}</span>
              </span>
              <span role="cell">{formatBytes(object.size)}</span>
              <span role="cell" title={formatMoment(object.lastModified)}>
                {formatAge(object.lastModified, now, t('age.justNow'))}
              </span>
              <span role="cell">{object.missingFrom.map((storage) => placeOf(storage, storages)).join(', ')}</span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

function ManifestFoot({ report }: { report: ReplicationReport }) {
  const { t } = useTranslation();
  const { api } = useNearplay();
  const toast = useSession((session) => session.toast);
  const possible = mendable(report);
  const [left, setLeft] = useState<readonly ReplicationProblem[]>([]);
  const chosen = possible.filter((problem) => !left.includes(problem));
  const save = async (): Promise<void> => {
    try {
      const saved = await api.saveManifest({ problems: chosen });
      if (saved) toast({ kind: 'saved-file', name: saved.name }, 'good');
    } catch (error) {
      toast({ kind: 'report', report: reportOf(error) }, 'bad');
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
