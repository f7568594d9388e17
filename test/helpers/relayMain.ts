/**
 * A relay as a program, until Ctrl+C or the end of the process that started it:
 * `node build/run.mjs test/helpers/relayMain.ts --target PORT [--port PORT] [--delay MS] [--rate BYTES] [--line BYTES]
 * [--handshake] [--drop BYTES [--seed N]]`, rates in bytes a second. Prints its port. To a parent that has forked it, it
 * sends its port, and its figures whenever it is sent anything.
 */
import { parseArgs } from 'node:util';
import { startRelay } from './relay.ts';
import { type RelayMessage } from './relayProcess.ts';
import { seededRandom } from './seededRandom.ts';

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    port: { type: 'string' },
    delay: { type: 'string' },
    rate: { type: 'string' },
    line: { type: 'string' },
    handshake: { type: 'boolean', default: false },
    drop: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});

/** @throws Error for an option that is no number above 0 */
function numberOf(name: 'target' | 'port' | 'delay' | 'rate' | 'line' | 'drop' | 'seed'): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isFinite(number) && number >= 0 && text !== '') return number;
  throw new Error(`--${name} has to be a number`);
}

const [targetPort, port, delayMs] = [numberOf('target'), numberOf('port'), numberOf('delay')];
const [bytesPerSecond, lineBytesPerSecond] = [numberOf('rate'), numberOf('line')];
const [meanBytes, seed = 1] = [numberOf('drop'), numberOf('seed')];
if (targetPort === undefined) throw new Error('--target PORT is missing: of the server, on loopback');

const relay = await startRelay({
  ...{ targetPort, handshake: values.handshake },
  ...(port !== undefined && { port }),
  ...(delayMs !== undefined && { delayMs }),
  ...(bytesPerSecond !== undefined && { bytesPerSecond }),
  ...(lineBytesPerSecond !== undefined && { lineBytesPerSecond }),
  ...(meanBytes !== undefined && { drops: { random: seededRandom(seed), meanBytes } }),
});
const tell = (message: RelayMessage) => process.send?.(message);
if (process.send === undefined) process.stdout.write(`127.0.0.1:${relay.port} to 127.0.0.1:${targetPort}\n`);
process.on('message', () => tell({ figures: relay.figures() }));
process.on('disconnect', () => process.exit());
tell({ port: relay.port });
