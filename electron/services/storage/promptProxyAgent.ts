import type { Agent, ClientRequest } from 'node:http';
import { connect, Socket, type TcpNetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { ProxyAgent } from 'proxy-agent';
import { BusySockets } from './busySockets.ts';
import { promptAgents } from './promptAgents.ts';

/** Resolves to the URL of the proxy for a requested URL; empty for a direct connection. */
export type ProxyChoice = (url: string) => Promise<string>;

/**
 * Agent for http and https that chooses a proxy for each new connection. As with promptAgents, an aborted request stops
 * sending at once: the connection to the proxy is reset.
 */
export function promptProxyAgent(choose: ProxyChoice): ProxyAgent {
  return new PromptProxyAgent({ keepAlive: true, ...promptAgents(), getProxyForUrl: choose });
}

type AgentConnectOpts = Parameters<ProxyAgent['connect']>[1];

/** ProxyAgent creates and keeps one agent per proxy and protocol; each is watched from its first connection. */
class PromptProxyAgent extends ProxyAgent {
  readonly #watched = new WeakSet<Agent>();

  override async connect(request: ClientRequest, options: AgentConnectOpts): Promise<Agent> {
    const agent = await super.connect(request, options);
    const isDirect = agent === this.httpAgent || agent === this.httpsAgent;
    if (!isDirect && connectsItself(agent) && !this.#watched.has(agent)) {
      this.#watched.add(agent);
      watch(agent);
    }
    return agent;
  }
}

/** Agent of one proxy; `connectOpts` exists for HTTP proxies. */
interface OneProxyAgent extends Agent {
  connect(request: ClientRequest, options: AgentConnectOpts): Promise<Duplex>;
  proxy?: { protocol?: string };
  connectOpts?: object;
}

function connectsItself(agent: Agent): agent is OneProxyAgent {
  return 'connect' in agent && typeof agent.connect === 'function';
}

function watch(agent: OneProxyAgent): void {
  const connections = new BusySockets(agent);
  const connectThrough = agent.connect.bind(agent);
  const { connectOpts } = agent;
  const isTls = agent.proxy?.protocol === 'https:';
  agent.connect = async (request, options) => {
    let wire: Socket | undefined;
    // The TCP connection that TLS to the proxy opens internally cannot be reset from outside. The options are read
    // synchronously.
    if (isTls && connectOpts) {
      wire = connect(connectOpts as TcpNetConnectOpts);
      agent.connectOpts = { ...connectOpts, socket: wire };
    }
    request.once('proxy', (proxy: { socket: Socket }) => (wire ??= proxy.socket));
    const socket = await connectThrough(request, options);
    if (socket instanceof Socket) connections.watch(socket, wire ?? socket);
    return socket;
  };
}
