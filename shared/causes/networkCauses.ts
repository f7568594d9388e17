import { type Cause, coded, type FailureFacts } from './cause.ts';

/** The host that was contacted. */
interface AskedOfNetwork {
  region: string;
}

type NetworkCause = Cause<AskedOfNetwork>;

const storageIn = ({ region }: AskedOfNetwork) => `the storage in ${region}`;
const CHECK = () => 'Check the network.';
const ASK_IT = () => 'Ask IT.';

/** The host in a network error: "getaddrinfo ENOTFOUND s3.example", "connect ECONNREFUSED 10.0.0.1:443". */
function hostIn({ message }: FailureFacts): string {
  const host = /\b(?:ENOTFOUND|EAI_AGAIN|ENODATA|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH) ([\w.:[\]-]{1,253})/.exec(
    message,
  )?.[1];
  return host === undefined ? '' : ` (${host})`;
}

/** Codes of a connection that broke before its answer ended. */
const CUT: readonly string[] = ['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'UND_ERR_SOCKET'];

const PATHS: readonly NetworkCause[] = [
  {
    id: 'name-not-found',
    code: 'offline',
    fits: coded('ENOTFOUND', 'ENODATA'),
    sentence: (facts, asked) => `No address is known here for ${storageIn(asked)}${hostIn(facts)}.`,
    remedy: () => 'Check the network; if other pages open, ask IT whether this name is right.',
    example: { facts: { code: 'ENOTFOUND', message: 'getaddrinfo ENOTFOUND s3.us-east-1.amazonaws.com' } },
    before: 'The storage in us-east-1 cannot be reached. Check the network; it goes on by itself.',
  },
  {
    id: 'name-service-silent',
    code: 'offline',
    fits: coded('EAI_AGAIN', 'EAI_FAIL'),
    sentence: (facts, asked) => `The address of ${storageIn(asked)} cannot be looked up now${hostIn(facts)}.`,
    remedy: CHECK,
    example: { facts: { code: 'EAI_AGAIN', message: 'getaddrinfo EAI_AGAIN s3.us-east-1.amazonaws.com' } },
    before: 'The storage in us-east-1 cannot be reached. Check the network; it goes on by itself.',
  },
  {
    id: 'connection-refused',
    code: 'offline',
    fits: coded('ECONNREFUSED'),
    sentence: (facts, asked) => `The connection to ${storageIn(asked)} was refused${hostIn(facts)}.`,
    remedy: () => 'Nothing listens there, or a firewall is between: check the network, then ask IT.',
    example: { facts: { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 192.0.2.7:443' } },
    before: 'The storage in us-east-1 cannot be reached. Check the network; it goes on by itself.',
  },
  {
    id: 'no-answer',
    code: 'timeout',
    fits: ({ code, name }) =>
      [
        'ETIMEDOUT',
        'ESOCKETTIMEDOUT',
        'ERR_SOCKET_CONNECTION_TIMEOUT',
        'UND_ERR_CONNECT_TIMEOUT',
        'UND_ERR_HEADERS_TIMEOUT',
        // The SDK also reports a reset connection as TimeoutError (@smithy/node-http-handler); its code is exact.
      ].includes(code) ||
      (name === 'TimeoutError' && !CUT.includes(code)),
    sentence: (_facts, { region }) => `The storage in ${region} did not answer in time.`,
    remedy: () => '',
    example: { facts: { code: 'ETIMEDOUT', message: 'connect ETIMEDOUT 192.0.2.7:443' } },
  },
  {
    id: 'connection-cut',
    code: 'offline',
    fits: ({ code, message, status }) =>
      CUT.includes(code) || (status === 0 && /socket hang up|aborted/i.test(message)),
    sentence: (_facts, asked) => `The connection to ${storageIn(asked)} was cut.`,
    remedy: CHECK,
    example: { facts: { code: 'ECONNRESET', message: 'read ECONNRESET' } },
    before: 'The storage in us-east-1 cannot be reached. Check the network; it goes on by itself.',
  },
  {
    id: 'no-way-there',
    code: 'offline',
    fits: coded('ENETUNREACH', 'ENETDOWN', 'EHOSTUNREACH', 'EHOSTDOWN', 'EADDRNOTAVAIL', 'ENONET'),
    sentence: (facts, asked) => `There is no way from this computer to ${storageIn(asked)} now${hostIn(facts)}.`,
    remedy: CHECK,
    example: { facts: { code: 'ENETUNREACH', message: 'connect ENETUNREACH 192.0.2.7:443' } },
    before: 'The storage in us-east-1 cannot be reached. Check the network; it goes on by itself.',
  },
];

const CERTIFICATES: readonly NetworkCause[] = [
  {
    id: 'certificate-of-another-name',
    code: 'offline',
    fits: coded('ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH', 'IP_ADDRESS_MISMATCH'),
    sentence: ({ code }, asked) => `The certificate shown for ${storageIn(asked)} is one for another name (${code}).`,
    remedy: () => 'Something else answered there, or the name in the Isolation Preferences is wrong: ask IT.',
    example: {
      facts: {
        code: 'ERR_TLS_CERT_ALTNAME_INVALID',
        message:
          "Hostname/IP does not match certificate's altnames: Host: s3.example. is not in the cert's altnames: DNS:portal.example",
      },
    },
    before:
      'The certificate that the storage in us-east-1 shows is not trusted here (ERR_TLS_CERT_ALTNAME_INVALID). Ask IT.',
  },
  {
    id: 'certificate-expired',
    code: 'offline',
    fits: coded('CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'),
    sentence: ({ code }, asked) =>
      `The certificate that ${storageIn(asked)} shows is ${code === 'CERT_HAS_EXPIRED' ? 'not valid any more' : 'not valid yet'} by this computer's clock (${code}).`,
    remedy: () => "Check this computer's date; if it is right, ask IT.",
    example: { facts: { code: 'CERT_HAS_EXPIRED', message: 'certificate has expired' } },
    before: 'The certificate that the storage in us-east-1 shows is not trusted here (CERT_HAS_EXPIRED). Ask IT.',
  },
  {
    id: 'certificate-not-trusted',
    code: 'offline',
    // Codes of OpenSSL, as Node names them.
    fits: ({ code }) =>
      /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT_|INVALID_CA|CRL_|ERROR_IN_)/.test(code),
    sentence: ({ code }, asked) => `The certificate that ${storageIn(asked)} shows is not trusted here (${code}).`,
    remedy: ASK_IT,
    example: { facts: { code: 'SELF_SIGNED_CERT_IN_CHAIN', message: 'self-signed certificate in certificate chain' } },
  },
  {
    id: 'no-secure-connection',
    code: 'offline',
    fits: ({ code }) => code === 'EPROTO' || /^ERR_(?:SSL|TLS)_/.test(code),
    sentence: ({ code }, asked) => `No secure connection to ${storageIn(asked)} came about (${code}).`,
    remedy: () => 'Something that does not speak HTTPS answered, or its version is not accepted: ask IT.',
    example: { facts: { code: 'EPROTO', message: 'write EPROTO: wrong version number' } },
    before: 'The storage in us-east-1 cannot be reached. Check the network; it goes on by itself.',
  },
];

/** Errors of the network, without an answer of a storage. The first line that fits counts. */
export const NETWORK_CAUSES: readonly NetworkCause[] = [...PATHS, ...CERTIFICATES];
