import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ELSEWHERE, IN_SYDNEY, startTestStudio, type TestStudio } from '../studio.ts';

let studio: TestStudio;
let echo: Server;
/** What the echo service answers; undefined: nothing, ever. */
let answer: string | undefined;
let asked: number;
beforeEach(async () => {
  answer = IN_SYDNEY;
  asked = 0;
  echo = createServer((_request, response) => {
    asked++;
    if (answer !== undefined) response.end(`${answer}\n`);
  });
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  studio = await startTestStudio();
});
afterEach(async () => {
  await studio.stop();
  echo.closeAllConnections();
  await new Promise((resolve) => echo.close(resolve));
});

/** A user whose address is asked for. */
async function traveller(services = [`http://127.0.0.1:${(echo.address() as AddressInfo).port}/`]) {
  const file = await studio.file(
    'travel.json',
    JSON.stringify(studio.sandbox.preferences({ delaySeconds: 0, services })),
  );
  return studio.join({ commandLinePreferences: file, givenAddress: undefined, interfaces: () => ['10.0.0.5'] });
}
const readingOf = async (services: Awaited<ReturnType<typeof traveller>>) => (await services.bootstrap()).reading;

describe('the public address', () => {
  it('decides the replica as soon as it is known, and windows are told', async () => {
    const services = await traveller();
    const told: unknown[] = [];
    services.on('readingChanged', (reading) => told.push(reading?.route.storage));
    await expect.poll(async () => (await readingOf(services))?.route.reason).toBe('replica-by-ip');
    expect((await readingOf(services))?.addresses[0]).toMatchObject({ address: IN_SYDNEY, source: 'public' });
    answer = ELSEWHERE;
    const reading = await services.refreshAddress();
    expect(reading.route.reason).toBe('ip-outside-ranges');
    expect(told.at(-1)).toBe('main-us');
  });

  it('is asked for again when the interfaces change', async () => {
    let interfaces = ['10.0.0.5'];
    const services = [`http://127.0.0.1:${(echo.address() as AddressInfo).port}/`];
    const preferences = studio.sandbox.preferences({ delaySeconds: 0, services });
    const file = await studio.file('travel.json', JSON.stringify(preferences));
    const traveller = await studio.join({
      commandLinePreferences: file,
      givenAddress: undefined,
      interfaces: () => interfaces,
      interfacesEvery: 20,
    });
    await expect.poll(async () => (await readingOf(traveller))?.route.reason).toBe('replica-by-ip');
    answer = ELSEWHERE;
    interfaces = ['192.168.7.7'];
    await expect.poll(async () => (await readingOf(traveller))?.route.reason).toBe('ip-outside-ranges');
  });

  it('that nobody tells holds nothing up: links come from main meanwhile, and the reason says so', async () => {
    answer = undefined;
    await studio.upload('shot.txt', 'bytes');
    const services = await traveller();
    const link = await services.studio().createLink('shot.txt', 'play');
    // The measurement is still going on: the link did not wait for its end.
    expect((await readingOf(services))?.addressProblem).toBeUndefined();
    expect(link.route).toMatchObject({ storage: 'main-us', reason: 'ip-unknown' });
    await expect
      .poll(async () => (await readingOf(services))?.addressProblem, { timeout: 50_000 })
      .toContain('127.0.0.1');
  });

  it('is not taken from a captive portal', async () => {
    answer = '<html>Welcome to the hotel</html>';
    const services = await traveller();
    await expect
      .poll(async () => (await readingOf(services))?.addressProblem)
      .toContain('answered, but not with an address');
    expect((await readingOf(services))?.route.reason).toBe('ip-unknown');
  });

  it('is asked for again on another network', async () => {
    const services = await traveller();
    await expect.poll(async () => (await readingOf(services))?.route.reason).toBe('replica-by-ip');
    const before = asked;
    answer = ELSEWHERE;
    services.networkChanged();
    await expect.poll(async () => (await readingOf(services))?.route.reason).toBe('ip-outside-ranges');
    expect(asked).toBeGreaterThan(before);
  });

  it('is asked of nobody where the admin switched it off', async () => {
    const services = await traveller([]);
    await services.refreshAddress();
    expect((await readingOf(services))?.addresses).toEqual([{ address: '10.0.0.5', source: 'interface' }]);
    expect(asked).toBe(0);
  });
});
