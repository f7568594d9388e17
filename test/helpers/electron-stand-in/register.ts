// Makes `electron` resolve to the stand-in, for `import` and for `require` alike:
//
//   node --import /absolute/path/to/register.ts dist/main/main.js --user-data-dir=FOLDER
import { registerHooks } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NAMES: ReadonlySet<string> = new Set(['electron', 'electron/main', 'electron/common']);
// Electron has it; nothing lies there.
Object.defineProperty(process, 'resourcesPath', { value: join(tmpdir(), 'electron-stand-in-resources') });
const standIn = new URL('electron.ts', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, nextResolve) =>
    NAMES.has(specifier)
      ? { url: standIn, format: 'module-typescript', shortCircuit: true }
      : nextResolve(specifier, context),
});
