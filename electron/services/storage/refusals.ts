import type { ErrorCode, NearplayError } from '../../../shared/errors.ts';

/** Conditions that end without any change to the object, so that a reader can wait. */
export type WaitReason = 'offline' | 'sign-in' | 'disk';

/** The condition that a read error waits for; `undefined` where waiting does not help. */
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
      return 'sign-in';
    case 'disk-full':
      return 'disk';
    default:
      return undefined;
  }
}

const LOCAL_CODES: ReadonlySet<ErrorCode> = new Set([
  'cancelled',
  // Of this computer; no sign-in helps, and the requests of uploads end with it too.
  'clock-skew',
  'credentials-missing',
  'destination-unwritable',
  'not-a-folder',
  'name-too-long',
  'same-destination',
  'preferences-invalid',
  'no-preferences',
]);

/**
 * Whether a replica refused one version of an object (archived, KMS key, access denied, missing), or something other
 * than the replica answered: the version then counts as not held by it, and main is read.
 */
export function isRefusal({ code }: NearplayError): boolean {
  return code === 'not-a-storage' || (waitReasonOf(code) === undefined && !LOCAL_CODES.has(code));
}
