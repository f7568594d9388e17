import { NearplayError } from '../../../shared/errors.ts';
import type { ReplicationProblem, ReplicationProgress, ReplicationReport } from '../../../shared/replication.ts';
import type { Studio } from '../reading/studio.ts';
import { batchManifest, reportReplication } from './replicationReport.ts';

export interface ReplicationReportsOptions {
  /** @throws NearplayError no-preferences, preferences-invalid */
  studio: () => Studio;
  progress: (progress: ReplicationProgress) => void;
}

/** Reports on replication, one at a time: a new one ends the one before. */
export class ReplicationReports {
  readonly #options: ReplicationReportsOptions;
  #running: AbortController | undefined;
  #last: ReplicationReport | undefined;

  constructor(options: ReplicationReportsOptions) {
    this.#options = options;
  }

  /** @throws NearplayError cancelled; no-preferences, access-denied, offline … */
  async report(folder: string): Promise<ReplicationReport> {
    this.cancel();
    const running = new AbortController();
    this.#running = running;
    this.#last = undefined;
    const { studio, progress } = this.#options;
    const report = await reportReplication(studio(), folder, {
      signal: running.signal,
      progress: (compared) => progress({ compared }),
    });
    if (this.#running === running) this.#last = report;
    return report;
  }

  cancel(): void {
    this.#running?.abort();
  }

  /**
   * The objects of the last report that have one of these problems, as a manifest for S3 Batch Operations.
   *
   * @throws NearplayError bad-request when there are none
   */
  manifest(problems: readonly ReplicationProblem[]): string {
    const studio = this.#options.studio();
    const { bucket, prefix } = studio.clients.configurationOf(studio.preferences.mainStorage);
    const objects = this.#last?.objects.filter(({ problem }) => problems.includes(problem)) ?? [];
    if (objects.length === 0) throw new NearplayError('bad-request', 'The report names no such objects. Run it again.');
    return batchManifest(bucket, prefix, objects);
  }
}
