import type { ErrorCode, ErrorReport } from '../../shared/errors.ts';
import type { MediaKind } from '../../shared/media.ts';
import type { MediaFault, PlayerFailure } from './playerLink.ts';

export type PlayerErrorKind =
  | 'no-such-key'
  | 'denied'
  | 'signIn'
  | 'offline'
  | 'codec'
  | 'image'
  | 'stalled'
  | 'empty'
  | 'damaged'
  | 'archived'
  | 'encryption'
  | 'notStorage'
  | 'expired';

/** A failure as the player shows it. */
export interface ShownFailure {
  /** Which of the designed explanations fits. */
  kind: PlayerErrorKind;
  /** Report of the cause; absent where only the kind is known. */
  report: ErrorReport | undefined;
  /** True where a retry may help. */
  canRetry: boolean;
  /** True where the bytes can be downloaded, although they cannot be shown. */
  canDownload: boolean;
}

export function shownFailure(failure: PlayerFailure, kind: MediaKind, online: boolean): ShownFailure {
  const { report } = failure;
  if (failure.kind === 'media' && !online && !report) {
    return { kind: 'offline', report, canRetry: true, canDownload: false };
  }
  if (report) {
    const shown = KINDS.get(report.code) ?? 'stalled';
    const canSave = report.code === 'damaged-file' || report.code === 'codec-unsupported';
    return {
      kind: shown === 'codec' && kind === 'image' ? 'image' : shown,
      report,
      canRetry: report.retryable,
      canDownload: canSave,
    };
  }
  const isSilent = failure.kind === 'media' && failure.fault === 'network';
  return {
    kind: isSilent ? 'stalled' : kind === 'image' ? 'image' : 'codec',
    report,
    canRetry: true,
    canDownload: !isSilent,
  };
}

const KINDS: ReadonlyMap<ErrorCode, PlayerErrorKind> = new Map([
  ['no-such-key', 'no-such-key'],
  ['offline', 'offline'],
  ['timeout', 'offline'],
  ['access-denied', 'denied'],
  ['credentials-missing', 'signIn'],
  ['credentials-expired', 'signIn'],
  ['wrong-key', 'signIn'],
  ['empty-file', 'empty'],
  ['damaged-file', 'damaged'],
  ['codec-unsupported', 'codec'],
  ['archived', 'archived'],
  ['encryption-refused', 'encryption'],
  ['encryption-unknown', 'encryption'],
  ['not-a-storage', 'notStorage'],
  ['proxy-sign-in', 'notStorage'],
  ['link-expired', 'expired'],
]);

/**
 * Meaning of a media element's error code (HTML Standard, "MediaError"). Of `decode` and `unsupported` the link itself
 * has to be asked before they are believed: see probeSource.
 */
export function faultOf(code: number | undefined): MediaFault {
  if (code === 3) return 'decode';
  if (code === 4) return 'unsupported';
  return 'network';
}
