import { IconUpload } from '@tabler/icons-react';
import { useEffect, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { crumbsOf } from '../library/libraryPages.ts';
import { useLibrary, useSession } from '../store/context.tsx';

/** The whole library takes dropped files; a veil says where they will go. */
export function DropZone({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const folder = useLibrary((library) => library.loaded.folder);
  const uploadFiles = useSession((session) => session.uploadFiles);
  const storages = useSession((session) => session.app?.reading?.storages);
  const [over, setOver] = useState(false);

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

  const name = crumbsOf(folder).at(-1)?.name ?? t('shell.library');
  const main = storages?.find(({ role }) => role === 'main')?.label ?? '';
  return (
    <div
      className="drop-zone"
      data-testid="drop-zone"
      data-over={over}
      onDragEnter={(event) => setOver(event.dataTransfer.types.includes('Files'))}
      onDragOver={(event) => {
        event.preventDefault();
        event.dataTransfer.dropEffect = 'copy';
      }}
      onDragLeave={(event) => {
        const to = event.relatedTarget;
        if (!(to instanceof Node) || !event.currentTarget.contains(to)) setOver(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const files = [...event.dataTransfer.files];
        if (files.length > 0) void uploadFiles(folder, files);
      }}
    >
      {children}
      {over && (
        <div className="drop-veil" aria-hidden="true">
          <div className="drop-card">
            <IconUpload size={28} />
            <strong>{t('shell.dropHere', { folder: name })}</strong>
            <span>{t('shell.dropNote', { storage: main })}</span>
          </div>
        </div>
      )}
    </div>
  );
}
