/** An error as S3 answers it: a code, an HTTP status and a message (S3 API reference, "Error responses"). */
export class S3Error extends Error {
  readonly code: string;
  readonly status: number;
  readonly headers: Record<string, string>;
  /** Further elements of the document, such as the Endpoint of a redirect. */
  readonly elements: Record<string, string>;

  constructor(
    code: string,
    status: number,
    message: string,
    headers: Record<string, string> = {},
    elements: Record<string, string> = {},
  ) {
    super(message);
    this.name = 'S3Error';
    this.code = code;
    this.status = status;
    this.headers = headers;
    this.elements = elements;
  }
}

export const notFound = (key: string, headers: Record<string, string> = {}) =>
  new S3Error('NoSuchKey', 404, `The specified key does not exist: ${key}`, headers);
export const noSuchUpload = () => new S3Error('NoSuchUpload', 404, 'The specified multipart upload does not exist.');
export const preconditionFailed = () =>
  new S3Error('PreconditionFailed', 412, 'At least one of the preconditions you specified did not hold.');
/** A delete got between the check and the write (S3 User Guide, "Conditional writes"). */
export const conditionalConflict = () =>
  new S3Error('ConditionalRequestConflict', 409, 'A conflicting operation occurred against this resource.');
export const badDigest = (what: string) =>
  new S3Error('BadDigest', 400, `The ${what} you specified did not match the calculated checksum.`);
export const invalidRequest = (message: string) => new S3Error('InvalidRequest', 400, message);
export const invalidArgument = (message: string) => new S3Error('InvalidArgument', 400, message);
