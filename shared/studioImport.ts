import { parseRangeList } from './ipRanges.ts';
import { quoted, readJson } from './jsonDocument.ts';
import {
  type Finding,
  isTooLong,
  MAX_FINDINGS,
  type ParsedPreferences,
  parsePreferences,
  stripInvisible,
} from './preferences.ts';

/** What a studio has in the settings of Flow Production Tracking, as people paste it. */
export interface PastedSettings {
  /** The bare S3 Configuration map, or a whole Isolation Preferences document. */
  s3Configuration: string;
  /** Name of the storage that uploads go to; '' when there is only one candidate. */
  mainStorage?: string;
  /** The bucket for replication: a storage's name or its bucket's; '' without replication. */
  replicationBucket?: string;
  /** Seconds, as text. */
  delaySeconds?: string;
  /** One address or range a line; `#` comments and blank lines are allowed. */
  ipAddresses?: string;
}

export interface ImportedSettings extends ParsedPreferences {
  /** The document as text, ready to be saved; present even when it cannot be used yet, so that it can be corrected. */
  text: string;
}

type JsonObject = Record<string, unknown>;

const TOO_LONG = 'This is larger than 1 MB: no settings are.';

/**
 * Makes Isolation Preferences of pasted settings. Never throws: what is missing or wrong is a finding whose path names the
 * field it was pasted into (`ipAddresses` with its line), and nothing that could be read is lost.
 */
export function importStudioSettings(pasted: PastedSettings): ImportedSettings {
  const configuration = readObject(pasted.s3Configuration);
  if (!configuration.value) return { text: '', findings: configuration.findings };
  if ('s3Configuration' in configuration.value) {
    return { text: stripInvisible(pasted.s3Configuration).text, ...parsePreferences(pasted.s3Configuration) };
  }
  const map = configuration.value;
  const replica = findReplica(map, clean(pasted.replicationBucket));
  const main = findMain(map, clean(pasted.mainStorage), replica.name);
  const delay = readDelay(clean(pasted.delaySeconds));
  const addresses = isTooLong(pasted.ipAddresses ?? '') ? undefined : stripInvisible(pasted.ipAddresses ?? '');
  const list = parseRangeList(addresses?.text ?? '');
  const findings: Finding[] = [
    ...configuration.findings,
    ...(addresses?.findings ?? [{ severity: 'error', path: '', message: TOO_LONG } as const]).map((finding) => ({
      ...finding,
      path: 'ipAddresses',
    })),
    ...replica.findings,
    ...main.findings,
    ...delay.findings,
    ...list.faults
      .slice(0, MAX_FINDINGS)
      .map(({ line, message }): Finding => ({ severity: 'error', path: 'ipAddresses', line, message })),
  ];
  const ipRanges = list.ranges.map(({ text }) => text);
  const text = JSON.stringify(
    {
      version: 1,
      s3Configuration: map,
      mainStorage: main.name ?? '',
      replication: {
        ...(delay.seconds !== undefined && { delaySeconds: delay.seconds }),
        replicas: replica.name === undefined ? [] : [{ storage: replica.name, ipRanges }],
      },
    },
    undefined,
    2,
  );
  const { document, findings: found } = parsePreferences(text);
  // A line number would refer to generated text that the user has not seen.
  const fresh = found.filter(({ path }) => main.name !== undefined || path !== 'mainStorage');
  for (const { severity, path, message } of fresh) findings.push({ severity, path, message });
  const usable = document && findings.every(({ severity }) => severity !== 'error');
  return { text, ...(usable && { document }), findings };
}

function readObject(source: string): { value?: JsonObject; findings: Finding[] } {
  const path = 's3Configuration';
  if (isTooLong(source)) return { findings: [{ severity: 'error', path, line: 1, message: TOO_LONG }] };
  const { text, findings } = stripInvisible(source);
  const json = readJson(text);
  const whole = 'Paste the whole S3 Configuration, from the first "{" to the last "}".';
  if ('syntax' in json) {
    const { line, message } = json.syntax;
    return {
      findings: [...findings, { severity: 'error', path, line, message: `This is not JSON: ${message}. ${whole}` }],
    };
  }
  const faults = json.faults.slice(0, MAX_FINDINGS);
  if (faults.length > 0) {
    const found = faults.map(({ line, message }): Finding => ({ severity: 'error', path, line, message }));
    return { findings: [...findings, ...found] };
  }
  if (isObject(json.value)) return { value: json.value, findings };
  const message = `This is not a JSON object. ${whole}`;
  return { findings: [...findings, { severity: 'error', path, line: json.lineOf([]), message }] };
}

function findReplica(map: JsonObject, wanted: string): { name?: string; findings: Finding[] } {
  if (wanted === '') return { findings: [] };
  const byName = Object.keys(map).find((name) => name === wanted);
  const byBucket = Object.entries(map).find(([, storage]) => isObject(storage) && storage['bucket'] === wanted)?.[0];
  const name = byName ?? byBucket;
  if (name !== undefined) return { name, findings: [] };
  const names = listed(Object.keys(map));
  const message = `${quoted(wanted)} is neither a storage nor a bucket of the S3 Configuration (there are: ${names})`;
  return { findings: [{ severity: 'error', path: 'replicationBucket', message }] };
}

function findMain(
  map: JsonObject,
  wanted: string,
  replica: string | undefined,
): { name?: string; findings: Finding[] } {
  if (wanted !== '') return { name: wanted, findings: [] };
  const candidates = Object.keys(map).filter((name) => name !== replica);
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return { name: only, findings: [] };
  const message = `Choose which of these is the main storage: ${listed(candidates)}`;
  return { findings: [{ severity: 'error', path: 'mainStorage', message }] };
}

function readDelay(text: string): { seconds?: number; findings: Finding[] } {
  if (text === '') return { findings: [] };
  if (/^\d{1,9}$/.test(text)) return { seconds: Number(text), findings: [] };
  const message = `${quoted(text)} is not a whole number of seconds`;
  return { findings: [{ severity: 'error', path: 'delaySeconds', message }] };
}

function listed(names: readonly string[]): string {
  const list = names
    .slice(0, 10)
    .map((name) => name.slice(0, 60))
    .join(', ');
  return names.length > 10 ? `${list} and ${names.length - 10} more` : list;
}

function clean(text = ''): string {
  return stripInvisible(text).text.trim();
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
