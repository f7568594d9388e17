import { randomBytes } from 'node:crypto';
import type { CDPSession, Page } from 'playwright';
import type { DialogAnswer } from './control.ts';
import { askPerson, type Question } from './question.ts';
import {
  askFunction,
  askName,
  bindingName,
  type MainMessage,
  pageScript,
  PRELOAD_WORLD,
  type PreloadMessage,
  preloadScript,
  receiverName,
} from './worlds.ts';

/** What happens in a page. */
export interface SurfaceEvents {
  message: (message: PreloadMessage) => void;
  navigated: (url: string) => void;
  /** A document that could not be had. */
  unreachable: (url: string) => void;
  navigatedInPage: (url: string) => void;
  titled: (title: string) => void;
  domReady: () => void;
  loaded: () => void;
  popup: (url: string, frameName: string) => void;
  crashed: () => void;
  closed: () => void;
}

export interface SurfaceOptions {
  page: Page;
  /** Source text of the bundled preload; none runs without. */
  preload: string | undefined;
  platform: string;
  events: SurfaceEvents;
}

/** A page of the browser as main sees it: its frames, its two worlds, and what passes between them and main. */
export class Surface {
  readonly page: Page;
  readonly #session: CDPSession;
  readonly #secret = randomBytes(12).toString('hex');
  readonly #frames = new Set<string>();
  #mainFrame = '';
  /** The preload's world in the document that is shown now. */
  #world: number | undefined;
  /** A document that main itself requested; `*` for any. */
  #expected: string | undefined;

  private constructor(page: Page, session: CDPSession) {
    this.page = page;
    this.#session = session;
  }

  static async open(options: SurfaceOptions): Promise<Surface> {
    const session = await options.page.context().newCDPSession(options.page);
    const surface = new Surface(options.page, session);
    surface.#listen(options.events);
    await surface.#prepare(options);
    return surface;
  }

  #listen(events: SurfaceEvents): void {
    const session = this.#session;
    session.on('Runtime.bindingCalled', ({ name, payload, executionContextId }) => {
      if (name !== bindingName(this.#secret)) return;
      const message = JSON.parse(payload) as PreloadMessage;
      if (message.kind === 'hello') this.#world = executionContextId;
      events.message(message);
    });
    session.on('Debugger.paused', ({ callFrames }) => {
      const [frame] = callFrames;
      const asked = frame?.functionName === askName(this.#secret);
      void (asked ? this.#answer(frame.callFrameId) : session.send('Debugger.resume')).catch(() => undefined);
    });
    session.on('Page.frameAttached', ({ frameId }) => this.#frames.add(frameId));
    session.on('Page.frameDetached', ({ frameId }) => this.#frames.delete(frameId));
    session.on('Page.frameNavigated', ({ frame }) => {
      if (frame.parentId !== undefined) return;
      if (frame.unreachableUrl === undefined) events.navigated(frame.url + (frame.urlFragment ?? ''));
      else events.unreachable(frame.unreachableUrl);
    });
    session.on('Page.navigatedWithinDocument', ({ frameId, url }) => {
      if (frameId === this.#mainFrame) events.navigatedInPage(url);
    });
    session.on('Page.windowOpen', ({ url, windowName }) => events.popup(url, windowName));
    this.page.on('domcontentloaded', () => events.domReady());
    this.page.on('load', (page) => {
      events.loaded();
      page.title().then(events.titled, () => undefined);
    });
    this.page.on('crash', () => events.crashed());
    this.page.on('close', () => events.closed());
  }

  async #prepare({ preload, platform }: SurfaceOptions): Promise<void> {
    const session = this.#session;
    await session.send('Page.enable');
    await session.send('Runtime.enable');
    await session.send('Debugger.enable');
    const { frameTree } = await session.send('Page.getFrameTree');
    this.#mainFrame = frameTree.frame.id;
    if (preload === undefined) return;
    const name = bindingName(this.#secret);
    await session.send('Runtime.addBinding', { name, executionContextName: PRELOAD_WORLD });
    await session.send('Page.addScriptToEvaluateOnNewDocument', { source: pageScript(this.#secret) });
    await session.send('Page.addScriptToEvaluateOnNewDocument', {
      source: preloadScript({ secret: this.#secret, preload, platform }),
      worldName: PRELOAD_WORLD,
    });
  }

  /** Sets the answer of the function in which the page stands still: the path on disk of its `subject`, a File. */
  async #answer(callFrameId: string): Promise<void> {
    const session = this.#session;
    try {
      const { result } = await session.send('Debugger.evaluateOnCallFrame', { callFrameId, expression: 'subject' });
      const { path } = await session.send('DOM.getFileInfo', { objectId: result.objectId ?? '' });
      const expression = `answer = ${JSON.stringify(path)}`;
      await session.send('Debugger.evaluateOnCallFrame', { callFrameId, expression });
    } finally {
      await session.send('Debugger.resume');
    }
  }

  owns(frameId: string): boolean {
    return this.isMain(frameId) || this.#frames.has(frameId);
  }

  isMain(frameId: string): boolean {
    return frameId === this.#mainFrame;
  }

  /** Whether main itself asked for this document; true once for each. */
  takeExpected(url: string): boolean {
    const expected = this.#expected === '*' || this.#expected === url;
    if (expected) this.#expected = undefined;
    return expected;
  }

  /** `url` in the browser's form. */
  async load(url: string, timeout: number): Promise<void> {
    this.#expected = url.replace(/#.*$/s, '');
    await this.page.goto(url, { timeout });
  }

  /** Over DevTools itself, which can also load a page that has crashed. */
  async reload(): Promise<void> {
    this.#expected = '*';
    await this.#session.send('Page.reload');
  }

  /** Lost when no document with a preload is shown, as in Electron. */
  send(message: MainMessage): void {
    if (this.#world === undefined) return;
    const expression = `${receiverName(this.#secret)}(${JSON.stringify(message)})`;
    this.#session.send('Runtime.evaluate', { expression, contextId: this.#world }).catch(() => undefined);
  }

  /** Asks a person, in the preload's world, which the page cannot disturb. A page that goes away is a `cancel`. */
  async ask(question: Question): Promise<DialogAnswer> {
    if (this.#world === undefined) throw new Error('No document with a preload is shown');
    const expression = `(() => {
${askFunction(this.#secret)}
return (${askPerson.toString()})(${JSON.stringify(question)}, ${askName(this.#secret)});
})()`;
    const options = { expression, contextId: this.#world, awaitPromise: true, returnByValue: true };
    const answer = await this.#session.send('Runtime.evaluate', options).catch(() => undefined);
    // What it returns is what `askPerson` resolves to.
    return answer === undefined || answer.exceptionDetails ? 'cancel' : (answer.result.value as DialogAnswer);
  }

  async resize(width: number, height: number): Promise<void> {
    await this.page.setViewportSize({ width, height });
  }
}
