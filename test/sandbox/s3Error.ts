/** An error as S3 answers it: a code, an HTTP status and a message (S3 API reference, "Error responses"). */
export class S3Error extends Error {
  readonly code: string;
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(code: string, status: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.name = 'S3Error';
    this.code = code;
    this.status = status;
    this.headers = headers;
  }
}

export const notFound = (key: string) => new S3Error('NoSuchKey', 404, `The specified key does not exist: ${key}`);
export const noSuchUpload = () => new S3Error('NoSuchUpload', 404, 'The specified multipart upload does not exist.');
export const preconditionFailed = () =>
  new S3Error('PreconditionFailed', 412, 'At least one of the preconditions you specified did not hold.');
export const badDigest = (what: string) =>
  new S3Error('BadDigest', 400, `The ${what} you specified did not match the calculated checksum.`);
export const invalidRequest = (message: string) => new S3Error('InvalidRequest', 400, message);
