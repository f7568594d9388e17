import { type Cause, type FailureFacts, messageOf, NO_FACTS } from './causes/cause.ts';
import { type AskedOfDisk, FILE_CAUSES, FILE_CODES } from './causes/fileCauses.ts';
import { type AskedOfMedia, MEDIA_CAUSES } from './causes/mediaCauses.ts';
import { NETWORK_CAUSES } from './causes/networkCauses.ts';
import { type AskedOfStorage, STORAGE_CAUSES } from './causes/storageCauses.ts';
import { type ErrorCode, ERRORS } from './errors.ts';

/** Error code and sentence for an answer of the other side. */
export interface Explained {
  code: ErrorCode;
  message: string;
}

/** Explains the answer of a storage, or of the network on the way to it. Never throws; `internal` where no line fits. */
export function explainStorage(facts: FailureFacts, asked: AskedOfStorage): Explained {
  // An errno comes from the network or the disk; a storage that answered has a status.
  if (facts.status === 0 && facts.code !== '') {
    const cause = NETWORK_CAUSES.find(({ fits }) => fits(facts, asked));
    if (cause) return explained(cause, facts, asked);
  }
  if (facts.status === 0 && FILE_CODES.has(facts.code))
    return explainFile(facts, { path: pathIn(facts), doing: 'read' });
  const cause = STORAGE_CAUSES.find(({ fits }) => fits(facts, asked));
  if (cause) return explained(cause, facts, asked);
  const onTheWay = NETWORK_CAUSES.find(({ fits }) => fits(facts, asked));
  return onTheWay ? explained(onTheWay, facts, asked) : { code: 'internal', message: ERRORS.internal.message };
}

/** Explains an error of reading or writing a local file. `internal` for an error of another kind. */
export function explainFile(facts: FailureFacts, asked: AskedOfDisk): Explained {
  const cause = FILE_CAUSES.find(({ fits }) => fits(facts, asked));
  return cause ? explained(cause, facts, asked) : { code: 'internal', message: ERRORS.internal.message };
}

/** Explains why a file could not be shown, from its bytes. */
export function explainMedia(asked: AskedOfMedia): Explained {
  const cause = MEDIA_CAUSES.find(({ fits }) => fits(NO_FACTS, asked));
  return cause ? explained(cause, NO_FACTS, asked) : { code: 'internal', message: ERRORS.internal.message };
}

function explained<Asked>(cause: Cause<Asked>, facts: FailureFacts, asked: Asked): Explained {
  return { code: cause.code, message: messageOf(cause, facts, asked) };
}

/** The path in Node's message of a file error: "ENOENT: no such file or directory, open 'a/b.mov'". */
function pathIn({ message, elements }: FailureFacts): string {
  return elements['path'] ?? /'([^']+)'/.exec(message)?.[1] ?? '';
}
