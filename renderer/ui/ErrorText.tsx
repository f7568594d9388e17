import type { ErrorReport } from '../../shared/errors.ts';
import { shownDetail } from '../../shared/errorText.ts';

/** What went wrong: the sentence, and below it, quieter, the other side's own words. For any place that is no panel. */
export function ErrorText({ report }: { report: ErrorReport }) {
  return (
    <>
      {report.message}
      <ErrorDetail report={report} />
    </>
  );
}

/** The other side's own words alone, for a sentence that holds the message already; nothing where there are none. */
export function ErrorDetail({ report }: { report: ErrorReport }) {
  const words = shownDetail(report.detail);
  return words === undefined ? null : <span className="error-detail">“{words}”</span>;
}
