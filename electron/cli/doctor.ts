import {
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { type ErrorCode, reportOf } from '../../shared/errors.ts';
import { MINUTE_MS, SECOND_MS } from '../../shared/units.ts';
import type { Application } from '../services/application.ts';
import { provesEmpty } from '../services/content/contentVerdict.ts';
import { isOfAws } from '../services/storage/objectPlace.ts';
import { wholeKey } from '../services/storage/storageKeys.ts';
import { isIgnorant, probeWriteConditions, type WriteConditions } from '../services/storage/writeConditions.ts';
import type { CommandContext, CommonOptions } from './surroundings.ts';
import { withServices } from './withServices.ts';

interface Check {
  check: string;
  result: 'pass' | 'warn' | 'fail';
  message: string;
  /** Remedy; absent for a check that passed. */
  remedy?: string;
}

/** S3 refuses requests beyond 15 minutes of skew (RequestTimeTooSkewed). */
const REFUSED_SKEW_MS = 15 * MINUTE_MS;
/** Origin of the app's window. */
const APP_ORIGIN = 'nearplay://app';
const CORS_TIMEOUT_MS = 5 * SECOND_MS;
const NOTABLE_SKEW_MS = MINUTE_MS;
const SIGN_IN_REMEDY = 'Choose a profile with --profile, or sign in with "aws sso login".';

/** `nearplay doctor`: resolves to the exit code, 0 unless a check failed. */
export async function doctorCommand(options: CommonOptions, context: CommandContext): Promise<number> {
  const checks: Check[] = [];
  const add = (check: Check) => {
    checks.push(check);
    const remedy = check.remedy === undefined ? [] : [`      ${check.remedy}`];
    context.print(check, [`${check.result.padEnd(5)} ${check.check}: ${check.message}`, ...remedy]);
  };
  try {
    await withServices({ ...options, keepsNothing: true, endsAtOnce: true }, context, async (services) => {
      const { preferences } = services.studio();
      add({ check: 'preferences', result: 'pass', message: `main storage "${preferences.mainStorage}"` });
      await checkCredentials(services, add);
      for (const storage of Object.keys(preferences.s3Configuration)) await checkStorage(services, storage, add);
      await checkConditions(services, preferences.mainStorage, add);
      await checkAddress(services, add);
    });
  } catch (error) {
    if (context.surroundings.signal.aborted) throw error;
    const { message } = reportOf(error);
    add({
      check: 'preferences',
      result: 'fail',
      message,
      remedy: 'Run "nearplay preferences check FILE" on the file.',
    });
  }
  return checks.some(({ result }) => result === 'fail') ? 1 : 0;
}

async function checkCredentials(services: Application, add: (check: Check) => void): Promise<void> {
  const credentials = await services.credentialsStatus();
  if (!credentials.problem) {
    add({ check: 'credentials', result: 'pass', message: credentials.source ?? 'found' });
    return;
  }
  add({ check: 'credentials', result: 'fail', message: credentials.problem.message, remedy: SIGN_IN_REMEDY });
}

/** What to look at, where the error's own sentence does not say it. */
const STORAGE_REMEDIES: Partial<Record<ErrorCode, (at: { bucket: string; region: string }) => string>> = {
  offline: ({ region }) => `Check the network, and the endpoint and the region (${region}) in the preferences.`,
  timeout: ({ region }) => `Check the network, and the endpoint and the region (${region}) in the preferences.`,
  'access-denied': ({ bucket }) => `Check s3:ListBucket on the bucket "${bucket}".`,
  'no-such-bucket': ({ bucket, region }) => `Check the bucket "${bucket}" in ${region}.`,
  'credentials-missing': () => SIGN_IN_REMEDY,
  'credentials-expired': () => SIGN_IN_REMEDY,
};

async function checkStorage(services: Application, storage: string, add: (check: Check) => void): Promise<void> {
  const { clients, requests } = services.studio();
  const { bucket, prefix, region } = clients.configurationOf(storage);
  const name = `storage ${storage}`;
  const started = performance.now();
  try {
    const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 });
    await requests.request({ storage, action: 's3:ListBucket' }, (client, send) => client.send(command, send));
  } catch (error) {
    const { code, message } = reportOf(error);
    const remedy = STORAGE_REMEDIES[code]?.({ bucket, region });
    add({ check: name, result: 'fail', message, ...(remedy !== undefined && { remedy }) });
    return;
  }
  const milliseconds = Math.round(performance.now() - started);
  const at = await hostNotInPreferences(services, storage);
  add({ check: name, result: 'pass', message: `"${bucket}" in ${region}${at} answers in ${milliseconds} ms` });
  await checkCors(services, storage, add);
  checkClock(storage, clients.clockOffsetOf(storage), add);
  await checkVersioning(services, storage, add);
}

/** ` at HOST` where the machine names the endpoint, not the preferences. */
async function hostNotInPreferences(services: Application, storage: string): Promise<string> {
  const { clients, preferences } = services.studio();
  if (clients.configurationOf(storage).endpoint === preferences.s3Configuration[storage]?.endpoint) return '';
  return ` at ${(await clients.baseOf(storage)).host} (endpoint of this machine)`;
}

