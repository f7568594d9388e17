import {
  IconMaximize,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerSkipBack,
  IconPlayerSkipForward,
  IconVolume,
  IconVolumeOff,
} from '@tabler/icons-react';
import { Slider, SliderThumb, SliderTrack } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { MediaKind } from '../../shared/media.ts';
import { formatCount, formatPosition } from '../text/format.ts';
import { IconButton } from '../ui/IconButton.tsx';
import type { TransportControls, TransportState } from './transport.ts';

interface ControlsProps {
  transport: TransportControls | undefined;
  shown: TransportState;
  kind: MediaKind;
  /** There is nothing to hear. */
  silent?: boolean;
  /** The frame on screen, where it is not counted from 0. */
  frame?: string;
  onFullScreen: () => void;
}

export function Controls({ transport, shown, kind, silent = false, frame, onFullScreen }: ControlsProps) {
  const { t } = useTranslation();
  return (
    <div className="controls">
      <ScrubBar transport={transport} shown={shown} />
      <div className="controls-row">
        <div className="controls-play">
          {kind === 'video' && (
            <IconButton label={t('player.frameBack')} shortcut="←" onPress={() => transport?.stepFrames(-1)}>
              <IconPlayerSkipBack size={17} aria-hidden="true" />
            </IconButton>
          )}
          <IconButton
            className="play-button"
            label={shown.paused ? t('player.play') : t('player.pause')}
            shortcut="Space"
            onPress={() => transport?.togglePlay()}
          >
            {shown.paused ? (
              <IconPlayerPlayFilled size={20} aria-hidden="true" />
            ) : (
              <IconPlayerPauseFilled size={20} aria-hidden="true" />
            )}
          </IconButton>
          {kind === 'video' && (
            <IconButton label={t('player.frameForward')} shortcut="→" onPress={() => transport?.stepFrames(1)}>
              <IconPlayerSkipForward size={17} aria-hidden="true" />
            </IconButton>
          )}
          <span className="controls-time">
            {formatPosition(shown.time)} <span className="muted">/ {formatPosition(shown.duration)}</span>
          </span>
          {kind === 'video' && (
            <span className="controls-frame muted">
              {frame ?? t('player.frame', { frame: formatCount(shown.frame) })}
            </span>
          )}
          {shown.speed !== 1 && <span className="tag">{t('player.rate', { rate: shown.speed })}</span>}
        </div>
        <div className="controls-sound">
          {!silent && <Sound transport={transport} shown={shown} />}
          {kind === 'video' && (
            <IconButton label={t('player.fullScreen')} shortcut="F" onPress={onFullScreen}>
              <IconMaximize size={17} aria-hidden="true" />
            </IconButton>
          )}
        </div>
      </div>
    </div>
  );
}

function Sound({ transport, shown }: Pick<ControlsProps, 'transport' | 'shown'>) {
  const { t } = useTranslation();
  return (
    <>
      <IconButton
        label={shown.muted ? t('player.unmute') : t('player.mute')}
        shortcut="M"
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

function ScrubBar({ transport, shown }: Pick<ControlsProps, 'transport' | 'shown'>) {
  const { t } = useTranslation();
  const duration = Number.isFinite(shown.duration) && shown.duration > 0 ? shown.duration : 1;
  return (
    <Slider
      className="slider scrub"
      aria-label={t('player.scrub')}
      minValue={0}
      maxValue={duration}
      step={1 / shown.frameRate}
      value={Math.min(shown.time, duration)}
      onChange={(time) => transport?.seek(time)}
    >
      <SliderTrack className="slider-track">
        <div className="slider-buffered" style={{ width: `${Math.min(1, shown.buffered / duration) * 100}%` }} />
        <div className="slider-fill" style={{ width: `${(Math.min(shown.time, duration) / duration) * 100}%` }} />
        <SliderThumb className="slider-thumb" aria-valuetext={formatPosition(shown.time)} />
      </SliderTrack>
    </Slider>
  );
}
