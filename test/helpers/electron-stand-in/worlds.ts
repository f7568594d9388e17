import { decodeWire, encodeWire, type Wire } from './wire.ts';

// The functions of this file run inside the page. They are sent there as text: each may use nothing but its arguments
// and the globals of a browser. The preload has a world of its own; the page's world knows only what was exposed to it.

/** Messages of the preload's world to main, through a binding that the page's world lacks. */
export type PreloadMessage =
  | { kind: 'hello'; url: string }
  | { kind: 'invoke'; id: number; channel: string; url: string; args: Wire }
  | { kind: 'send'; channel: string; url: string; args: Wire }
  | { kind: 'failed'; message: string };

/** Messages of main to the preload's world. */
export type MainMessage =
  | { kind: 'reply'; id: number; result: Wire }
  | { kind: 'failure'; id: number; message: string }
  | { kind: 'event'; channel: string; args: Wire };

export interface PreloadPlace {
  /** Unguessable, so that the page can neither listen to what crosses between the worlds nor forge it. */
  secret: string;
  /** Source text of the bundled preload, a CommonJS module. */
  preload: string;
  platform: string;
}

/** The name of the preload's world, the one that Electron gives it in the developer tools. */
export const PRELOAD_WORLD = 'Electron Isolated Context';

export const bindingName = (secret: string): string => `toMain${secret}`;
export const receiverName = (secret: string): string => `fromMain${secret}`;
/** The function in which the page stands still while main looks up the path of `subject`. */
export const askName = (secret: string): string => `ask${secret}`;

/** Name of the function that buffers main's messages while the page is paused. */
const holdName = (secret: string): string => `hold${secret}`;

/** Its `debugger` stops for main alone, which sets `answer` and lets the page go on. */
export const askFunction = (secret: string): string =>
  `function ${askName(secret)}(subject) {
  const release = ${holdName(secret)}();
  let answer = '';
  debugger;
  release();
  return answer;
}`;

/** Runs in the page's world before any script of the page. */
export function pageScript(secret: string): string {
  return `(${pageWorld.toString()})(${JSON.stringify(secret)}, ${bridge.toString()});`;
}

/** Runs in the preload's world, after the page's. */
export function preloadScript({ secret, preload, platform }: PreloadPlace): string {
  const names = JSON.stringify({
    secret,
    platform,
    binding: bindingName(secret),
    receiver: receiverName(secret),
    hold: holdName(secret),
  });
  return `(() => {
${askFunction(secret)}
const codec = { encodeWire: ${encodeWire.toString()}, decodeWire: ${decodeWire.toString()} };
const preload = function (exports, require, module, process, global) {
${preload}
};
(${preloadWorld.toString()})(${names}, preload, ${askName(secret)}, codec, ${bridge.toString()});
})();`;
}

interface Bridge {
  expose(key: string, value: unknown): void;
}

/**
 * One end of the passage between the two worlds of a page. Events of a shared document are synchronous and copy their
 * detail by structured clone when it is read in the other world; functions and promises cross as numbers.
 */
