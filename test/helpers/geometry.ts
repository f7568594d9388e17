import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import type { CDPSession, Page } from 'playwright';
import type { Fault, faultsWhenSettled } from './geometryInPage.ts';

export interface Size {
  /** Of the window, device-independent pixels. */
  width: number;
  height: number;
  /** Of the page: 1.5 for 150%. */
  zoom: number;
}

export type Font = 'own' | 'foreign';

/** The geometry of what is on screen, in windows of any size and in either font. */
export interface Geometry {
  /** Substitute for the font of a machine that has only DejaVu. */
  foreignFont: string;
  /** The faults at each size in each font, one line each, with where they are; empty when there are none. */
  faults(sizes: readonly Size[], fonts: readonly Font[]): Promise<string[]>;
  /** The window has its own size and fonts again. */
  usual(): Promise<void>;
}

interface InPage {
  faultsWhenSettled: typeof faultsWhenSettled;
}

/** Prepares a page for looking at its geometry. */
export async function watchGeometry(page: Page): Promise<Geometry> {
  const typed = await readFile(join(import.meta.dirname, 'geometryInPage.ts'), 'utf8');
  const source = stripTypeScriptTypes(typed).replaceAll(/^export /gm, '');
  const devtools = await page.context().newCDPSession(page);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const foreign = await foreignFonts(page);
  const usual = await page.evaluate(() => ({ width: window.innerWidth, height: window.innerHeight }));
  return {
    foreignFont: foreign.name,
    faults: async (sizes, fonts) => {
      const found = new Map<string, string[]>();
      // Again each time, since a page may have been loaded anew. As text, past the Content-Security-Policy: DevTools'
      // Runtime.evaluate is not bound by it.
      await page.evaluate(`globalThis.geometry = (() => { ${source}; return { faultsWhenSettled, faultsNow }; })()`);
      for (const font of fonts) {
        await page.evaluate(setFonts, font === 'foreign' ? foreign : null);
        for (const size of sizes) {
          const place = `${size.width} px at ${size.zoom * 100}% in ${font === 'own' ? 'Inter' : foreign.name}`;
          for (const fault of await faultsAt(page, devtools, size)) {
            const line = `${fault.kind}: ${fault.what}${fault.by === '' ? '' : ` by ${fault.by}`}`;
            found.set(line, [...(found.get(line) ?? []), place]);
          }
        }
      }
      return [...found].map(([line, places]) => `${line} — ${[...new Set(places)].join(', ')}`);
    },
    usual: async () => {
      await page.evaluate(setFonts, null);
      await devtools.send('Emulation.setDeviceMetricsOverride', { ...usual, deviceScaleFactor: 1, mobile: false });
    },
  };
}

/** A page at 150% has two thirds of the pixels of its window, each of them larger: that is all that Chromium's zoom does. */
async function faultsAt(page: Page, devtools: CDPSession, { width, height, zoom }: Size): Promise<Fault[]> {
  const css = { width: Math.round(width / zoom), height: Math.round(height / zoom) };
  await devtools.send('Emulation.setDeviceMetricsOverride', { ...css, deviceScaleFactor: zoom, mobile: false });
  return page.evaluate(
    (expected) => (globalThis as unknown as { geometry: InPage }).geometry.faultsWhenSettled(expected),
    css.width,
  );
}

interface Fonts {
  name: string;
  text: string;
  mono: string;
  letterSpacing: string;
}

/** DejaVu where the machine has it. Elsewhere what is at least as wide: a fixed-width font with wider gaps. */
async function foreignFonts(page: Page): Promise<Fonts> {
  const hasDejaVu = await page.evaluate(() => {
    const context = document.createElement('canvas').getContext('2d');
    const width = (font: string) => {
      if (context) context.font = `40px ${font}`;
      return context?.measureText('Wide enough, isn’t it?').width;
    };
    return width('"DejaVu Sans", monospace') === width('"DejaVu Sans", serif');
  });
  return hasDejaVu
    ? { name: 'DejaVu Sans', text: '"DejaVu Sans"', mono: '"DejaVu Sans Mono"', letterSpacing: 'normal' }
    : { name: 'a wide fixed-width font', text: 'monospace', mono: 'monospace', letterSpacing: '0.02em' };
}

function setFonts(fonts: Fonts | null): void {
  const { style } = document.documentElement;
  if (fonts) {
    style.setProperty('--font', fonts.text);
    style.setProperty('--font-mono', fonts.mono);
    style.letterSpacing = fonts.letterSpacing;
  } else {
    for (const name of ['--font', '--font-mono', 'letter-spacing']) style.removeProperty(name);
  }
}
