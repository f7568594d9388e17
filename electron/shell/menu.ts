import type { MenuItemConstructorOptions } from 'electron';

export interface MenuActions {
  platform: NodeJS.Platform;
  appName: string;
  /** Developer tools and reload: in unpackaged builds. */
  developer: boolean;
  openDocumentation: () => void;
  showLog: () => void;
}

/** The native menu, built from the system's roles, with the system's shortcuts and translations. */
export function menuTemplate(actions: MenuActions): MenuItemConstructorOptions[] {
  const mac = actions.platform === 'darwin';
  const appMenu: MenuItemConstructorOptions[] = mac ? [{ role: 'appMenu' }] : [];
  return [
    ...appMenu,
    { role: 'fileMenu' },
    { role: 'editMenu' },
    { label: '&View', submenu: viewItems(actions.developer) },
    { role: 'windowMenu' },
    {
      role: 'help',
      label: '&Help',
      submenu: [
        { label: 'About Amazon S3 Replication', click: actions.openDocumentation },
        { label: 'Show Log File', click: actions.showLog },
        ...(mac ? [] : ([{ type: 'separator' }, { role: 'about', label: `About ${actions.appName}` }] as const)),
      ],
    },
  ];
}

function viewItems(developer: boolean): MenuItemConstructorOptions[] {
  const zoom: MenuItemConstructorOptions[] = [{ role: 'resetZoom' }, { role: 'zoomIn' }, { role: 'zoomOut' }];
  const tools: MenuItemConstructorOptions[] = [{ type: 'separator' }, { role: 'reload' }, { role: 'toggleDevTools' }];
  return [...zoom, { type: 'separator' }, { role: 'togglefullscreen' }, ...(developer ? tools : [])];
}
