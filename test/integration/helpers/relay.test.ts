import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { KIB, MIB } from '../../../shared/units.ts';
import { type Relay, type RelayOptions, startRelay } from '../../helpers/relay.ts';
import { startRelayProcess } from '../../helpers/relayProcess.ts';
import { seededRandom } from '../../helpers/seededRandom.ts';

/** A server of one test's own, its relay, and its clients; all closed at the end. */
interface Setup {
  /** Starts a server, and a relay in front of it. Two sockets know each other by the order of their connections. */
  start(serve: (socket: Socket) => void, options?: Partial<RelayOptions>): Promise<Relay>;
  connectTo(port: number): Socket;
}

const it = test.extend('setup', ({}, { onCleanup }): Setup => {
  const sockets = new Set<Socket>();
  const closing: (() => Promise<unknown>)[] = [];
  const known = (socket: Socket) => {
    sockets.add(socket);
    // Resets are part of the tests: each looks for its own.
    socket.on('error', () => undefined);
    return socket;
  };
  onCleanup(async () => {
    for (const socket of sockets) socket.destroy();
    await Promise.all(closing.map((close) => close()));
  });
  return {
    async start(serve, options = {}) {
      const server = createServer({ allowHalfOpen: true }, (socket) => serve(known(socket)));
      closing.push(() => new Promise((resolve) => server.close(resolve)));
      const relay = await startRelay({ targetPort: await portOf(server), delayMs: 10, ...options });
      closing.unshift(() => relay.close());
      return relay;
    },
    connectTo: (port) => known(connect({ port, host: '127.0.0.1', allowHalfOpen: true })),
  };
});

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const echo = (socket: Socket) => void socket.pipe(socket);
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function allOf(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Sends bytes in pieces of random sizes, then ends that direction. */
async function send(socket: Socket, bytes: Buffer, random: () => number): Promise<void> {
  for (let start = 0, end; start < bytes.length; start = end) {
    end = start + 1 + Math.floor(random() ** 4 * 200 * KIB);
    if (!socket.write(bytes.subarray(start, end))) await once(socket, 'drain');
  }
  socket.end();
}

/** Runs it and says how long it took. */
async function msOf(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

it('passes bytes on unharmed, in both directions at once, over many connections', async ({ setup }) => {
  const random = seededRandom(7);
  const relay = await setup.start(echo, { bytesPerSecond: 50e6 });
  const contents = Array.from({ length: 12 }, () => randomBytes(Math.floor(random() * 3 * MIB)));
  const answers = await Promise.all(
    contents.map(async (content) => {
      const socket = setup.connectTo(relay.port);
      const [answer] = await Promise.all([allOf(socket), send(socket, content, random)]);
      return answer;
    }),
  );
  expect(answers.map(sha256)).toEqual(contents.map(sha256));
  const bytes = contents.reduce((sum, { length }) => sum + length, 0);
  expect(relay.figures()).toMatchObject({ connections: 12, drops: 0, bytesToServer: bytes, bytesToClients: bytes });
});

it('delays each way', async ({ setup }) => {
  const relay = await setup.start(echo, { delayMs: 75 });
  const socket = setup.connectTo(relay.port);
  await once(socket, 'connect');
  for (let turn = 0; turn < 2; turn++) {
    const ms = await msOf(async () => {
      socket.write('ping');
      await once(socket, 'data');
    });
    expect(ms).toBeGreaterThanOrEqual(150);
  }
});

it('adds the round trip of the handshake to the first answer where it is asked to', async ({ setup }) => {
  const relay = await setup.start(echo, { delayMs: 50, handshake: true });
  const ms = await msOf(async () => {
    const socket = setup.connectTo(relay.port);
    socket.write('ping');
    await once(socket, 'data');
  });
  expect(ms).toBeGreaterThanOrEqual(200);
});

it('carries no more on a connection than its rate, each way', async ({ setup }) => {
  const content = randomBytes(2 * MIB);
  const sink = await setup.start((socket) => void socket.resume().on('end', () => socket.end('all')), {
    bytesPerSecond: 4 * MIB,
  });
  const up = setup.connectTo(sink.port);
  expect(await msOf(() => Promise.all([allOf(up), send(up, content, () => 0.9)]))).toBeGreaterThanOrEqual(500);
  const source = await setup.start((socket) => void socket.end(content), { bytesPerSecond: 4 * MIB });
  const down = setup.connectTo(source.port);
  expect(await msOf(() => allOf(down))).toBeGreaterThanOrEqual(500);
});

it('carries no more than the rate of the line on all connections', async ({ setup }) => {
  const content = randomBytes(512 * KIB);
  const options = { bytesPerSecond: 100 * MIB, lineBytesPerSecond: 8 * MIB };
  const relay = await setup.start((socket) => void socket.end(content), options);
  const ms = await msOf(async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => allOf(setup.connectTo(relay.port))));
    for (const answer of answers) expect(answer.equals(content)).toBe(true);
  });
  expect(ms).toBeGreaterThanOrEqual(500);
});

it('lets few bytes pass many of other connections', async ({ setup }) => {
  let bulk = 0;
  const serve = (socket: Socket) => {
    socket.once('data', (asked) => {
      if (String(asked) === 'bulk') socket.write(Buffer.alloc(4 * MIB));
      else socket.write('pong');
    });
  };
  const relay = await setup.start(serve, { lineBytesPerSecond: 4 * MIB });
  for (let count = 0; count < 8; count++) {
    const socket = setup.connectTo(relay.port);
    socket.on('data', ({ length }) => (bulk += length)).write('bulk');
    await once(socket, 'data');
  }
  const small = setup.connectTo(relay.port);
  small.write('ping');
  await once(small, 'data');
  expect(bulk).toBeLessThan(16 * MIB);
});

