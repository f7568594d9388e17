import { Agent as HttpAgent, type ClientRequestArgs } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { connect, Socket, type TcpNetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';

/** As the SDK's own agents. */
const CONNECTIONS = { keepAlive: true, maxSockets: 50 };

/**
 * Agents whose requests leave the wire at once when they are aborted. A connection that is only closed goes on with what the
 * system has taken of the body: megabytes, which are seconds of a slow line. One that is reset drops them (RFC 9293,
 * section 3.10.5, ABORT).
 */
export function promptAgents(): { httpAgent: HttpAgent; httpsAgent: HttpsAgent } {
  return { httpAgent: httpAgent(), httpsAgent: httpsAgent() };
}

function httpAgent(): HttpAgent {
  const agent = new HttpAgent(CONNECTIONS);
  const connections = new BusySockets(agent);
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = create(options, callback);
    if (socket instanceof Socket) connections.watch(socket, socket);
    return socket;
  };
  return agent;
}

/** The connection is made here, since what TLS makes for itself cannot be reset from outside. */
function httpsAgent(): HttpsAgent {
  const agent = new HttpsAgent(CONNECTIONS);
  const connections = new BusySockets(agent);
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const { host, port } = options;
    const place = { ...options, host: host ?? 'localhost', port: Number(port) };
    const wire = connect(place as TcpNetConnectOpts);
    const socket = create({ ...options, socket: wire } as ClientRequestArgs, callback);
    if (!(socket instanceof Socket)) return socket;
    wire.on('error', (error) => socket.destroy(error));
    connections.watch(socket, wire);
    return socket;
  };
  return agent;
}

/** An agent's connections with a request on them. */
class BusySockets {
  readonly #busy = new WeakSet<Duplex>();

  constructor(agent: HttpAgent) {
    const keepSocketAlive = agent.keepSocketAlive.bind(agent);
    const reuseSocket = agent.reuseSocket.bind(agent);
    agent.keepSocketAlive = (socket) => {
      this.rests(socket);
      // Node looks at what it returns, though it is typed as nothing: whether the connection may be kept.
      // eslint-disable-next-line @typescript-eslint/no-confusing-void-expression -- as above
      return keepSocketAlive(socket);
    };
    agent.reuseSocket = (socket, request) => {
      this.works(socket);
      reuseSocket(socket, request);
    };
  }

  /** @param wire the connection beneath: the socket itself, or what its TLS runs on. */
  watch(socket: Socket, wire: Socket): void {
    this.works(socket);
    const destroy = socket.destroy.bind(socket);
    const destroySoon = socket.destroySoon.bind(socket);
    // With an error it has ended by itself; without, somebody lets go of it.
    socket.destroy = (error) => {
      if (error === undefined && this.#busy.delete(socket) && !wire.connecting && !wire.destroyed)
        wire.resetAndDestroy();
      return destroy(error);
    };
    // In order: the answer is there, and the server keeps no connections.
    socket.destroySoon = () => {
      this.rests(socket);
      destroySoon();
    };
  }

  works(socket: Duplex): void {
    this.#busy.add(socket);
  }

  rests(socket: Duplex): void {
    this.#busy.delete(socket);
  }
}
