import { type PointerEvent, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { formatPosition } from '../text/format.ts';
import { describePicture } from './Counter.tsx';
import type { Numbering } from './counting.ts';
import { dragging } from './dragging.ts';
import { boundsOf } from './playRange.ts';
import type { TransportControls, TransportState } from './transport.ts';

interface ScrubBarProps {
  transport: TransportControls | undefined;
  shown: TransportState;
  numbers: Numbering['numbers'];
}

/**
 * The length of a film as a bar: its steps are pictures. The pointer seeks and leaves the focus where it was; for keys it is one
 * more place from which the keys of the player act.
 */
export function ScrubBar({ transport, shown, numbers }: ScrubBarProps) {
  const { t } = useTranslation();
  const track = useRef<HTMLDivElement>(null);
  const { table, wanted, time } = shown;
  const duration = Number.isFinite(shown.duration) && shown.duration > 0 ? shown.duration : 1;
  const last = table ? table.count - 1 : 0;
  const share = table && wanted !== undefined ? (last === 0 ? 0 : wanted / last) : Math.min(1, time / duration);
  const buffered = table ? table.frameOn(shown.buffered) / Math.max(1, last) : shown.buffered / duration;
  const isMarked = shown.range.first !== undefined || shown.range.last !== undefined;
  const bounds = table && isMarked ? boundsOf(shown.range, table.count) : undefined;
  const marks = bounds && {
    from: bounds.first / Math.max(1, last),
    width: (bounds.last - bounds.first) / Math.max(1, last),
  };
  const seek = ({ clientX }: PointerEvent): void => {
    const { left = 0, width = 1 } = track.current?.getBoundingClientRect() ?? {};
    const at = Math.min(1, Math.max(0, (clientX - left) / Math.max(1, width)));
    if (table) transport?.seekToFrame(Math.round(at * last));
    else transport?.seek(at * duration);
  };
  return (
    <div
      className="scrub"
      role="slider"
      tabIndex={0}
      aria-label={t('player.scrub')}
      aria-valuemin={0}
      aria-valuemax={table ? last : Math.round(duration)}
      aria-valuenow={table ? (wanted ?? 0) : Math.round(time)}
      aria-valuetext={table ? describePicture(t, shown, numbers) : formatPosition(time)}
      data-testid="scrub"
      {...dragging(seek, true)}
    >
      <div ref={track} className="slider-track">
        <div className="slider-buffered" style={{ width: `${Math.min(1, buffered) * 100}%` }} />
        <div className="slider-fill" style={{ width: `${share * 100}%` }} />
        {marks && (
          <div className="scrub-range" style={{ left: `${marks.from * 100}%`, width: `${marks.width * 100}%` }} />
        )}
        <div className="slider-thumb scrub-thumb" style={{ left: `${share * 100}%` }} />
      </div>
    </div>
  );
}
