import type { PowerMonitor, PowerSaveBlocker } from 'electron';
import type { TransferTotals } from '../../shared/transfers.ts';
import { openTransfers } from './progress.ts';

/** Keeps the machine awake while transfers are open, and only then. The display may sleep. */
export class AwakeWhileTransferring {
  readonly #blocker: Pick<PowerSaveBlocker, 'start' | 'stop'>;
  #token: number | undefined;

  constructor(blocker: Pick<PowerSaveBlocker, 'start' | 'stop'>) {
    this.#blocker = blocker;
  }

  update(totals: TransferTotals): void {
    if (openTransfers(totals) === 0) this.release();
    else this.#token ??= this.#blocker.start('prevent-app-suspension');
  }

  release(): void {
    if (this.#token === undefined) return;
    this.#blocker.stop(this.#token);
    this.#token = undefined;
  }
}

/** After sleep the network may be another one: addresses and reachability are measured again. */
export function onWakeUp(monitor: Pick<PowerMonitor, 'on'>, networkChanged: () => void): void {
  monitor.on('resume', networkChanged);
  monitor.on('unlock-screen', networkChanged);
}
