import type { Agent, ClientRequest } from 'node:http';
import { connect, Socket, type TcpNetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { ProxyAgent } from 'proxy-agent';
import { BusySockets } from './busySockets.ts';
import { promptAgents } from './promptAgents.ts';

/** The URL of the proxy for a URL that is asked for; empty for a direct connection. */
export type ProxyChoice = (url: string) => Promise<string>;

/**
 * An agent for http and https that goes through the proxy which is chosen for each new connection. As with promptAgents,
 * a request that is aborted leaves the wire at once: through a proxy it is the connection to the proxy that is reset.
 */
export function promptProxyAgent(choose: ProxyChoice): ProxyAgent {
  return new PromptProxyAgent({ keepAlive: true, ...promptAgents(), getProxyForUrl: choose });
}

type AgentConnectOpts = Parameters<ProxyAgent['connect']>[1];

/** One agent a proxy and protocol is made by ProxyAgent and kept; each is watched from its first connection. */
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

/** An agent of one proxy; `connectOpts` is there for proxies that speak HTTP. */
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
    // What TLS to the proxy makes for itself cannot be reset from outside. The options are read before the first wait.
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
