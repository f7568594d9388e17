import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

const ask = (timeout = 5000) => fetch(sandbox.addressService.url, { signal: AbortSignal.timeout(timeout) });

it('tells the address as a line of text, IPv4 and IPv6', async () => {
  expect(await (await ask()).text()).toBe('203.0.113.7\n');
  sandbox.addressService.setAddress('2001:db8:20::9');
  expect(await (await ask()).text()).toBe('2001:db8:20::9\n');
});

it('can be slow, fail and be mute', async () => {
  const { addressService } = sandbox;
  addressService.setDelay(200);
  const begun = performance.now();
  await ask();
  expect(performance.now() - begun).toBeGreaterThanOrEqual(195);
  addressService.setDelay(0);
  addressService.setAddress(null);
  expect((await ask()).status).toBe(503);
  addressService.setMute(true);
  await expect(ask(300)).rejects.toThrow(/timeout/i);
  addressService.setMute(false);
  expect((await ask()).status).toBe(503);
});