function bridge(outgoing: string, incoming: string, exposed: (key: string, value: unknown) => void): Bridge {
  type Crossing =
    | { is: 'value'; value: unknown }
    | { is: 'list'; items: Crossing[] }
    | { is: 'record'; entries: [string, Crossing][] }
    | { is: 'function' | 'promise'; id: number }
    | { is: 'error'; message: string };
  type Message =
    | { kind: 'expose'; key: string; value: Crossing }
    | { kind: 'call'; id: number; args: Crossing[] }
    | { kind: 'return' | 'throw'; value: Crossing }
    | { kind: 'resolve' | 'reject'; id: number; value: Crossing };
  type Callable = (...args: unknown[]) => unknown;

  // Kept from before the page could put its own in their place.
  const dispatch = document.dispatchEvent.bind(document);
  const Courier = CustomEvent;
  const own = { functions: new Map<number, Callable>(), numbers: new WeakMap<object, number>(), last: 0 };
  const foreign = {
    functions: new Map<number, Callable>(),
    promises: new Map<number, PromiseWithResolvers<unknown>>(),
  };
  let answer: { kind: 'return' | 'throw'; value: Crossing } | undefined;

  const post = (message: Message) => {
    dispatch(new Courier(outgoing, { detail: message }));
  };

  function pack(value: unknown): Crossing {
    if (typeof value === 'function') return { is: 'function', id: numberOf(value as Callable) };
    if (typeof value === 'symbol') throw new TypeError('An object could not be cloned.');
    if (typeof value !== 'object' || value === null) return { is: 'value', value };
    if (Array.isArray(value)) return { is: 'list', items: value.map(pack) };
    if (value instanceof Promise) return { is: 'promise', id: follow(value) };
    if (value instanceof Error) return { is: 'error', message: value.message };
    if (Object.prototype.toString.call(value) !== '[object Object]') return { is: 'value', value };
    return { is: 'record', entries: Object.entries(value).map(([key, entry]) => [key, pack(entry)]) };
  }

  function unpack(crossing: Crossing): unknown {
    switch (crossing.is) {
      case 'value':
        return crossing.value;
      case 'list':
        return crossing.items.map(unpack);
      case 'record':
        return Object.fromEntries(crossing.entries.map(([key, entry]) => [key, unpack(entry)]));
      case 'error':
        return new Error(crossing.message);
      case 'function':
        return functionOf(crossing.id);
      case 'promise': {
        const promise = Promise.withResolvers<unknown>();
        foreign.promises.set(crossing.id, promise);
        return promise.promise;
      }
    }
  }

  function numberOf(value: Callable): number {
    const known = own.numbers.get(value);
    if (known !== undefined) return known;
    own.last += 1;
    own.numbers.set(value, own.last);
    own.functions.set(own.last, value);
    return own.last;
  }

  function follow(promise: Promise<unknown>): number {
    own.last += 1;
    const id = own.last;
    promise.then(
      (value) => post({ kind: 'resolve', id, value: packOrError(value) }),
      (error: unknown) => post({ kind: 'reject', id, value: packOrError(error) }),
    );
    return id;
  }

  function packOrError(value: unknown): Crossing {
    try {
      return pack(value);
    } catch {
      return { is: 'error', message: 'An object could not be cloned.' };
    }
  }

  function functionOf(id: number): Callable {
    const known = foreign.functions.get(id);
    if (known) return known;
    const call = (...args: unknown[]) => {
      const outer = answer;
      answer = undefined;
      post({ kind: 'call', id, args: args.map(pack) });
      const given = answer as { kind: 'return' | 'throw'; value: Crossing } | undefined;
      answer = outer;
      if (!given) throw new Error('The other side of the bridge is gone');
      const value = unpack(given.value);
      if (given.kind === 'throw') throw value as Error;
      return value;
    };
    foreign.functions.set(id, call);
    return call;
  }

  function run(id: number, args: Crossing[]): void {
    try {
      const result = own.functions.get(id)?.(...args.map(unpack));
      post({ kind: 'return', value: pack(result) });
    } catch (error) {
      post({ kind: 'throw', value: packOrError(error instanceof Error ? error : new Error(String(error))) });
    }
  }

  function settle(kind: 'resolve' | 'reject', id: number, value: unknown): void {
    foreign.promises.get(id)?.[kind](value);
    foreign.promises.delete(id);
  }

  const receive = (event: Event) => {
    const message = (event as CustomEvent<Message>).detail;
    switch (message.kind) {
      case 'expose':
        exposed(message.key, unpack(message.value));
        return;
      case 'call':
        run(message.id, message.args);
        return;
      case 'return':
      case 'throw':
        answer = message;
        return;
      case 'resolve':
      case 'reject':
        settle(message.kind, message.id, unpack(message.value));
    }
  };
  document.addEventListener(incoming, receive);
  return { expose: (key, value) => post({ kind: 'expose', key, value: pack(value) }) };
}

/** The page's end: what the preload exposes becomes a frozen, unchangeable property of the window. */
function pageWorld(secret: string, openBridge: typeof bridge): void {
  if (window !== window.top) return;
  const freeze = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
    for (const part of Object.values(value)) freeze(part);
    return Object.freeze(value);
  };
  openBridge(`toPreload${secret}`, `toPage${secret}`, (key, value) => {
    Object.defineProperty(window, key, {
      value: freeze(value),
      enumerable: true,
      writable: false,
      configurable: false,
    });
  });
}

