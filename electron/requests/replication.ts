import type { RequestHandlers } from '../../shared/ipc.ts';
import type { Services } from '../services/services.ts';
import type { Choosers } from './choosers.ts';

/** Reports on what is not replicated. */
export function replicationRequests({ reports }: Pick<Services, 'reports'>, { saveText }: Choosers) {
  return {
    reportReplication: ({ folder }) => reports.report(folder),
    cancelReport: () => reports.cancel(),
    saveManifest: ({ problems }) =>
      saveText(
        { title: 'Save manifest for S3 Batch Operations', name: 'replication-manifest.csv' },
        reports.manifest(problems),
      ),
  } satisfies Partial<RequestHandlers>;
}
