import { startRelayProcess } from '../helpers/relayProcess.ts';
import type { BenchServer } from './servers.ts';

/** near: loopback. far: a long line. busy: a long line that drops connections. */
export const LINES = ['near', 'far', 'busy'] as const;
export type LineName = (typeof LINES)[number];

/** Each way. */
const DELAY_MS = 75;
const CONNECTION_BYTES_PER_SECOND = 6e6;
const LINE_BYTES_PER_SECOND = 100e6;
/** Mean, of both directions. */
const BYTES_BETWEEN_DROPS = 50e6;

export const DESCRIPTIONS: Record<LineName, string> = {
  near: 'loopback',
  far: `${DELAY_MS} ms each way and for the handshake, ${CONNECTION_BYTES_PER_SECOND / 1e6} MB/s a connection, ${LINE_BYTES_PER_SECOND / 1e6} MB/s in all`,
  busy: `as far, each connection reset after ${BYTES_BETWEEN_DROPS / 1e6} MB in the mean`,
};

/** A server at the end of a line. */
export interface FarServer {
  server: BenchServer;
  /** What went over the line; absent without one. */
  connections?: () => Promise<{ opened: number; dropped: number }>;
  /** Closes the line, and leaves the server. */
  hangUp(): Promise<void>;
}

/** @param seed the same drops at the same bytes for each client of a round */
export async function connect(server: BenchServer, line: LineName, seed: number): Promise<FarServer> {
  if (line === 'near') return { server, hangUp: () => Promise.resolve() };
  const { protocol, port } = new URL(server.endpoint);
  const relay = await startRelayProcess({
    targetPort: Number(port),
    delayMs: DELAY_MS,
    bytesPerSecond: CONNECTION_BYTES_PER_SECOND,
    lineBytesPerSecond: LINE_BYTES_PER_SECOND,
    handshake: true,
    ...(line === 'busy' && { drops: { seed, meanBytes: BYTES_BETWEEN_DROPS } }),
  });
  return {
    server: { ...server, endpoint: `${protocol}//127.0.0.1:${relay.port}` },
    connections: async () => {
      const { connections, drops } = await relay.figures();
      return { opened: connections, dropped: drops };
    },
    hangUp: () => relay.close(),
  };
}
