import type { Agent } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * An agent's connections with a request on them. One that is let go while its request is under way is reset: a connection
 * that is only closed goes on with what the system has taken of the body (RFC 9293, section 3.10.5, ABORT).
 */
export class BusySockets {
  readonly #busy = new WeakSet<Duplex>();

  constructor(agent: Agent) {
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

  /** @param wire the TCP connection beneath: the socket itself, or what its TLS runs on. */
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
