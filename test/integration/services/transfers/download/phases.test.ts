import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FaultEffect, FaultRule } from '../../../../sandbox/faults.ts';
import { DownloadDesk, MIB } from './surroundings.ts';

const SIZE = 3 * MIB;

/** What a download is made of, in its order. */
const PHASES = {
  identify: { operation: 'HeadObject', skip: 0 },
  look: { operation: 'HeadObject', skip: 1 },
  bytes: { operation: 'GetObject', skip: 0 },
  // After the connection broke once.
  rest: { operation: 'GetObject', skip: 1 },
} satisfies Record<string, Pick<FaultRule, 'operation' | 'skip'>>;

const PASSING: Record<string, FaultEffect> = {
  'no answer but 503': { kind: 'status', status: 503, code: 'ServiceUnavailable' },
  'no answer but 500': { kind: 'status', status: 500, code: 'InternalError' },
  'a plea for patience': { kind: 'status', status: 503, code: 'SlowDown' },
  'a cut connection': { kind: 'down' },
  'a cut in the bytes': { kind: 'reset', afterBytes: 100_000 },
  silence: { kind: 'stall' },
  'silence in the bytes': { kind: 'stall', afterBytes: 100_000 },
  'a damaged byte': { kind: 'corrupt', atByte: 100_000 },
  'a firewall’s page': { kind: 'answer-instead', status: 200, body: '<html></html>' },
  'an endless page': { kind: 'endless-body' },
  latency: { kind: 'latency', milliseconds: 50 },
  'no proof': { kind: 'no-proof' },
  'whole files for ranges': { kind: 'ignore-range' },
};

const FINAL: Record<string, FaultEffect> = {
  archived: { kind: 'status', status: 403, code: 'InvalidObjectState' },
  'a refusal': { kind: 'status', status: 403, code: 'AccessDenied' },
  'a key that is gone': { kind: 'status', status: 404, code: 'NoSuchKey' },
  'a key of KMS that is off': { kind: 'status', status: 400, code: 'KMS.DisabledException' },
  'not implemented': { kind: 'status', status: 501, code: 'NotImplemented' },
};

let desk: DownloadDesk;
beforeAll(async () => {
  desk = await DownloadDesk.open(SIZE, { services: { givenAddress: '198.51.100.7' } });
});
afterAll(() => desk.close());
beforeEach(() => {
  desk.sandbox.clearFaults();
  desk.services.studio().reachability.succeeded('main-us');
});

/** The object in one request, and in 12 ranges side by side; what a connection brings before it breaks once. */
const READ = {
  'in one request': { phases: Object.keys(PHASES) as (keyof typeof PHASES)[], breakAfter: MIB },
  // Before the bytes there is no difference.
  'in ranges': { phases: ['bytes', 'rest'] as const, breakAfter: 100_000, rangeBytes: SIZE / 12 },
};

describe.each(Object.entries(READ))('%s', (read, { phases, breakAfter, ...options }) => {
  const arm = (phase: keyof typeof PHASES, effect: FaultEffect, times?: number) => {
    if (phase === 'rest') {
      const effectOnce: FaultEffect = { kind: 'reset', afterBytes: breakAfter };
      desk.sandbox.addFault({ operation: 'GetObject', effect: effectOnce, times: 1 });
    }
    desk.sandbox.addFault({ ...PHASES[phase], effect, ...(times !== undefined && { times }) });
  };

  describe.each(phases)('in the phase "%s"', (phase) => {
    it.each(Object.entries(PASSING))('%s passes, and the file is right', async (_what, effect) => {
      // The SDK asks three times before it says that something failed.
      arm(phase, effect, 4);
      const name = `${read} ${phase}.mov`;
      const done = await desk.get(name, { idleMs: 300, ...options }).catch((error: unknown) => error);
      // Damaged or replaced again and again is an end as well; a wrong file under the name never is.
      if (done instanceof Error)
        expect(done).toMatchObject({ code: expect.stringMatching(/^(damaged|object-changed)$/) as string });
      else expect(await desk.holds(name)).toBe(true);
      expect((await desk.names()).filter((one) => one.startsWith('.'))).toEqual([]);
    });

    it.each(Object.entries(FINAL))('%s ends it, and nothing is left', async (_what, effect) => {
      const name = `never ${read} ${phase}.mov`;
      arm(phase, effect);
      // What is refused to HEAD is refused to GET as well, and only that says why.
      if (PHASES[phase].operation === 'HeadObject') desk.sandbox.addFault({ operation: 'GetObject', effect });
      await expect(desk.get(name, options)).rejects.toThrow();
      expect(await desk.names()).not.toContain(name);
      expect((await desk.names()).filter((one) => one.startsWith('.'))).toEqual([]);
    });
  });
});
