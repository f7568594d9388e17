import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { UploadTransfer } from '../../../../electron/services/transfers/jobs/transfer.ts';
import type { AddOptions } from '../../../../electron/services/transfers/queue/queue.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import { bytesOf, type Desk, MIB, type RunningQueue, within } from './surroundings.ts';

/** Every way that content goes to the storage. */
export const WAYS = ['put', 'multipart', 'stream', 'stream-in-parts'] as const;
export type Way = (typeof WAYS)[number];

const SIZES: Record<Way, number> = {
  put: MIB + 1,
  multipart: 20 * MIB + 1,
  stream: MIB + 1,
  'stream-in-parts': 20 * MIB + 1,
};

/** What goes to the storage at the end of each way, and makes the object. */
export const LAST_REQUEST: Record<Way, string> = {
  put: 'PutObject',
  multipart: 'CompleteMultipartUpload',
  stream: 'PutObject',
  'stream-in-parts': 'CompleteMultipartUpload',
};

export interface Sending extends AddOptions {
  name?: string;
}

/** One upload that is over, or waits for the user's word, and what was sent. */
export interface Sent {
  transfer: UploadTransfer;
  content: Buffer;
}

/** Sends a new file one way, to its end. @throws Error when it does not come to one within 25 s */
export async function sendBy(way: Way, running: RunningQueue, desk: Desk, sending: Sending = {}): Promise<Sent> {
  const { name = `${way}.bin`, ...options } = sending;
  const path = await desk.file(name, SIZES[way]);
  const content = await readFile(path);
  const { queue } = running;
  if (way === 'put' || way === 'multipart') {
    const [id = ''] = await queue.add('', [path], options);
    await within(25_000, `the upload by ${way}`, queue.finished());
    const transfer = queue.find(id);
    if (!transfer) throw new Error('The upload is gone');
    return { transfer, content };
  }
  const source = Readable.from(chunksOf(content));
  await within(
    25_000,
    `the upload by ${way}`,
    queue.addStream(name, source, options).catch(() => undefined),
  );
  const transfer = queue.list().at(-1);
  if (!transfer) throw new Error('The upload is gone');
  return { transfer, content };
}

function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += MIB) yield bytes.subarray(start, start + MIB);
}

/** The one promise: what is called done is in the storage, byte by byte, and its receipt names it. */
export async function isDoneFalsely(
  sandbox: Sandbox,
  running: RunningQueue,
  { transfer, content }: Sent,
): Promise<boolean> {
  const receipts = running.queue.receipts().filter(({ key }) => key === `media/${transfer.key}`);
  if (transfer.state !== 'done') return receipts.length > 0;
  return receipts.length !== 1 || (await bytesOf(sandbox, transfer.key))?.equals(content) !== true;
}
