import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ChecksumKind } from '../../../electron/services/transfers/checksumKind.ts';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { SpawnedUpload } from './spawnedUpload.ts';
import { bytesOf, Desk, MIB, until, uploadsIn } from './surroundings.ts';

const isLong = process.env['NEARPLAY_LONG'] === '1';
/** And milliseconds that an upload lasts at least, from its first request on. */
const [KILLS, SIZE, LASTS] = isLong ? [50, 300 * MIB, 1800] : [6, 40 * MIB, 700];
const MINUTE = 60_000;

let sandbox: Sandbox;
let desk: Desk;

beforeAll(async () => {
  sandbox = await startSandbox();
  desk = await Desk.open();
});
afterAll(async () => {
  await desk.close();
  await sandbox.close();
});

/** `killAfter` milliseconds after its first request the process is gone. */
async function uploadOnce(file: string, journalFolder: string, checksumKind: ChecksumKind, killAfter?: number) {
  const upload = new SpawnedUpload(sandbox, { file, journalFolder, checksumKind });
  if (killAfter !== undefined) {
    await until(() => sandbox.requests.length > 0, 'a first request');
    await wait(killAfter);
    upload.kill();
  }
  return upload.output;
}

/** Parts that the storage had confirmed, and their numbers again: what was paid for twice. */
function sentAgain(): number[] {
  const confirmed = new Set<number>();
  const again: number[] = [];
  for (const { operation, partNumber, status } of sandbox.requests) {
    if (operation !== 'UploadPart' || partNumber === undefined) continue;
    if (confirmed.has(partNumber)) again.push(partNumber);
    if (status === 200) confirmed.add(partNumber);
  }
  return again;
}

it(
  `survives SIGKILL at a random moment, ${KILLS} times`,
  async () => {
    // Slow enough to be caught at work.
    sandbox.addFault({ operation: 'UploadPart', effect: { kind: 'latency', milliseconds: 150 } });
    let caughtAtWork = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const file = await desk.file(`crash-${kill}.bin`, SIZE);
      const journalFolder = `${desk.journalFolder}-${kill}`;
      sandbox.requests.length = 0;
      const kind: ChecksumKind = kill % 4 === 3 ? 'COMPOSITE' : 'FULL_OBJECT';
      await uploadOnce(file, journalFolder, kind, Math.random() * LASTS);
      // What was on the wire ends at the storage before anything new comes.
      await wait(200);
      expect(uploadsIn(sandbox).length).toBeLessThanOrEqual(1);
      const before = sandbox.requests.filter(({ operation, status }) => operation === 'UploadPart' && status === 200);
      if (before.length > 0) caughtAtWork += 1;
      expect(await uploadOnce(file, journalFolder, kind)).toContain('"done"');

      const begun = sandbox.requests.filter(({ operation }) => operation === 'CreateMultipartUpload');
      expect(begun).toHaveLength(1);
      expect(sentAgain()).toEqual([]);
      expect(uploadsIn(sandbox)).toHaveLength(0);
      expect((await bytesOf(sandbox, `crash-${kill}.bin`))?.equals(await readFile(file))).toBe(true);
    }
    // Otherwise this would be a test of nothing.
    expect(caughtAtWork).toBeGreaterThan(KILLS / 8);
  },
  KILLS * (isLong ? MINUTE : MINUTE / 2),
);
