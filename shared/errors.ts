/**
 * Closed set of codes for every failure that crosses a process boundary or leaves the CLI. `message` is written for
 * users; `retryable` tells whether the same action may succeed later.
 */
export const ERRORS = {
  'bad-request': { message: 'The app asked for something in a form that is not valid.', retryable: false },
  'forbidden-sender': { message: 'The request did not come from the Nearplay window.', retryable: false },
  'no-preferences': {
    message: 'There are no Isolation Preferences yet. Ask IT for the file, or import it in Settings.',
    retryable: false,
  },
  'preferences-invalid': { message: 'The Isolation Preferences cannot be used as they are.', retryable: false },
  'settings-invalid': { message: 'That setting is not valid; nothing was changed.', retryable: false },
  'credentials-missing': {
    message: 'No AWS credentials were found. Set a profile, sign in, or ask IT how this studio signs in.',
    retryable: false,
  },
  'credentials-expired': { message: 'Your sign-in has expired. Sign in again; nothing is lost.', retryable: true },
  'link-expired': { message: 'The link has expired. Open the file again.', retryable: true },
  'access-denied': { message: 'The storage refused access. Ask IT to check your permissions.', retryable: false },
  'no-such-bucket': { message: 'The bucket does not exist. Check its name in the preferences.', retryable: false },
  'no-such-key': { message: 'The file is not in the storage.', retryable: false },
  'wrong-region': { message: 'The bucket is in another region than the preferences say.', retryable: false },
  'wrong-key': { message: 'The access key or its secret is wrong.', retryable: false },
  'clock-skew': { message: "This computer's clock is too far off. Set it and try again.", retryable: true },
  'slow-down': { message: 'The storage asks for a slower pace. Another try may help.', retryable: true },
  'storage-failed': { message: 'The storage failed to answer properly. Another try may help.', retryable: true },
  offline: { message: 'The storage cannot be reached. Check the network.', retryable: true },
  timeout: { message: 'The storage did not answer in time. Another try may help.', retryable: true },
  'no-such-upload': {
    message: 'The unfinished upload is gone from the storage. The next try sends the file from its beginning.',
    retryable: true,
  },
  damaged: { message: 'The data arrived damaged and was refused. Send it again.', retryable: true },
  unproved: {
    message: 'The storage gave no proof that the file arrived whole, so it does not count as uploaded.',
    retryable: true,
  },
  'object-changed': { message: 'The file was replaced in the storage meanwhile. Start again.', retryable: true },
  archived: {
    message: 'The file is archived in the storage. It has to be restored there before it can be read.',
    retryable: false,
  },
  'encryption-refused': {
    message: 'The storage was refused the encryption key. Ask IT for the permission to use the KMS key.',
    retryable: false,
  },
  'encryption-unknown': {
    message: 'The file is encrypted with a key that the storage does not have (SSE-C). Nearplay cannot read it.',
    retryable: false,
  },
  'not-a-storage': {
    message: 'What answered is no answer of a storage. A firewall, a sign-in page or a proxy may be between: ask IT.',
    retryable: true,
  },
  'proxy-sign-in': {
    message: 'The proxy asks for a sign-in (407). Ask IT for the way to the storage.',
    retryable: true,
  },
  refused: { message: 'The storage refused this request. Ask IT.', retryable: false },
  'storage-full': { message: 'The storage has no space left. Ask IT.', retryable: false },
  'same-destination': {
    message: 'Two files of this computer want the same name in the storage. Rename one of them.',
    retryable: false,
  },
  'file-changed': { message: 'The file changed while it was uploaded. Upload it again.', retryable: true },
  'file-unreadable': { message: 'The file cannot be read. It may have been moved or locked.', retryable: true },
  'not-a-file': {
    message: 'It is not a regular file (a link, a pipe or a device), so it was not uploaded.',
    retryable: false,
  },
  'name-not-utf8': {
    message: 'The name is not UTF-8, as names in a storage have to be. Rename it and upload again.',
    retryable: false,
  },
  'not-a-folder': { message: 'A part of this path is not a folder. Choose another destination.', retryable: false },
  'name-too-long': { message: 'The name is too long for the disk of this computer.', retryable: false },
  'destination-unwritable': { message: 'The file cannot be written there. Choose another place.', retryable: false },
  'receipts-unwritten': {
    message: 'The receipts could not be written. The uploads are not affected.',
    retryable: true,
  },
  'empty-file': { message: 'The file is empty (0 bytes).', retryable: false },
  'damaged-file': { message: 'The file is damaged or incomplete. Upload it again.', retryable: false },
  'codec-unsupported': { message: 'This kind of media cannot be played here.', retryable: false },
  'not-an-address': { message: 'The address service answered, but not with an address.', retryable: true },
  'wait-ended': {
    message: 'The time to wait is over. The same command goes on where this one stopped.',
    retryable: true,
  },
  'disk-full': { message: 'The disk of this computer is full, or refuses to be written to.', retryable: true },
  conflict: { message: 'Another version is already there. Nothing was overwritten.', retryable: false },
  cancelled: { message: 'Cancelled.', retryable: true },
  'not-supported': { message: 'This is not supported here.', retryable: false },
  internal: { message: 'Something unexpected went wrong. The log has the details.', retryable: false },
} as const satisfies Record<string, { message: string; retryable: boolean }>;

export type ErrorCode = keyof typeof ERRORS;

/** An error after it crossed a process boundary. Holds no secret and no signed URL. */
export interface ErrorReport {
  code: ErrorCode;
  message: string;
  retryable: boolean;
  /** Words of the storage, the disk or the network; absent where there are none. */
  detail?: string | undefined;
}

const MAX_DETAIL_LENGTH = 300;

/** The one error class of Nearplay: a code of the closed set and, where it helps, a more exact message. */
export class NearplayError extends Error {
  readonly code: ErrorCode;
  /** The other side's own words, shown below the sentence; at most 300 characters. Holds no secret and no signed URL. */
  readonly detail: string | undefined;

  constructor(code: ErrorCode, message?: string, options?: { cause?: unknown; detail?: string | undefined }) {
    super(message ?? ERRORS[code].message, options);
    this.name = 'NearplayError';
    this.code = code;
    this.detail = options?.detail?.slice(0, MAX_DETAIL_LENGTH);
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }

  report(): ErrorReport {
    const { code, message, retryable, detail } = this;
    return { code, message, retryable, ...(detail !== undefined && detail !== '' && { detail }) };
  }
}

/** Converts any thrown value into a report; anything but a NearplayError becomes `internal`, without its text. */
export function reportOf(error: unknown): ErrorReport {
  if (error instanceof NearplayError) return error.report();
  return { code: 'internal', ...ERRORS.internal };
}
