import { type Agent, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { networkInterfaces } from 'node:os';
import { ADDRESS_CAUSES } from '../../../shared/causes/addressCauses.ts';
import { NOTHING_SAID } from '../../../shared/causes/cause.ts';
import { growingDelay } from '../../../shared/growingDelay.ts';
import { parseAddress } from '../../../shared/ipRanges.ts';
import type { ClientAddress } from '../../../shared/routing.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const TIMEOUT = 2 * SECOND;
const FRESH_FOR = 5 * MINUTE;
/** After a failure: 15 s, 30 s, 1 min … so that a laptop that comes back online knows soon, and a blocked service is left alone. */
const FIRST_RETRY = 15 * SECOND;
const FAMILIES = [4, 6] as const;
/** No address is longer; whatever else a captive portal answers is not read. */
const MAX_ANSWER = 256;

export interface AddressQuestion {
  service: string;
  /** Ask over this family only; a proxy that stands between decides for itself. */
  family: 4 | 6;
  signal: AbortSignal;
}

export interface ClientAddressesOptions {
  /** The echo services of the preferences in force; none: the admin switched it off. */
  services: () => readonly string[];
  /** The text that an echo service answers with. Rejects with NoAddress where it answers with something else. */
  ask: (question: AddressQuestion) => Promise<string>;
  interfaces: () => readonly string[];
  /** Milliseconds, never set back. */
  clock: () => number;
  changed: () => void;
}

/** What is known of this machine's addresses, and why not more. */
export interface KnownAddresses {
  addresses: ClientAddress[];
  /** What every service did in place of telling an address. */
  problem?: string;
  /** What to do about it. */
  remedy?: string;
}

/** A service answered, and not with an address. */
export class NoAddress extends Error {
  /** Of its answer. */
  readonly status: number;

  constructor(status: number) {
    super('The answer is no address');
    this.name = 'NoAddress';
    this.status = status;
  }
}

/** What one service did when it was asked: an address, or the status of an answer without one (0: no answer). */
type Told = { address: ClientAddress } | { status: number };

/**
 * The addresses that this machine is seen under: public ones told by echo services, and those of its own interfaces.
 * Nobody ever waits for a measurement: `known()` answers at once, and `changed` is called when it would answer otherwise.
 */
export class ClientAddresses {
  readonly #options: ClientAddressesOptions;
  #public: ClientAddress[] = [];
  #problem: { problem: string; remedy: string } | undefined;
  #askAgainAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  /** The next measurement counts alone, also when it finds nothing. */
  #forgotten = false;
  #running: Promise<void> | undefined;

  constructor(options: ClientAddressesOptions) {
    this.#options = options;
  }

  known(): KnownAddresses {
    this.refreshIfStale();
    const seen = new Set(this.#public.map(({ address }) => address));
    const own = this.#options.interfaces().filter((address) => !seen.has(address));
    const addresses: ClientAddress[] = [
      ...this.#public,
      ...own.map((address) => ({ address, source: 'interface' as const })),
    ];
    return { addresses, ...this.#problem };
  }

  /** Whether an echo service may still tell a public address: while it may, interface addresses alone prove nothing. */
  isPublicUnknown(): boolean {
    return this.#public.length === 0 && this.#options.services().length > 0;
  }

  /** Starts a measurement when the last one is old; returns at once. */
  refreshIfStale(): void {
    if (this.#askAgainAt <= this.#options.clock()) void this.refresh();
  }

  /** Forgets what is known and asks again: the network is another one now. */
  async invalidate(): Promise<void> {
    await this.#running;
    this.#failures = 0;
    this.#forgotten = true;
    await this.refresh();
  }

  /** Asks every service, for at most 2 s; callers at the same time share one measurement. Never throws. */
  refresh(): Promise<void> {
    this.#running ??= this.#measure().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #measure(): Promise<void> {
    const services = this.#options.services();
    const before = JSON.stringify([this.#public, this.#problem]);
    const told = await Promise.all(
      services.map((service) => Promise.all(FAMILIES.map((family) => this.#askOne({ service, family })))),
    );
    const answers = told.flat().flatMap((one) => ('address' in one ? [one.address] : []));
    const first = answers.filter(
      (answer, index) => answers.findIndex((other) => other.address === answer.address) === index,
    );
    const answered = services.length === 0 || first.length > 0;
    this.#failures = answered ? 0 : this.#failures + 1;
    this.#askAgainAt =
      this.#options.clock() +
      (answered ? FRESH_FOR : growingDelay({ first: FIRST_RETRY, most: FRESH_FOR }, this.#failures - 1));
    // On the same network, the address of a moment ago is a better guess than none.
    if (answered || this.#forgotten) this.#public = first;
    this.#forgotten = false;
    this.#problem = answered ? undefined : problemOf(services, told);
    if (JSON.stringify([this.#public, this.#problem]) !== before) this.#options.changed();
  }

  async #askOne(question: Omit<AddressQuestion, 'signal'>): Promise<Told> {
    try {
      const signal = AbortSignal.timeout(TIMEOUT);
      // An agent that still looks for its proxy does not listen to the signal.
      const text = await Promise.race([this.#options.ask({ ...question, signal }), rejectionOf(signal)]);
      // What the service says is believed, not the family it was asked over: a "v4" host may answer over IPv6. Nothing but
      // an address is one: what stands in JSON, or beside another one, may be anybody's.
      if (!parseAddress(text.trim())) return { status: 200 };
      return { address: { address: text.trim(), source: 'public', service: question.service } };
    } catch (error) {
      return { status: error instanceof NoAddress ? error.status : 0 };
    }
  }
}

/** Where none of them told an address: what each did, in the words of the table of causes; an answer says more than silence. */
function problemOf(services: readonly string[], told: readonly Told[][]): { problem: string; remedy: string } {
  const causes = services.map((service, index) => {
    const statuses = (told[index] ?? []).map((one) => ('status' in one ? one.status : 200));
    const said = { ...NOTHING_SAID, status: statuses.find((status) => status > 0) ?? 0 };
    const asked = { host: hostOf(service) };
    const cause = ADDRESS_CAUSES.find(({ fits }) => fits(said, asked));
    return { problem: cause?.sentence(said, asked) ?? '', remedy: cause?.remedy(said, asked) ?? '' };
  });
  const remedies = new Set(causes.map(({ remedy }) => remedy));
  return { problem: causes.map(({ problem }) => problem).join(' '), remedy: [...remedies].join(' ') };
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('No answer in time', { cause: signal.reason })), {
      once: true,
    });
  });
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/** Asks over HTTP(S) with Node, through the studio's proxy where there is one. */
export function askOverHttp(agent?: Agent): ClientAddressesOptions['ask'] {
  return ({ service, family, signal }) =>
    new Promise((resolve, reject) => {
      const send = service.startsWith('https:') ? requestHttps : requestHttp;
      const options = { signal, headers: { accept: 'text/plain' }, family, ...(agent && { agent }) };
      const request = send(service, options, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
          if (text.length > MAX_ANSWER) response.destroy(new NoAddress(response.statusCode ?? 0));
        });
        response.on('error', reject);
        response.on('end', () =>
          response.statusCode === 200 ? resolve(text) : reject(new NoAddress(response.statusCode ?? 0)),
        );
      });
      request.on('error', reject);
      request.end();
    });
}

/** Addresses of this machine's own interfaces, without loopback and link-local ones: those say nothing of the place. */
export function interfaceAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('169.254.') && !/^fe80:/i.test(address))
    .map(({ address }) => address);
}
