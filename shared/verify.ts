export const VERIFY_FINDINGS = ['different', 'missing', 'unproved', 'unreadable', 'left-out'] as const;
/**
 * `different`: size or content. `missing`: the bucket has no such object. `unproved`: same size, and nothing kept that the
 * content could be compared by. `unreadable`: the file here cannot be read. `left-out`: it is nothing that is uploaded (a link, a
 * pipe, a name that is not UTF-8), so it was not compared.
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
  /** True when there are more than are named one by one. */
  truncated: boolean;
}

export interface VerifyProgress {
  /** Files so far; bytes that were read for them. */
  compared: number;
  bytes: number;
}
