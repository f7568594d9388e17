import { fromIni, fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { loadSharedConfigFiles } from '@smithy/core/config';
import type { CredentialsStatus } from '../../../shared/bootstrap.ts';
import { wordsOf } from '../../../shared/causes/cause.ts';
import { NearplayError, reportOf } from '../../../shared/errors.ts';
import { SECOND_MS } from '../../../shared/units.ts';
import { deadline } from '../runtime/async.ts';

/** Long enough for a sign-in helper (`credential_process`), short enough not to look like a hang. */
const PROVIDER_TIMEOUT_MS = 20 * SECOND_MS;
const STATUS_TIMEOUT_MS = 5 * SECOND_MS;

export interface CredentialSource {
  /**
   * A provider function instead of fixed keys: an upload outlives a token.
   *
   * @throws NearplayError credentials-missing, credentials-expired
   */
  provider: (caller?: CallerProperties) => Promise<Identity>;
  /** Whether credentials were asked for and none came since: a sign-in takes its time, or failed. */
  isAwaited(): boolean;
  /** Source of the credentials and the existing profiles; never the credentials themselves. */
  status(): Promise<CredentialsStatus>;
}

/** Arguments from the client: its region and request handler, so that signing in uses the studio's proxy too. */
type CallerProperties = Parameters<ReturnType<typeof fromIni>>[0];

interface Identity {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
}

export interface CredentialsOptions {
  env: Readonly<Record<string, string | undefined>>;
  /** The user's profile; `null`: the usual AWS environment. Read for each request, since it can change. */
  profile: () => string | null;
}

/**
 * Credentials from, in this order: the user's profile, keys in the environment, `AWS_PROFILE`, and the rest of the
 * SDK's chain (default profile, SSO, web identity, container and instance roles). A chosen profile never falls back to
 * another identity: uploads would silently carry a wrong one.
 */
export function createCredentials(options: CredentialsOptions): CredentialSource {
  let isAwaited = false;
  const provider = async (caller?: CallerProperties): Promise<Identity> => {
    const chosen = options.profile() ?? profileOf(options.env);
    const keys = options.profile() === null ? keysOf(options.env) : undefined;
    if (keys) return keys;
    isAwaited = true;
    try {
      // Files are read each time: a sign-in tool may have just written them.
      const identity = await withTimeout(
        (chosen === null ? chain(options.env) : fromIni({ profile: chosen, ignoreCache: true }))(caller),
      );
      isAwaited = false;
      return identity;
    } catch (error) {
      throw explain(error, chosen, chosen === null ? [] : await profilesOf());
    }
  };
  return {
    provider,
    isAwaited: () => isAwaited,
    async status() {
      const profiles = await profilesOf();
      const source = sourceOf(options);
      try {
        await provider();
        return { source, profiles };
      } catch (error) {
        const problem = reportOf(error);
        return { source: problem.code === 'credentials-missing' ? null : source, profiles, problem };
      }
    },
  };
}

/** The status, or after 5 s that the sign-in takes long: what waits for it is the first paint of a window. */
export function promptStatus(source: Pick<CredentialSource, 'status'>): Promise<CredentialsStatus> {
  const late = new Promise<CredentialsStatus>((resolve) => {
    const problem = reportOf(new NearplayError('timeout', 'The AWS sign-in takes long to answer.'));
    const answer = () => resolve({ source: null, profiles: [], problem });
    setTimeout(answer, STATUS_TIMEOUT_MS).unref();
  });
  return Promise.race([source.status(), late]);
}

/** Names of the profiles in the shared AWS files; `sso-session` sections are no profiles. */
async function profilesOf(): Promise<string[]> {
  try {
    const { configFile, credentialsFile } = await loadSharedConfigFiles({ ignoreCache: true });
    const names = new Set([...Object.keys(configFile), ...Object.keys(credentialsFile)]);
    return [...names].filter((name) => !/^(sso-session|services)\./.test(name)).sort();
  } catch {
    return [];
  }
}

function sourceOf({ profile, env }: CredentialsOptions): string {
  const chosen = profile();
  if (chosen !== null) return `profile ${chosen}`;
  if (keysOf(env)) return 'environment';
  return profileOf(env) === null ? 'AWS default chain' : `profile ${profileOf(env)} (AWS_PROFILE)`;
}

function keysOf(env: CredentialsOptions['env']): Identity | undefined {
  const accessKeyId = env['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'];
  const sessionToken = env['AWS_SESSION_TOKEN'];
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

function profileOf(env: CredentialsOptions['env']): string | null {
  const name = env['AWS_PROFILE'];
  return name === undefined || name === '' ? null : name;
}

function chain(env: CredentialsOptions['env']): ReturnType<typeof fromNodeProviderChain> {
  // The instance metadata service exists on EC2 only; elsewhere its address drops packets, so the time-out is short.
  const instanceMetadata = { timeout: SECOND_MS, maxRetries: 0 };
  return fromNodeProviderChain({
    ...instanceMetadata,
    ignoreCache: true,
    ...(env['AWS_PROFILE'] && { profile: env['AWS_PROFILE'] }),
  });
}

function withTimeout<T>(work: Promise<T>): Promise<T> {
  return deadline(work, PROVIDER_TIMEOUT_MS, () => {
    throw new NearplayError('timeout', 'The AWS sign-in did not answer in time. Another try may help.');
  });
}

function explain(error: unknown, profile: string | null, profiles: readonly string[]): NearplayError {
  if (error instanceof NearplayError) return error;
  const message = error instanceof Error ? error.message : '';
  const hint = profile === null ? 'aws sso login' : `aws sso login --profile ${profile}`;
  if (/expired|sso session|token .*(refresh|invalid)/i.test(message)) {
    return new NearplayError('credentials-expired', `Your sign-in has expired. Run "${hint}"; nothing is lost.`, {
      cause: error,
    });
  }
  if (profile === null) return new NearplayError('credentials-missing', undefined, { cause: error });
  const detail = wordsOf(message);
  return new NearplayError('credentials-missing', withoutCredentials(profile, profiles), { cause: error, detail });
}

/** Distinguishes a missing profile from one without credentials; lists the existing profiles. */
function withoutCredentials(profile: string, profiles: readonly string[]): string {
  if (profiles.includes(profile)) {
    return `The AWS profile "${profile}" is there, but gives no credentials. Check what it says, or choose another.`;
  }
  const there = profiles.length === 0 ? 'There are none here.' : `There are: ${profiles.join(', ')}.`;
  // The SDK ignores such a section, quoted or not (loadSharedConfigFiles).
  const blanks = /\s/.test(profile) ? ' A name with blanks is not read: give it one without.' : '';
  return `There is no AWS profile "${profile}". ${there}${blanks}`;
}
