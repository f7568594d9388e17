import {
  IconArrowLeft,
  IconArrowsExchange,
  IconBoxMultiple,
  IconChevronDown,
  IconColumns2,
  IconLayersDifference,
  IconLayersIntersect,
  IconMinus,
  IconPlus,
  IconSquareHalf,
} from '@tabler/icons-react';
import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { LibraryFile } from '../../../shared/library.ts';
import { IconButton } from '../../ui/IconButton.tsx';
import { keysOf, type PlayerAction } from '../playerKeys.ts';
import type { StepBy } from './alignment.ts';
import { CompareMenu } from './CompareMenu.tsx';
import { type Comparing, type Way, WAYS } from './comparing.ts';

const ICONS = {
  side: IconColumns2,
  wipe: IconSquareHalf,
  difference: IconLayersDifference,
  overlay: IconLayersIntersect,
  flip: IconBoxMultiple,
} satisfies Record<Way, unknown>;

interface CompareHeadProps {
  file: LibraryFile;
  other: LibraryFile;
  comparing: Comparing;
  stepBy: StepBy;
  /** Both files have a timecode that they count in the same way. */
  byTimecode: boolean;
  onLeave: () => void;
  onAction: (action: PlayerAction) => void;
  onChange: (comparing: Comparing) => void;
}

/** How two items are compared, and with what: each with its key. */
export function CompareHead(props: CompareHeadProps) {
  const { file, other, comparing, stepBy, byTimecode, onLeave, onAction, onChange } = props;
  const { t } = useTranslation();
  return (
    <div className="player-top compare-top">
      <IconButton label={t('player.compare.leave')} shortcut="Esc" testId="compare-leave" onPress={onLeave}>
        <IconArrowLeft size={18} aria-hidden="true" />
      </IconButton>
      <h1>{t('player.compare.title')}</h1>
      <div className="compare-ways" role="group" aria-label={t('player.compare.title')}>
        {WAYS.map((way) => {
          const Icon = ICONS[way];
          return (
            <IconButton
              key={way}
              label={t(`player.compare.ways.${way}`)}
              shortcut={keysOf(way === 'flip' ? 'compare-flip' : 'compare-way')}
              testId={`compare-${way}`}
              isPressed={comparing.way === way}
              onPress={() => onChange({ ...comparing, way })}
            >
              <Icon size={18} aria-hidden="true" />
            </IconButton>
          );
        })}
      </div>
      <Amount comparing={comparing} onAction={onAction} />
      <span className="compare-spacer" />
      <Steps
        label={t('player.compare.offset')}
        text={t('player.compare.offsetNow', { offset: signed(comparing.offset) })}
        testId="compare-offset"
        less={{ action: 'offset-back', onAction }}
        more={{ action: 'offset-forward', onAction }}
      />
      <Button
        className="button quiet small"
        data-testid="compare-step-by"
        isDisabled={!byTimecode}
        aria-keyshortcuts={keysOf('step-by')}
        onPress={() => onAction('step-by')}
      >
        {t(`player.compare.stepBy.${stepBy}`)}
      </Button>
      <IconButton
        label={t('player.actions.compare-exchange')}
        shortcut={keysOf('compare-exchange')}
        testId="compare-exchange"
        onPress={() => onAction('compare-exchange')}
      >
        <IconArrowsExchange size={18} aria-hidden="true" />
      </IconButton>
      <CompareMenu file={file}>
        <span className="name" title={other.name}>
          {t('player.compare.with')}
        </span>
        <IconChevronDown size={13} aria-hidden="true" />
      </CompareMenu>
    </div>
  );
}

/** What can be more or less of the way that is chosen. */
function Amount({ comparing, onAction }: Pick<CompareHeadProps, 'comparing' | 'onAction'>) {
  const { t } = useTranslation();
  const { way, wipe, mix, gain } = comparing;
  if (way === 'side' || way === 'flip') return null;
  const percent = Math.round((way === 'wipe' ? wipe : mix) * 100);
  const text =
    way === 'difference' ? t('player.compare.times', { times: gain }) : t('player.compare.percent', { percent });
  return (
    <Steps
      label={t(`player.compare.amount.${way}`)}
      text={text}
      testId="compare-amount"
      less={{ action: 'compare-less', onAction }}
      more={{ action: 'compare-more', onAction }}
    />
  );
}

interface Step {
  action: PlayerAction;
  onAction: (action: PlayerAction) => void;
}

/** A figure with a button on either side. */
function Steps(props: { label: string; text: string; testId: string; less: Step; more: Step }) {
  const { label, text, testId, less, more } = props;
  const { t } = useTranslation();
  return (
    <span className="looking-exposure compare-steps">
      <IconButton
        label={t(`player.actions.${less.action}`)}
        shortcut={keysOf(less.action)}
        onPress={() => less.onAction(less.action)}
      >
        <IconMinus size={14} aria-hidden="true" />
      </IconButton>
      <output aria-label={label} title={label} data-testid={testId}>
        {text}
      </output>
      <IconButton
        label={t(`player.actions.${more.action}`)}
        shortcut={keysOf(more.action)}
        onPress={() => more.onAction(more.action)}
      >
        <IconPlus size={14} aria-hidden="true" />
      </IconButton>
    </span>
  );
}

function signed(frames: number): string {
  return frames > 0 ? `+${frames}` : `${frames}`;
}
