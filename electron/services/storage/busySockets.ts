import type { Agent } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * Connections of an agent with a request in progress. Destroying one during its request resets it: a connection that is
 * only closed still sends what the system has buffered of the body (RFC 9293, section 3.10.5, ABORT).
 */
export class BusySockets {
  readonly #busy = new WeakSet<Duplex>();

  constructor(agent: Agent) {
    const keepSocketAlive = agent.keepSocketAlive.bind(agent);
    const reuseSocket = agent.reuseSocket.bind(agent);
    agent.keepSocketAlive = (socket) => {
      this.rests(socket);
      // Node uses the return value, although it is typed as void: whether the connection may be kept.
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
    // With an error the connection has ended by itself; without one the caller aborts it.
    socket.destroy = (error) => {
      if (error === undefined && this.#busy.delete(socket) && !wire.connecting && !wire.destroyed)
        wire.resetAndDestroy();
      return destroy(error);
    };
    // A regular end: the answer is complete and the server keeps no connections.
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
