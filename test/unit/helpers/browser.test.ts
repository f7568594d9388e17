import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findBrowser, hasDisplay, installedBrowser, type Machine } from '../../helpers/browser.ts';

function machine(there: string[], more: Partial<Machine> = {}): Machine {
  return {
    platform: 'linux',
    env: { PATH: '/usr/local/bin:/usr/bin' },
    isRoot: false,
    isExecutable: (path) => there.includes(path),
    ownChromium: '/cache/chromium',
    distribution: '',
    ...more,
  };
}

describe('which browser', () => {
  it.each([
    [['/usr/bin/chromium', '/usr/bin/google-chrome', '/cache/chromium'], '/usr/bin/google-chrome', 'Google Chrome'],
    [['/usr/bin/chromium', '/usr/bin/microsoft-edge'], '/usr/bin/microsoft-edge', 'Microsoft Edge'],
    [['/usr/bin/chromium', '/usr/local/bin/chromium'], '/usr/local/bin/chromium', 'Chromium'],
    [['/cache/chromium'], '/cache/chromium', 'Chromium of playwright'],
  ])('of %j is %s', (there, path, name) => {
    expect(installedBrowser(machine(there))).toEqual({ name, path });
  });

  it('is the one that the environment names, if it is there', () => {
    const env = { PATH: '/usr/bin', NEARPLAY_BROWSER: '/opt/own' };
    expect(installedBrowser(machine(['/opt/own', '/usr/bin/chromium'], { env }))?.path).toBe('/opt/own');
    expect(installedBrowser(machine(['/usr/bin/chromium'], { env }))?.path).toBe('/usr/bin/chromium');
  });

  it('is looked for where the other systems keep it', () => {
    const mac = '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge';
    expect(installedBrowser(machine([mac], { platform: 'darwin' }))?.name).toBe('Microsoft Edge');
    const windows = join('C:/Program Files', 'Google', 'Chrome', 'Application', 'chrome.exe');
    const env = { PROGRAMFILES: 'C:/Program Files' };
    expect(installedBrowser(machine([windows], { platform: 'win32', env }))?.name).toBe('Google Chrome');
  });

  it('is none, in one line, where there is none and none can be installed', async () => {
    await expect(findBrowser(machine([]))).rejects.toThrow(
      /^No browser: install .* or run `npx playwright install chromium`\.$/,
    );
  });
});

it('has a display on Linux only when the environment names one', () => {
  expect(hasDisplay({}, 'linux')).toBe(false);
  expect(hasDisplay({ DISPLAY: '' }, 'linux')).toBe(false);
  expect(hasDisplay({ DISPLAY: ':0' }, 'linux')).toBe(true);
  expect(hasDisplay({ WAYLAND_DISPLAY: 'wayland-0' }, 'linux')).toBe(true);
  expect(hasDisplay({}, 'darwin')).toBe(true);
});
