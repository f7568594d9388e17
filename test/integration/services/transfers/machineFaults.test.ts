import { writeFileSync } from 'node:fs';
import { readFile, rename, utimes } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Journal } from '../../../../electron/services/transfers/journal/journal.ts';
import type { UploadRecord } from '../../../../electron/services/transfers/journal/uploadRecord.ts';
import { NearplayError } from '../../../../shared/errors.ts';
import { loopTime } from '../../../helpers/turns.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { type Phase, PHASES, ruleOf, uploadHalf } from './phases.ts';
import { bytesOf, count, Desk, makeQueue, MIB, only, until, uploadsIn, within } from './surroundings.ts';

const SIZE = 17 * MIB;
const AT_MOST = 25_000;
/** Milliseconds in which the requests of a paused or cancelled upload end. */
const LEAVES_WITHIN = 200;
/** Milliseconds in which something would show that must not happen; none of these tests needs it to be exact. */
const A_WHILE = 300;

let sandbox: Sandbox;
let desk: Desk;
let journal: LimitedJournal;
let running: ReturnType<typeof makeQueue>;
let path: string;
let content: Buffer;
/** Lets the request go on that waits at the storage. */
let open: () => void = () => undefined;

/** A journal on a disk that may be full. */
class LimitedJournal extends Journal {
  isFull = false;

  override put(record: UploadRecord): Promise<void> {
    return this.isFull ? Promise.reject(new NearplayError('disk-full')) : super.put(record);
  }
}

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  desk = await Desk.open();
  sandbox.requests.length = 0;
  journal = new LimitedJournal(desk.journalFolder);
  // Requests wait for as long as the test takes to do something meanwhile: no time-out may end them before.
  const timing = { settle: 100, hold: 150, idle: 60_000, complete: 60_000 };
  running = makeQueue(sandbox, desk, { journal, timing, random: () => 0 });
  await running.queue.start();
});
afterEach(async () => {
  open();
  sandbox.clearFaults();
  await running.stop();
  await desk.close();
});

const finish = () => within(AT_MOST, 'the upload', running.queue.finished());
const confirmed = () =>
  sandbox.requests.filter(({ operation, status }) => operation === 'UploadPart' && status === 200).length;

/** Uploads a file; resolves when a request of the phase has arrived at the storage, which holds it until `open`. */
async function reach(phase: Phase): Promise<void> {
  path = await desk.file(`${phase}-${Math.random()}.bin`, SIZE);
  content = await readFile(path);
  const { skip, ...request } = ruleOf(phase);
  if (phase === 'list') await uploadHalf(sandbox, running.queue, path);
  const before = sandbox.requests.filter(({ operation }) => operation === request.operation).length;
  const gate = Promise.withResolvers<undefined>();
  open = () => gate.resolve(undefined);
  sandbox.addFault({ ...request, skip, times: 1, effect: { kind: 'gate', opened: gate.promise } });
  if (phase === 'list') running.queue.resume();
  else await running.queue.add('', [path]);
  await until(() => count(sandbox, request.operation) > before + skip, `a request to ${request.operation}`);
}

/** Of the SDK's own request, what tells which one it is. */
interface AskedRequest {
  method: string;
  hostname: string;
  query?: object;
}

/** Requests of the phase fail like this until the function is called that is returned. */
function failToResolve(phase: Phase): () => void {
  const { requestHandler } = running.clients.clientOf('main-us').config;
  const { skip, operation } = ruleOf(phase);
  const handle = requestHandler.handle.bind(requestHandler);
  let [seen, isOver] = [0, false];
  requestHandler.handle = (request: AskedRequest, options) => {
    if (isOver || operationOf(request) !== operation || seen++ < skip) return handle(request, options);
    const { hostname } = request;
    // As Node's resolver says it, for a name that is unknown or when no server answers.
    const code = seen % 2 === 0 ? 'ENOTFOUND' : 'EAI_AGAIN';
    const error = new Error(`getaddrinfo ${code} ${hostname}`);
    return Promise.reject(Object.assign(error, { code, errno: -3008, syscall: 'getaddrinfo', hostname }));
  };
  return () => void (isOver = true);
}

