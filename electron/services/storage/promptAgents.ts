import { Agent as HttpAgent, type ClientRequestArgs } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { connect, Socket, type TcpNetConnectOpts } from 'node:net';
import { BusySockets } from './busySockets.ts';

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
