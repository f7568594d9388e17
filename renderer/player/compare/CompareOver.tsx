import { type PointerEvent, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { dragging } from '../dragging.ts';
import { keysOf } from '../playerKeys.ts';
import type { Comparing } from './comparing.ts';

interface CompareOverProps {
  comparing: Comparing;
  isWaiting: boolean;
  /** One side has nothing to show here. */
  isIncomplete: boolean;
  onWipe: (share: number) => void;
}

/** What lies over both pictures: the edge of a wipe, what multiplies a difference, and what is said of both. */
export function CompareOver({ comparing, isWaiting, isIncomplete, onWipe }: CompareOverProps) {
  const { t } = useTranslation();
  const area = useRef<HTMLDivElement>(null);
  const { way, wipe, gain } = comparing;
  const percent = Math.round(wipe * 100);
  const drag = ({ clientX }: PointerEvent): void => {
    const { left = 0, width = 1 } = area.current?.getBoundingClientRect() ?? {};
    onWipe((clientX - left) / Math.max(1, width));
  };
  return (
    <div ref={area} className="compare-over">
      {way === 'difference' && gain > 1 && !isIncomplete && (
        <div className="compare-gain" style={{ backdropFilter: `brightness(${gain})` }} />
      )}
      {way === 'difference' && isIncomplete && !isWaiting && (
        <p className="compare-both" role="status">
          {t('player.compare.noDifference')}
        </p>
      )}
      {way === 'wipe' && (
        <div
          className="compare-edge"
          role="slider"
          tabIndex={0}
          aria-label={t('player.compare.wipe')}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={percent}
          aria-valuetext={t('player.compare.wipeAt', { percent })}
          aria-keyshortcuts={`${keysOf('compare-less')} ${keysOf('compare-more')}`}
          data-testid="compare-edge"
          style={{ left: `${wipe * 100}%` }}
          {...dragging(drag)}
        />
      )}
      {isWaiting && <div className="spinner" aria-hidden="true" />}
    </div>
  );
}
