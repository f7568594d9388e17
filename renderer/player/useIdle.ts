import { type RefObject, useEffect } from 'react';
import { SECOND_MS } from '../../shared/units.ts';

/** Without a pointer or a key for so long, what plays is looked at alone. */
const IDLE_AFTER_MS = 2 * SECOND_MS;
const SIGNS = ['pointermove', 'pointerdown', 'pointerup', 'wheel', 'keydown', 'focusin'] as const;

/**
 * Marks the player (`data-idle`) while it plays and nothing is done, so that its controls leave by themselves. They stay while it
 * stands still, while the pointer or the focus of the keyboard is on them, and while a menu is open.
 */
export function useIdle(root: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const player = root.current;
    if (!player) return undefined;
    const ends = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const isFree = (): boolean =>
      player.querySelector('.controls')?.getAttribute('data-playing') === 'true' &&
      player.querySelector(':is(.controls, .player-top):is(:hover, :has(:focus-visible))') === null &&
      document.querySelector('.popover, .overlay') === null;
    const rest = (): void => {
      player.dataset['idle'] = String(isFree());
      // What keeps the controls may end without a sign of its own.
      timer = setTimeout(rest, IDLE_AFTER_MS);
    };
    const wake = (): void => {
      player.dataset['idle'] = 'false';
      clearTimeout(timer);
      timer = setTimeout(rest, IDLE_AFTER_MS);
    };
    for (const name of SIGNS)
      window.addEventListener(name, wake, { capture: true, passive: true, signal: ends.signal });
    // Pausing, by whatever it was done.
    const changes = new MutationObserver(() => {
      if (player.dataset['idle'] === 'true' && !isFree()) wake();
    });
    changes.observe(player, { subtree: true, attributeFilter: ['data-playing'] });
    wake();
    return () => {
      ends.abort();
      changes.disconnect();
      clearTimeout(timer);
    };
  }, [root]);
}
