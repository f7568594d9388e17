import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { AppStandIn, type PreventableEvent, Switches } from '../../../helpers/electron-stand-in/app.ts';

const folder = mkdtempSync(join(tmpdir(), 'nearplay-app-'));
const userData = join(folder, 'user');
mkdirSync(join(folder, 'main'));
writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'x', productName: 'The App', version: '3.2.1' }));
afterAll(() => rmSync(folder, { recursive: true }));

function start(args: string[] = [], env: NodeJS.ProcessEnv = {}) {
  const exits: number[] = [];
  const argv = ['node', join(folder, 'main', 'main.js'), ...args];
  const app = new AppStandIn({ argv, env, platform: 'linux', exit: (code) => exits.push(code) });
  return { app, exits };
}

describe('paths and names', () => {
  it('are those of the nearest package', () => {
    const { app } = start();
    expect([app.getName(), app.getVersion(), app.getAppPath()]).toEqual(['The App', '3.2.1', folder]);
  });

  it('takes the folder of the user from the argument, then from the environment, then from the system', () => {
    const env = { NEARPLAY_USER_DATA: '/env', XDG_CONFIG_HOME: '/config' };
    expect(start([`--user-data-dir=${userData}`], env).app.getPath('userData')).toBe(userData);
    expect(start([], env).app.getPath('userData')).toBe('/env');
    expect(start([], { XDG_CONFIG_HOME: '/config' }).app.getPath('userData')).toBe(join('/config', 'The App'));
  });

  it('are moved by setPath, and absolute', () => {
    const { app } = start();
    app.setPath('userData', '/elsewhere');
    expect(app.getPath('logs')).toBe(join('/elsewhere', 'logs'));
    expect(() => app.setPath('userData', 'relative')).toThrow('absolute');
    expect(() => app.getPath('recent')).toThrow("electron stand-in: app.getPath('recent') is not implemented");
  });
});

describe('quitting', () => {
  const order: string[] = [];
  beforeEach(() => order.splice(0));

  function quitting(closes = true) {
    const started = start();
    for (const name of ['before-quit', 'will-quit', 'quit']) started.app.on(name, () => order.push(name));
    started.app.surroundWith({
      closeWindows: () => Promise.resolve(order.push('close') > 0 && closes),
      endBrowser: () => Promise.resolve(void order.push('end')),
    });
    return started;
  }

  it('asks, closes, announces and ends, in this order and once', async () => {
    const { app, exits } = quitting();
    app.quit();
    app.quit();
    await expect.poll(() => exits).toEqual([0]);
    expect(order).toEqual(['before-quit', 'close', 'will-quit', 'quit', 'end']);
  });

  it('is stopped by a listener, until exit is called', async () => {
    const { app, exits } = quitting();
    app.on('will-quit', (event: PreventableEvent) => event.preventDefault());
    app.quit();
    await expect.poll(() => order).toEqual(['before-quit', 'close', 'will-quit']);
    expect(exits).toEqual([]);
    app.exit(3);
    await expect.poll(() => exits).toEqual([3]);
  });

  it('is stopped by a window that refuses to close, and can be tried again', async () => {
    const { app, exits } = quitting(false);
    app.quit();
    await expect.poll(() => order).toEqual(['before-quit', 'close']);
    app.quit();
    await expect.poll(() => order).toEqual(['before-quit', 'close', 'before-quit', 'close']);
    expect(exits).toEqual([]);
  });

  it('follows the last window, unless somebody listens for it', async () => {
    const { app, exits } = quitting();
    app.windowsGone();
    await expect.poll(() => exits).toEqual([0]);
    const other = quitting();
    other.app.on('window-all-closed', () => order.push('all closed'));
    order.splice(0);
    other.app.windowsGone();
    expect(order).toEqual(['all closed']);
  });
});

describe('the single instance', () => {
  it('is one per folder of the user, and a lock of a dead process does not count', () => {
    const first = start([`--user-data-dir=${userData}`]).app;
    const second = start([`--user-data-dir=${userData}`]).app;
    const other = start([`--user-data-dir=${join(folder, 'other')}`]).app;
    expect(first.requestSingleInstanceLock()).toBe(true);
    expect(first.requestSingleInstanceLock()).toBe(true);
    expect(second.requestSingleInstanceLock()).toBe(false);
    expect(other.requestSingleInstanceLock()).toBe(true);
    first.releaseSingleInstanceLock();
    writeFileSync(join(userData, 'stand-in.lock'), '');
    expect(second.requestSingleInstanceLock()).toBe(true);
    second.releaseSingleInstanceLock();
    other.releaseSingleInstanceLock();
  });
});

it('reads switches as Electron does, and passes on to the browser only those of main', () => {
  const switches = new Switches(['--a=1=2', '--flag', 'file', '--']);
  expect([switches.getSwitchValue('a'), switches.hasSwitch('flag'), switches.hasSwitch('b')]).toEqual([
    '1=2',
    true,
    false,
  ]);
  switches.appendSwitch('lang', 'de');
  switches.appendSwitch('mute-audio');
  expect(switches.forBrowser()).toEqual(['--lang=de', '--mute-audio']);
  switches.removeSwitch('lang');
  expect(switches.forBrowser()).toEqual(['--mute-audio']);
});
