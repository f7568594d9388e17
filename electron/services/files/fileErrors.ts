import { explainFile } from '../../../shared/causes.ts';
import { NearplayError } from '../../../shared/errors.ts';
import { detailOf, factsOf } from '../runtime/errorFacts.ts';

/** The file of a failed operation. `receipts`: the list of finished uploads. */
export interface FailedFile {
  path: string;
  doing: 'read' | 'write' | 'receipts';
}

/**
 * Explains an error of the disk, for a file that was read, one that was written, or the receipts.
 *
 * @returns an already explained error unchanged; `internal` for an error that is not of a disk.
 */
export function explainFileError(error: unknown, file: FailedFile): NearplayError {
  if (error instanceof NearplayError) return error;
  const facts = factsOf(error);
  const { code, message } = explainFile(facts, file);
  return new NearplayError(code, message, { cause: error, detail: detailOf(facts, code) });
}
