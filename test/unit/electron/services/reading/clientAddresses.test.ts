import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type AddressQuestion,
  askOverHttp,
  ClientAddresses,
  interfaceAddresses,
  NoAddress,
} from '../../../../../electron/services/reading/clientAddresses.ts';
import { parseAddress } from '../../../../../shared/ipRanges.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const ECHO = 'https://checkip.example/';
const OTHER = 'https://ip.example:8443/';

let services: string[];
let interfaces: string[];
let now: number;
let asked: Omit<AddressQuestion, 'signal'>[];
let changes: number;
let ask: (question: AddressQuestion) => Promise<string>;
beforeEach(() => {
  services = [ECHO];
  interfaces = ['10.61.0.5'];
  now = 1_000_000;
  asked = [];
  changes = 0;
  ask = ({ family }) => (family === 6 ? Promise.reject(new Error('no IPv6')) : Promise.resolve('203.0.113.9\n'));
});
const start = () =>
  new ClientAddresses({
    services: () => services,
    ask: (question) => {
      const { service, family } = question;
      asked.push({ service, family });
      return ask(question);
    },
    interfaces: () => interfaces,
    clock: () => now,
    changed: () => {
      changes++;
    },
  });
const publicOnes = (address: ClientAddresses) =>
  address
    .known()
    .addresses.filter(({ source }) => source === 'public')
    .map((one) => one.address);

describe('what is known', () => {
  it('never waits: at first the interfaces, later the public address before them', async () => {
    const address = start();
    expect(address.known()).toEqual({ addresses: [{ address: '10.61.0.5', source: 'interface' }] });
    expect(address.isPublicUnknown()).toBe(true);
    await address.refresh();
    expect(address.known()).toEqual({
      addresses: [
        { address: '203.0.113.9', source: 'public', service: ECHO },
        { address: '10.61.0.5', source: 'interface' },
      ],
    });
    expect(address.isPublicUnknown()).toBe(false);
  });

  it('names a public address on an own interface once, as public', async () => {
    interfaces = ['203.0.113.9', '10.61.0.5'];
    const address = start();
    await address.refresh();
    expect(address.known().addresses.map(({ source }) => source)).toEqual(['public', 'interface']);
  });

  it('has an IPv4 and an IPv6 address, each once, whichever service and family told it', async () => {
    services = [ECHO, OTHER];
    ask = ({ family }) => Promise.resolve(family === 6 ? '2001:db8::9' : '203.0.113.9');
    const address = start();
    await address.refresh();
    expect(publicOnes(address)).toEqual(['203.0.113.9', '2001:db8::9']);
    expect(asked).toHaveLength(4);
  });

  it('believes the answer and not the family it was asked over; a mapped address is an address', async () => {
    ask = ({ family }) => Promise.resolve(family === 4 ? '2001:db8::9' : '::ffff:203.0.113.9');
    const address = start();
    await address.refresh();
    expect(publicOnes(address)).toEqual(['2001:db8::9', '::ffff:203.0.113.9']);
  });

  it.each([
    '<html>Sign in to the hotel</html>',
    '',
    '203.0.113.9, 10.0.0.1',
    '203.0.113.0/24',
    '300.1.1.1',
    'fe80::1%eth0',
    '{"ip":"203.0.113.9"}',
    '"203.0.113.9"',
    '203.0.113.9\n203.0.113.10',
  ])('takes %j for no address, and says that there was an answer', async (text) => {
    ask = () => Promise.resolve(text);
    const address = start();
    await address.refresh();
    expect(publicOnes(address)).toEqual([]);
    expect(address.known().problem).toBe('checkip.example answered, but not with an address.');
  });

  it('says of each service what it did: silence is not an answer, and a refusal is not silence', async () => {
    services = [ECHO, OTHER, 'https://third.example/'];
    ask = ({ service }) =>
      Promise.reject(service === ECHO ? new Error('down') : new NoAddress(service === OTHER ? 503 : 200));
    const address = start();
    await address.refresh();
    expect(address.known().problem).toBe(
      'No answer from checkip.example. ip.example:8443 answered 503, and no address. third.example answered, but not with an address.',
    );
    expect(address.known().remedy).toContain('Allow HTTPS');
  });

  it('keeps the answer of one service when another fails', async () => {
    services = [OTHER, ECHO];
    ask = ({ service }) => (service === OTHER ? Promise.reject(new Error('down')) : Promise.resolve('203.0.113.9'));
    const address = start();
    await address.refresh();
    expect(address.known()).toMatchObject({ addresses: [{ address: '203.0.113.9', service: ECHO }, {}] });
    expect(address.known().problem).toBeUndefined();
  });
});

