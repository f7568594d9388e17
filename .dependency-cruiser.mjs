// The layers of the project, as a tool that fails. Each rule says what a folder may reach; see ARCHITECTURE.md.
const own = '^(shared|electron|renderer|build|test)/';

/**
 * What each room of the window may reach within renderer/, beside itself. `store` knows and `ui` draws what several rooms
 * share; the rooms know nothing of each other; `app` puts them together.
 */
const WINDOW_ROOMS = {
  text: [],
  styles: [],
  images: [],
  store: ['text', 'images'],
  ui: ['text', 'store'],
  ...Object.fromEntries(
    ['library', 'player', 'preferences', 'reports', 'settings', 'transfers', 'uploads', 'why'].map((room) => [
      room,
      ['text', 'store', 'ui', ...(room === 'player' ? ['images'] : [])],
    ]),
  ),
};

const windowRules = Object.entries(WINDOW_ROOMS).map(([room, below]) => ({
  name: `window-${room}`,
  severity: 'error',
  from: { path: `^renderer/${room}/` },
  to: { path: '^renderer/', pathNot: `^renderer/((${[room, ...below].join('|')})/|api\\.ts$)` },
}));

/**
 * The rooms of electron/services and the rooms that each may import from; another import is an arrow up. Nothing stands outside
 * of a room but application.ts, which wires them, and services.ts, the interface of the whole.
 */
const SERVICE_ROOMS = {
  runtime: [],
  files: ['runtime'],
  storage: ['runtime'],
  content: ['files', 'runtime', 'storage'],
  reading: ['runtime', 'storage'],
  'transfers/journal': ['content', 'files', 'runtime'],
  'transfers/http': ['content', 'runtime', 'storage', 'transfers/journal'],
  'transfers/upload': ['content', 'files', 'runtime', 'storage', 'transfers/http', 'transfers/journal'],
  'transfers/jobs': ['content', 'files', 'runtime', 'storage', 'transfers/journal', 'transfers/upload'],
  'transfers/queue': [
    ...['content', 'files', 'runtime', 'storage'],
    ...['transfers/http', 'transfers/jobs', 'transfers/journal', 'transfers/upload'],
  ],
  'transfers/download': ['content', 'files', 'reading', 'runtime', 'storage', 'transfers/http', 'transfers/jobs'],
  'transfers/list': ['transfers/download', 'transfers/jobs', 'transfers/queue'],
  replication: ['reading', 'runtime', 'storage'],
  preferences: ['files', 'reading', 'runtime', 'storage'],
  watchFolders: ['files', 'runtime', 'transfers/jobs', 'transfers/queue'],
  verify: ['content', 'files', 'reading', 'runtime', 'storage'],
};
const services = '^electron/services/';
const roomRules = Object.entries(SERVICE_ROOMS).map(([room, allowed]) => ({
  name: `room-${room.replace('/', '-')}`,
  comment: `electron/services/${room} may import from: ${allowed.join(', ') || 'no other room'}.`,
  severity: 'error',
  from: { path: `${services}${room}/` },
  to: { path: services, pathNot: `${services}(${[room, ...allowed].join('|')})/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'shared-is-pure',
      comment: 'shared/ is what every process agrees on: no Node, no DOM, no Electron, nothing of ours but itself.',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: [own, '^node_modules/electron'], pathNot: '^shared/' },
    },
    {
      name: 'shared-no-node',
      severity: 'error',
      from: { path: '^shared/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'renderer-only-shared',
      comment: 'The renderer talks to window.nearplay and to nothing else.',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { path: own, pathNot: '^(renderer|shared)/' },
    },
    ...windowRules,
    {
      name: 'window-api',
      comment: 'The bridge as the window calls it, below all rooms.',
      severity: 'error',
      from: { path: '^renderer/api\\.ts$' },
      to: { path: '^renderer/' },
    },
    {
      name: 'window-without-dev',
      comment: 'The development page is no part of what ships.',
      severity: 'error',
      from: { path: '^renderer/', pathNot: '^renderer/dev/' },
      to: { path: '^renderer/dev/' },
    },
    {
      name: 'renderer-no-node',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'renderer-no-electron',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { path: '^(node_modules/)?(electron|electron-store|electron-updater|@aws-sdk)(/|$)' },
    },
    {
      name: 'services-only-shared',
      severity: 'error',
      from: { path: '^electron/services/' },
      to: { path: own, pathNot: '^(electron/services|shared)/' },
    },
    ...roomRules,
    {
      name: 'services-live-in-rooms',
      comment: 'A new file of electron/services belongs into a room, or a new room is added to SERVICE_ROOMS.',
      severity: 'error',
      from: {
        path: services,
        pathNot: `${services}((${Object.keys(SERVICE_ROOMS).join('|')})/[^/]+|application|services)(\\.ts)?$`,
      },
      to: {},
    },
    {
      name: 'preload-only-wire',
      comment: 'The preload knows one request by name and loads no schema: what is in its bundle runs before the page.',
      severity: 'error',
      from: { path: '^electron/preload\\.ts$' },
      to: { path: own, pathNot: '^shared/(bridge|errors)\\.ts$' },
    },
    {
      name: 'requests-only-services-and-shell',
      comment: 'Handlers translate between the table of requests and services; nothing of them knows the wire.',
      severity: 'error',
      from: { path: '^electron/requests/' },
      to: { path: own, pathNot: '^(electron/(requests|services|shell)|shared)/' },
    },
    {
      name: 'services-without-requests',
      comment: 'Services have methods and events of their own; the table of requests is for the window.',
      severity: 'error',
      from: { path: '^electron/(services|shell|cli)/' },
      to: { path: '^(shared/(ipc|bridge)\\.ts$|electron/requests/)' },
    },
    {
      name: 'electron-only-in-shell',
      comment: 'Only electron/shell, main.ts, ipc.ts and preload.ts know Electron; electron-store imports it too.',
      severity: 'error',
      from: { path: '^electron/', pathNot: '^electron/(shell/|main\\.ts|ipc\\.ts|preload\\.ts)' },
      // The bare name is how an unresolved import looks; our own folder is called electron/ too.
      to: {
        path: '^(node_modules/(electron|electron-store|electron-updater)/|(electron|electron-store|electron-updater)$)',
      },
    },
    {
      name: 'shell-only-services-and-shared',
      severity: 'error',
      from: { path: '^electron/shell/' },
      to: { path: own, pathNot: '^(electron/shell|electron/services|shared)/' },
    },
    {
      name: 'cli-only-services-and-shared',
      comment: 'The command line runs on plain Node: what it needs from the app has to be a service.',
      severity: 'error',
      from: { path: '^electron/cli(/|\\.ts$)' },
      to: { path: own, pathNot: '^(electron/cli|electron/services|shared)/' },
    },
    {
      name: 'product-without-tests',
      comment: 'The sandbox and the stand-in are tools for tests and demos: nothing that ships may reach them.',
      severity: 'error',
      from: { path: '^(shared|electron|renderer)/' },
      to: { path: '^(test|build)/' },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