function operationOf({ method, query }: AskedRequest): string {
  const has = (name: string) => query !== undefined && name in query;
  if (method === 'HEAD') return 'HeadObject';
  if (method === 'POST') return has('uploads') ? 'CreateMultipartUpload' : 'CompleteMultipartUpload';
  return method === 'PUT' ? 'UploadPart' : 'ListParts';
}

/** Those of this test's file. */
const ownUploads = () => uploadsIn(sandbox).filter(({ key }) => key === `media/${basename(path)}`);

async function expectWhole(expected = content): Promise<void> {
  expect(only(running.queue).state).toBe('done');
  expect((await bytesOf(sandbox, only(running.queue).key))?.equals(expected)).toBe(true);
  expect(sandbox.bucketOf('main-us').versionsOf(`media/${only(running.queue).key}`)).toHaveLength(1);
  expect(ownUploads()).toHaveLength(0);
}

describe.each(PHASES)('in the phase "%s"', (phase) => {
  it('a name that cannot be resolved, for a while', async () => {
    path = await desk.file(`${phase}-${Math.random()}.bin`, SIZE);
    content = await readFile(path);
    if (phase === 'list') await uploadHalf(sandbox, running.queue, path);
    const resolved = failToResolve(phase);
    if (phase === 'list') running.queue.resume();
    else await running.queue.add('', [path]);
    await until(() => only(running.queue).blockedFor === 'offline', 'it says that it is offline');
    resolved();
    await finish();
    await expectWhole();
    expect(count(sandbox, 'CreateMultipartUpload')).toBe(1);
    expect(confirmed()).toBe(3);
  });

  it('a full disk', async () => {
    await reach(phase);
    journal.isFull = true;
    open();
    // No write of this phase succeeds; after the last write there is nothing to wait for.
    await until(() => ['blocked', 'done'].includes(only(running.queue).state), 'it waits for the disk, or is done');
    journal.isFull = false;
    await finish();
    await expectWhole();
    expect(count(sandbox, 'CreateMultipartUpload')).toBe(1);
    expect(confirmed()).toBe(3);
  });

  it('the file changes', async () => {
    await reach(phase);
    const other = Buffer.from(content);
    other.fill('new', 0, MIB);
    other.fill('new', SIZE - MIB);
    writeFileSync(path, other);
    const lately = Date.now() / 1000 - 600;
    await utimes(path, lately, lately);
    open();
    await finish();
    // Once all is there, the upload is of the file as it was.
    await expectWhole(phase === 'complete' || phase === 'head' ? content : other);
  });

  it('the file is gone, and comes back', async () => {
    await reach(phase);
    await rename(path, `${path}.away`);
    open();
    await finish();
    const isThereBefore = phase === 'complete' || phase === 'head';
    expect(only(running.queue).state).toBe(isThereBefore ? 'done' : 'failed');
    await rename(`${path}.away`, path);
    if (!isThereBefore) {
      expect(only(running.queue).error?.code).toBe('file-unreadable');
      running.queue.retry();
      await finish();
    }
    await expectWhole();
    expect(count(sandbox, 'CreateMultipartUpload')).toBe(1);
    expect(confirmed()).toBe(3);
  });

  it('a pause, and going on', async () => {
    await reach(phase);
    running.queue.pause();
    await loopTime(LEAVES_WITHIN);
    expect(only(running.queue).state).toBe('paused');
    open();
    // Requests from before the pause may still be read there.
    await loopTime(LEAVES_WITHIN);
    const quiet = sandbox.requests.length;
    await wait(A_WHILE);
    expect(sandbox.requests).toHaveLength(quiet);
    running.queue.resume();
    await finish();
    await expectWhole();
    expect(count(sandbox, 'CreateMultipartUpload')).toBe(1);
  });

  it('a cancellation', async () => {
    await reach(phase);
    running.queue.cancel();
    open();
    await loopTime(LEAVES_WITHIN);
    expect(only(running.queue).state).toBe('cancelled');
    await finish();
    // What was on its way has arrived by now.
    await wait(A_WHILE);
    expect(ownUploads()).toHaveLength(0);
  });
});
