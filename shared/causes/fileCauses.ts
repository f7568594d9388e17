import { type Cause, coded } from './cause.ts';

/** The action and the local file. `receipts`: writing the list of uploads. */
export interface AskedOfDisk {
  /** '' where it is not known. */
  path: string;
  doing: 'read' | 'write' | 'receipts';
}

type FileCause = Cause<AskedOfDisk>;

const NOTHING = () => '';
const OTHER_PLACE = () => 'Choose another place.';
const quoted = ({ path }: AskedOfDisk) => (path === '' ? 'the file' : `"${path}"`);

/** Lines for reading and writing alike. */
const EITHER: readonly FileCause[] = [
  {
    id: 'disk-full',
    code: 'disk-full',
    fits: coded('ENOSPC'),
    sentence: (_facts, asked) => `There is no space left on the disk of ${quoted(asked)}.`,
    remedy: () => 'Make room.',
    example: {
      facts: { code: 'ENOSPC', message: 'ENOSPC: no space left on device, write' },
      asked: { doing: 'write' },
    },
    before: 'There is no space left on the disk.',
  },
  {
    id: 'disk-quota',
    code: 'disk-full',
    fits: coded('EDQUOT'),
    sentence: (_facts, asked) =>
      `The space that this user may fill on the disk of ${quoted(asked)} is used up (quota).`,
    remedy: () => 'Make room or ask IT for more.',
    example: { facts: { code: 'EDQUOT', message: 'EDQUOT: disk quota exceeded, write' }, asked: { doing: 'write' } },
    before: 'There is no space left on the disk.',
  },
  {
    id: 'name-too-long',
    code: 'name-too-long',
    fits: coded('ENAMETOOLONG'),
    sentence: (_facts, asked) => `${quoted(asked)} is a longer name than the disk takes.`,
    remedy: () => 'Choose a shorter one.',
    example: {
      facts: { code: 'ENAMETOOLONG', message: 'ENAMETOOLONG: name too long, open' },
      asked: { doing: 'write' },
    },
    before: 'Something unexpected went wrong. The log has the details.',
  },
];

