import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchApp, type LaunchedApp } from '../helpers/app.ts';
import { findBrowser } from '../helpers/browser.ts';
import { dropFiles } from '../helpers/dropFiles.ts';

const MAIN = join(import.meta.dirname, '..', 'fixtures', 'stand-in-app', 'main.js');
const SECOND = 1000;

const browser = await findBrowser().catch((error: unknown) => String(error));
if (typeof browser === 'string') process.stdout.write(`Skipped the Electron stand-in: ${browser}\n`);

const folder = mkdtempSync(join(tmpdir(), 'nearplay-stand-in-'));
let server: Server;
let origin: string;

const launch = (): Promise<LaunchedApp> => launchApp({ main: MAIN, runtime: 'stand-in', env: { TEST_ORIGIN: origin } });

/** Asks in the page, as a script of the page would. */
function ask<Result>(app: LaunchedApp, expression: string): Promise<Result> {
  return app.page.evaluate<Result>(expression);
}

beforeAll(async () => {
  server = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    response.end(`Origin: ${request.headers.origin ?? ''}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(typeof browser === 'string')('the Electron stand-in', () => {
  let app: LaunchedApp;

  beforeAll(async () => {
    app = await launch();
  });

  afterAll(() => app.close());

  it('says what it runs on', () => {
    expect(app.runtime).toBe('stand-in');
    expect(app.runtimeVersion).toMatch(/\d+\.\d+/);
  });

  it('gives main its name, version and folder, for import and for require', async () => {
    expect(await ask(app, "fixture.invoke('facts')")).toMatchObject({
      name: 'Stand-in App',
      version: '1.2.3',
      userData: app.userData,
      isPackaged: false,
      viaRequire: '1.2.3',
      hasLock: true,
    });
  });

  it('carries structured values through a request and back', async () => {
    const given = `{
      list: [1, 'two', null, undefined, { three: 3n }], date: new Date(86400000), map: new Map([['a', new Set([1])]]),
      bytes: new Uint8Array([0, 127, 255]), numbers: [NaN, Infinity, -0], text: 'ä \\u0000 \\u{1F600}', record: { is: 'function', 0: 'object' }
    }`;
    const isSame = `fixture.invoke('echo', ${given}, undefined).then(([value, ...rest]) => {
      const show = (part) => typeof part === 'bigint' ? part + 'n' : Object.is(part, -0) ? '-0'
        : part === undefined ? 'undefined' : typeof part === 'number' ? String(part)
        : part instanceof Map || part instanceof Set ? [part.constructor.name, ...part].map(show)
        : part instanceof Uint8Array ? 'bytes ' + part : part instanceof Date ? 'date ' + part.getTime()
        : Array.isArray(part) ? part.map(show)
        : part && typeof part === 'object' ? Object.fromEntries(Object.entries(part).map(([key, entry]) => [key, show(entry)])) : part;
      return [JSON.stringify(show(value)), JSON.stringify(show(${given})), rest.length];
    })`;
    const [back, sent, rest] = await ask<[string, string, number]>(app, isSame);
    expect(back).toBe(sent);
    expect(back).toContain('bytes 0,127,255');
    expect(rest).toBe(1);
  });

  it('tells main who asks, under the scheme of the app', async () => {
    expect(await ask(app, "fixture.invoke('sender')")).toEqual({
      url: 'nearplay://app/index.html',
      isTop: true,
      sameWindow: true,
      contentsUrl: 'nearplay://app/index.html',
    });
  });

  it('turns what a handler throws into the text that Electron gives', async () => {
    const message = (channel: string) => ask(app, `fixture.invoke('${channel}').catch((error) => error.message)`);
    expect(await message('fail')).toBe("Error invoking remote method 'fail': TypeError: No such thing");
    expect(await message('nobody')).toBe(
      "Error invoking remote method 'nobody': Error: No handler registered for 'nobody'",
    );
  });

  it('delivers events until the subscription ends', async () => {
    const ticks = await ask(
      app,
      `(async () => {
        const seen = [];
        const end = fixture.onTick(({ tick, at }) => seen.push(tick + at.getTime()));
        await fixture.invoke('tick', 2);
        end();
        await fixture.invoke('tick', 3);
        return [typeof end, seen];
      })()`,
    );
    expect(ticks).toEqual(['function', [2, 4]]);
  });

  it('keeps the worlds of page and preload apart', async () => {
    const absent = { secretOfPreload: 'undefined', require: 'undefined', process: 'undefined' };
    expect(await ask(app, 'window.seenByPage')).toMatchObject({ fixture: 'object', own: [], ...absent });
    expect(await ask(app, 'fixture.invoke.toString()')).not.toMatch(/[0-9a-f]{24}/);
  });

  it('exposes frozen values, synchronous results and errors without their fields', async () => {
    expect(await ask(app, 'fixture.nested')).toEqual({ deep: { list: [1, { two: 2 }] } });
    expect(await ask(app, 'fixture.version')).toBe(7);
    expect(await ask(app, '[Object.isFrozen(fixture), Object.isFrozen(fixture.nested.deep.list)]')).toEqual([
      true,
      true,
    ]);
    expect(await ask(app, "fixture.callBack((text) => 'heard ' + text)")).toBe('heard from the preload');
    const thrown = `(() => { try { fixture.fail() } catch (error) { return [error instanceof Error, error.message, 'code' in error] } })()`;
    expect(await ask(app, thrown)).toEqual([true, 'On purpose', false]);
  });

  it('serves the custom scheme with its headers, and 404', async () => {
    expect(await ask(app, "fetch('nothing.txt').then(({ status }) => status)")).toBe(404);
    expect(
      await ask(app, "fetch('dot.png').then((answer) => [answer.status, answer.headers.get('content-type')])"),
    ).toEqual([200, 'image/png']);
    expect(await ask(app, "document.querySelector('img').naturalWidth")).toBe(1);
    const { seen } = await ask<{ seen: string[] }>(app, "fixture.invoke('facts')");
    expect(seen).toContain('nearplay://app/nothing.txt');
  });

  it('holds the page to its content security policy', async () => {
    expect(await ask(app, 'window.inlineRan')).toBeUndefined();
    expect(await ask(app, 'window.seenByPage.evaluates')).toBe('EvalError');
    const unnamed = origin.replace('127.0.0.1', 'localhost');
    expect(await ask(app, `fetch('${unnamed}').catch((error) => error.message)`)).toBe('Failed to fetch');
  });

  it('lets the page read from an origin of this machine that the policy names', async () => {
    expect(await ask(app, `fetch('${origin}').then((answer) => answer.text())`)).toBe(
      'Origin: https://app.nearplay.invalid',
    );
    expect(await ask(app, 'isSecureContext')).toBe(true);
  });

  it('knows the paths of chosen files at once, and that others have none', async () => {
    const paths = ['one file.txt', 'zwei Ä.mov'].map((name) => join(folder, name));
    for (const path of paths) writeFileSync(path, 'content');
    await app.page.setInputFiles('input', paths);
    expect(await ask(app, "fixture.pathOf(document.querySelector('input').files[0])")).toBe(paths[0]);
    expect(await ask(app, "fixture.pathsOf([...document.querySelector('input').files])")).toEqual(paths);
    expect(await ask(app, "fixture.pathOf(new File(['x'], 'x'))")).toBe('');
    const notAFile = `(() => { try { return fixture.pathOf({ name: 'x' }) } catch (error) { return error.message } })()`;
    expect(await ask(app, notAFile)).toBe('That is not a File');
  });

  it('loses no event, and keeps their order, while the page stands still for the path of a file', async () => {
    const paths = Array.from({ length: 20 }, (_, number) => join(folder, `still ${number}.txt`));
    for (const path of paths) writeFileSync(path, 'content');
    await app.page.setInputFiles('input', paths);
    const seen = await ask<number[]>(
      app,
      `(async () => {
        const seen = [];
        const end = fixture.onTick(({ tick }) => seen.push(tick));
        const files = [...document.querySelector('input').files];
        const told = fixture.invoke('tick', 400);
        for (let round = 0; round < 5; round += 1) {
          fixture.pathsOf(files);
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        await told;
        end();
        return seen;
      })()`,
    );
    expect(seen).toEqual(Array.from({ length: 400 }, (_, index) => index + 1));
  });

  it('knows the paths of files and folders that were dropped', async () => {
    const paths = ['dropped.mov', 'a folder'].map((name) => join(folder, name));
    writeFileSync(join(folder, 'dropped.mov'), 'content');
    mkdirSync(join(folder, 'a folder'), { recursive: true });
    const dropped = ask(
      app,
      `new Promise((resolve) => {
        const zone = document.querySelector('h1');
        zone.addEventListener('dragover', (event) => event.preventDefault());
        zone.addEventListener('drop', (event) => {
          event.preventDefault();
          resolve([...event.dataTransfer.files].map(fixture.pathOf));
        });
      })`,
    );
    await dropFiles(app.page, 'h1', paths);
    expect(await dropped).toEqual(paths);
  });

  it('lets the test answer dialogs, before and after they open', async () => {
    const choose = () => ask(app, "fixture.invoke('choose')");
    await app.answerDialog({ filePaths: ['/a/b.mov'] });
    expect(await choose()).toEqual({ canceled: false, filePaths: ['/a/b.mov'] });
    const open = choose();
    await app.answerDialog('cancel');
    expect(await open).toEqual({ canceled: true, filePaths: [] });
    expect((await app.recorded()).dialogs).toEqual([
      { method: 'showOpenDialog', title: 'Pick', message: '' },
      { method: 'showOpenDialog', title: 'Pick', message: '' },
    ]);
  });

  it('records what would leave the app', async () => {
    await ask(app, "fixture.invoke('open-external', 'https://docs.example/')");
    await ask(app, "fixture.invoke('notify')");
    const { externals, notifications } = await app.recorded();
    expect(externals).toContain('https://docs.example/');
    expect(notifications).toEqual([{ title: 'Done', body: 'All of it' }]);
  });

  it('refuses navigation and new windows as main says', async () => {
    await ask(app, "void (location.href = 'https://elsewhere.example/away')");
    await expect
      .poll(() => ask<{ refused: string[] }>(app, "fixture.invoke('facts')"))
      .toMatchObject({
        refused: ['https://elsewhere.example/away'],
      });
    await app.page.click('a');
    await expect.poll(async () => (await app.recorded()).externals).toContain('https://elsewhere.example/');
    await expect.poll(() => app.page.context().pages().length).toBe(1);
    expect(app.page.url()).toBe('https://app.nearplay.invalid/index.html');
  });

  it("shows the page main's colour scheme", async () => {
    const isDark = () => ask(app, "matchMedia('(prefers-color-scheme: dark)').matches");
    await ask(app, "fixture.invoke('theme', 'dark')");
    await expect.poll(isDark).toBe(true);
    await ask(app, "fixture.invoke('theme', 'light')");
    await expect.poll(isDark).toBe(false);
  });

  it('fires events of the power monitor', async () => {
    await app.firePower('resume');
    const { seen } = await ask<{ seen: string[] }>(app, "fixture.invoke('facts')");
    expect(seen).toContain('resume');
  });

  it('throws by name whatever it lacks', async () => {
    expect(await ask(app, "fixture.invoke('missing')")).toEqual({
      method: 'electron stand-in: app.getGPUInfo is not implemented',
      module: 'electron stand-in: Tray is not implemented',
      window: 'electron stand-in: BrowserWindow.setKiosk is not implemented',
      contents: 'electron stand-in: webContents.openDevTools is not implemented',
    });
    expect(await ask(app, 'fixture.missing()')).toEqual({
      method: 'electron stand-in: ipcRenderer.sendSync is not implemented',
      module: 'electron stand-in: electron.clipboard is not implemented',
      node: "electron stand-in: require('node:fs') in a preload is not implemented",
    });
  });

  it('works again after the page was loaded anew', async () => {
    await app.page.reload();
    expect(await ask(app, "fixture.invoke('echo', 1)")).toEqual([1]);
  });
});

describe.skipIf(typeof browser === 'string')('the stand-in used by a person', () => {
  it('asks in the page for what a system dialog would ask', async () => {
    const app = await launchApp({ main: MAIN, runtime: 'stand-in', env: { STAND_IN_DIALOGS: 'page' } });
    try {
      const path = join(folder, 'picked.txt');
      writeFileSync(path, 'content');
      const picked = ask(app, "fixture.invoke('choose')");
      await app.page.getByRole('heading', { name: 'Pick' }).waitFor();
      await app.page.locator('dialog input').setInputFiles(path);
      await app.page.getByRole('button', { name: 'Open' }).click();
      expect(await picked).toEqual({ canceled: false, filePaths: [path] });
      const cancelled = ask(app, "fixture.invoke('choose')");
      await app.page.getByRole('heading', { name: 'Pick' }).waitFor();
      await app.page.keyboard.press('Escape');
      expect(await cancelled).toEqual({ canceled: true, filePaths: [] });
    } finally {
      await app.close();
    }
  });
});

describe.skipIf(typeof browser === 'string')('the end of the stand-in', () => {
  it('ends main and the browser when the app quits, and removes the profile', async () => {
    const app = await launch();
    const { userData } = app;
    expect(browsersOf(userData)).not.toEqual([]);
    await ask(app, "void fixture.invoke('quit')");
    expect(await app.exited).toBe(0);
    expect(app.logs()).toContain('will-quit');
    expect(browsersOf(userData)).toEqual([]);
    await app.close();
    expect(() => readdirSync(userData)).toThrow('ENOENT');
  });

  it('takes the browser along when main is killed', async () => {
    const app = await launch();
    const main = Number(readFileSync(join(app.userData, 'stand-in.lock'), 'utf8'));
    process.kill(main, 'SIGKILL');
    expect(await app.exited).toBeNull();
    await expect.poll(() => browsersOf(app.userData), { timeout: 60 * SECOND }).toEqual([]);
    await app.close();
  });

  it('does not outlive a test that is killed', async () => {
    const userData = join(folder, 'orphan');
    const helper = join(import.meta.dirname, '..', 'helpers', 'app.ts');
    const script = `
      import { launchApp } from ${JSON.stringify(pathToFileURL(helper).href)};
      await launchApp(${JSON.stringify({ main: MAIN, runtime: 'stand-in', userData })});
      process.kill(process.pid, 'SIGKILL');`;
    const test = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'ignore' });
    const signal = await new Promise((resolve) => test.once('exit', (_code, name) => resolve(name)));
    expect(signal).toBe('SIGKILL');
    await expect.poll(() => browsersOf(userData), { timeout: 60 * SECOND }).toEqual([]);
  });

  it('leaves nothing that keeps a process alive', async () => {
    const helper = join(import.meta.dirname, '..', 'helpers', 'app.ts');
    const broken = join(folder, 'endsEarly.mjs');
    writeFileSync(broken, "import { app } from 'electron'; app.whenReady().then(() => app.exit(4));");
    const script = `
      import { launchApp } from ${JSON.stringify(pathToFileURL(helper).href)};
      const app = await launchApp(${JSON.stringify({ main: MAIN, runtime: 'stand-in' })});
      await app.close();
      await launchApp(${JSON.stringify({ main: broken, runtime: 'stand-in' })}).catch(() => undefined);`;
    // A connection that was made while the browser ended is given up after half a minute; nothing may stay for ever.
    const options = { stdio: 'ignore', timeout: 75 * SECOND } as const;
    const test = spawn(process.execPath, ['--input-type=module', '--eval', script], options);
    expect(await new Promise((resolve) => test.once('exit', resolve))).toBe(0);
  }, 90_000);

  it('quits when the last window is closed', async () => {
    const app = await launch();
    await app.page.close();
    expect(await app.exited).toBe(0);
    await app.close();
  });

  it('says what main said when main fails before there is a window', async () => {
    const main = join(folder, 'broken.mjs');
    writeFileSync(main, "import 'electron'; throw new Error('No such luck');");
    await expect(launchApp({ main, runtime: 'stand-in' })).rejects.toThrow('No such luck');
  });
});

/** Ids of processes that were started on a profile; where there is no /proc, none are found. */
function browsersOf(userData: string): string[] {
  const commandOf = (id: string) => {
    try {
      return readFileSync(`/proc/${id}/cmdline`, 'utf8');
    } catch {
      return '';
    }
  };
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return ids.filter((id) => commandOf(id).includes(`--user-data-dir=${join(userData, 'stand-in-browser')}`));
}
