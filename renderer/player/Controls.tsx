import {
  IconArrowsLeftRight,
  IconMaximize,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerSkipBack,
  IconPlayerSkipForward,
  IconPlayerTrackNext,
  IconRepeat,
  IconVolume,
  IconVolumeOff,
} from '@tabler/icons-react';
import { Slider, SliderThumb, SliderTrack } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { MediaKind } from '../../shared/media.ts';
import { formatPosition } from '../text/format.ts';
import { IconButton } from '../ui/IconButton.tsx';
import { Counter } from './Counter.tsx';
import type { Numbering } from './counting.ts';
import { keysOf } from './playerKeys.ts';
import type { Repeat } from './playRange.ts';
import { ScrubBar } from './ScrubBar.tsx';
import { SpeedMenu } from './SpeedMenu.tsx';
import type { TransportControls, TransportState } from './transport.ts';
import { ViewMenu } from './view/ViewMenu.tsx';
import { ViewStatus } from './view/ViewStatus.tsx';

interface ControlsProps {
  transport: TransportControls | undefined;
  shown: TransportState;
  kind: MediaKind;
  /** There is nothing to hear. */
  silent?: boolean;
  /** Of the frames of a sequence. */
  numbers?: Numbering['numbers'];
  onFullScreen: () => void;
}

export function Controls({ transport, shown, kind, silent = false, numbers, onFullScreen }: ControlsProps) {
  const { t } = useTranslation();
  return (
    <div className="controls" data-playing={!shown.paused}>
      <ScrubBar transport={transport} shown={shown} numbers={numbers} />
      <div className="controls-row">
        <div className="controls-play">
          {kind === 'video' && (
            <IconButton
              label={t('player.frameBack')}
              shortcut={keysOf('frame-back')}
              onPress={() => transport?.stepFrames(-1)}
            >
              <IconPlayerSkipBack size={17} aria-hidden="true" />
            </IconButton>
          )}
          <IconButton
            className="play-button"
            label={shown.paused ? t('player.play') : t('player.pause')}
            shortcut={keysOf('toggle-play')}
            onPress={() => transport?.togglePlay()}
          >
            {shown.paused ? (
              <IconPlayerPlayFilled size={20} aria-hidden="true" />
            ) : (
              <IconPlayerPauseFilled size={20} aria-hidden="true" />
            )}
          </IconButton>
          {kind === 'video' && (
            <IconButton
              label={t('player.frameForward')}
              shortcut={keysOf('frame-forward')}
              onPress={() => transport?.stepFrames(1)}
            >
              <IconPlayerSkipForward size={17} aria-hidden="true" />
            </IconButton>
          )}
          <SpeedMenu transport={transport} speed={shown.speed} />
        </div>
        {kind === 'video' ? (
          <Counter transport={transport} shown={shown} numbers={numbers} />
        ) : (
          <span className="controls-time">
            {formatPosition(shown.time)} <span className="muted">/ {formatPosition(shown.duration)}</span>
          </span>
        )}
        {/* A pointer leaves the focus to the stage, whose keys the arrows are; with keys the volume can be reached. */}
        <div
          className="controls-sound"
          onPointerUp={({ currentTarget }) => currentTarget.closest<HTMLElement>('.player')?.focus()}
        >
          {kind === 'video' && <RepeatButton transport={transport} repeat={shown.range.repeat} />}
          {kind === 'video' && <ViewMenu />}
          <ViewStatus />
          {!silent && <Sound transport={transport} shown={shown} />}
          {kind === 'video' && (
            <IconButton label={t('player.fullScreen')} shortcut={keysOf('full-screen')} onPress={onFullScreen}>
              <IconMaximize size={17} aria-hidden="true" />
            </IconButton>
          )}
        </div>
      </div>
    </div>
  );
}

function RepeatButton({ transport, repeat }: Pick<ControlsProps, 'transport'> & { repeat: Repeat }) {
  const { t } = useTranslation();
  const Icon = REPEAT_ICONS[repeat];
  return (
    <IconButton
      label={t(`player.repeat.${repeat}`)}
      shortcut={keysOf('repeat')}
      testId="repeat"
      isPressed={repeat !== 'off'}
      onPress={() => transport?.nextRepeat()}
    >
      <Icon size={17} aria-hidden="true" />
    </IconButton>
  );
}

const REPEAT_ICONS = {
  off: IconRepeat,
  loop: IconRepeat,
  bounce: IconArrowsLeftRight,
  next: IconPlayerTrackNext,
} satisfies Record<Repeat, unknown>;

function Sound({ transport, shown }: Pick<ControlsProps, 'transport' | 'shown'>) {
  const { t } = useTranslation();
  return (
    <>
      <IconButton
        label={shown.muted ? t('player.unmute') : t('player.mute')}
        shortcut={keysOf('mute')}
        onPress={() => transport?.toggleMute()}
      >
        {shown.muted ? <IconVolumeOff size={18} aria-hidden="true" /> : <IconVolume size={18} aria-hidden="true" />}
      </IconButton>
      <Slider
        className="slider volume"
        aria-label={t('player.volume')}
        minValue={0}
        maxValue={1}
        step={0.05}
        value={shown.muted ? 0 : shown.volume}
        onChange={(volume) => transport?.setVolume(volume)}
        formatOptions={PERCENT}
      >
        <SliderTrack className="slider-track">
          {({ state }) => (
            <>
              <div className="slider-fill" style={{ width: `${state.getThumbPercent(0) * 100}%` }} />
              <SliderThumb className="slider-thumb" />
            </>
          )}
        </SliderTrack>
      </Slider>
    </>
  );
}

const PERCENT = { style: 'percent' } as const;
