import type { TransferQueue } from '../../../../electron/services/transfers/queue/queue.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import { MIB, only, until } from './surroundings.ts';

/** What an upload in parts is made of, in its order; `list` comes only when it goes on after an interruption. */
export const PHASES = ['look', 'create', 'part', 'list', 'complete', 'head'] as const;
export type Phase = (typeof PHASES)[number];

/** The first HEAD is the look at the name, the second is the proof of what has arrived. */
const RULES = {
  look: { operation: 'HeadObject', skip: 0 },
  create: { operation: 'CreateMultipartUpload', skip: 0 },
  part: { operation: 'UploadPart', skip: 0 },
  list: { operation: 'ListParts', skip: 0 },
  complete: { operation: 'CompleteMultipartUpload', skip: 0 },
  head: { operation: 'HeadObject', skip: 1 },
} as const satisfies Record<Phase, { operation: string; skip: number }>;

/** The requests of a phase, for a fault. */
export const ruleOf = (phase: Phase): { operation: string; skip: number } => ({ ...RULES[phase] });

/** Uploads a file (of more than two parts) until two of its parts are there, and pauses. */
export async function uploadHalf(sandbox: Sandbox, queue: TransferQueue, path: string): Promise<void> {
  const lift = sandbox.addFault({ operation: 'UploadPart', partNumber: 3, effect: { kind: 'stall' } });
  await queue.add('', [path]);
  await until(() => only(queue).confirmed >= 16 * MIB, 'two parts are there');
  queue.pause();
  await until(() => only(queue).state === 'paused', 'paused');
  lift();
}
