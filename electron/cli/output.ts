import type { Writable } from 'node:stream';

/** Thrown when the reader of the output has gone: a command that only prints ends. */
export class OutputClosed extends Error {}

/** Error codes of a write to a pipe without a reader; Windows reports EOF, a socket ECONNRESET. */
const CLOSED_PIPE_CODES: ReadonlySet<string> = new Set(['EPIPE', 'EOF', 'ECONNRESET', 'ERR_STREAM_DESTROYED']);

/** Resolves when all that was written so far has been taken, or refused: an error is reported by then. */
export function settled(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => setImmediate(resolve));
  });
}

export interface OutputOptions {
  /** Whether the command continues without a reader: an upload, a download. */
  goesOn: boolean;
  /** Called when writing fails for another reason than a missing reader: a full disk. */
  failed: (code: string) => void;
}

/**
 * Writes to a stream until its reader closes it, as `head -1` does. Further text is then dropped, or, for a command
 * that only prints, `OutputClosed` is thrown. Without the error listener the process would end with a stack trace.
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
