import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright';
import { SECOND_MS } from '../../shared/units.ts';
import type { ControlCalls, ControlMessage, ControlName } from './electron-stand-in/control.ts';
import { type LaunchedApp, type LaunchPlan, QUIT_ANYWAY } from './launched.ts';

const BROWSER_TIMEOUT_MS = 90 * SECOND_MS;
const WINDOW_TIMEOUT_MS = 30 * SECOND_MS;
const REPLY_TIMEOUT_MS = 10 * SECOND_MS;
const QUIT_TIMEOUT_MS = 12 * SECOND_MS;

const register = join(import.meta.dirname, 'electron-stand-in', 'register.ts');

/** The command that runs main in the stand-in with this very Node. */
function standInCommand(main: string, args: readonly string[] = []): { command: string; args: string[] } {
  return {
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', '--import', pathToFileURL(register).href, main, ...args],
  };
}

/** Starts main in the stand-in, and connects to the window that it opens. */
export async function launchStandIn(plan: LaunchPlan): Promise<LaunchedApp> {
  const process = new StandInProcess(plan);
  let connected: Browser | undefined;
  try {
    const { endpoint, name, version } = await process.browser;
    const browser = await chromium.connectOverCDP(endpoint, {
      noDefaults: true,
      isLocal: true,
      timeout: WINDOW_TIMEOUT_MS,
    });
    connected = browser;
    const page = await Promise.race([firstWindow(browser), process.failure()]);
    return {
      page,
      runtime: 'stand-in',
      runtimeVersion: `${name} ${version}`,
      mainPid: process.pid,
      userData: plan.userData,
      answerDialog: async (answer) => {
        await process.call('answer-dialog', answer);
      },
      recorded: () => process.call('recorded'),
      firePower: async (event) => {
        await process.call('fire-power', event);
      },
      setFocus: async (focused) => {
        await process.call('set-focus', focused);
      },
      logs: () => process.logs,
      exited: process.exited,
      askToQuit: () => process.askToQuit(),
      close: async () => {
        await process.quit();
        await browser.close().catch(() => undefined);
      },
    };
  } catch (error) {
    process.kill();
    await process.exited;
    await connected?.close().catch(() => undefined);
    throw error;
  }
}

/** Main as a child process, with the channel over which tests reach it. */
class StandInProcess {
  readonly browser: Promise<ControlMessage & { kind: 'browser' }>;
  readonly exited: Promise<number | null>;
  logs = '';
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #last = 0;

  constructor({ main, userData, env, args, headless }: LaunchPlan) {
    const command = standInCommand(main, [`--user-data-dir=${userData}`, ...args]);
    this.#child = spawn(command.command, command.args, {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...env, ...(headless && { NEARPLAY_HEADLESS: '1' }) },
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.logs += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.logs += text));
    this.exited = new Promise((resolve) => {
      this.#child.once('close', (code) => resolve(code));
      this.#child.once('error', () => resolve(null));
    });
    const kill = () => this.kill();
    process.once('exit', kill);
    void this.exited.then(() => {
      process.off('exit', kill);
      for (const { reject } of this.#waiting.values()) reject(this.#ended());
    });
    const started = Promise.withResolvers<ControlMessage & { kind: 'browser' }>();
    this.#child.on('message', (message: ControlMessage) => {
      if (message.kind === 'browser') started.resolve(message);
      else this.#settle(message);
    });
    this.browser = within(BROWSER_TIMEOUT_MS, 'a browser', Promise.race([started.promise, this.failure()]));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Rejects when main ends. */
  async failure(): Promise<never> {
    await this.exited;
    throw this.#ended();
  }

  async call<Name extends ControlName>(
    name: Name,
    ...[argument]: Parameters<ControlCalls[Name]>
  ): Promise<ReturnType<ControlCalls[Name]>> {
    this.#last += 1;
    const id = this.#last;
    const reply = Promise.withResolvers<unknown>();
    this.#waiting.set(id, reply);
    try {
      this.#child.send({ id, name, argument });
      // The other end answers each name with what ControlCalls promises for it.
      return (await within(REPLY_TIMEOUT_MS, `the answer to ${name}`, reply.promise)) as ReturnType<ControlCalls[Name]>;
    } finally {
      this.#waiting.delete(id);
    }
  }

  async askToQuit(): Promise<void> {
    await this.call('quit');
  }

  async quit(): Promise<void> {
    if (this.#child.connected) {
      await this.call('quit').catch(() => undefined);
      await this.call('answer-dialog', QUIT_ANYWAY).catch(() => undefined);
    }
    try {
      await within(QUIT_TIMEOUT_MS, 'the end of the app', this.exited);
    } catch {
      this.kill();
      await this.exited;
    }
  }

  /** The browser ends with main: its pipe is closed. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #settle(message: Exclude<ControlMessage, { kind: 'browser' }>): void {
    const waiting = this.#waiting.get(message.id);
    if (message.kind === 'result') waiting?.resolve(message.result);
    else waiting?.reject(new Error(message.message));
  }

  #ended(): Error {
    return new Error(`The app has ended. It said:\n${this.logs}`);
  }
}

/** The first page with something in it; a browser begins with an empty one. */
async function firstWindow(browser: Browser): Promise<Page> {
  const isFilled = (page: Page) => page.url() !== 'about:blank' && page.url() !== '';
  const deadline = Date.now() + WINDOW_TIMEOUT_MS;
  while (browser.isConnected() && Date.now() < deadline) {
    const page = browser
      .contexts()
      .flatMap((context) => context.pages())
      .find(isFilled);
    if (page) {
      await page.waitForLoadState('load', { timeout: WINDOW_TIMEOUT_MS });
      return page;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`No window within ${WINDOW_TIMEOUT_MS / SECOND_MS} s, or the browser has ended`);
}

async function within<Result>(milliseconds: number, what: string, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${milliseconds / SECOND_MS} s for ${what}`)), milliseconds);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
