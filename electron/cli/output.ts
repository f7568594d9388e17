import type { Writable } from 'node:stream';

/** The reader of the output is gone: what only prints has nothing left to do. */
export class OutputClosed extends Error {}

/** What a write to a pipe says whose reader has gone; Windows says EOF, a socket ECONNRESET. */
const CLOSED_PIPE_CODES: ReadonlySet<string> = new Set(['EPIPE', 'EOF', 'ECONNRESET', 'ERR_STREAM_DESTROYED']);

export interface OutputOptions {
  /** Whether the command has more to do than to print, and so ends in order without a reader: an upload, a download. */
  goesOn: boolean;
  /** The output cannot be written, for another cause than that its reader has gone: the disk is full. */
  failed: (code: string) => void;
}

/**
 * Writes to a stream until its reader closes it, as `head -1` does. Then further text is dropped, or, for a command that only
 * prints, `OutputClosed` is thrown so that it ends. Without the listener such an error is a stack trace and the end of the process.
 */
export function outputTo(stream: Writable, { goesOn, failed }: OutputOptions): (text: string) => void {
  let isClosed = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!isClosed && !CLOSED_PIPE_CODES.has(error.code ?? '')) failed(error.code ?? error.message);
    isClosed = true;
  });
  return (text) => {
    if (!isClosed) stream.write(text);
    else if (!goesOn) throw new OutputClosed();
  };
}
