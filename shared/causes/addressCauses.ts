import type { Cause } from './cause.ts';

/** The echo service that was asked for this computer's public address. */
export interface AskedOfService {
  host: string;
}

const OTHER_SERVICE = 'name a service in publicIp.services that answers with nothing but the address';

/** Answers of an echo service other than an address. The first line that fits counts. */
export const ADDRESS_CAUSES: readonly Cause<AskedOfService>[] = [
  {
    id: 'address-none',
    code: 'not-an-address',
    fits: ({ status }) => status === 200,
    sentence: (_facts, { host }) => `${host} answered, but not with an address.`,
    remedy: () => `A firewall or a sign-in page may answer in its place; otherwise ${OTHER_SERVICE}.`,
    example: { facts: { status: 200, message: '{"ip":"203.0.113.7"}' } },
    before: 'No answer from checkip.example',
  },
  {
    id: 'address-refused',
    code: 'not-an-address',
    fits: ({ status }) => status > 0,
    sentence: ({ status }, { host }) => `${host} answered ${status}, and no address.`,
    remedy: () => `Ask IT whether the service may be used from here, or ${OTHER_SERVICE}.`,
    example: { facts: { status: 503 } },
    before: 'No answer from checkip.example',
  },
  {
    id: 'address-silent',
    code: 'offline',
    fits: () => true,
    sentence: (_facts, { host }) => `No answer from ${host}.`,
    remedy: () => 'Allow HTTPS to the service, name another one in publicIp.services, or choose the region by hand.',
    example: { facts: {} },
  },
];
