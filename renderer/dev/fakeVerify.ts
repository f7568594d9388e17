import type { VerifyFinding, VerifyReport } from '../../shared/verify.ts';

const SHARES: readonly [VerifyFinding, number, string][] = [
  ['different', 3, 'Same size, other content'],
  ['missing', 1210, 'Not in the bucket'],
  ['unproved', 46, 'Same size; the bucket keeps no checksum of it'],
  ['unreadable', 2, 'Open in another program'],
  ['left-out', 3, 'It is a symbolic link, and links in a folder are not followed.'],
];

/** A folder in which everything that a comparison can find is found; or nothing. */
export function fakeVerifyReport(folder: string, clean: boolean): VerifyReport {
  const files: VerifyReport['files'] = clean
    ? []
    : SHARES.flatMap(([finding, count, detail]) =>
        Array.from({ length: count }, (_, at) => ({
          key: `${folder}sq0${10 + (at % 40)}/sh${String(at * 10).padStart(4, '0')}/plate_v00${(at % 9) + 1}.${1001 + at}.exr`,
          size: 3_000_000 + ((at * 7_919_003) % 90_000_000),
          finding,
          detail,
        })),
      );
  const totalOf = (wanted: VerifyFinding): number => files.filter(({ finding }) => finding === wanted).length;
  return {
    path: '/mnt/renders/show/plates',
    folder,
    compared: 4800 + files.length,
    bytes: 312_000_000_000,
    same: 4800,
    totals: {
      different: totalOf('different'),
      missing: totalOf('missing'),
      unproved: totalOf('unproved'),
      unreadable: totalOf('unreadable'),
      'left-out': totalOf('left-out'),
    },
    files,
    truncated: false,
  };
}