describe('a measurement', () => {
  it('is shared by all who ask at the same time', async () => {
    const address = start();
    address.known();
    await Promise.all([address.refresh(), address.refresh()]);
    expect(asked).toEqual([
      { service: ECHO, family: 4 },
      { service: ECHO, family: 6 },
    ]);
  });

  it('is not made where the admin switched it off, and nothing is missing then', async () => {
    services = [];
    const address = start();
    await address.refresh();
    expect(asked).toEqual([]);
    expect(address.isPublicUnknown()).toBe(false);
    expect(address.known()).toEqual({ addresses: [{ address: '10.61.0.5', source: 'interface' }] });
  });

  it('is good for five minutes', async () => {
    const address = start();
    await address.refresh();
    now += 5 * MINUTE - 1;
    address.known();
    expect(asked).toHaveLength(2);
    now += 1;
    address.known();
    expect(asked).toHaveLength(4);
  });

  it('that failed is repeated after 15, 30, 60 … seconds, five minutes at most', async () => {
    ask = () => Promise.reject(new Error('no'));
    const address = start();
    const pauses: number[] = [];
    await address.refresh();
    for (let round = 0; round < 7; round++) {
      const before = asked.length;
      let waited = 0;
      while (asked.length === before) {
        now += SECOND;
        waited++;
        address.refreshIfStale();
      }
      await address.refresh();
      pauses.push(waited);
    }
    expect(pauses).toEqual([15, 30, 60, 120, 240, 300, 300]);
  });

  it('is announced only when something is different', async () => {
    const address = start();
    await address.refresh();
    await address.refresh();
    expect(changes).toBe(1);
    ask = () => Promise.reject(new Error('no'));
    await address.refresh();
    expect(changes).toBe(2);
  });

  it('that failed leaves the address of a moment ago, unless the network is another one', async () => {
    const address = start();
    await address.refresh();
    ask = () => Promise.reject(new Error('no'));
    await address.refresh();
    expect(publicOnes(address)).toEqual(['203.0.113.9']);
    expect(address.known().problem).toBeDefined();
    await address.invalidate();
    expect(publicOnes(address)).toEqual([]);
  });

  it('is made again on another network, also while one is on its way', async () => {
    let network = '203.0.113.9';
    ask = () => Promise.resolve(network);
    const address = start();
    const first = address.refresh();
    network = '198.51.100.1';
    await address.invalidate();
    await first;
    expect(publicOnes(address)).toEqual(['198.51.100.1']);
  });

  it('ends after two seconds, also where nobody listens to the signal', async () => {
    ask = () => new Promise(() => undefined);
    const address = start();
    const begun = performance.now();
    // The test's own time-out is the other bound: without one of its own the question would never end.
    await address.refresh();
    expect(performance.now() - begun).toBeGreaterThan(1900);
    expect(address.known().problem).toContain('checkip.example');
  });
});

describe('asking over HTTP', () => {
  let server: Server;
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const listen = async (listener: RequestListener) => {
    server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  };
  const get = (service: string, milliseconds = 5000) =>
    askOverHttp()({ service, family: 4, signal: AbortSignal.timeout(milliseconds) });

  it('resolves to the text', async () => {
    expect(await get(await listen((_request, response) => response.end('203.0.113.9\n')))).toBe('203.0.113.9\n');
  });
  it.each([302, 403, 511])('rejects %d, which a captive portal may answer', async (status) => {
    const service = await listen((_request, response) =>
      response.writeHead(status, { location: '/login' }).end('203.0.113.9'),
    );
    await expect(get(service)).rejects.toThrow();
  });
  it('rejects an answer that has no end', async () => {
    const service = await listen((_request, response) => {
      const more = setInterval(() => response.write('<html>'.repeat(20)), 5);
      response.on('close', () => clearInterval(more));
    });
    await expect(get(service)).rejects.toThrow('no address');
  });
  it('rejects in time when the answer never comes, or stops half-way', async () => {
    const mute = await listen(() => undefined);
    await expect(get(mute, 100)).rejects.toThrow();
    server.closeAllConnections();
    server.close();
    const half = await listen((_request, response) => void response.write('203.'));
    await expect(get(half, 100)).rejects.toThrow();
  });
  it('rejects what is no URL', async () => {
    await expect(get('no url')).rejects.toThrow();
    server = createServer().listen(0);
  });
});

it('own interfaces have addresses, and none of them is loopback or link-local', () => {
  for (const address of interfaceAddresses()) {
    expect(parseAddress(address)).toBeDefined();
    expect(address).not.toMatch(/^(127\.|169\.254\.|::1$|fe80:)/i);
  }
});
