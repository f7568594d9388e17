import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';

const ROOMS = ['library', 'player', 'preferences', 'reports', 'settings', 'transfers', 'uploads', 'why'];

/** Two files a room of the window: one reaches what every room may, the other the next room. */
const ROOM_CASES = ROOMS.flatMap((room, index): [string, { text: string; breaks?: string }][] => {
  const next = ROOMS[(index + 1) % ROOMS.length] ?? '';
  const below = ["export * from '../ui/panel.ts';", "export * from '../store/session.ts';"];
  return [
    [`renderer/${room}/screen.ts`, { text: below.join('\n') }],
    [`renderer/${room}/reachesRoom.ts`, { text: `export * from '../${next}/screen.ts';`, breaks: `window-${room}` }],
  ];
});

/**
 * A tree in which each file breaks one rule of the layers, or none. The rules themselves are those of the project: a
 * rule that stopped firing would let the layers rot in silence.
 */
const TREE: Record<string, { text: string; breaks?: string }> = {
  'shared/words.ts': { text: 'export const word = 1;' },
  'shared/readsDisk.ts': { text: "export { readFileSync } from 'node:fs';", breaks: 'shared-no-node' },
  'shared/reachesServices.ts': {
    text: "export * from '../electron/services/reading/links.ts';",
    breaks: 'shared-is-pure',
  },
  'electron/services/reading/links.ts': { text: "export { word } from '../../../shared/words.ts';" },
  'electron/services/reading/knowsElectron.ts': {
    text: "export { app } from 'electron';",
    breaks: 'electron-only-in-shell',
  },
  'electron/services/reading/reachesShell.ts': {
    text: "export * from '../../shell/window.ts';",
    breaks: 'services-only-shared',
  },
  'electron/shell/window.ts': { text: "export { app } from 'electron';" },
  'electron/shell/reachesWindow.ts': {
    text: "export * from '../../renderer/app.ts';",
    breaks: 'shell-only-services-and-shared',
  },
  'electron/shell/usesSandbox.ts': {
    text: "export * from '../../test/sandbox/sandbox.ts';",
    breaks: 'product-without-tests',
  },
  'electron/cli.ts': { text: "export * from './cli/get.ts';" },
  'electron/cli/get.ts': {
    text: "export * from '../services/reading/links.ts';\nexport * from '../../shared/words.ts';",
  },
  'electron/cli/reachesWire.ts': { text: "export * from '../ipc.ts';", breaks: 'cli-only-services-and-shared' },
  'electron/cli/reachesShell.ts': {
    text: "export * from '../shell/window.ts';",
    breaks: 'cli-only-services-and-shared',
  },
  'shared/bridge.ts': { text: 'export const wire = 1;' },
  'shared/ipc.ts': { text: "export { word } from './words.ts';" },
  'electron/preload.ts': { text: "export { word } from '../shared/ipc.ts';", breaks: 'preload-only-wire' },
  'electron/requests/library.ts': {
    text: "export * from '../services/reading/links.ts';\nexport * from '../shell/window.ts';\nexport * from '../../shared/ipc.ts';",
  },
  'electron/requests/reachesWire.ts': {
    text: "export * from '../ipc.ts';",
    breaks: 'requests-only-services-and-shell',
  },
  'electron/ipc.ts': { text: "export { word } from '../shared/ipc.ts';" },
  'electron/services/reading/knowsRequests.ts': {
    text: "export { word } from '../../../shared/ipc.ts';",
    breaks: 'services-without-requests',
  },
  'electron/shell/reachesHandlers.ts': {
    text: "export * from '../requests/reachesWire.ts';",
    breaks: 'services-without-requests',
  },
  // Each room with one import up or aside, in the order of the rooms.
  ...wrongImport('runtime', 'files'),
  ...wrongImport('files', 'storage'),
  ...wrongImport('storage', 'content'),
  ...wrongImport('content', 'reading'),
  ...wrongImport('reading', 'content'),
  ...wrongImport('transfers/journal', 'transfers/http'),
  ...wrongImport('transfers/http', 'transfers/upload'),
  ...wrongImport('transfers/upload', 'transfers/jobs'),
  ...wrongImport('transfers/jobs', 'transfers/queue'),
  ...wrongImport('transfers/queue', 'transfers/download'),
  ...wrongImport('transfers/download', 'transfers/list'),
  ...wrongImport('transfers/list', 'replication'),
  ...wrongImport('replication', 'preferences'),
  ...wrongImport('preferences', 'watchFolders'),
  ...wrongImport('watchFolders', 'verify'),
  ...wrongImport('verify', 'watchFolders'),
  'electron/services/application.ts': { text: "export * from './transfers/list/place.ts';" },
  'electron/services/homeless.ts': { text: "export * from './runtime/place.ts';", breaks: 'services-live-in-rooms' },
  'renderer/app.ts': { text: "export { word } from '../shared/words.ts';" },
  'renderer/knowsElectron.ts': { text: "export { app } from 'electron';", breaks: 'renderer-no-electron' },
  'renderer/readsDisk.ts': { text: "export { readFileSync } from 'node:fs';", breaks: 'renderer-no-node' },
  'renderer/reachesServices.ts': {
    text: "export * from '../electron/services/reading/links.ts';",
    breaks: 'renderer-only-shared',
  },
  'renderer/api.ts': { text: "export { word } from './words.ts';", breaks: 'window-api' },
  'renderer/words.ts': { text: "export { word } from '../shared/words.ts';" },
  'renderer/text/en.ts': { text: 'export const en = 1;' },
  'renderer/text/reachesStore.ts': { text: "export * from '../store/session.ts';", breaks: 'window-text' },
  'renderer/images/decoder.ts': { text: 'export const decoder = 1;' },
  'renderer/images/reachesStore.ts': { text: "export * from '../store/session.ts';", breaks: 'window-images' },
  'renderer/player/decodes.ts': { text: "export * from '../images/decoder.ts';" },
  'renderer/store/session.ts': { text: "export * from '../api.ts';\nexport { en } from '../text/en.ts';" },
  'renderer/store/reachesRoom.ts': { text: "export * from '../library/screen.ts';", breaks: 'window-store' },
  'renderer/ui/panel.ts': { text: "export * from '../store/session.ts';" },
  'renderer/ui/reachesRoom.ts': { text: "export * from '../library/screen.ts';", breaks: 'window-ui' },
  'renderer/styles/fonts.ts': { text: 'export const fonts = 1;' },
  'renderer/styles/reachesUi.ts': { text: "export * from '../ui/panel.ts';", breaks: 'window-styles' },
  ...Object.fromEntries(ROOM_CASES),
  'renderer/library/reachesApp.ts': { text: "export * from '../app/window.ts';", breaks: 'window-library' },
  'renderer/app/window.ts': {
    text: "export * from '../player/screen.ts';\nexport * from '../ui/panel.ts';\nexport * from '../api.ts';",
  },
  'renderer/app/reachesDev.ts': { text: "export * from '../dev/page.ts';", breaks: 'window-without-dev' },
  'renderer/dev/page.ts': { text: "export * from '../app/window.ts';" },
  'renderer/dev/reachesServer.ts': {
    text: "export * from '../../build/devServer.ts';",
    breaks: 'product-without-tests',
  },
  'build/devServer.ts': {
    text: [
      "export * from '../electron/requests/library.ts';\nexport * from '../renderer/dev/page.ts';",
      "export * from '../test/sandbox/sandbox.ts';",
    ].join('\n'),
  },
  // A circle is reported once, for the file in which it closes.
  'build/turns.ts': { text: "export * from './round.ts';" },
  'build/round.ts': { text: "export * from './turns.ts';", breaks: 'no-circular' },
  'test/sandbox/sandbox.ts': { text: 'export const sandbox = 1;' },
  'test/lost.ts': { text: "export * from './nowhere.ts';", breaks: 'resolvable' },
};

