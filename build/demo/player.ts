import type { Page } from 'playwright';
import type { Bridge, Envelope } from '../../shared/bridge.ts';
import { SECOND_MS } from '../../shared/units.ts';

/** State of the player at one moment. */
export interface PlayerState {
  storage: string;
  reason: string;
  /** Origin of the URL that the media element plays. */
  origin: string;
  /** Seconds. */
  currentTime: number;
  /** The media element's error code, `null` without one. */
  error: number | null;
  kind: string;
}

/** Reads the player that is open in the app. */
export function playerState(page: Page): Promise<PlayerState> {
  return page.evaluate(() => {
    const route = document.querySelector('[data-testid="player-route"]');
    const media = document.querySelector('[data-testid="player-media"]');
    const source =
      media instanceof HTMLMediaElement ? media.currentSrc : media instanceof HTMLImageElement ? media.currentSrc : '';
    return {
      storage: route?.getAttribute('data-storage') ?? '',
      reason: route?.getAttribute('data-reason') ?? '',
      // A canvas has no source: it names where its links lead.
      origin: source === '' ? (media?.getAttribute('data-origin') ?? '') : new URL(source).origin,
      currentTime: media instanceof HTMLMediaElement ? media.currentTime : 0,
      error: media instanceof HTMLMediaElement ? (media.error?.code ?? null) : null,
      kind: media?.tagName.toLowerCase() ?? '',
    };
  });
}

/** A route as the player shows it, or as the app answers for a file without a player. */
export type SeenRoute = Pick<PlayerState, 'storage' | 'reason'>;

/** Waits until the player's route has one of these reasons. @throws Error naming what it has instead. */
export function waitForReason(page: Page, reasons: readonly string[], timeout: number): Promise<PlayerState> {
  return waitFor(page, () => playerState(page), reasons, timeout);
}

/** Waits until the app gives one of these reasons for a file, whether or not it can be played. */
export function waitForRoute(page: Page, key: string, reasons: readonly string[], timeout: number): Promise<SeenRoute> {
  return waitFor(page, () => explainRoute(page, key), reasons, timeout);
}

async function waitFor<State extends SeenRoute>(
  page: Page,
  look: () => Promise<State>,
  reasons: readonly string[],
  timeout: number,
): Promise<State> {
  const deadline = performance.now() + timeout;
  for (;;) {
    const state = await look();
    if (reasons.includes(state.reason)) return state;
    if (performance.now() > deadline) throw new Error(`The app still says "${state.reason}" (${state.storage})`);
    await page.waitForTimeout(SECOND_MS / 5);
  }
}

async function explainRoute(page: Page, key: string): Promise<SeenRoute> {
  const envelope = await page.evaluate(async (wanted) => {
    const { nearplay } = window as unknown as { nearplay: Bridge };
    return nearplay.request('explainRoute', { key: wanted }) as Promise<Envelope<SeenRoute>>;
  }, key);
  return 'error' in envelope ? { storage: '', reason: envelope.error.code } : envelope.result;
}

/**
 * Watches playback for a while: from the given origin, time grows, no media error. Starts again where a short clip is
 * over. @throws Error saying what was seen instead.
 */
export async function watchPlayback(page: Page, origin: string): Promise<{ from: number; to: number }> {
  const deadline = performance.now() + 20 * SECOND_MS;
  for (;;) {
    const before = await playThrough(page);
    await page.waitForTimeout(SECOND_MS);
    const after = await playerState(page);
    if (after.error !== null) throw new Error(`The media element failed with code ${after.error}`);
    const grows = after.currentTime > before + 0.3;
    if (grows && after.origin === origin) return { from: before, to: after.currentTime };
    if (performance.now() > deadline) {
      throw new Error(
        `Playback from ${after.origin} went from ${before} s to ${after.currentTime} s; expected ${origin}`,
      );
    }
  }
}

/** Makes sure that there is something left to play, and that it plays; resolves to the time it plays from. */
function playThrough(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const media = document.querySelector('[data-testid="player-media"]');
    if (!(media instanceof HTMLMediaElement)) return 0;
    if (media.ended || media.duration - media.currentTime < 1.5) media.currentTime = 0;
    if (media.paused) await media.play().catch(() => undefined);
    return media.currentTime;
  });
}
