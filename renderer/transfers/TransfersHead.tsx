import {
  IconFileExport,
  IconPlayerPause,
  IconPlayerPlay,
  IconRefresh,
  IconSquareRoundedCheck,
  IconX,
} from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import {
  Button,
  Dialog,
  Heading,
  Modal,
  ModalOverlay,
  ProgressBar,
  ToggleButton,
  ToggleButtonGroup,
} from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { CONFLICT_ANSWERS, type TransferTotals } from '../../shared/transfers.ts';
import { useNearplay, useTransfers } from '../store/context.tsx';
import { FILTERS } from '../store/transferIndex.ts';
import { formatBytes, formatCount, formatDuration, formatPercent } from '../text/format.ts';
import type { Translate } from '../text/i18n.ts';
import { overallOf } from './overall.ts';

/** Files, bytes, speed and time left of all; what changes for good is also said to who listens. */
export function Summary() {
  const { t } = useTranslation();
  const totals = useTransfers((state) => state.totals);
  const { course, files, done, share } = overallOf(totals);
  return (
    <div className="transfers-overall" data-testid="transfers-summary" data-course={course}>
      <ProgressBar value={share * 100} aria-label={t('transfers.overallProgress')}>
        {({ percentage }) => (
          <>
            <div className="transfers-figures">
              <strong>
                {t('transfers.files', { count: files, done: formatCount(done), formatted: formatCount(files) })}
              </strong>
              <span>{formatPercent(Math.floor(percentage ?? 0) / 100)}</span>
            </div>
            <div className="bar">
              <div className="bar-fill" style={{ width: `${percentage ?? 0}%` }} />
            </div>
          </>
        )}
      </ProgressBar>
      <p className="muted">{figuresText(totals, t)}</p>
      <Announcements />
    </div>
  );
}

/** Bytes, speed and time left while something moves; else what is the matter. */
export function figuresText(totals: TransferTotals, t: Translate): string {
  const { files, size, sent, bytesPerSecond, secondsLeft } = totals;
  const { course, open } = overallOf(totals);
  const words = (count: number) => ({ count, formatted: formatCount(count) });
  const bytes = t('transfers.overall', { sent: formatBytes(sent), size: formatBytes(size) });
  const figures: Record<typeof course, (string | undefined)[]> = {
    none: [t('transfers.course.none')],
    over: [
      files.failed > 0 ? t('transfers.course.overWithFailures', words(files.failed)) : t('transfers.course.over'),
      formatBytes(sent),
    ],
    paused: [t('transfers.course.paused', words(open)), bytes],
    stuck: [t('transfers.course.stuck', words(open)), bytes],
    moving: [
      bytes,
      bytesPerSecond > 0 ? t('transfers.speed', { rate: formatBytes(bytesPerSecond) }) : undefined,
      secondsLeft === undefined ? undefined : t('transfers.left', { duration: formatDuration(secondsLeft) }),
    ],
  };
  return figures[course].filter((part) => part !== undefined).join(' · ');
}

/** Beginnings, endings and questions; never a tick. */
function Announcements() {
  const { t } = useTranslation();
  const course = useTransfers((state) => overallOf(state.totals).course);
  const needYou = useTransfers((state) => state.counts['need-you']);
  const failed = useTransfers((state) => (overallOf(state.totals).course === 'over' ? state.totals.files.failed : 0));
  return (
    <p className="visually-hidden" role="status">
      {[
        course === 'none' ? '' : t(`transfers.live.${course}`),
        needYou > 0 ? t('transfers.needYou', { count: needYou, formatted: formatCount(needYou) }) : '',
        failed > 0 ? t('transfers.course.overWithFailures', { count: failed, formatted: formatCount(failed) }) : '',
      ]
        .filter((part) => part !== '')
        .join('. ')}
    </p>
  );
}

