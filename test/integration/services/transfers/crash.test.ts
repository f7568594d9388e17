import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import type { ChecksumKind } from '../../../../electron/services/content/checksumKind.ts';
import { MINUTE_MS } from '../../../../shared/units.ts';
import { withQueue } from './fixtures.ts';
import { SpawnedUpload } from './spawnedUpload.ts';
import { bytesOf, MIB, until, uploadsIn } from './surroundings.ts';

const isLong = process.env['NEARPLAY_LONG'] === '1';
const [KILLS, SIZE] = isLong ? [50, 300 * MIB] : [6, 40 * MIB];
const PARTS = SIZE / (8 * MIB);
/** Milliseconds that the storage takes for a part: slow enough to be caught at work. */
const PART_TAKES = 150;

const it = withQueue
  .extend(
    'partsThere',
    ({ sandbox }) =>
      () =>
        sandbox.requests.filter(({ operation, status }) => operation === 'UploadPart' && status === 200).length,
  )
  .extend(
    'uploadIn',
    ({ sandbox }) =>
      (file: string, journalFolder: string, checksumKind: ChecksumKind) =>
        new SpawnedUpload(sandbox, { file, journalFolder, checksumKind }),
  )
  /** From the first request until the object is there, and however fast the machine is. */
  .extend('aRandomMoment', ({ partsThere, sandbox }) => async (): Promise<void> => {
    const parts = Math.floor(Math.random() * (PARTS + 1));
    await until(() => sandbox.requests.length > 0 && partsThere() >= parts, `${parts} parts are there`);
    await wait(Math.random() * PART_TAKES);
  })
  /** Parts that the storage had confirmed, and their numbers again: what was paid for twice. */
  .extend('sentAgain', ({ sandbox }) => (): number[] => {
    const confirmed = new Set<number>();
    const again: number[] = [];
    for (const { operation, partNumber, status } of sandbox.requests) {
      if (operation !== 'UploadPart' || partNumber === undefined) continue;
      if (confirmed.has(partNumber)) again.push(partNumber);
      if (status === 200) confirmed.add(partNumber);
    }
    return again;
  });

it(
  `survives SIGKILL at a random moment, ${KILLS} times`,
  async ({ aRandomMoment, desk, partsThere, sandbox, sentAgain, uploadIn }) => {
    sandbox.addFault({ operation: 'UploadPart', effect: { kind: 'latency', milliseconds: PART_TAKES } });
    let caughtAtWork = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const file = await desk.file(`crash-${kill}.bin`, SIZE);
      const journalFolder = `${desk.journalFolder}-${kill}`;
      sandbox.requests.length = 0;
      const kind: ChecksumKind = kill % 4 === 3 ? 'COMPOSITE' : 'FULL_OBJECT';
      const killed = uploadIn(file, journalFolder, kind);
      await aRandomMoment();
      killed.kill();
      await killed.output;
      // Requests in flight end at the storage before anything new comes.
      await wait(200);
      expect(uploadsIn(sandbox).length).toBeLessThanOrEqual(1);
      if (partsThere() > 0) caughtAtWork += 1;
      expect(await uploadIn(file, journalFolder, kind).output).toContain('"done"');

      const begun = sandbox.requests.filter(({ operation }) => operation === 'CreateMultipartUpload');
      expect(begun).toHaveLength(1);
      expect(sentAgain()).toEqual([]);
      expect(uploadsIn(sandbox)).toHaveLength(0);
      expect((await bytesOf(sandbox, `crash-${kill}.bin`))?.equals(await readFile(file))).toBe(true);
    }
    // Otherwise this would be a test of nothing.
    expect(caughtAtWork).toBeGreaterThan(KILLS / 8);
  },
  KILLS * (isLong ? MINUTE_MS : MINUTE_MS / 2),
);
