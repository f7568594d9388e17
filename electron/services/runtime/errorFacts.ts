import { type FailureFacts, NO_FACTS, wordsOf } from '../../../shared/causes/cause.ts';
import { FOREIGN_ANSWER } from '../../../shared/causes/storageCauses.ts';

const MAX_CAUSE_DEPTH = 4;

/** The HTTP status of an SDK error, 0 when there was no answer. */
export function httpStatusOf(error: unknown): number {
  return factsOf(error).status;
}

/** The stack of an error for the log; `undefined` where something else was thrown. */
export function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}

/** Whether an error is an answer without a document that names it, mostly one to HEAD. */
export function isWithoutWords(error: unknown): boolean {
  const { status, name } = factsOf(error);
  return status >= 300 && (name === '' || name === 'NotFound' || name === FOREIGN_ANSWER);
}

/** The facts of an error of any library. */
export function factsOf(error: unknown): FailureFacts {
  const record = isRecord(error) ? error : {};
  const metadata = isRecord(record['$metadata']) ? record['$metadata'] : {};
  const response = isRecord(record['$response']) ? record['$response'] : {};
  const status = typeof metadata['httpStatusCode'] === 'number' ? metadata['httpStatusCode'] : 0;
  const headers = textsOf(response['headers'], (name) => name.toLowerCase());
  const message = text(record['message']);
  // The SDK could not parse the answer.
  const isUnread = status > 0 && message.includes('Deserialization error');
  return {
    ...NO_FACTS,
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

/** The other side's own message; `undefined` for an error of this program. */
export function detailOf({ message, name, status }: FailureFacts, code: string): string | undefined {
  const isOfProgram = code === 'internal' && status === 0;
  return isOfProgram || code === 'cancelled' || (name === 'TimeoutError' && status === 0)
    ? undefined
    : wordsOf(message);
}

/**
 * The code of the cause, or of the first attempt at the several addresses of a host, which Node collects in an
 * AggregateError.
 */
function codeWithin({ cause, errors }: Record<string, unknown>, depth: number): string {
  const attempts: readonly unknown[] = Array.isArray(errors) ? errors : [];
  const beneath = [cause, ...attempts];
  for (const one of beneath) {
    if (!isRecord(one) || depth > MAX_CAUSE_DEPTH) continue;
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
