import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Relay, RelayFigures, RelayOptions } from './relay.ts';

/** From the relay to the process that forked it. */
export type RelayMessage = { port: number } | { figures: RelayFigures };

export interface RelayProcessOptions extends Omit<RelayOptions, 'drops'> {
  drops?: { seed: number; meanBytes: number };
}

export interface RelayProcess extends Pick<Relay, 'port' | 'close'> {
  figures(): Promise<RelayFigures>;
}

/**
 * A relay in a process of its own: what it does does not hold up the event loop of a server or client in this one.
 * @throws Error when it ends before it listens
 */
export async function startRelayProcess(options: RelayProcessOptions): Promise<RelayProcess> {
  const child = fork(join(import.meta.dirname, 'relayMain.ts'), argumentsOf(options), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const ended = once(child, 'exit');
  const next = async (): Promise<RelayMessage> => {
    const [message] = (await Promise.race([
      once(child, 'message'),
      ended.then(() => Promise.reject(new Error('The process of the relay has ended'))),
    ])) as [RelayMessage];
    return message;
  };
  const first = await next();
  return {
    port: 'port' in first ? first.port : 0,
    async figures() {
      const answer = next();
      child.send('figures');
      const message = await answer;
      if (!('figures' in message)) throw new Error('The relay did not answer with its figures');
      return message.figures;
    },
    async close() {
      child.kill();
      await ended;
    },
  };
}

function argumentsOf(options: RelayProcessOptions): string[] {
  const { targetPort, port, delayMs, bytesPerSecond, lineBytesPerSecond, handshake, drops } = options;
  const numbers = {
    target: targetPort,
    port,
    delay: delayMs,
    rate: bytesPerSecond,
    line: lineBytesPerSecond,
    drop: drops?.meanBytes,
    seed: drops?.seed,
  };
  return [
    ...Object.entries(numbers).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, `${value}`])),
    ...(handshake === true ? ['--handshake'] : []),
  ];
}