/** The preload's end: what `require('electron')` gives in a sandboxed preload, and the preload itself. */
function preloadWorld(
  names: { secret: string; platform: string; binding: string; receiver: string; hold: string },
  preload: (
    exports: object,
    require: (name: string) => unknown,
    module: object,
    process: object,
    global: object,
  ) => void,
  ask: (subject: unknown) => string,
  codec: { encodeWire: typeof encodeWire; decodeWire: typeof decodeWire },
  openBridge: typeof bridge,
): void {
  if (window !== window.top) return;
  type Listener = (event: object, ...args: unknown[]) => void;
  const tell = Reflect.get(globalThis, names.binding) as (text: string) => void;
  const toMain = (message: PreloadMessage) => tell(JSON.stringify(message));
  const toPage = openBridge(`toPage${names.secret}`, `toPreload${names.secret}`, () => undefined);
  const listeners = new Map<string, { listener: Listener; once: boolean }[]>();
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const exposed = new Set<string>();
  const held: MainMessage[] = [];
  let isStill = false;
  let last = 0;

  const strict = <T extends object>(name: string, target: T): T =>
    new Proxy(target, {
      get(object, key) {
        if (typeof key === 'symbol' || key in object || key === 'then') return Reflect.get(object, key);
        throw new Error(`electron stand-in: ${name}.${key} is not implemented`);
      },
    });

  const ipcRenderer = {
    invoke(channel: string, ...args: unknown[]): Promise<unknown> {
      const promise = Promise.withResolvers<unknown>();
      last += 1;
      toMain({ kind: 'invoke', id: last, channel, url: location.href, args: codec.encodeWire(args) });
      waiting.set(last, promise);
      return promise.promise;
    },
    send(channel: string, ...args: unknown[]): void {
      toMain({ kind: 'send', channel, url: location.href, args: codec.encodeWire(args) });
    },
    on: (channel: string, listener: Listener) => add(channel, listener, false),
    addListener: (channel: string, listener: Listener) => add(channel, listener, false),
    once: (channel: string, listener: Listener) => add(channel, listener, true),
    off: remove,
    removeListener: remove,
    removeAllListeners(channel: string) {
      listeners.delete(channel);
      return ipcRenderer;
    },
    listenerCount: (channel: string) => listeners.get(channel)?.length ?? 0,
  };

  function add(channel: string, listener: Listener, once: boolean) {
    listeners.set(channel, [...(listeners.get(channel) ?? []), { listener, once }]);
    return ipcRenderer;
  }

  function remove(channel: string, listener: Listener) {
    const those = [...(listeners.get(channel) ?? [])];
    const index = those.findLastIndex((entry) => entry.listener === listener);
    if (index >= 0) those.splice(index, 1);
    listeners.set(channel, those);
    return ipcRenderer;
  }

  // While the page stands still DevTools still evaluates, yet no event reaches a listener: what comes then waits.
  function receive(message: MainMessage): void {
    if (isStill || held.length > 0) held.push(message);
    else deliver(message);
  }

  function hold(): () => void {
    isStill = true;
    return () => {
      isStill = false;
      queueMicrotask(deliverHeld);
    };
  }

  function deliverHeld(): void {
    for (let message = held[0]; message && !isStill; message = held[0]) {
      try {
        deliver(message);
      } catch (error) {
        reportError(error);
      }
      held.shift();
    }
  }

  function deliver(message: MainMessage): void {
    if (message.kind === 'event') {
      const args = codec.decodeWire(message.args) as unknown[];
      for (const entry of listeners.get(message.channel) ?? []) {
        if (entry.once) remove(message.channel, entry.listener);
        entry.listener({ sender: electron.ipcRenderer, ports: [] }, ...args);
      }
      return;
    }
    const promise = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.kind === 'reply') promise?.resolve(codec.decodeWire(message.result));
    else promise?.reject(new Error(message.message));
  }

  const electron = {
    ipcRenderer: strict('ipcRenderer', ipcRenderer),
    contextBridge: strict('contextBridge', {
      exposeInMainWorld(key: string, api: unknown): void {
        if (exposed.has(key)) throw new Error('Cannot bind an API on top of an existing property on the window object');
        exposed.add(key);
        toPage.expose(key, api);
      },
    }),
    webUtils: strict('webUtils', {
      getPathForFile(file: unknown): string {
        if (Object.prototype.toString.call(file) !== '[object File]') throw new TypeError('That is not a File');
        return ask(file);
      },
    }),
  };

  Object.defineProperty(globalThis, names.receiver, { value: receive });
  Object.defineProperty(globalThis, names.hold, { value: hold });
  toMain({ kind: 'hello', url: location.href });
  const modules = new Map<string, unknown>([['electron', strict('electron', electron)]]);
  const require = (name: string) => {
    if (modules.has(name)) return modules.get(name);
    throw new Error(`electron stand-in: require('${name}') in a preload is not implemented`);
  };
  const surroundings = { platform: names.platform, type: 'renderer', sandboxed: true, contextIsolated: true, env: {} };
  try {
    const module = { exports: {} };
    preload(module.exports, require, module, strict('process', surroundings), globalThis);
  } catch (error) {
    toMain({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    throw error;
  }
}
