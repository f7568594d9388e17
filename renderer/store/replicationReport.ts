import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ErrorReport } from '../../shared/errors.ts';
import type { NearplayApi } from '../../shared/ipc.ts';
import { REPLICATION_PROBLEMS, type ReplicationProblem, type ReplicationReport } from '../../shared/replication.ts';
import { reportOf } from '../api.ts';

/** The comparison of the main storage with its replicas, for one folder and everything below it. */
export interface Reporting {
  phase: 'idle' | 'running' | 'done' | 'cancelled' | 'failed';
  folder: string;
  /** Objects looked at so far. */
  compared: number;
  report: ReplicationReport | undefined;
  failure: ErrorReport | undefined;
  /** The problem whose objects are listed. */
  shown: ReplicationProblem | undefined;

  run: (folder: string) => Promise<void>;
  cancel: () => Promise<void>;
  show: (problem: ReplicationProblem) => void;
  progressed: (compared: number) => void;
}

export type ReportingStore = StoreApi<Reporting>;

/** Problems of which there are any, worst first. */
export function problemsIn(report: ReplicationReport): ReplicationProblem[] {
  return WORST_FIRST.filter((problem) => report.totals[problem].objects > 0);
}

/** Problems that an S3 Batch Operations job can mend: replication that is under way needs none. */
export function mendable(report: ReplicationReport): ReplicationProblem[] {
  return problemsIn(report).filter((problem) => problem !== 'pending');
}

const WORST_FIRST: readonly ReplicationProblem[] = [...REPLICATION_PROBLEMS].sort(
  (one, other) => rankOf(one) - rankOf(other),
);

function rankOf(problem: ReplicationProblem): number {
  return ['failed', 'missing', 'stuck', 'never', 'pending'].indexOf(problem);
}

/** The store over the bridge; nothing rejects, and only the newest run is answered. */
export function createReporting(api: NearplayApi): ReportingStore {
  let lastRun = 0;
  return createStore<Reporting>((set, get) => ({
    phase: 'idle',
    folder: '',
    compared: 0,
    report: undefined,
    failure: undefined,
    shown: undefined,

    async run(folder) {
      const mine = ++lastRun;
      set({ phase: 'running', folder, compared: 0, report: undefined, failure: undefined, shown: undefined });
      try {
        const report = await api.reportReplication({ folder });
        if (mine === lastRun) set({ phase: 'done', report, compared: report.compared, shown: problemsIn(report)[0] });
      } catch (error) {
        const failure = reportOf(error);
        if (mine === lastRun) set(failure.code === 'cancelled' ? { phase: 'cancelled' } : { phase: 'failed', failure });
      }
    },
    async cancel() {
      if (get().phase !== 'running') return;
      lastRun += 1;
      set({ phase: 'cancelled' });
      // The answer is dropped in any case; main merely stops earlier.
      await api.cancelReport().catch(() => undefined);
    },
    show: (shown) => set({ shown }),
    progressed: (compared) => set(({ phase }) => (phase === 'running' ? { compared } : {})),
  }));
}
