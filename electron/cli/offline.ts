import { resolve } from 'node:path';
import { NearplayError } from '../../shared/errors.ts';
import {
  type Finding,
  type IsolationPreferences,
  type ParsedPreferences,
  parsePreferencesBytes,
} from '../../shared/preferences.ts';
import { type ClientAddress, route } from '../../shared/routing.ts';
import { terminalText } from '../../shared/terminalText.ts';
import { readSmallFile } from '../services/files/smallFile.ts';
import { type CommandContext, type CommonOptions, namedPreferences } from './surroundings.ts';

export interface RouteOptions extends CommonOptions {
  ip: string;
  /** Seconds. */
  age: number;
  readFrom?: string;
}

interface Decision {
  storage: string;
  region: string;
  reason: string;
  matchedRange: string | null;
  secondsLeft: number | null;
}

/** `nearplay route`: the decision for an address, from the preferences alone. */
export async function routeCommand(options: RouteOptions, context: CommandContext): Promise<void> {
  const preferences = await loadPreferences(options.preferences, context);
  const readFrom = options.readFrom ?? preferences.defaults.readFrom;
  assertChoice(preferences, readFrom);
  const client: ClientAddress[] = [{ address: options.ip, source: 'given' }];
  const now = context.surroundings.now();
  const decided = route({ lastModified: now - options.age * 1000 }, preferences, readFrom, client, {}, now);
  const decision: Decision = {
    storage: decided.storage,
    region: preferences.s3Configuration[decided.storage]?.region ?? '',
    reason: decided.reason,
    matchedRange: decided.details.matchedRange ?? null,
    secondsLeft: decided.details.secondsLeft ?? null,
  };
  context.print(decision, sentence(decision));
}

/** `nearplay preferences check`: resolves to the exit code, 0 when the document can be used. */
export async function checkCommand(file: string, context: CommandContext): Promise<number> {
  const { json, surroundings } = context;
  const { document = null, findings } = await readPreferences(resolve(surroundings.cwd, file));
  if (!json) for (const finding of findings) surroundings.stdout(`${terminalText(file + findingLine(finding))}\n`);
  const verdict = document ? 'The preferences can be used.' : 'The preferences cannot be used.';
  context.print({ usable: document !== null, document, findings }, verdict);
  return document ? 0 : 1;
}

/** @throws NearplayError bad-request, naming what can be chosen */
export function assertChoice({ replication }: IsolationPreferences, readFrom: string): void {
  const choices = ['auto', 'main', ...replication.replicas.map(({ storage }) => storage)];
  if (choices.includes(readFrom)) return;
  throw new NearplayError('bad-request', `"${readFrom}" cannot be read from; choose one of: ${choices.join(', ')}`);
}

async function loadPreferences(option: string | undefined, { surroundings }: CommandContext) {
  const file = namedPreferences(option, surroundings);
  if (file === undefined) {
    throw new NearplayError('no-preferences', 'Name the preferences with --preferences FILE or NEARPLAY_PREFERENCES.');
  }
  const { document, findings } = await readPreferences(file);
  if (document) return document;
  const errors = findings.filter(({ severity }) => severity === 'error').map(findingLine);
  throw new NearplayError('preferences-invalid', `${file} cannot be used: ${errors.join('; ')}`);
}

function sentence({ storage, region, reason, matchedRange, secondsLeft }: Decision): string {
  const range = matchedRange === null ? '' : `, range ${matchedRange}`;
  const left = secondsLeft === null ? '' : `, ${secondsLeft} s left`;
  return `${storage} (${region}): ${reason}${range}${left}`;
}

/** Reads a preferences file. @throws NearplayError file-unreadable, saying why */
async function readPreferences(file: string): Promise<ParsedPreferences> {
  const { bytes, fault } = await readSmallFile(file);
  if (bytes === undefined) throw new NearplayError('file-unreadable', `${file} ${fault}.`);
  return parsePreferencesBytes(bytes);
}

function findingLine({ severity, path, line, message }: Finding): string {
  const place = [line === undefined ? '' : `:${line}`, path === '' ? '' : ` ${path}`].join('');
  return `${place}: ${severity}: ${message}`;
}
