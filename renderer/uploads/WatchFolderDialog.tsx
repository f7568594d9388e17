import { useState } from 'react';
import { Button, CheckboxButton, CheckboxField } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useLibrary, useSession, useUploadFolderByProject } from '../store/context.tsx';
import { folderText } from '../text/folderText.ts';
import { Panel } from '../ui/Panel.tsx';
import { destinationOf } from './destination.ts';

/** Explains a watch folder and its destination, asks about the files already in it; then the system's chooser. */
export function WatchFolderDialog() {
  const { t } = useTranslation();
  const showPanel = useSession((session) => session.showPanel);
  const addWatchFolder = useSession((session) => session.addWatchFolder);
  const byProject = useUploadFolderByProject();
  const inView = useLibrary((library) => library.loaded.folder);
  const { folder } = destinationOf(inView, byProject);
  const [existing, setExisting] = useState(false);
  return (
    <Panel name="watch-folder" shape="question" title={t('uploads.watchTitle')} testId="watch-folder-dialog">
      <p>{t('uploads.watchBody', { folder: folderText(folder, t) })}</p>
      <CheckboxField isSelected={existing} onChange={setExisting}>
        <CheckboxButton className="check" data-testid="watch-folder-existing">
          <span className="check-box" aria-hidden="true" />
          <span>
            {t('uploads.watchExisting')}
            <span className="muted question-note">{t('uploads.watchExistingNote')}</span>
          </span>
        </CheckboxButton>
      </CheckboxField>
      <div className="question-actions">
        <Button
          className="button primary"
          data-testid="watch-folder-choose"
          onPress={() => {
            showPanel(undefined);
            void addWatchFolder(folder, existing);
          }}
        >
          {t('uploads.watchChoose')}
        </Button>
      </div>
    </Panel>
  );
}
