import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ErrorReport } from '../../shared/errors.ts';
import type { NearplayApi } from '../../shared/ipc.ts';
import { VERIFY_FINDINGS, type VerifyFinding, type VerifyReport } from '../../shared/verify.ts';
import { reportOf } from '../api.ts';

/** A local folder compared with one of the library. */
export interface Verification {
  /** `choosing`: the system's chooser is open. */
  phase: 'idle' | 'choosing' | 'running' | 'done' | 'cancelled' | 'failed';
  folder: string;
  /** Files so far, and bytes that were read for it. */
  compared: number;
  bytes: number;
  report: VerifyReport | undefined;
  failure: ErrorReport | undefined;
  /** The finding whose files are listed. */
  shown: VerifyFinding | undefined;

  /** Resolves to whether there is something to look at: not when the user cancelled the chooser. */
  run: (folder: string) => Promise<boolean>;
  cancel: () => Promise<void>;
  show: (finding: VerifyFinding) => void;
  progressed: (compared: number, bytes: number) => void;
}

export type VerificationStore = StoreApi<Verification>;

/** Findings of which there are any, worst first. */
export function findingsIn({ totals }: VerifyReport): VerifyFinding[] {
  return VERIFY_FINDINGS.filter((finding) => totals[finding] > 0);
}

/** The store over the bridge; nothing rejects, and only the newest run is answered. */
export function createVerification(api: NearplayApi): VerificationStore {
  let lastRun = 0;
  return createStore<Verification>((set, get) => ({
    phase: 'idle',
    folder: '',
    compared: 0,
    bytes: 0,
    report: undefined,
    failure: undefined,
    shown: undefined,

    async run(folder) {
      const mine = ++lastRun;
      set({
        phase: 'choosing',
        folder,
        compared: 0,
        bytes: 0,
        report: undefined,
        failure: undefined,
        shown: undefined,
      });
      try {
        const report = await api.verifyFolder({ folder });
        if (mine !== lastRun) return false;
        if (!report) set({ phase: 'idle' });
        else
          set({ phase: 'done', report, compared: report.compared, bytes: report.bytes, shown: findingsIn(report)[0] });
        return report !== null;
      } catch (error) {
        if (mine !== lastRun) return false;
        const failure = reportOf(error);
        set(failure.code === 'cancelled' ? { phase: 'cancelled' } : { phase: 'failed', failure });
        return true;
      }
    },
    async cancel() {
      const { phase } = get();
      if (phase !== 'running' && phase !== 'choosing') return;
      lastRun += 1;
      set({ phase: 'cancelled' });
      // The answer is dropped in any case; main merely stops earlier.
      await api.cancelVerify().catch(() => undefined);
    },
    show: (shown) => set({ shown }),
    progressed: (compared, bytes) =>
      set(({ phase }) => (phase === 'running' || phase === 'choosing' ? { phase: 'running', compared, bytes } : {})),
  }));
}
