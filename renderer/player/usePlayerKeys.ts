import { useEffect, useRef } from 'react';
import type { MediaKind } from '../../shared/media.ts';
import { useNearplay } from '../store/context.tsx';
import { isTyping } from '../ui/isTyping.ts';
import { type PlayerAction, playerAction } from './playerKeys.ts';
import type { TransportControls } from './transport.ts';

/** Calls back for keys that mean something to the player, unless a dialog, a field or a focused control takes them. */
export function usePlayerKeys(act: (action: PlayerAction) => void): void {
  const { session } = useNearplay();
  const newest = useRef(act);
  newest.current = act;
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      const action = playerAction(event);
      if (action === undefined || session.getState().panel || isTyping(event.target)) return;
      const onControl = event.target instanceof HTMLElement && event.target.matches('button, a, [role="menuitem"]');
      // The volume, by its vertical arrows. Others are those of the player wherever the focus is, on the bar too.
      const onSlider = event.target instanceof HTMLInputElement;
      if (event.target instanceof HTMLElement && event.target.closest('.popover')) return;
      if ((onControl && event.key === ' ') || (onSlider && /^(ArrowUp|ArrowDown|Home|End)$/.test(event.key))) return;
      event.preventDefault();
      newest.current(action);
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, [session]);
}

/** The keys of editing programs act on what plays. */
export function useTransportKeys(transport: TransportControls | undefined, kind: MediaKind): void {
  usePlayerKeys((action) => {
    if (!transport || kind === 'image') return;
    const acts: Partial<Record<typeof action, () => void>> = {
      'toggle-play': () => transport.togglePlay(),
      'shuttle-back': () => transport.shuttle(-1),
      pause: () => transport.pause(),
      'shuttle-forward': () => transport.shuttle(1),
      'frame-back': () => transport.stepFrames(-1),
      'frame-forward': () => transport.stepFrames(1),
      'second-back': () => transport.skip(-1),
      'second-forward': () => transport.skip(1),
      start: () => transport.seek(0),
      end: () => transport.seekToEnd(),
      'mark-first': () => transport.mark('first'),
      'mark-last': () => transport.mark('last'),
      'clear-marks': () => transport.clearMarks(),
      slower: () => transport.changeSpeed(-1),
      faster: () => transport.changeSpeed(1),
      repeat: () => transport.nextRepeat(),
      mute: () => transport.toggleMute(),
    };
    acts[action]?.();
  });
}

/** Ctrl+S and Cmd+S, as everywhere. */
export function useDownloadKey(download: (() => void) | undefined): void {
  const { session } = useNearplay();
  const newest = useRef(download);
  newest.current = download;
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      const isDownload = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 's';
      if (!isDownload || session.getState().panel) return;
      event.preventDefault();
      newest.current?.();
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, [session]);
}
