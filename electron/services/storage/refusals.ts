import type { ErrorCode, NearplayError } from '../../../shared/errors.ts';

/** What a reader can wait for: it ends without anything being done about the object. */
export type WaitReason = 'offline' | 'sign-in' | 'disk';

/** What an error of reading waits for; `undefined` for one that no waiting cures. */
export function waitReasonOf(code: ErrorCode): WaitReason | undefined {
  switch (code) {
    case 'offline':
    case 'timeout':
    case 'slow-down':
    case 'storage-failed':
    case 'not-a-storage':
    case 'proxy-sign-in':
      return 'offline';
    case 'credentials-expired':
    case 'clock-skew':
      return 'sign-in';
    case 'disk-full':
      return 'disk';
    default:
      return undefined;
  }
}

const OF_THIS_MACHINE: ReadonlySet<ErrorCode> = new Set([
  'cancelled',
  'credentials-missing',
  'destination-unwritable',
  'not-a-folder',
  'name-too-long',
  'same-destination',
  'preferences-invalid',
  'no-preferences',
]);

/**
 * Whether a replica said no to one version of an object (archived, a key of KMS, no permission, not there), or something else
 * than the replica answered: then the version counts as not held by it, and the main storage is read.
 */
export function isRefusal({ code }: NearplayError): boolean {
  return code === 'not-a-storage' || (waitReasonOf(code) === undefined && !OF_THIS_MACHINE.has(code));
}
