import { type Looking, PLAIN_LOOKING, type ShownChannel } from '../images/looking.ts';
import type { PlayerAction } from './playerKeys.ts';

export const SHOWN_CHANNELS: readonly ShownChannel[] = ['colour', 'red', 'green', 'blue', 'alpha', 'luminance'];
/** Of one press of a key or button. */
export const EXPOSURE_STEP = 0.5;
export const MAX_EXPOSURE = 12;

/** What an action makes of how a picture is looked at; undefined for one that is not about that. */
export function lookingAfter(looking: Looking, action: PlayerAction): Looking | undefined {
  switch (action) {
    case 'next-channel':
      return { ...looking, channel: channelAfter(looking.channel, 1) };
    case 'previous-channel':
      return { ...looking, channel: channelAfter(looking.channel, -1) };
    case 'brighter':
      return { ...looking, exposure: bounded(looking.exposure + EXPOSURE_STEP) };
    case 'darker':
      return { ...looking, exposure: bounded(looking.exposure - EXPOSURE_STEP) };
    case 'plain-colour':
      return PLAIN_LOOKING;
    default:
      return undefined;
  }
}

function channelAfter(channel: ShownChannel, steps: 1 | -1): ShownChannel {
  const index = SHOWN_CHANNELS.indexOf(channel) + steps + SHOWN_CHANNELS.length;
  return SHOWN_CHANNELS[index % SHOWN_CHANNELS.length] ?? 'colour';
}

export function bounded(exposure: number): number {
  return Math.min(MAX_EXPOSURE, Math.max(-MAX_EXPOSURE, exposure));
}
