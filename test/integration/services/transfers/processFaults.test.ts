import { readFile } from 'node:fs/promises';
import { platform } from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../../../shared/units.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { type Phase, PHASES, ruleOf } from './phases.ts';
import { SpawnedUpload } from './spawnedUpload.ts';
import { bytesOf, Desk, MIB, untilOrEnded, uploadsIn } from './surroundings.ts';

const SIZE = 17 * MIB;
/** Milliseconds: longer than the time-out of a request, so that every timer is late when the process wakes up. */
const ASLEEP = 5500;
/** Long enough for a busy machine: what it gives up on although the storage took it would rightly be sent again. */
const IDLE = 5000;
/** Milliseconds that the storage takes for the request that is caught. */
const CAUGHT_FOR = 300;

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

/** One upload of a file with a name of its own, so that several can be watched at once. */
class Watched {
  readonly name: string;
  readonly phase: Phase;
  #file = '';

  constructor(name: string, phase: Phase) {
    this.name = `${name}-${phase}.bin`;
    this.phase = phase;
  }

  /** Resolves when a request of the phase has arrived and is not answered; the answer is lost. */
  async begin(): Promise<SpawnedUpload> {
    this.#file = await desk.file(this.name, SIZE);
    if (this.phase === 'list') await this.#uploadHalf();
    const { operation, skip } = ruleOf(this.phase);
    const arrived = () => this.requests(operation).length;
    const before = arrived();
    const request = { operation, key: new RegExp(this.name), skip, times: 1 };
    sandbox.addFault({ ...request, effect: { kind: 'latency', milliseconds: CAUGHT_FOR } });
    sandbox.addFault({ ...request, effect: { kind: 'lost-answer' } });
    const upload = this.start();
    await untilOrEnded(() => arrived() > before + skip, `${this.name}: a request to ${operation}`, upload.output);
    return upload;
  }

  start(): SpawnedUpload {
    return new SpawnedUpload(sandbox, {
      file: this.#file,
      journalFolder: `${desk.journalFolder}-${this.name}`,
      idle: IDLE,
    });
  }

  requests(operation: string) {
    return sandbox.requests.filter((request) => request.operation === operation && request.key.endsWith(this.name));
  }

  /** @param times that one part may have been taken by the storage. */
  async expectWhole(output: string, times = 1): Promise<void> {
    expect(output).toContain('"done"');
    expect((await bytesOf(sandbox, this.name))?.equals(await readFile(this.#file))).toBe(true);
    expect(sandbox.bucketOf('main-us').versionsOf(`media/${this.name}`)).toHaveLength(1);
    expect(uploadsIn(sandbox).filter(({ key }) => key.endsWith(this.name))).toEqual([]);
    expect(this.requests('CreateMultipartUpload')).toHaveLength(1);
    const confirmed = this.requests('UploadPart').filter(({ status }) => status === 200);
    const byPart = Map.groupBy(confirmed, ({ partNumber }) => partNumber);
    expect(Math.max(...[...byPart.values()].map(({ length }) => length))).toBeLessThanOrEqual(times);
  }

  /** A process that ends with a part missing. */
  async #uploadHalf(): Promise<void> {
    const lift = sandbox.addFault({ key: new RegExp(this.name), partNumber: 3, effect: { kind: 'stall' } });
    const first = this.start();
    await untilOrEnded(
      () => this.requests('UploadPart').filter(({ status }) => status === 200).length === 2,
      'two parts are there',
      first.output,
    );
    first.kill();
    await first.output;
    lift();
  }
}

// Each test starts up to three processes; they end by themselves (SpawnedUpload), long before this.
describe.concurrent.each(PHASES)('in the phase "%s"', { timeout: 10 * MINUTE_MS }, (phase) => {
  it('the process is killed, and the next one goes on', async () => {
    const watched = new Watched('killed', phase);
    const upload = await watched.begin();
    upload.kill();
    await upload.output;
    // Requests in flight end at the storage before anything new comes.
    await wait(CAUGHT_FOR * 2);
    await watched.expectWhole(await watched.start().output);
  });

  it.skipIf(platform === 'win32')('the machine sleeps, its connections die, and it goes on', async () => {
    const watched = new Watched('asleep', phase);
    const upload = await watched.begin();
    upload.sleep();
    await wait(ASLEEP);
    upload.wake();
    // What the storage takes while the process sleeps has timed out when it wakes up, and goes again.
    await watched.expectWhole(await upload.output, 2);
  });
});
