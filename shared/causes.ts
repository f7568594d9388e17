import { type Cause, messageOf, NOTHING_SAID, type Said } from './causes/cause.ts';
import { type AskedOfDisk, FILE_CAUSES, FILE_CODES } from './causes/fileCauses.ts';
import { type AskedOfMedia, MEDIA_CAUSES } from './causes/mediaCauses.ts';
import { NETWORK_CAUSES } from './causes/networkCauses.ts';
import { type AskedOfStorage, STORAGE_CAUSES } from './causes/storageCauses.ts';
import { type ErrorCode, ERRORS } from './errors.ts';

/** What Nearplay makes of what the other side said. */
export interface Explained {
  code: ErrorCode;
  message: string;
}

/** What a storage, or the network on the way to it, said to a request. Never throws; `internal` for what no line fits. */
export function explainStorage(said: Said, asked: AskedOfStorage): Explained {
  // An errno comes from the network or the disk; a storage that answered has a status.
  if (said.status === 0 && said.code !== '') {
    const cause = NETWORK_CAUSES.find(({ fits }) => fits(said, asked));
    if (cause) return explained(cause, said, asked);
  }
  if (said.status === 0 && FILE_CODES.has(said.code)) return explainFile(said, { path: pathIn(said), doing: 'read' });
  const cause = STORAGE_CAUSES.find(({ fits }) => fits(said, asked));
  if (cause) return explained(cause, said, asked);
  const onTheWay = NETWORK_CAUSES.find(({ fits }) => fits(said, asked));
  return onTheWay ? explained(onTheWay, said, asked) : { code: 'internal', message: ERRORS.internal.message };
}

/** What the disk said when a file of this computer was read or written. `internal` for what is no error of a disk. */
export function explainFile(said: Said, asked: AskedOfDisk): Explained {
  const cause = FILE_CAUSES.find(({ fits }) => fits(said, asked));
  return cause ? explained(cause, said, asked) : { code: 'internal', message: ERRORS.internal.message };
}

/** What the bytes of a file say that could not be shown. */
export function explainMedia(asked: AskedOfMedia): Explained {
  const cause = MEDIA_CAUSES.find(({ fits }) => fits(NOTHING_SAID, asked));
  return cause ? explained(cause, NOTHING_SAID, asked) : { code: 'internal', message: ERRORS.internal.message };
}

function explained<Asked>(cause: Cause<Asked>, said: Said, asked: Asked): Explained {
  return { code: cause.code, message: messageOf(cause, said, asked) };
}

/** The path that Node names in an error of the disk: "ENOENT: no such file or directory, open 'a/b.mov'". */
function pathIn({ message, elements }: Said): string {
  return elements['path'] ?? /'([^']+)'/.exec(message)?.[1] ?? '';
}