/** Actions on all transfers at once; only those that apply are shown. */
export function AllTransfers() {
  const { t } = useTranslation();
  const { transfers } = useNearplay();
  const { pause, resume, retry, clear, exportReceipts } = transfers.getState();
  const totals = useTransfers((state) => state.totals);
  const [asking, setAsking] = useState(false);
  const { files } = totals;
  const { open, over } = overallOf(totals);
  return (
    <div className="transfers-actions">
      {files.running + files.waiting > 0 && (
        <Action testId="pause-all" icon={<IconPlayerPause size={14} />} onPress={() => void pause()}>
          {t('transfers.pauseAll')}
        </Action>
      )}
      {files.paused > 0 && (
        <Action testId="resume-all" icon={<IconPlayerPlay size={14} />} onPress={() => void resume()}>
          {t('transfers.resumeAll')}
        </Action>
      )}
      {files.failed > 0 && (
        <Action testId="retry-failed" icon={<IconRefresh size={14} />} onPress={() => void retry()}>
          {t('transfers.retryFailed')}
        </Action>
      )}
      {open > 0 && (
        <Action testId="cancel-all" icon={<IconX size={14} />} onPress={() => setAsking(true)}>
          {t('transfers.cancelAll')}
        </Action>
      )}
      {over > 0 && (
        <Action testId="clear-finished" icon={<IconSquareRoundedCheck size={14} />} onPress={() => void clear()}>
          {t('transfers.clearFinished')}
        </Action>
      )}
      {files.done > 0 && (
        <Action testId="export-receipts" icon={<IconFileExport size={14} />} onPress={() => void exportReceipts()}>
          {t('transfers.exportReceipts')}
        </Action>
      )}
      <CancelAll isOpen={asking} open={open} onClose={() => setAsking(false)} />
    </div>
  );
}

interface ActionProps {
  testId: string;
  icon: ReactNode;
  onPress: () => void;
  children: ReactNode;
}

function Action({ testId, icon, onPress, children }: ActionProps) {
  return (
    <Button className="button quiet small" onPress={onPress} data-testid={testId}>
      {icon}
      {children}
    </Button>
  );
}

function CancelAll({ isOpen, open, onClose }: { isOpen: boolean; open: number; onClose: () => void }) {
  const { t } = useTranslation();
  const { transfers } = useNearplay();
  return (
    <ModalOverlay className="overlay centred" isDismissable isOpen={isOpen} onOpenChange={(on) => !on && onClose()}>
      <Modal className="dialog-card question-card">
        <Dialog role="alertdialog" className="question" data-testid="cancel-all-question">
          <Heading slot="title">{t('transfers.cancelAllTitle', { count: open, formatted: formatCount(open) })}</Heading>
          <p className="muted">{t('transfers.cancelAllBody')}</p>
          <div className="question-actions">
            <Button className="button" onPress={onClose} autoFocus>
              {t('transfers.cancelAllNo')}
            </Button>
            <Button
              className="button danger"
              data-testid="cancel-all-yes"
              onPress={() => {
                onClose();
                void transfers.getState().cancel();
              }}
            >
              {t('transfers.cancelAllYes')}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

/** One answer for all names that are taken. */
export function AllConflicts() {
  const { t } = useTranslation();
  const { transfers } = useNearplay();
  const count = useTransfers((state) => state.conflicts);
  if (count < 2) return null;
  return (
    <div className="all-conflicts" role="group" aria-label={t('transfers.conflict.allLabel')}>
      <p>{t('transfers.conflict.all', { count, formatted: formatCount(count) })}</p>
      <span className="answers">
        {CONFLICT_ANSWERS.map((answer) => (
          <Button
            key={answer}
            className="button small"
            onPress={() => void transfers.getState().decide(answer)}
            data-testid="conflict-answer-all"
            data-value={answer}
          >
            {t(`transfers.conflict.allAnswer.${answer}`)}
          </Button>
        ))}
      </span>
    </div>
  );
}

export function Filters() {
  const { t } = useTranslation();
  const filter = useTransfers((state) => state.filter);
  const counts = useTransfers((state) => state.counts);
  const setFilter = useTransfers((state) => state.setFilter);
  return (
    <ToggleButtonGroup
      className="transfers-filters"
      aria-label={t('transfers.filterLabel')}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[filter]}
      onSelectionChange={(keys) => {
        const chosen = FILTERS.find((name) => keys.has(name));
        if (chosen) setFilter(chosen);
      }}
    >
      {FILTERS.map((name) => (
        <ToggleButton
          key={name}
          id={name}
          className="filter-chip"
          data-testid="transfers-filter"
          data-value={name}
          data-empty={counts[name] === 0}
          data-needs={(name === 'need-you' || name === 'failed') && counts[name] > 0}
        >
          {t(`transfers.filter.${name}`)}{' '}
          {counts[name] > 0 && <span className="filter-count">{formatCount(counts[name])}</span>}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