it('stops reading from a sender whose receiver does not read', async ({ setup }) => {
  const content = randomBytes(64 * MIB);
  const isRead = [false, true];
  const relay = await setup.start(
    (socket) => {
      if (isRead.shift() === true) socket.resume().on('end', () => socket.end());
      else socket.pause();
    },
    { bytesPerSecond: 100e6, lineBytesPerSecond: 1e9 },
  );
  const unread = setup.connectTo(relay.port);
  await once(unread, 'connect');
  unread.write(content);
  // By then the first one could have sent as much.
  const other = setup.connectTo(relay.port);
  await Promise.all([allOf(other), send(other, content, () => 0.9)]);
  // Its window, and what the system's own buffers take.
  expect(relay.figures().bytesToServer - content.length).toBeLessThan(48 * MIB);
});

it('passes the end of one direction on, and the other goes on', async ({ setup }) => {
  const relay = await setup.start((socket) => {
    let asked = '';
    socket.setEncoding('utf8').on('data', (text: string) => (asked += text));
    socket.on('end', () => socket.end(`${asked}, and then the end`));
  });
  const socket = setup.connectTo(relay.port);
  socket.end('a question');
  expect(String(await allOf(socket))).toBe('a question, and then the end');
});

it('passes a reset on, either way', async ({ setup }) => {
  const accepted: Socket[] = [];
  const relay = await setup.start((socket) => {
    accepted.push(socket);
    socket.write('hello');
  });
  const reset = expect.objectContaining({ code: 'ECONNRESET' }) as unknown;
  const first = setup.connectTo(relay.port);
  await once(first, 'data');
  const told = new Promise((resolve) => accepted[0]?.once('error', resolve));
  first.resetAndDestroy();
  expect(await told).toEqual(reset);
  const second = setup.connectTo(relay.port);
  await once(second, 'data');
  const toldToo = new Promise((resolve) => second.once('error', resolve));
  accepted[1]?.resetAndDestroy();
  expect(await toldToo).toEqual(reset);
});

it('tells a server that its client has gone in mid answer', async ({ setup }) => {
  const accepted = Promise.withResolvers<Socket>();
  const relay = await setup.start((socket) => {
    accepted.resolve(socket);
    // Without end: a reset is told to the next write, not to one that the system has already taken.
    const writeMore = () => {
      if (socket.writable && socket.write(Buffer.alloc(MIB))) setImmediate(writeMore);
    };
    socket.on('drain', writeMore);
    writeMore();
  });
  const socket = setup.connectTo(relay.port);
  await once(socket, 'data');
  const server = await accepted.promise;
  const told = new Promise((resolve) => server.once('error', resolve));
  socket.destroy();
  await told;
});

it('resets a client where there is no server', async ({ setup }) => {
  const server = createServer();
  const targetPort = await portOf(server);
  await new Promise((resolve) => server.close(resolve));
  const relay = await startRelay({ targetPort, delayMs: 10 });
  const socket = setup.connectTo(relay.port);
  const told = new Promise((resolve) => socket.once('error', resolve));
  socket.write('anyone?');
  await told;
  await relay.close();
});

it('drops connections in mid transfer, at both ends, and others go on', async ({ setup }) => {
  const errorsOfServer: unknown[] = [];
  const ends: Promise<unknown>[] = [];
  // The first drops at -ln(1 - 0.5) of a MiB, the second never.
  const numbers = [0.5, 1 - 1e-9];
  const drops = { random: () => numbers.shift() ?? 0.5, meanBytes: MIB };
  const serve = (socket: Socket) => {
    socket.on('error', (error) => errorsOfServer.push(error));
    ends.push(new Promise((resolve) => socket.once('close', resolve)));
    socket.end(Buffer.alloc(2 * MIB));
  };
  const relay = await setup.start(serve, { bytesPerSecond: 50e6, drops });
  await expect(allOf(setup.connectTo(relay.port))).rejects.toMatchObject({ code: 'ECONNRESET' });
  const whole = setup.connectTo(relay.port);
  const answer = allOf(whole);
  whole.end();
  expect((await answer).length).toBe(2 * MIB);
  await ends[0];
  expect(errorsOfServer).toHaveLength(1);
  expect(relay.figures()).toMatchObject({ connections: 2, drops: 1 });
});

it('drops the same connections at the same bytes for the same seed', () => {
  const [one, same, other] = [seededRandom(3), seededRandom(3), seededRandom(4)].map((random) =>
    Array.from({ length: 1000 }, random),
  );
  expect(one).toEqual(same);
  expect(one).not.toEqual(other);
  expect(one?.every((number) => number >= 0 && number < 1)).toBe(true);
  const mean = (one ?? []).reduce((sum, number) => sum + number, 0) / 1000;
  expect(mean).toBeGreaterThan(0.45);
  expect(mean).toBeLessThan(0.55);
});

it('runs in a process of its own', async ({ setup }) => {
  const server = createServer({ allowHalfOpen: true }, echo);
  const relay = await startRelayProcess({ targetPort: await portOf(server), delayMs: 20, bytesPerSecond: 50e6 });
  const content = randomBytes(3 * MIB);
  const socket = setup.connectTo(relay.port);
  const [answer] = await Promise.all([allOf(socket), send(socket, content, () => 0.5)]);
  expect(sha256(answer)).toBe(sha256(content));
  expect(await relay.figures()).toMatchObject({ connections: 1, bytesToServer: 3 * MIB, bytesToClients: 3 * MIB });
  await relay.close();
  await new Promise((resolve) => server.close(resolve));
});
