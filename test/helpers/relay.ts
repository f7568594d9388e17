import { connect, createServer, type Server, type Socket } from 'node:net';
import { KIB, SECOND_MS } from '../../shared/units.ts';

export interface RelayOptions {
  /** Of the server, on loopback. */
  targetPort: number;
  /** Where clients connect to; absent: any free port. */
  port?: number;
  /** How long each byte is under way, in either direction. Default 75. */
  delayMs?: number;
  /** What one connection carries, in each direction. Default 6 MB/s. */
  bytesPerSecond?: number;
  /** What all connections carry together, in each direction. Default 100 MB/s. */
  lineBytesPerSecond?: number;
  /**
   * A new connection waits for one round trip before its first byte leaves, as after the handshake of TCP (RFC 9293, 3.5).
   * Default false: the first byte is at the server after one delay.
   */
  handshake?: boolean;
  /** Connections are reset in mid transfer. Absent: never. */
  drops?: RelayDrops;
}

interface RelayDrops {
  /** From 0 up to but not including 1, as Math.random. */
  random: () => number;
  /** Of both directions together, between the start of a connection and its reset: the mean of an exponential distribution. */
  meanBytes: number;
}

/** Since the start. */
export interface RelayFigures {
  connections: number;
  mostConnectionsAtOnce: number;
  /** Connections reset by `drops`. */
  drops: number;
  bytesToServer: number;
  bytesToClients: number;
}

export interface Relay {
  port: number;
  figures(): RelayFigures;
  /** Resets all connections. */
  close(): Promise<void>;
}

const DELAY_MS = 75;
const CONNECTION_BYTES_PER_SECOND = 6e6;
const LINE_BYTES_PER_SECOND = 100e6;
/** One timer serves all connections, as long as any byte is under way. */
const TICK_MS = 2;
/** A lane may hold what its rate carries in its delay and this time: a timer that comes late must not leave it empty. */
const SLACK_MS = 50;
/** Two of Node's reads. */
const SLACK_BYTES = 128 * KIB;
const HOST = '127.0.0.1';

/** What goes over a lane, in order: bytes, then one of the two ends that a direction of TCP has. */
type Item = { kind: 'bytes'; bytes: Buffer } | { kind: 'end' } | { kind: 'reset' };

interface SentItem {
  item: Item;
  dueMs: number;
}

/** A queue in an array: shift() of a long array copies it. */
class Fifo<T> {
  #items: T[] = [];
  #head = 0;

  push(item: T): void {
    this.#items.push(item);
  }