const WRITING: readonly FileCause[] = [
  {
    id: 'write-below-a-file',
    code: 'not-a-folder',
    fits: coded('ENOTDIR', 'EEXIST'),
    sentence: (_facts, asked) => `A part of ${quoted(asked)} is a file and not a folder.`,
    remedy: () => 'Choose another destination.',
    example: { facts: { code: 'ENOTDIR', message: 'ENOTDIR: not a directory, mkdir' }, asked: { doing: 'write' } },
    before: 'Something unexpected went wrong. The log has the details.',
  },
  {
    id: 'write-onto-a-folder',
    code: 'destination-unwritable',
    fits: coded('EISDIR'),
    sentence: (_facts, asked) => `${quoted(asked)} is a folder.`,
    remedy: () => 'Choose another name.',
    example: {
      facts: { code: 'EISDIR', message: 'EISDIR: illegal operation on a directory, rename' },
      asked: { doing: 'write' },
    },
    before: 'The file cannot be read. It may have been moved or locked.',
  },
  {
    id: 'write-refused',
    code: 'destination-unwritable',
    fits: coded('EACCES', 'EPERM'),
    sentence: ({ code }, asked) => `This user may not write ${quoted(asked)} (${code}).`,
    remedy: OTHER_PLACE,
    example: { facts: { code: 'EACCES', message: 'EACCES: permission denied, open' }, asked: { doing: 'write' } },
    before: 'The file cannot be read. It may have been moved or locked.',
  },
  {
    id: 'write-protected',
    code: 'destination-unwritable',
    fits: coded('EROFS'),
    sentence: (_facts, asked) => `The disk of ${quoted(asked)} can only be read.`,
    remedy: OTHER_PLACE,
    example: { facts: { code: 'EROFS', message: 'EROFS: read-only file system, open' }, asked: { doing: 'write' } },
    before: 'The file cannot be read. It may have been moved or locked.',
  },
  {
    id: 'write-no-folder',
    code: 'destination-unwritable',
    fits: coded('ENOENT', 'ENODEV', 'ENXIO'),
    sentence: ({ code }, asked) =>
      `Nothing can be made at ${quoted(asked)}: its folder or its drive is not there (${code}).`,
    remedy: OTHER_PLACE,
    example: {
      facts: { code: 'ENOENT', message: 'ENOENT: no such file or directory, open' },
      asked: { doing: 'write' },
    },
    before: 'The file cannot be read. It may have been moved or locked.',
  },
  {
    id: 'write-too-large',
    code: 'destination-unwritable',
    fits: coded('EFBIG'),
    sentence: (_facts, asked) => `The disk of ${quoted(asked)} takes no file of this size.`,
    remedy: OTHER_PLACE,
    example: { facts: { code: 'EFBIG', message: 'EFBIG: file too large, write' }, asked: { doing: 'write' } },
    before: 'The file cannot be read. It may have been moved or locked.',
  },
  {
    id: 'write-name-refused',
    code: 'destination-unwritable',
    fits: coded('EINVAL', 'ELOOP', 'EILSEQ', 'ENOTSUP', 'ENOSYS'),
    sentence: ({ code }, asked) => `The disk does not take ${quoted(asked)} (${code}).`,
    remedy: () => 'Choose another name or place.',
    example: { facts: { code: 'EINVAL', message: 'EINVAL: invalid argument, open' }, asked: { doing: 'write' } },
    before: 'Something unexpected went wrong. The log has the details.',
  },
  {
    id: 'write-in-use',
    code: 'destination-unwritable',
    fits: coded('EBUSY', 'ETXTBSY'),
    sentence: ({ code }, asked) => `${quoted(asked)} is in use by another program (${code}).`,
    remedy: () => 'Close it there, or choose another name.',
    example: { facts: { code: 'EBUSY', message: 'EBUSY: resource busy or locked, rename' }, asked: { doing: 'write' } },
    before: 'The file cannot be read. It may have been moved or locked.',
  },
  {
    id: 'write-failed',
    code: 'destination-unwritable',
    fits: ({ code }) => code !== '',
    sentence: ({ code }, asked) => `The disk failed to write ${quoted(asked)} (${code}).`,
    remedy: OTHER_PLACE,
    example: { facts: { code: 'EIO', message: 'EIO: i/o error, write' }, asked: { doing: 'write' } },
    before: 'The file cannot be read. It may have been moved or locked.',
  },
];