/** A file of a room of electron/services that imports from a room that it may not know. */
function wrongImport(room: string, other: string): Record<string, { text: string; breaks?: string }> {
  const up = room.includes('/') ? '../..' : '..';
  return {
    [`electron/services/${room}/place.ts`]: { text: 'export const place = 1;' },
    [`electron/services/${room}/wrong.ts`]: {
      text: `export * from '${up}/${other}/place.ts';`,
      breaks: `room-${room.replace('/', '-')}`,
    },
  };
}

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const folder = mkdtempSync(join(tmpdir(), 'nearplay-layers-'));
const resultSchema = z.object({
  summary: z.object({ violations: z.array(z.object({ from: z.string(), rule: z.object({ name: z.string() }) })) }),
});
function cruise(output: 'json' | 'err') {
  const tool = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const folders = ['shared', 'electron', 'renderer', 'build', 'test'];
  const args = [tool, '--config', '.dependency-cruiser.mjs', '--output-type', output, ...folders];
  return spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', timeout: 25_000 });
}

let violations: { from: string; rule: { name: string } }[] = [];

beforeAll(() => {
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  for (const [file, { text }] of Object.entries(TREE)) write(file, text);
  write('node_modules/electron/package.json', '{ "name": "electron", "version": "1.0.0", "main": "index.js" }');
  write('node_modules/electron/index.js', 'exports.app = {};');
  write('package.json', '{ "type": "module", "devDependencies": { "electron": "1.0.0" } }');
  for (const file of ['tsconfig.base.json', '.dependency-cruiser.mjs'])
    copyFileSync(join(root, file), join(folder, file));

  const { stdout } = cruise('json');
  violations = resultSchema.parse(JSON.parse(stdout)).summary.violations;
}, 30_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const broken = (file: string) => violations.filter(({ from }) => from === file).map(({ rule }) => rule.name);

it.each(Object.entries(TREE).flatMap(([file, { breaks }]) => (breaks === undefined ? [] : [[file, breaks] as const])))(
  '%s is reported as %s',
  (file, rule) => expect(broken(file)).toContain(rule),
);

it.each(Object.entries(TREE).flatMap(([file, { breaks }]) => (breaks === undefined ? [file] : [])))(
  '%s is allowed',
  (file) => expect(broken(file)).toEqual([]),
);

it('covers every rule of the project, and each is an error', async () => {
  const config: unknown = await import(join(root, '.dependency-cruiser.mjs'));
  const rule = z.object({ name: z.string(), severity: z.literal('error') });
  const { forbidden } = z.object({ default: z.object({ forbidden: z.array(rule) }) }).parse(config).default;
  const covered = new Set(Object.values(TREE).map(({ breaks }) => breaks));
  expect(forbidden.map(({ name }) => name).filter((name) => !covered.has(name))).toEqual([]);
});

it('fails the command', () => expect(cruise('err').status).toBeGreaterThan(0));
