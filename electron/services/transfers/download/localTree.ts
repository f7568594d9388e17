import { lstat, mkdir, readdir, realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { NearplayError } from '../../../../shared/errors.ts';
import { foldedName, numberedName, safeFileName } from '../../../../shared/localNames.ts';
import { atDestination } from '../../files/destinationDisk.ts';
import { explainFileError } from '../../files/fileErrors.ts';
import { removeAbandonedParts } from './destinationClaim.ts';

/** Where an object of a folder goes on this computer. */
export interface LocalPlace {
  path: string;
  /** Something has this name already. */
  isTaken: boolean;
  /** The name differs from the object's: the disk does not take it, or takes it for another one's. */
  isRenamed: boolean;
}

/** A local folder; its names, by what file systems treat as equal. */
interface Folder {
  path: string;
  /** Entries that were there before, in NFC: macOS hands out names in NFD. */
  before: ReadonlySet<string>;
  beforeFolded: ReadonlySet<string>;
  /** Local name of each part of a key: those of folders end in a slash. */
  names: Map<string, string>;
  taken: Set<string>;
}

/**
 * The folders that a folder of the storage becomes: every object gets a name of its own that is valid on Windows, macOS
 * and Linux and lies below the root, whatever its key. Equal listings give equal names.
 */
export class LocalTree {
  readonly #root: string;
  readonly #folders = new Map<string, Promise<Folder>>();

  /** @param root absolute; created when the first object is placed. */
  constructor(root: string) {
    this.#root = root;
  }

  /**
   * Places an object, and creates its folder. To be called in the order of the listing, one at a time.
   *
   * @param relativeKey key below the folder of the storage.
   * @throws NearplayError destination-unwritable, not-a-folder, name-too-long, disk-full …
   */
  async place(relativeKey: string): Promise<LocalPlace> {
    const parts = relativeKey.split('/');
    const name = parts.pop() ?? '';
    let folder = await this.#folderAt(this.#root);
    let isRenamed = false;
    for (const part of parts) {
      const local = await this.#nameIn(folder, part, true);
      isRenamed ||= local !== part;
      folder = await this.#folderAt(join(folder.path, local));
    }
    const local = await this.#nameIn(folder, name, false);
    const isTaken = folder.before.has(local.normalize('NFC'));
    return { path: join(folder.path, local), isTaken, isRenamed: isRenamed || local !== name };
  }

  async #nameIn(folder: Folder, part: string, isFolder: boolean): Promise<string> {
    const own = isFolder ? `${part}/` : part;
    const known = folder.names.get(own);
    if (known !== undefined) return known;
    const safe = safeFileName(part);
    let name = safe;
    for (let count = 2; folder.taken.has(foldedName(name)) || (await isOfAnother(folder, name)); count++) {
      name = numberedName(safe, count);
    }
    folder.names.set(own, name);
    folder.taken.add(foldedName(name));
    return name;
  }

  #folderAt(path: string): Promise<Folder> {
    const known = this.#folders.get(path) ?? openFolder(path, this.#root);
    this.#folders.set(path, known);
    return known;
  }
}

/** @throws NearplayError destination-unwritable where a link leads out of the root; not-a-folder, disk-full … */
async function openFolder(path: string, root: string): Promise<Folder> {
  try {
    const names = await atDestination(path, async () => {
      await mkdir(path, { recursive: true });
      if (path !== root) await assertBelow(path, root);
      const found = await readdir(path);
      await removeAbandonedParts(path, found, Date.now());
      return found;
    });
    const before = names.map((name) => name.normalize('NFC'));
    return {
      ...{ path, before: new Set(before), beforeFolded: new Set(before.map(foldedName)) },
      ...{ names: new Map(), taken: new Set() },
    };
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST' || (cause instanceof NearplayError && codeOf(cause.cause) === 'EEXIST')) {
      const message = `"${path}" is not a folder, and a folder of that name is to be saved in ${dirname(path)}.`;
      throw new NearplayError('not-a-folder', message, { cause });
    }
    if (cause instanceof NearplayError) throw cause;
    throw explainFileError(cause, { path, doing: 'write' });
  }
}

async function assertBelow(path: string, root: string): Promise<void> {
  const [real, realRoot] = await Promise.all([realpath(path), realpath(root)]);
  if (real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep)) return;
  const message = `"${path}" is a link that leads out of "${root}", to "${real}". Nothing is saved there: remove the link, or save that folder by itself.`;
  throw new NearplayError('destination-unwritable', message);
}

/** Whether the disk takes a name for that of another entry (`A` and `a`), which may be of another object. */
async function isOfAnother(folder: Folder, name: string): Promise<boolean> {
  if (folder.before.has(name.normalize('NFC')) || !folder.beforeFolded.has(foldedName(name))) return false;
  const path = join(folder.path, name);
  return (await atDestination(path, () => lstat(path)).catch(() => undefined)) !== undefined;
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined;
}
