import { IconUpload } from '@tabler/icons-react';
import { type DragEvent as ReactDragEvent, type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLibrary, useSession, useUploadFolderByProject } from '../store/context.tsx';
import { folderText } from '../text/folderText.ts';
import { dropDestinationOf, projectName, projectOf } from '../uploads/destination.ts';

/**
 * The whole library takes dropped files and folders; a veil says where they will go. A folder's card takes them into that
 * folder, whatever holds beside the cards.
 */
export function DropZone({ children }: { children: ReactNode }) {
  const inView = useLibrary((library) => library.loaded.folder);
  const uploadFiles = useSession((session) => session.uploadFiles);
  const byProject = useUploadFolderByProject();
  const general = dropDestinationOf(inView, byProject);
  /** Folder under the pointer; undefined while nothing is dragged over. */
  const [over, setOver] = useState<string>();

  useEffect(() => {
    // A file dropped beside the zone would replace the page.
    const refuse = (event: DragEvent): void => event.preventDefault();
    window.addEventListener('dragover', refuse);
    window.addEventListener('drop', refuse);
    return () => {
      window.removeEventListener('dragover', refuse);
      window.removeEventListener('drop', refuse);
    };
  }, []);

  const follow = (event: ReactDragEvent): void => {
    if (event.dataTransfer.types.includes('Files')) setOver(folderUnder(event.target) ?? general.folder);
  };
  return (
    // Files come in by the keyboard through the upload menu.
    // eslint-disable-next-line jsx-a11y-x/no-static-element-interactions
    <div
      className="drop-zone"
      data-testid="drop-zone"
      data-over={over !== undefined}
      onDragEnter={follow}
      onDragOver={(event) => {
        event.preventDefault();
        event.dataTransfer.dropEffect = 'copy';
        follow(event);
      }}
      onDragLeave={(event) => {
        const to = event.relatedTarget;
        if (!(to instanceof Node) || !event.currentTarget.contains(to)) setOver(undefined);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setOver(undefined);
        const files = [...event.dataTransfer.files];
        if (files.length > 0) void uploadFiles(folderUnder(event.target) ?? general.folder, files);
      }}
    >
      {children}
      {over !== undefined && <Veil folder={over} inView={inView} remembered={general.remembered} />}
    </div>
  );
}

interface VeilProps {
  folder: string;
  inView: string;
  /** Files dropped beside the cards go to the project's own folder, so that there has to be a way to the one in view. */
  remembered: boolean;
}

function Veil({ folder, inView, remembered }: VeilProps) {
  const { t } = useTranslation();
  const storages = useSession((session) => session.app?.reading?.storages);
  const main = storages?.find(({ role }) => role === 'main')?.label ?? '';
  const project = projectName(projectOf(inView) ?? '');
  return (
    <div className="drop-veil" aria-hidden="true" data-testid="drop-veil" data-folder={folder}>
      <div className="drop-card">
        <IconUpload size={28} />
        <strong>{t('shell.dropHere', { folder: folderText(folder, t) })}</strong>
        {remembered && folder !== inView && <span>{t('shell.dropRemembered', { project })}</span>}
        <span>{t('shell.dropNote', { storage: main })}</span>
      </div>
      {remembered && (
        <div className="drop-card drop-instead" data-drop-folder={inView} data-over={folder === inView}>
          <strong>{t('shell.dropInstead', { folder: folderText(inView, t) })}</strong>
        </div>
      )}
    </div>
  );
}

/** Folder that the element under the pointer stands for. */
function folderUnder(target: EventTarget): string | undefined {
  const marked = target instanceof Element ? target.closest('[data-drop-folder]') : null;
  return marked?.getAttribute('data-drop-folder') ?? undefined;
}
