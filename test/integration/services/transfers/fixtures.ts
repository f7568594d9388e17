import type { CredentialProvider } from '../../../../electron/services/storage/storageClients.ts';
import type { TransferQueueOptions } from '../../../../electron/services/transfers/queue/queue.ts';
import { sandboxAsNew, sandboxOfFile, withSandbox } from '../../../helpers/fixtures.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import { Desk, makeQueue, type RunningQueue, within } from './surroundings.ts';

type QueueOptions = Partial<TransferQueueOptions> & { credentials?: CredentialProvider };

/** The queue of a test; `queue`, `deltas` and `clients` are those of the last start. */
interface RestartableQueue extends RunningQueue {
  /** Stops the queue and starts another one on its journal, as of an app that starts again. */
  restart(options?: QueueOptions): Promise<void>;
}

function queueAt(sandbox: Sandbox, desk: Desk, atFirst: QueueOptions): RestartableQueue {
  const running: RestartableQueue = {
    ...makeQueue(sandbox, desk, atFirst),
    async restart(options = atFirst) {
      await running.stop();
      Object.assign(running, makeQueue(sandbox, desk, options));
      await running.queue.start();
    },
  };
  return running;
}

/**
 * `desk`: files of this computer. `made`: a queue made with `queueOptions`, not started; `running`: the same one, started.
 * All of them on a `sandbox` of the test's own.
 */
export const withQueue = withSandbox
  .extend('desk', async ({}, { onCleanup }) => {
    const desk = await Desk.open();
    onCleanup(() => desk.close());
    return desk;
  })
  .extend('queueOptions', (): QueueOptions => ({}))
  .extend('made', ({ sandbox, desk, queueOptions }, { onCleanup }) => {
    const made = queueAt(sandbox, desk, queueOptions);
    onCleanup(() => {
      // No fault that is left keeps it from stopping.
      sandbox.clearFaults();
      return made.stop();
    });
    return made;
  })
  .extend('running', async ({ made }) => {
    await made.queue.start();
    return made;
  })
  .extend(
    'finish',
    ({ running }) =>
      () =>
        within(30_000, 'the upload', running.queue.finished()),
  );

/** The same on one sandbox for all tests of the file. */
export const withQueueOnSharedSandbox = withQueue
  .extend('sandboxOfFile', { scope: 'file' }, sandboxOfFile)
  .extend('sandbox', sandboxAsNew);
