import type { ErrorCode } from '../../shared/errors.ts';
import type { MediaKind } from '../../shared/media.ts';
import type { MediaFault, PlayerFailure } from './playerLink.ts';

export type PlayerErrorKind = 'no-such-key' | 'denied' | 'offline' | 'codec' | 'image' | 'stalled';

/** Which of the designed explanations fits a failure. */
export function playerErrorKind(failure: PlayerFailure, kind: MediaKind, online: boolean): PlayerErrorKind {
  if (failure.kind === 'report') return kindOfCode(failure.report.code);
  if (failure.fault === 'network') return online ? 'stalled' : 'offline';
  if (!online) return 'offline';
  return kind === 'image' ? 'image' : 'codec';
}

function kindOfCode(code: ErrorCode): PlayerErrorKind {
  if (code === 'no-such-key') return 'no-such-key';
  if (code === 'offline' || code === 'timeout') return 'offline';
  if (code === 'access-denied' || code.startsWith('credentials') || code === 'wrong-key') return 'denied';
  return 'stalled';
}

/**
 * What a media element's error code means (HTML Standard, "MediaError"). Of `decode` and `unsupported` the link itself
 * has to be asked before they are believed: see probeSource.
 */
export function faultOf(code: number | undefined): MediaFault {
  if (code === 3) return 'decode';
  if (code === 4) return 'unsupported';
  return 'network';
}
