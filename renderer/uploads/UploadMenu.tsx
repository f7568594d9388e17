import {
  IconChevronDown,
  IconEye,
  IconFileUpload,
  IconFolderCheck,
  IconFolderUp,
  IconUpload,
} from '@tabler/icons-react';
import { Button, Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover, Separator } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { useLibrary, useNearplay, useUploadFolderByProject } from '../store/context.tsx';
import { folderText } from '../text/folderText.ts';
import { destinationOf, projectName, projectOf, withDestination } from './destination.ts';

/** Everything that brings files to the bucket; says where they go before anything is chosen. */
export function UploadMenu() {
  const { t } = useTranslation();
  const { session, verification } = useNearplay();
  const inView = useLibrary((library) => library.loaded.folder);
  const byProject = useUploadFolderByProject();
  const { folder, remembered } = destinationOf(inView, byProject);
  const project = projectOf(inView);
  const { chooseUploads, showPanel, changeSettings } = session.getState();
  const isChosen = project !== undefined && byProject[project] === inView;

  const act = (key: string | number): void => {
    if (key === 'files' || key === 'folder') void chooseUploads(folder, key);
    if (key === 'here-files') void chooseUploads(inView, 'files');
    if (key === 'here-folder') void chooseUploads(inView, 'folder');
    if (key === 'watch') showPanel('watch-folder');
    if (key === 'verify') {
      showPanel('verify');
      void verification.getState().run(inView);
    }
    if (key === 'always' && project !== undefined) {
      const chosen = withDestination(byProject, project, isChosen ? undefined : inView);
      void changeSettings({ uploadFolderByProject: chosen });
    }
  };

  return (
    <MenuTrigger>
      <Button className="button primary upload-button" aria-label={t('actions.upload')} data-testid="upload-button">
        <IconUpload size={16} aria-hidden="true" />
        <span className="label">{t('actions.upload')}</span>
        <IconChevronDown size={15} aria-hidden="true" />
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu className="menu upload-menu" aria-label={t('uploads.menu')} onAction={act} data-testid="upload-menu">
          <MenuSection>
            <Header className="menu-head" data-testid="upload-destination" data-folder={folder}>
              {remembered && project !== undefined
                ? t('uploads.goesToRemembered', { folder: folderText(folder, t), project: projectName(project) })
                : t('uploads.goesTo', { folder: folderText(folder, t) })}
            </Header>
            <MenuItem id="files" className="menu-item with-icon" data-testid="upload-files">
              <IconFileUpload size={16} aria-hidden="true" />
              {t('uploads.files')}
            </MenuItem>
            <MenuItem id="folder" className="menu-item with-icon" data-testid="upload-folder">
              <IconFolderUp size={16} aria-hidden="true" />
              {t('uploads.folder')}
            </MenuItem>
          </MenuSection>
          {remembered && (
            <MenuSection>
              <Header className="menu-head">{t('uploads.insteadTitle', { folder: folderText(inView, t) })}</Header>
              <MenuItem id="here-files" className="menu-item with-icon" data-testid="upload-files-here">
                <IconFileUpload size={16} aria-hidden="true" />
                {t('uploads.insteadFiles')}
              </MenuItem>
              <MenuItem id="here-folder" className="menu-item with-icon" data-testid="upload-folder-here">
                <IconFolderUp size={16} aria-hidden="true" />
                {t('uploads.insteadFolder')}
              </MenuItem>
            </MenuSection>
          )}
          <Separator className="menu-line" />
          <MenuItem id="watch" className="menu-item with-icon" data-testid="watch-local-folder">
            <IconEye size={16} aria-hidden="true" />
            {t('uploads.watch')}
          </MenuItem>
          <MenuItem id="verify" className="menu-item with-icon" data-testid="verify-folder">
            <IconFolderCheck size={16} aria-hidden="true" />
            {t('uploads.verify')}
          </MenuItem>
          {project !== undefined && <Separator className="menu-line" />}
          {project !== undefined && (
            <MenuSection
              selectionMode="multiple"
              selectedKeys={isChosen ? ['always'] : []}
              aria-label={t('uploads.project', { project: projectName(project) })}
            >
              <MenuItem id="always" className="menu-item" data-testid="upload-always">
                {t('uploads.always', { project: projectName(project) })}
              </MenuItem>
            </MenuSection>
          )}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
