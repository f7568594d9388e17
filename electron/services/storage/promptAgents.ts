import { Agent as HttpAgent, type ClientRequestArgs } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { connect, Socket, type TcpNetConnectOpts } from 'node:net';
import { BusySockets } from './busySockets.ts';

/** For each origin: as many as uploads and downloads have requests at most (256 each), and some for short requests. */
const MAX_SOCKETS = 576;
/** Connections are kept, as by the SDK's own agents. */
const AGENT_OPTIONS = { keepAlive: true, maxSockets: MAX_SOCKETS };

/**
 * Agents that stop sending at once when a request is aborted. A connection that is only closed still sends what the
 * system has buffered of the body: megabytes, seconds on a slow line. A reset connection drops them (RFC 9293, section
 * 3.10.5, ABORT).
 */
export function promptAgents(): { httpAgent: HttpAgent; httpsAgent: HttpsAgent } {
  return { httpAgent: httpAgent(), httpsAgent: httpsAgent() };
}

function httpAgent(): HttpAgent {
  const agent = new HttpAgent(AGENT_OPTIONS);
  const connections = new BusySockets(agent);
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = create(options, callback);
    if (socket instanceof Socket) connections.watch(socket, socket);
    return socket;
  };
  return agent;
}

/** Opens the TCP connection itself: the one that TLS opens internally cannot be reset from outside. */
function httpsAgent(): HttpsAgent {
  const agent = new HttpsAgent(AGENT_OPTIONS);
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
