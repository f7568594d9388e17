import type { StorageConfiguration } from '../../shared/preferences.ts';
import { explainFile, explainStorage } from '../../shared/causes.ts';
import { NOTHING_SAID, wordsOf, type Said } from '../../shared/causes/cause.ts';
import { FOREIGN_ANSWER } from '../../shared/causes/storageCauses.ts';
import { NearplayError } from '../../shared/errors.ts';

const DEEPEST_CAUSE = 4;

/** What was being done when it failed, in words that IT can act on. */
export interface FailedAction {
  /** The S3 action, e.g. `s3:GetObject`. */
  action: string;
  storage: Pick<StorageConfiguration, 'bucket' | 'region'>;
  key?: string;
  /** The role that was to be assumed, where signing in is what failed. */
  role?: string;
}

/** What was being done with which file of this computer. `receipts`: the list of what was uploaded. */
export interface FailedFile {
  path: string;
  doing: 'read' | 'write' | 'receipts';
}

/**
 * Says what an error of the SDK, of the network or of the disk means to a user, as a NearplayError whose message names
 * the bucket and what to do, and whose `detail` is what the other side said. The original stays as `cause`, for the log's
 * eyes. A file that is read is meant where the disk failed; for one that is written: `explainFileError`.
 */
export function explainS3Error(error: unknown, failed: FailedAction): NearplayError {
  if (error instanceof NearplayError) return error;
  const said = saidBy(error);
  if (isRecord(error) && error['name'] === 'AbortError')
    return new NearplayError('cancelled', undefined, { cause: error });
  const { action, storage, key, role } = failed;
  const asked = { action, ...storage, ...(key !== undefined && { key }), ...(role !== undefined && { role }) };
  const { code, message } = explainStorage(said, asked);
  return new NearplayError(code, message, { cause: error, detail: detailOf(said, code) });
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

/** Whether the storage itself is the trouble (no answer, answers of 5xx, something else in its place), rather than this one request. */
export function meansUnreachable({ code }: Pick<NearplayError, 'code'>): boolean {
  return (
    code === 'offline' ||
    code === 'timeout' ||
    code === 'storage-failed' ||
    code === 'not-a-storage' ||
    code === 'proxy-sign-in'
  );
}

/** The HTTP status of an SDK error, 0 where there was no answer. */
export function httpStatusOf(error: unknown): number {
  return saidBy(error).status;
}

/** Whether an error came as an answer without a document that names it: one to HEAD, mostly. */
export function isWithoutWords(error: unknown): boolean {
  const { status, name } = saidBy(error);
  return status >= 300 && (name === '' || name === 'NotFound' || name === FOREIGN_ANSWER);
}

/** What an error says, whichever library threw it. */
function saidBy(error: unknown): Said {
  const record = isRecord(error) ? error : {};
  const metadata = isRecord(record['$metadata']) ? record['$metadata'] : {};
  const response = isRecord(record['$response']) ? record['$response'] : {};
  const status = typeof metadata['httpStatusCode'] === 'number' ? metadata['httpStatusCode'] : 0;
  const headers = textsOf(response['headers'], (name) => name.toLowerCase());
  const message = text(record['message']);
  // The SDK could not read the answer as what it should be.
  const isUnread = status > 0 && message.includes('Deserialization error');
  return {
    ...NOTHING_SAID,
    name: isUnread ? FOREIGN_ANSWER : nameOf(record, status),
    code: text(record['code']) || codeWithin(record, 0),
    message: isUnread || message === 'UnknownError' ? '' : message,
    status,
    headers,
    elements: textsOf(record, (name) => name),
  };
}

/** An answer without a document has no name: the SDK says "Unknown". */
function nameOf(record: Record<string, unknown>, status: number): string {
  const name = text(record['name']) || text(record['Code']);
  return name === 'Unknown' || (status > 0 && /^(?:Error|TypeError|SyntaxError)$/.test(name)) ? '' : name;
}

/** The other side's own words; of an error of this program itself there are none. */
function detailOf({ message, name, status }: Said, code: string): string | undefined {
  const isOfProgram = code === 'internal' && status === 0;
  return isOfProgram || code === 'cancelled' || (name === 'TimeoutError' && status === 0)
    ? undefined
    : wordsOf(message);
}

/**
 * The code of what lies beneath: a cause, or the first of the attempts at several addresses of one host, which Node
 * gathers in an AggregateError.
 */
function codeWithin({ cause, errors }: Record<string, unknown>, depth: number): string {
  const attempts: readonly unknown[] = Array.isArray(errors) ? errors : [];
  const beneath = [cause, ...attempts];
  for (const one of beneath) {
    if (!isRecord(one) || depth > DEEPEST_CAUSE) continue;
    const code = text(one['code']) || codeWithin(one, depth + 1);
    if (code !== '') return code;
  }
  return '';
}

function textsOf(value: unknown, nameOfText: (name: string) => string): Record<string, string> {
  const texts: Record<string, string> = Object.create(null) as Record<string, string>;
  if (!isRecord(value)) return texts;
  for (const [name, item] of Object.entries(value)) if (typeof item === 'string') texts[nameOfText(name)] = item;
  return texts;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
