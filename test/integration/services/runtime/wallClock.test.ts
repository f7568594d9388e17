import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IN_SYDNEY, startTestStudio, type TestStudio } from '../studio.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** This machine's time is set by so much, to either side. */
const JUMPS = [3 * HOUR, -3 * HOUR];

let studio: TestStudio;
/** How far this machine's time was set since the test began, and how much of it has passed. */
let set: number;
let passed: number;
const now = () => Date.now() + passed + set;
const clock = () => performance.now() + passed;

let echo: Server;
let asked: number;
beforeEach(async () => {
  [set, passed, asked] = [0, 0, 0];
  echo = createServer((_request, response) => {
    asked++;
    response.end(`${IN_SYDNEY}\n`);
  });
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  studio = await startTestStudio({ delaySeconds: 60, services: { now, clock } });
});
afterEach(async () => {
  await studio.stop();
  echo.closeAllConnections();
  await new Promise((resolve) => echo.close(resolve));
});

describe.each(JUMPS)("this machine's time set by %d ms", (jump) => {
  it('neither ends nor prolongs what a replica is left alone for', () => {
    const { proof } = studio.services.studio();
    const version = { key: 'a.mov', size: 1, etag: '"a"', lastModified: 0, versionId: 'v1' };
    proof.refused('sydney', version, 'archived');
    set = jump;
    expect(proof.isWorthAsking('sydney', version)).toBe(false);
    passed = MINUTE;
    expect(proof.isWorthAsking('sydney', version)).toBe(true);
  });

  it('neither asks for the public address sooner nor later', async () => {
    const { port } = echo.address() as AddressInfo;
    const preferences = studio.sandbox.preferences({ services: [`http://127.0.0.1:${port}/`] });
    const file = await studio.file('travel.json', JSON.stringify(preferences));
    const { addresses } = await studio.join({ commandLinePreferences: file, givenAddress: undefined });
    await expect.poll(() => addresses.known().addresses[0]?.address).toBe(IN_SYDNEY);
    await addresses.refresh();
    const before = asked;
    set = jump;
    addresses.refreshIfStale();
    passed = 5 * MINUTE - SECOND;
    addresses.known();
    await studio.upload('meanwhile.txt', 'bytes');
    expect(asked).toBe(before);
    passed = 5 * MINUTE;
    addresses.known();
    await expect.poll(() => asked).toBeGreaterThan(before);
  });

  it('changes nothing of the age of what lies in a storage', async () => {
    await studio.upload('shot.txt', 'bytes');
    const opened = studio.services.studio();
    const { clients, router } = opened;
    const version = await opened.identify('shot.txt');
    const before = clients.storageNow('main-us');
    set = jump;
    expect(Math.abs(clients.storageNow('main-us') - before)).toBeLessThan(30 * SECOND);
    // 60 seconds of delay: not over, and not of hours.
    const { reason, details } = router.known(version);
    expect(reason).toBe('within-replication-delay');
    expect(details.secondsLeft).toBeLessThanOrEqual(60);
    expect(details.secondsLeft).toBeGreaterThan(0);
    expect(Math.round(clients.clockOffsetOf('main-us') / HOUR)).toBe(-jump / HOUR);
    passed = MINUTE + SECOND;
    expect(router.known(version).reason).not.toBe('within-replication-delay');
  });
});
