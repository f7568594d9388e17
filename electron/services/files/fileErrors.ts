import { explainFile } from '../../../shared/causes.ts';
import { NearplayError } from '../../../shared/errors.ts';
import { detailOf, saidBy } from '../runtime/errorFacts.ts';

/** What was being done with which file of this computer. `receipts`: the list of what was uploaded. */
export interface FailedFile {
  path: string;
  doing: 'read' | 'write' | 'receipts';
}

/**
 * Says what an error of the disk means, for a file that was read, one that was written, or the receipts.
 *
 * @returns an error that is explained already as it is; `internal` for what no disk says.
 */
export function explainFileError(error: unknown, file: FailedFile): NearplayError {
  if (error instanceof NearplayError) return error;
  const said = saidBy(error);
  const { code, message } = explainFile(said, file);
  return new NearplayError(code, message, { cause: error, detail: detailOf(said, code) });
}