/** S3 answers a preflight without a signature (S3 User Guide, "Using cross-origin resource sharing"). */
async function checkCors(services: Application, storage: string, add: (check: Check) => void): Promise<void> {
  const check = `CORS of ${storage}`;
  const url = new URL('cors', await services.studio().clients.baseOf(storage));
  try {
    const answer = await fetch(url, {
      method: 'OPTIONS',
      headers: { Origin: APP_ORIGIN, 'Access-Control-Request-Method': 'GET' },
      // S3 answers in place; what leads elsewhere is a portal.
      redirect: 'manual',
      signal: AbortSignal.timeout(CORS_TIMEOUT_MS),
    });
    // S3 refuses with 403 and a document; a page, a redirect and a fault say nothing of the bucket's rules.
    const isPage = /^\s*(?:text\/html|application\/xhtml)/i.test(answer.headers.get('content-type') ?? '');
    if (isPage || answer.status >= 500 || (answer.status >= 300 && answer.status < 400)) {
      const what = isPage ? 'a page that is none of the storage' : `${answer.status}`;
      const remedy =
        'Something between may have answered, or the storage has a fault: run the doctor again, or ask IT.';
      add({ check, result: 'warn', message: `not known: the question was answered with ${what}`, remedy });
      return;
    }
    const allowed = answer.headers.get('access-control-allow-origin');
    if (answer.ok && (allowed === '*' || allowed === APP_ORIGIN)) {
      add({ check, result: 'pass', message: `allows ${APP_ORIGIN}` });
      return;
    }
    const remedy = `Allow GET and HEAD from ${APP_ORIGIN} in the bucket's CORS rules.`;
    add({ check, result: 'fail', message: 'the window may not play from this bucket', remedy });
  } catch {
    const remedy = 'A proxy that only the app knows may be in between: look whether media plays there.';
    add({ check, result: 'warn', message: 'could not be asked', remedy });
  }
}

function checkClock(storage: string, offset: number, add: (check: Check) => void): void {
  const seconds = Math.round(Math.abs(offset) / SECOND_MS);
  const check = `clock against ${storage}`;
  if (Math.abs(offset) < NOTABLE_SKEW_MS) add({ check, result: 'pass', message: `${seconds} s apart` });
  else {
    const result = Math.abs(offset) > REFUSED_SKEW_MS ? 'fail' : 'warn';
    add({ check, result, message: `${seconds} s apart`, remedy: "Set this computer's clock (network time)." });
  }
}

async function checkVersioning(services: Application, storage: string, add: (check: Check) => void): Promise<void> {
  const { clients, requests } = services.studio();
  const check = `versioning of ${storage}`;
  try {
    const command = new GetBucketVersioningCommand({ Bucket: clients.configurationOf(storage).bucket });
    const asked = { storage, action: 's3:GetBucketVersioning' };
    const { Status } = await requests.request(asked, (client, send) => client.send(command, send));
    if (Status === 'Enabled') add({ check, result: 'pass', message: 'enabled' });
    else {
      const remedy = 'Enable versioning: S3 replicates versioned buckets only.';
      add({ check, result: 'warn', message: 'not enabled', remedy });
    }
  } catch (error) {
    const remedy = 'Harmless for artists; an administrator can run the doctor with s3:GetBucketVersioning.';
    add({ check, result: 'warn', message: reportOf(error).message, remedy });
  }
}

const CONDITIONS: Record<WriteConditions, Pick<Check, 'result' | 'message'>> = {
  honoured: { result: 'pass', message: 'a write whose condition does not hold is refused' },
  ignored: { result: 'warn', message: 'a write whose condition does not hold is done all the same' },
  unsupported: { result: 'warn', message: 'a write with a condition is not supported (501)' },
  unknown: { result: 'warn', message: 'could not be tried without the permission to write (s3:PutObject)' },
};

/** Uploads go to the main storage only. Outside of AWS the condition is tried, by a write that must be refused. */
async function checkConditions(services: Application, storage: string, add: (check: Check) => void): Promise<void> {
  const { clients, requests, objects } = services.studio();
  const configuration = clients.configurationOf(storage);
  const check = `conditions on writing of ${storage}`;
  if (isOfAws(configuration)) {
    add({ check, result: 'pass', message: 'not tried: Amazon S3 has them' });
    return;
  }
  const place = (key: string) => ({ Bucket: configuration.bucket, Key: wholeKey(configuration, key) });
  try {
    const conditions = await probeWriteConditions({
      put: async (key, condition) => {
        const command = new PutObjectCommand({ ...place(key), Body: '', ...condition });
        const asked = { storage, action: 's3:PutObject', key };
        const answer = await requests.request(asked, (client, send) => client.send(command, send));
        return { versionId: answer.VersionId, isProved: provesEmpty(answer) };
      },
      has: (key, versionId) => objects.isThere(storage, key, versionId),
      remove: async (key, versionId) => {
        const command = new DeleteObjectCommand({ ...place(key), VersionId: versionId });
        const asked = { storage, action: 's3:DeleteObject', key };
        await requests.request(asked, (client, send) => client.send(command, send));
      },
    });
    const remedy = isIgnorant(conditions)
      ? 'Names are looked up before each upload; two people who upload one name at the same moment can still overwrite each other.'
      : 'Harmless for those who only read.';
    const found = CONDITIONS[conditions];
    add({ check, ...found, ...(found.result === 'warn' && { remedy }) });
  } catch (error) {
    add({ check, result: 'warn', message: reportOf(error).message, remedy: 'Run the doctor again.' });
  }
}

async function checkAddress(services: Application, add: (check: Check) => void): Promise<void> {
  const { publicIp } = services.studio().preferences;
  const check = 'public address';
  if (publicIp.services.length === 0) {
    add({ check, result: 'pass', message: 'switched off in the preferences; interface addresses are used' });
    return;
  }
  await services.addresses.refresh();
  const { addresses, problem, remedy: whatToDo } = services.addresses.known();
  const seen = addresses.filter(({ source }) => source === 'public').map(({ address }) => address);
  if (problem === undefined) add({ check, result: 'pass', message: seen.join(', ') });
  else {
    const remedy = whatToDo ?? 'Choose the region by hand.';
    add({ check, result: 'warn', message: problem, remedy });
  }
}
