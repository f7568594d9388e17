export const VERIFY_FINDINGS = ['different', 'missing', 'unproved', 'unanswered', 'unreadable', 'left-out'] as const;
/**
 * `different`: size or content. `missing`: no such object. `unproved`: same size, and no checksum to compare.
 * `unanswered`: the storage did not say what it has. `unreadable`: the local file cannot be read. `left-out`: not uploaded by nature (a link, a pipe, a name that is not
 * UTF-8), so not compared.
 */
export type VerifyFinding = (typeof VERIFY_FINDINGS)[number];

/** A folder of this machine compared with a folder of the main storage. */
export interface VerifyReport {
  /** The local folder's path. */
  path: string;
  folder: string;
  /** Files that were compared; bytes that were read for it. */
  compared: number;
  bytes: number;
  same: number;
  totals: Record<VerifyFinding, number>;
  files: { key: string; size: number; finding: VerifyFinding; detail: string }[];
  /** True when there are more than are listed. */
  truncated: boolean;
}

export interface VerifyProgress {
  /** Files so far; bytes that were read for them. */
  compared: number;
  bytes: number;
}
