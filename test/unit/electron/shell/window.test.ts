import fc from 'fast-check';
import { EventEmitter } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SILENT } from '../../../../electron/services/runtime/log.ts';
import { openWindow, type WindowOptions } from '../../../../electron/shell/window.ts';
import { boundsToOpen, DEFAULT_SIZE, parseRemembered } from '../../../../electron/shell/windowBounds.ts';

const LAPTOP = { x: 0, y: 25, width: 1440, height: 875 };
const DESK = { x: 1440, y: 0, width: 2560, height: 1440 };

describe('where the window opens', () => {
  it('is where it was', () => {
    const bounds = { x: 1500, y: 40, width: 1600, height: 900 };
    expect(boundsToOpen({ bounds, maximized: false }, [LAPTOP, DESK])).toEqual(bounds);
  });

  it('is the default place when the display it was on is gone', () => {
    const bounds = { x: 1500, y: 40, width: 1600, height: 900 };
    expect(boundsToOpen({ bounds, maximized: false }, [LAPTOP])).toEqual(DEFAULT_SIZE);
  });

  it('is never larger than its display', () => {
    const bounds = { x: 0, y: 25, width: 4000, height: 3000 };
    expect(boundsToOpen({ bounds, maximized: false }, [LAPTOP])).toMatchObject({ width: 1440, height: 875 });
  });

  it('always leaves a title bar to take hold of', () => {
    const number = fc.integer({ min: -5000, max: 5000 });
    const size = fc.integer({ min: 1, max: 5000 });
    fc.assert(
      fc.property(fc.record({ x: number, y: number, width: size, height: size }), (bounds) => {
        const place = boundsToOpen({ bounds, maximized: false }, [LAPTOP, DESK]);
        if (place.x === undefined || place.y === undefined) return; // The system centres it.
        const { x, y, width } = place;
        const visible = [LAPTOP, DESK].some(
          (area) =>
            y >= area.y &&
            y + 32 <= area.y + area.height &&
            Math.min(x + width, area.x + area.width) - Math.max(x, area.x) >= 120,
        );
        expect(visible).toBe(true);
      }),
      { numRuns: 5000, examples: [[{ x: -2000, y: 30, width: 3000, height: 700 }]] },
    );
  });

  it.each([undefined, null, {}, { bounds: { x: 0.5, y: 0, width: 1, height: 1 }, maximized: false }])(
    'is not taken from nonsense such as %j',
    (stored) => expect(parseRemembered(stored)).toBeUndefined(),
  );
});

/** Of BrowserWindow, what the shell uses; keeps the options it was made with. */
class FakeWindow extends EventEmitter {
  readonly options: { webPreferences: Record<string, unknown>; show: boolean };
  readonly show = vi.fn();
  readonly maximize = vi.fn();
  readonly loadURL = vi.fn(() => Promise.resolve());
  readonly getNormalBounds = () => ({ x: 10, y: 30, width: 900, height: 700 });
  readonly isMaximized = () => true;
  constructor(options: FakeWindow['options']) {
    super();
    this.options = options;
  }
}

describe('the window', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'nearplay-window-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const open = (isPackaged = true) => {
    const options = {
      BrowserWindow: FakeWindow,
      nativeTheme: { shouldUseDarkColors: true },
      screen: { getAllDisplays: () => [{ workArea: LAPTOP }] },
      preload: '/app/preload.cjs',
      placeFile: join(folder, 'window.json'),
      title: 'Nearplay',
      isPackaged,
      log: SILENT,
    };
    return openWindow(options as unknown as WindowOptions) as unknown as FakeWindow;
  };

  // As a whole: what is added, such as enableBlinkFeatures or experimentalFeatures, is seen as well as what is changed.
  it.each([true, false])('is sandboxed and isolated, with nothing opened; installed: %s', (isPackaged) => {
    const { webPreferences, show } = open(isPackaged).options;
    expect(webPreferences).toEqual({
      preload: '/app/preload.cjs',
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      backgroundThrottling: false,
      devTools: !isPackaged,
      spellcheck: false,
    });
    expect(show).toBe(false);
  });

  it('shows when there is something to see, and remembers its place', () => {
    const first = open();
    expect(first.loadURL).toHaveBeenCalledWith('nearplay://app/index.html');
    expect(first.show).not.toHaveBeenCalled();
    first.emit('ready-to-show');
    expect(first.show).toHaveBeenCalledOnce();
    expect(first.maximize).not.toHaveBeenCalled();
    first.emit('close');
    expect(JSON.parse(readFileSync(join(folder, 'window.json'), 'utf8'))).toMatchObject({ maximized: true });
    const second = open();
    expect(second.options).toMatchObject({ x: 10, y: 30, width: 900, height: 700 });
    second.emit('ready-to-show');
    expect(second.maximize).toHaveBeenCalledOnce();
  });

  it('opens in spite of a damaged place', () => {
    writeFileSync(join(folder, 'window.json'), '{');
    expect(open().options).toMatchObject(DEFAULT_SIZE);
  });
});
