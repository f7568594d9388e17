import type { ErrorReport } from '../../shared/errors.ts';
import { MIB } from '../../shared/units.ts';
import { NearplayApiError } from '../api.ts';
import { CubeError, type CubeFault, type Lut, MAX_CUBE_BYTES, parseCube } from '../images/cube.ts';
import { formatBytes } from '../text/format.ts';
import type { Translate } from '../text/i18n.ts';
import { RangeReader, type RangeReaderOptions } from './reader/rangeReader.ts';
import { RangeFailure } from './reader/rangeRequest.ts';
import { VersionChanged } from './reader/readLinks.ts';

/** Why a table of colours cannot be used. */
export type TableFault =
  | { is: 'cube'; fault: CubeFault; line: number }
  | { is: 'empty' }
  | { is: 'too-large'; bytes: number }
  /** Another content took its place while it was read. */
  | { is: 'replaced' }
  /** There are links, and none of them gave the bytes; `status` is the HTTP status of the last answer. */
  | { is: 'no-bytes'; status: number | undefined }
  /** There is no link. */
  | { is: 'report'; report: ErrorReport }
  | { is: 'unreadable' };

/** A table of colours cannot be used. Its message holds no URL. */
export class TableError extends Error {
  readonly fault: TableFault;

  constructor(fault: TableFault) {
    super(`The table cannot be used: ${fault.is}`);
    this.name = 'TableError';
    this.fault = fault;
  }
}

/** Held beside the bytes of the table itself while it is read. */
const MAX_BUFFER_BYTES = 16 * MIB;

/**
 * The table of an object, read over the links of one version of it, from wherever that is proved to be.
 * @param signal ends it
 * @throws TableError; the reason of `signal`
 */
export async function readTable(
  options: Pick<RangeReaderOptions, 'link' | 'ask' | 'retryDelay'>,
  signal: AbortSignal,
): Promise<Lut> {
  const reader = new RangeReader({ ...options, maxBufferBytes: MAX_BUFFER_BYTES });
  const stop = (): void => reader.dispose();
  signal.addEventListener('abort', stop);
  try {
    const size = await reader.size();
    signal.throwIfAborted();
    refuseSize(size);
    return parseCube(textOf(await reader.read(0, size, signal)));
  } catch (error) {
    signal.throwIfAborted();
    throw tableErrorOf(error);
  } finally {
    signal.removeEventListener('abort', stop);
    reader.dispose();
  }
}

/** The table of a file of this computer. @throws TableError */
export async function readTableFile(file: Pick<File, 'size' | 'arrayBuffer'>): Promise<Lut> {
  try {
    refuseSize(file.size);
    return parseCube(textOf(await file.arrayBuffer()));
  } catch (error) {
    throw tableErrorOf(error);
  }
}

/** The end of a sentence that begins with what the table is called. */
export function tableFaultText(fault: TableFault, t: Translate): string {
  switch (fault.is) {
    case 'cube':
      return t('looking.cubeLine', { line: fault.line, fault: t(`looking.cubeFault.${fault.fault}`) });
    case 'empty':
      return t('looking.tableEmpty');
    case 'too-large':
      return t('looking.tableTooLarge', { size: formatBytes(fault.bytes), most: formatBytes(MAX_CUBE_BYTES) });
    case 'replaced':
      return t('looking.tableReplaced');
    case 'no-bytes':
      return fault.status === undefined
        ? t('looking.tableSilent')
        : t('looking.tableRefused', { status: fault.status });
    case 'report':
      return fault.report.message;
    case 'unreadable':
      return t('looking.cubeUnreadable');
  }
}

function refuseSize(bytes: number): void {
  if (bytes === 0) throw new TableError({ is: 'empty' });
  if (bytes > MAX_CUBE_BYTES) throw new TableError({ is: 'too-large', bytes });
}

function textOf(bytes: Uint8Array<ArrayBuffer> | ArrayBuffer): string {
  return new TextDecoder().decode(bytes);
}

function tableErrorOf(error: unknown): TableError {
  if (error instanceof TableError) return error;
  if (error instanceof CubeError) return new TableError({ is: 'cube', fault: error.fault, line: error.line });
  if (error instanceof VersionChanged) return new TableError({ is: 'replaced' });
  if (error instanceof RangeFailure) return new TableError({ is: 'no-bytes', status: error.status });
  if (error instanceof NearplayApiError) return new TableError({ is: 'report', report: error.report });
  return new TableError({ is: 'unreadable' });
}