const READING: readonly FileCause[] = [
  {
    id: 'read-gone',
    code: 'file-unreadable',
    fits: coded('ENOENT'),
    sentence: (_facts, asked) => `${quoted(asked)} is not there.`,
    remedy: () => 'It may have been moved, renamed or deleted.',
    example: { facts: { code: 'ENOENT', message: 'ENOENT: no such file or directory, open' } },
    before: 'The file cannot be read. It may have been moved or locked.',
  },
  {
    id: 'read-below-a-file',
    code: 'file-unreadable',
    fits: coded('ENOTDIR'),
    sentence: (_facts, asked) => `${quoted(asked)} is not there: a part of the path is not a folder.`,
    remedy: NOTHING,
    example: { facts: { code: 'ENOTDIR', message: 'ENOTDIR: not a directory, open' } },
    before: 'The file cannot be read. It may have been moved or locked.',
  },
  {
    id: 'read-refused',
    code: 'file-unreadable',
    fits: coded('EACCES', 'EPERM'),
    sentence: ({ code }, asked) => `This user may not read ${quoted(asked)} (${code}).`,
    remedy: () => 'Its owner, or IT, can allow it.',
    example: { facts: { code: 'EACCES', message: 'EACCES: permission denied, open' } },
    before: 'The file cannot be read. It may have been moved or locked.',
  },
  {
    id: 'read-in-use',
    code: 'file-unreadable',
    fits: coded('EBUSY', 'ETXTBSY', 'EAGAIN'),
    sentence: ({ code }, asked) => `${quoted(asked)} is in use by another program (${code}).`,
    remedy: () => 'Close it there and try again.',
    example: { facts: { code: 'EBUSY', message: 'EBUSY: resource busy or locked, open' } },
    before: 'The file cannot be read. It may have been moved or locked.',
  },
  {
    id: 'read-a-folder',
    code: 'not-a-file',
    fits: coded('EISDIR'),
    sentence: (_facts, asked) => `${quoted(asked)} is a folder and not a file.`,
    remedy: NOTHING,
    example: { facts: { code: 'EISDIR', message: 'EISDIR: illegal operation on a directory, read' } },
    before: 'The file cannot be read. It may have been moved or locked.',
  },
  {
    id: 'read-circle',
    code: 'file-unreadable',
    fits: coded('ELOOP'),
    sentence: (_facts, asked) => `${quoted(asked)} is a link that leads round in circles.`,
    remedy: NOTHING,
    example: { facts: { code: 'ELOOP', message: 'ELOOP: too many symbolic links encountered, open' } },
    before: 'Something unexpected went wrong. The log has the details.',
  },
  {
    id: 'read-drive-gone',
    code: 'file-unreadable',
    // A network drive without its server, or a disk that was pulled out.
    fits: coded(
      'ESTALE',
      'ENODEV',
      'ENXIO',
      'ENOTCONN',
      'ETIMEDOUT',
      'EHOSTDOWN',
      'EHOSTUNREACH',
      'ENONET',
      'EREMOTEIO',
    ),
    sentence: ({ code }, asked) => `The drive of ${quoted(asked)} does not answer (${code}).`,
    remedy: () => 'Connect it again and try again.',
    example: { facts: { code: 'ESTALE', message: 'ESTALE: stale file handle, read' } },
    before: 'The file cannot be read. It may have been moved or locked.',
  },
  {
    id: 'read-too-many-open',
    code: 'file-unreadable',
    fits: coded('EMFILE', 'ENFILE'),
    sentence: ({ code }, asked) =>
      `Too many files are open on this computer to open ${quoted(asked)} as well (${code}).`,
    remedy: () => 'Another try may help.',
    example: { facts: { code: 'EMFILE', message: 'EMFILE: too many open files, open' } },
    before: 'The file cannot be read. It may have been moved or locked.',
  },
  {
    id: 'read-failed',
    code: 'file-unreadable',
    fits: ({ code }) => code !== '',
    sentence: ({ code }, asked) => `The disk failed to read ${quoted(asked)} (${code}).`,
    remedy: () => 'Try again; if it stays so, look at the disk.',
    example: { facts: { code: 'EIO', message: 'EIO: i/o error, read' } },
    before: 'The file cannot be read. It may have been moved or locked.',
  },
];

const RECEIPTS: FileCause = {
  id: 'receipts-unwritten',
  code: 'receipts-unwritten',
  fits: (_facts, { doing }) => doing === 'receipts',
  sentence: ({ code }, asked) =>
    `The receipts could not be written to ${quoted(asked)}${code === '' ? '' : ` (${code})`}.`,
  remedy: () => 'The uploads are not affected.',
  example: { facts: { code: 'EACCES', message: 'EACCES: permission denied, open' }, asked: { doing: 'receipts' } },
  before: 'Something unexpected went wrong. The log has the details.',
};

function only(doing: AskedOfDisk['doing'], causes: readonly FileCause[]): readonly FileCause[] {
  return causes.map((cause) => ({
    ...cause,
    fits: (facts, asked) => asked.doing === doing && cause.fits(facts, asked),
  }));
}

/** Errors of a local disk. The first line that fits counts. */
export const FILE_CAUSES: readonly FileCause[] = [
  RECEIPTS,
  ...EITHER,
  ...only('write', WRITING),
  ...only('read', READING),
];

/** Codes that mark an error of the disk rather than of the network. */
export const FILE_CODES: ReadonlySet<string> = new Set(
  'ENOENT EACCES EPERM EIO EBUSY ESTALE EISDIR ENOTDIR ENAMETOOLONG EMFILE ENFILE EROFS EFBIG ENOSPC EDQUOT EEXIST ELOOP EINVAL ENXIO ENODEV EREMOTEIO ETXTBSY'.split(
    ' ',
  ),
);
