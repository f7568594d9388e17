import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const here = (path: string): string => decodeURIComponent(new URL(path, import.meta.url).pathname);

/**
 * The window's bundle. Paths are relative because the app's own protocol serves it, and nothing is inlined: its
 * Content-Security-Policy knows no data: URIs. `dev.html` exists on the development server only.
 */
export default defineConfig({
  root: here('.'),
  base: './',
  publicDir: false,
  plugins: [react()],
  server: { fs: { allow: [here('.'), here('../shared'), here('../node_modules')] } },
  build: {
    target: 'chrome156', // what Electron 45 embeds
    outDir: here('../dist/renderer'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: here('index.html') },
  },
});
