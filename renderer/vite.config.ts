import react from '@vitejs/plugin-react';
import { readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string): string => decodeURIComponent(new URL(path, import.meta.url).pathname);

/** Where the fonts are from; styles/index.css imports them. */
const FONTS = ['inter', 'jetbrains-mono'];

/** The SIL Open Font License 1.1, section 2: each copy of a font contains its copyright notice and the licence. */
const fontLicences: Plugin = {
  name: 'font-licences',
  apply: 'build',
  generateBundle() {
    for (const font of FONTS) {
      const source = readFileSync(here(`../node_modules/@fontsource-variable/${font}/LICENSE`));
      this.emitFile({ type: 'asset', fileName: `licences/${font}.txt`, source });
    }
  },
};

/**
 * The window's bundle. Paths are relative because the app's own protocol serves it, and nothing is inlined: its
 * Content-Security-Policy knows no data: URIs. `dev.html` exists on the development server only.
 */
export default defineConfig({
  root: here('.'),
  base: './',
  publicDir: false,
  plugins: [react(), fontLicences],
  define: { __SAMPLE_MEDIA__: JSON.stringify(`/@fs${here('../test/fixtures/media')}`) },
  server: { fs: { allow: [here('.'), here('../shared'), here('../node_modules'), here('../test/fixtures/media')] } },
  build: {
    target: 'chrome156', // what Electron 45 embeds
    outDir: here('../dist/renderer'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: here('index.html') },
  },
});
