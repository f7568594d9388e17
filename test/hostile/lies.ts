import type { FaultRule } from '../sandbox/faults.ts';

/** What a firewall, a captive portal or a reverse proxy answers with. */
const PAGE =
  '<!doctype html><html><head><title>Sign in</title></head><body>Please sign in to the guest network.</body></html>';
const ERROR_DOCUMENT =
  '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>';

/** A way in which a storage, or what stands before it, does not do what was asked. */
export interface Lie {
  rules: readonly FaultRule[];
  /** Another file has the name of the upload: what a condition is there to protect. */
  isNameTaken?: boolean;
}

const all = (effect: FaultRule['effect']): Lie => ({ rules: [{ effect }] });

export const LIES = {
  'page, 200': all({ kind: 'answer-instead', status: 200, body: PAGE }),
  'page, 403': all({ kind: 'answer-instead', status: 403, body: PAGE }),
  'redirect to a portal': all({
    ...{ kind: 'answer-instead', status: 302, body: PAGE },
    headers: { location: 'http://127.0.0.1:9/portal' },
  }),
  '200 with an error': all({
    ...{ kind: 'answer-instead', status: 200, body: ERROR_DOCUMENT },
    headers: { 'content-type': 'application/xml' },
  }),
  '200 with nothing': all({ kind: 'answer-instead', status: 200 }),
  'wrong checksum': all({ kind: 'wrong-checksum' }),
  'no checksum': all({ kind: 'no-proof' }),
  'ignored conditions': { rules: [{ effect: { kind: 'ignore-conditions' } }], isNameTaken: true },
  'no length': all({ kind: 'no-length' }),
  'no token': all({ kind: 'no-token' }),
  'endless pages': all({ kind: 'endless-pages' }),
  'endless body': all({ kind: 'endless-body' }),
  '400 without a body': all({ kind: 'answer-instead', status: 400 }),
  '501 NotImplemented': all({ kind: 'status', status: 501, code: 'NotImplemented' }),
  '507 no space': all({
    kind: 'status',
    status: 507,
    code: 'XMinioStorageFull',
    message: 'Storage backend has reached its minimum free drive threshold.',
  }),
  InvalidObjectState: {
    rules: [
      {
        operation: 'GetObject',
        effect: {
          kind: 'status',
          status: 403,
          code: 'InvalidObjectState',
          message: "The operation is not valid for the object's storage class",
        },
      },
    ],
  },
  'KMS disabled': {
    rules: ['GetObject', 'PutObject', 'UploadPart', 'CreateMultipartUpload'].map((operation) => ({
      operation,
      effect: { kind: 'status', status: 400, code: 'KMS.DisabledException', message: 'The key is disabled.' } as const,
    })),
  },
  'KMS denied': {
    rules: ['GetObject', 'PutObject', 'UploadPart', 'CreateMultipartUpload'].map((operation) => ({
      operation,
      effect: {
        ...({ kind: 'status', status: 403, code: 'AccessDenied' } as const),
        message: 'User: arn:aws:sts::123456789012:assumed-role/artist is not authorized to perform: kms:Decrypt',
      },
    })),
  },
  'another encryption': {
    rules: [
      { operation: 'HeadObject', effect: { kind: 'answer-instead', status: 400 } },
      {
        operation: 'GetObject',
        effect: {
          ...({ kind: 'status', status: 400, code: 'InvalidRequest' } as const),
          message:
            'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
        },
      },
    ],
  },
  'one byte changed on the way': { rules: [{ effect: { kind: 'corrupt', atByte: 7 } }] },
  silent: all({ kind: 'stall' }),
} as const satisfies Record<string, Lie>;

export type LieName = keyof typeof LIES;
