import { describe, expect, it, vi } from 'vitest';
import type { FileLook } from '../../../../../../electron/services/files/stableFile.ts';
import { UploadJob } from '../../../../../../electron/services/transfers/jobs/uploadJob.ts';
import {
  hasSettled,
  settleTime,
  SettlingFiles,
} from '../../../../../../electron/services/transfers/queue/settlingFiles.ts';
import { HOUR_MS } from '../../../../../../shared/units.ts';
import { anUploadRecord } from '../../../../../mothers/uploadRecords.ts';

const SETTLE = 2000;
const NOW = 1_700_000_000_000;

function lookAt(changes: Partial<FileLook> = {}): FileLook {
  return { size: 10, mtimeMs: NOW - HOUR_MS, ctimeMs: NOW - HOUR_MS, inode: '7', ...changes };
}

function jobOf({ size, mtimeMs, inode }: FileLook): UploadJob {
  return new UploadJob(anUploadRecord('a', { size, mtimeMs, inode }));
}

function watching() {
  const time = { now: NOW, clock: 1000 };
  const growing = new SettlingFiles({
    ...{ settle: SETTLE, again: vi.fn() },
    now: () => time.now,
    clock: () => time.clock,
  });
  const isSettled = (job: UploadJob, look: FileLook) => {
    try {
      growing.assertSettled(job, look);
      return true;
    } catch {
      return false;
    }
  };
  return { time, isSettled };
}

describe('a file that may be growing', () => {
  it('is settled when it was seen unchanged for long enough, or is old by all of its dates', () => {
    expect(hasSettled({ age: 2000, seenFor: 0, settle: 2000 })).toBe(true);
    expect(hasSettled({ age: 1999, seenFor: 0, settle: 2000 })).toBe(false);
    expect(hasSettled({ age: -60_000, seenFor: 2000, settle: 2000 })).toBe(true);
    expect(hasSettled({ age: undefined, seenFor: 1999, settle: 2000 })).toBe(false);
  });

  it('has to be still for longer after each change, but not for ever', () => {
    expect([0, 1, 2, 50].map((changes) => settleTime(2000, changes))).toEqual([2000, 4000, 8000, 60_000]);
  });

  it('is taken at first sight when it is old and as it was when it was queued', () => {
    const { isSettled } = watching();
    expect(isSettled(jobOf(lookAt()), lookAt())).toBe(true);
  });

  it.each<[string, Partial<FileLook>]>([
    ['was written a moment ago, with its date set back', { ctimeMs: NOW - 10 }],
    ['is larger than when it was queued, with its date set back', { size: 11 }],
    ['is another file under the same name', { inode: '8' }],
  ])('needs two looks when it %s', (_what, changes) => {
    const { time, isSettled } = watching();
    const job = jobOf(lookAt());
    const look = lookAt(changes);
    expect(isSettled(job, look)).toBe(false);
    time.clock += SETTLE - 1;
    expect(isSettled(job, look)).toBe(false);
    time.clock += 1;
    expect(isSettled(job, look)).toBe(true);
  });

  it.each<[string, (look: FileLook) => FileLook]>([
    ['size', (look) => ({ ...look, size: look.size + 1 })],
    ['date', (look) => ({ ...look, mtimeMs: look.mtimeMs + 1 })],
    ['ctime', (look) => ({ ...look, ctimeMs: look.ctimeMs + 1 })],
    ['inode', (look) => ({ ...look, inode: '9' })],
  ])('begins to be watched anew with another %s', (_what, change) => {
    const { time, isSettled } = watching();
    const young = lookAt({ ctimeMs: NOW });
    const job = jobOf(young);
    isSettled(job, young);
    time.clock += SETTLE;
    expect(isSettled(job, change(young))).toBe(false);
    time.clock += SETTLE;
    expect(isSettled(job, change(young))).toBe(true);
  });

  it('does not wait for hours when the clock of this computer is set back', () => {
    const { time, isSettled } = watching();
    const young = lookAt({ mtimeMs: NOW, ctimeMs: NOW });
    const job = jobOf(young);
    expect(isSettled(job, young)).toBe(false);
    time.now -= 2 * HOUR_MS;
    time.clock += SETTLE;
    expect(isSettled(job, young)).toBe(true);
  });
});
