import type { KnipConfig } from 'knip';

/** Nothing that nobody uses: `npm run check:unused` finds files, exports and packages without a user. */
export default {
  entry: [
    'electron/{main,preload,cli}.ts',
    'renderer/{main,dev/main}.tsx',
    // The scripts of package.json, which build/run.mjs starts by their path.
    'build/{run.mjs,bundle.ts,demo.ts,devWindow.ts,dist.ts,errorsPage.ts,interop.ts,measure.ts,notice.ts,start.ts,test.ts}',
    'build/{icons,sample-media}/generate.ts',
    'build/sample-media/generateCoded.ts',
    'test/bench/*Bench.ts',
    // Started as programs by tests, or given to Node with --import.
    'test/sandbox/serve.ts',
    'test/helpers/relayMain.ts',
    'test/helpers/electron-stand-in/register.ts',
    'test/integration/services/transfers/{peakMemory,uploadProcess}.ts',
    'test/fixtures/stand-in-app/{main.js,preload.cjs,page/page.js}',
  ],
  project: ['{shared,electron,renderer,build,test}/**/*.{ts,tsx,mjs,cjs,js,css}'],
  vite: { config: ['renderer/vite.config.ts'] },
  includeEntryExports: true,
  // Programs of the system, which tests and builds do without where they are missing.
  ignoreBinaries: ['ffmpeg', 'mount', 'umount', 'mkfifo', 'rpmbuild'],
  compilers: {
    /** A style sheet uses the packages that it imports: the fonts. */
    css: (text: string) => [...text.matchAll(/@import[^;]+/g)].map(([found]) => found.slice(1)).join('\n'),
  },
} satisfies KnipConfig;
