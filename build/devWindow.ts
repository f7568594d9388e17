// `npm run dev`: the window in a browser, with vite's hot reload, on the real services and a sample storage. One server on
// loopback serves the page and the bridge to the services; each scenario has a storage and services of its own.
import { randomBytes } from 'node:crypto';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer as createViteServer } from 'vite';
import { createLog, type Log } from '../electron/services/runtime/log.ts';
import { closeServer, listenOnLoopback } from '../test/sandbox/loopback.ts';
import { answerBridge, isBridgePath } from './devWindow/bridgeServer.ts';
import { type DevStudio, startDevStudio } from './devWindow/devStudio.ts';
import { SCENARIOS, USUAL } from './devWindow/scenarios.ts';

const ROOT = resolve(import.meta.dirname, '..');

export interface DevWindow {
  /** `http://127.0.0.1:port`. */
  origin: string;
  /** What the page has to send with each request. */
  token: string;
  /** The address of the page in a scenario. */
  addressOf(scenario: string): string;
  close(): Promise<void>;
}

/** Starts the development page's server; a scenario starts with its first page. */
export async function startDevWindow(log: Log): Promise<DevWindow> {
  const token = randomBytes(24).toString('base64url');
  const server = createHttpServer();
  const vite = await createViteServer({
    configFile: join(ROOT, 'renderer', 'vite.config.ts'),
    appType: 'mpa',
    clearScreen: false,
    server: { middlewareMode: { server }, ws: { server } },
  });
  const origin = `http://127.0.0.1:${await listenOnLoopback(server, 0)}`;
  const studios = studiosOf(origin, log);
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!isBridgePath(request.url ?? '')) {
      vite.middlewares(request, response);
      return;
    }
    answerBridge(request, response, { token, origin, studioOf: (name) => studios.of(name) }).catch((error: unknown) => {
      log.error('The bridge failed', { error });
      response.destroy();
    });
  });
  return {
    origin,
    token,
    addressOf: (scenario) => `${origin}/dev.html?scenario=${scenario}#${token}`,
    async close() {
      await vite.close();
      await closeServer(server);
      await studios.close();
    },
  };
}

/** A studio a scenario, started when it is first asked for. */
function studiosOf(origin: string, log: Log) {
  const started = new Map<string, Promise<DevStudio>>();
  return {
    async of(name: string): Promise<DevStudio | undefined> {
      const asked = name === '' ? USUAL : name;
      const scenario = Object.hasOwn(SCENARIOS, asked) ? SCENARIOS[asked] : undefined;
      if (!scenario) return undefined;
      const studio = started.get(asked) ?? startDevStudio({ scenario, origin, log });
      started.set(asked, studio);
      return studio;
    },
    async close(): Promise<void> {
      // One that could not be started has told its page.
      await Promise.allSettled([...started.values()].map(async (studio) => (await studio).close()));
    },
  };
}

async function main(): Promise<void> {
  const stopped = new Promise<void>((done) => process.once('SIGINT', done).once('SIGTERM', done));
  const log = createLog(
    (line) => process.stderr.write(line),
    () => Date.now(),
  );
  const dev = await startDevWindow(log);
  const addresses = Object.entries(SCENARIOS).map(([name, { about }]) => `  ${dev.addressOf(name)}\n      ${about}`);
  process.stdout.write(`The window, until Ctrl+C:\n${addresses.join('\n')}\n`);
  await stopped;
  await dev.close();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