  first(): T | undefined {
    return this.#items[this.#head];
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head++;
    if (this.#head === this.#items.length) this.clear();
    else if (this.#head >= 1024) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }
}

/** All lanes of one direction share its rate: in turns, so that few bytes do not wait behind many of another connection. */
class Line {
  readonly #bytesPerMs: number;
  /** Lanes with items that have not left yet, in the order of their turns. */
  readonly #waiting = new Set<Lane>();
  /** When the last byte that was sent has left. */
  #freeMs = 0;
  bytes = 0;

  constructor(bytesPerSecond: number) {
    this.#bytesPerMs = bytesPerSecond / SECOND_MS;
  }

  get isIdle(): boolean {
    return this.#waiting.size === 0;
  }

  /** Bytes a millisecond that each lane gets when all that wait get the same. */
  share(): number {
    return this.#bytesPerMs / Math.max(1, this.#waiting.size);
  }

  add(lane: Lane, nowMs: number): void {
    if (this.isIdle) this.#freeMs = Math.max(this.#freeMs, nowMs);
    this.#waiting.add(lane);
  }

  remove(lane: Lane): void {
    this.#waiting.delete(lane);
  }

  /** Sends what has its turn: an item a lane, again and again, until the line or every lane is busy. */
  send(nowMs: number): void {
    for (let isSending = true; isSending;) {
      isSending = false;
      for (const lane of [...this.#waiting]) {
        if (this.#freeMs > nowMs) return;
        if (lane.freeMs > nowMs || !this.#waiting.delete(lane)) continue;
        isSending = true;
        const bytes = lane.bytesOfFirst();
        this.#freeMs += bytes / this.#bytesPerMs;
        this.bytes += bytes;
        if (lane.send(this.#freeMs)) this.#waiting.add(lane);
      }
    }
    // Time in which no lane had anything for the line does not come back.
    this.#freeMs = Math.max(this.#freeMs, nowMs);
  }
}

interface LaneOptions {
  from: Socket;
  to: Socket;
  line: Line;
  delayMs: number;
  bytesPerSecond: number;
  /** When its first byte may leave. */
  openMs: number;
  now: () => number;
  /** Something is under way. */
  wake: () => void;
  /** Counts bytes that leave; with some of them the connection is dropped. */
  isDroppedBy: (bytes: number) => boolean;
}

/** One direction of a connection. */
class Lane {
  readonly #options: LaneOptions;
  readonly #bytesPerMs: number;
  readonly #waiting = new Fifo<Item>();
  readonly #sent = new Fifo<SentItem>();
  /** Bytes that have been read from one socket and not been given to the other. */
  #held = 0;
  /** By the end of what the sender says, or by a reset, which may come after that end. */
  #over: 'end' | 'reset' | undefined;
  /** When the last byte that was sent has left: the next one leaves then, or later. */
  freeMs: number;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#bytesPerMs = options.bytesPerSecond / SECOND_MS;
    this.freeMs = options.openMs;
    const { from, to } = options;
    from.on('data', (bytes) => this.#take({ kind: 'bytes', bytes: bytes }));
    from.on('end', () => this.#take({ kind: 'end' }));
    from.on('error', () => this.#take({ kind: 'reset' }));
    to.on('drain', () => this.#readOn());
  }

  get isUnderWay(): boolean {
    return this.#sent.first() !== undefined;
  }

  #take(item: Item): void {
    if (this.#over === 'reset' || (this.#over === 'end' && item.kind !== 'reset')) return;
    const { line, now, wake, from } = this.#options;
    const nowMs = now();
    if (this.#waiting.first() === undefined) {
      this.freeMs = Math.max(this.freeMs, nowMs);
      line.add(this, nowMs);
    }
    this.#waiting.push(item);
    if (item.kind === 'bytes') this.#held += item.bytes.length;
    else this.#over = item.kind;
    if (this.#isFull()) from.pause();
    wake();
  }

  /** As the window of TCP is: what the lane can have under way, and what the receiver has not taken. */
  #isFull(): boolean {
    const { line, delayMs, to } = this.#options;
    const rate = Math.min(this.#bytesPerMs, line.share());
    return this.#held + to.writableLength > rate * (delayMs + SLACK_MS) + SLACK_BYTES;
  }

  #readOn(): void {
    const { from } = this.#options;
    if (from.isPaused() && this.#over === undefined && !this.#isFull()) from.resume();
  }

  bytesOfFirst(): number {
    const item = this.#waiting.first();
    return item?.kind === 'bytes' ? item.bytes.length : 0;
  }

  /**
   * Sends the first item, which has left the line at `leftMs` and is there a delay later.
   * @returns whether there is another one.
   */
  send(leftMs: number): boolean {
    const { delayMs, isDroppedBy } = this.#options;
    const bytes = this.bytesOfFirst();
    const item = this.#waiting.shift();
    if (item === undefined) return false;
    this.freeMs = Math.max(this.freeMs + bytes / this.#bytesPerMs, leftMs);
    this.#sent.push({ item, dueMs: this.freeMs + delayMs });
    // A drop empties the lane.
    return !isDroppedBy(bytes) && this.#waiting.first() !== undefined;
  }

  /** Hands over what is due. */
  deliver(nowMs: number): void {
    const { to } = this.#options;
    const isDue = () => (this.#sent.first()?.dueMs ?? Infinity) <= nowMs;
    if (!isDue()) return;
    // One call of the system for all that is due.
    to.cork();
    while (isDue()) {
      const item = this.#sent.shift()?.item;
      if (item) this.#hand(item);
    }
    to.uncork();
    this.#readOn();
  }

  #hand(item: Item): void {
    const { to } = this.#options;
    if (item.kind === 'bytes') {
      this.#held -= item.bytes.length;
      if (to.writable) to.write(item.bytes);
    } else if (item.kind === 'end') {
      if (to.writable) to.end();
    } else to.resetAndDestroy();
  }

  /** Forgets all that is under way. */
  close(): void {
    this.#over = 'reset';
    this.#waiting.clear();
    this.#sent.clear();
    this.#options.line.remove(this);
  }
}

/**
 * A long line in front of a server on loopback, for TCP and so for HTTP and HTTPS alike: bytes arrive unharmed, in order and late,
 * at the rate of a connection and of the line. What it holds is bounded: a receiver that does not read stops the sender.
 * It models no loss of packets and no slow start: a connection has its full rate at once.
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const line = new LongLine(options);
  await line.listen(options.port ?? 0);
  return line;
}

class LongLine implements Relay {
  readonly #options: RelayOptions;
  readonly #server: Server;
  readonly #toServer: Line;
  readonly #toClients: Line;
  readonly #connections = new Set<{ lanes: readonly Lane[]; drop: () => void }>();
  #timer: NodeJS.Timeout | undefined;
  readonly #counts = { connections: 0, mostConnectionsAtOnce: 0, drops: 0 };
  port = 0;

  constructor(options: RelayOptions) {
    this.#options = options;
    const rate = options.lineBytesPerSecond ?? LINE_BYTES_PER_SECOND;
    this.#toServer = new Line(rate);
    this.#toClients = new Line(rate);
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, host: HOST, backlog: 4096 }, () => {
        const address = this.#server.address();
        this.port = typeof address === 'object' && address !== null ? address.port : 0;
        resolve();
      });
    });
  }

  figures(): RelayFigures {
    return { ...this.#counts, bytesToServer: this.#toServer.bytes, bytesToClients: this.#toClients.bytes };
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const { drop } of [...this.#connections]) drop();
    clearTimeout(this.#timer);
    await closed;
  }

  #accept(client: Socket): void {
    const {
      targetPort,
      handshake = false,
      delayMs = DELAY_MS,
      bytesPerSecond = CONNECTION_BYTES_PER_SECOND,
    } = this.#options;
    const server = connect({ port: targetPort, host: HOST, allowHalfOpen: true, noDelay: true });
    const bytesToDrop = this.#bytesToDrop();
    let bytesSoFar = 0;
    const isDroppedBy = (bytes: number) => {
      bytesSoFar += bytes;
      if (bytesSoFar < bytesToDrop || !this.#connections.has(connection)) return false;
      this.#counts.drops++;
      connection.drop();
      return true;
    };
    const openMs = now() + (handshake ? 2 * delayMs : 0);
    const shared = { delayMs, bytesPerSecond, openMs, now, wake: () => this.#wake(), isDroppedBy };
    const lanes = [
      new Lane({ ...shared, from: client, to: server, line: this.#toServer }),
      new Lane({ ...shared, from: server, to: client, line: this.#toClients }),
    ];
    const connection = {
      lanes,
      drop: () => {
        forget();
        client.resetAndDestroy();
        server.resetAndDestroy();
      },
    };
    const forget = () => {
      for (const lane of lanes) lane.close();
      this.#connections.delete(connection);
    };
    // A socket is closed when both of its directions are over, or by a reset, after which nothing is left to pass on.
    client.once('close', () => {
      if (server.destroyed) forget();
    });
    server.once('close', () => {
      if (client.destroyed) forget();
    });
    this.#connections.add(connection);
    this.#counts.connections++;
    this.#counts.mostConnectionsAtOnce = Math.max(this.#counts.mostConnectionsAtOnce, this.#connections.size);
  }

  #bytesToDrop(): number {
    const { drops } = this.#options;
    return drops ? -Math.log(1 - drops.random()) * drops.meanBytes : Infinity;
  }

  #wake(): void {
    this.#timer ??= setTimeout(() => this.#tick(), TICK_MS);
  }

  #tick(): void {
    this.#timer = undefined;
    const nowMs = now();
    for (const line of [this.#toServer, this.#toClients]) line.send(nowMs);
    let isUnderWay = !this.#toServer.isIdle || !this.#toClients.isIdle;
    for (const { lanes } of this.#connections) {
      for (const lane of lanes) {
        lane.deliver(nowMs);
        isUnderWay ||= lane.isUnderWay;
      }
    }
    if (isUnderWay) this.#wake();
  }
}

const now = () => performance.now();
