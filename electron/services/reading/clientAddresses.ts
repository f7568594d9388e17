import { type Agent, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { networkInterfaces } from 'node:os';
import { ADDRESS_CAUSES } from '../../../shared/causes/addressCauses.ts';
import { NO_FACTS } from '../../../shared/causes/cause.ts';
import { growingDelay } from '../../../shared/growingDelay.ts';
import { parseAddress } from '../../../shared/ipRanges.ts';
import type { ClientAddress } from '../../../shared/routing.ts';
import { MINUTE_MS, SECOND_MS } from '../../../shared/units.ts';

const ANSWER_TIMEOUT_MS = 2 * SECOND_MS;
const REFRESH_INTERVAL_MS = 5 * MINUTE_MS;
/**
 * Back-off after a failure: 15 s, 30 s, 1 min … Short at first for a laptop that comes back online; long for a service
 * that is blocked.
 */
const FIRST_RETRY_DELAY_MS = 15 * SECOND_MS;
const IP_FAMILIES = [4, 6] as const;
/** The longest IPv6 text has 45 characters. Reading stops here: a captive portal may answer with a whole page. */
const MAX_ANSWER_CHARACTERS = 256;

export interface AddressQuestion {
  service: string;
  /** Restricts the connection to this family; a proxy in between chooses for itself. */
  family: 4 | 6;
  signal: AbortSignal;
}

export interface ClientAddressesOptions {
  /** The echo services of the preferences in force; none: the admin switched it off. */
  services: () => readonly string[];
  /** Resolves to the text of the answer. Rejects with NoAddress where the answer is not an address. */
  ask: (question: AddressQuestion) => Promise<string>;
  interfaces: () => readonly string[];
  /** Milliseconds, never set back. */
  clock: () => number;
  changed: () => void;
}

/** The addresses of this machine, and the cause where no public one is known. */
export interface KnownAddresses {
  addresses: ClientAddress[];
  /** Outcome of every service, where none gave an address. */
  problem?: string;
  /** Remedy for `problem`. */
  remedy?: string;
}

/** A service answered with something other than an address. */
export class NoAddress extends Error {
  /** HTTP status of the answer. */
  readonly status: number;

  constructor(status: number) {
    super('The answer is no address');
    this.name = 'NoAddress';
    this.status = status;
  }
}

/** Result of one request: an address, or the HTTP status of an answer without one (0: no answer). */
type ServiceResult = { address: ClientAddress } | { status: number };

/**
 * Addresses of this machine: public ones from echo services, and those of its own interfaces. `known()` never waits for
 * a measurement; `changed` is called when its result changes.
 */
export class ClientAddresses {
  readonly #options: ClientAddressesOptions;
  #public: ClientAddress[] = [];
  #problem: { problem: string; remedy: string } | undefined;
  #askAgainAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  /** The network has changed: the next measurement replaces the previous addresses even when it finds none. */
  #hasNetworkChanged = false;
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

  /** Whether an echo service may still give a public address: until then interface addresses alone prove nothing. */
  isPublicUnknown(): boolean {
    return this.#public.length === 0 && this.#options.services().length > 0;
  }

  /** Starts a measurement when the last one is old; returns at once. */
  refreshIfStale(): void {
    if (this.#askAgainAt <= this.#options.clock()) void this.refresh();
  }

  /** Discards the known addresses and measures again, after a change of network. */
  async invalidate(): Promise<void> {
    await this.#running;
    this.#failures = 0;
    this.#hasNetworkChanged = true;
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
    const results = await Promise.all(
      services.map((service) => Promise.all(IP_FAMILIES.map((family) => this.#askOne({ service, family })))),
    );
    const answers = results.flat().flatMap((one) => ('address' in one ? [one.address] : []));
    const first = answers.filter(
      (answer, index) => answers.findIndex((other) => other.address === answer.address) === index,
    );
    const answered = services.length === 0 || first.length > 0;
    this.#failures = answered ? 0 : this.#failures + 1;
    this.#askAgainAt =
      this.#options.clock() +
      (answered
        ? REFRESH_INTERVAL_MS
        : growingDelay({ first: FIRST_RETRY_DELAY_MS, most: REFRESH_INTERVAL_MS }, this.#failures - 1));
    // On the same network the previous address is a better guess than none.
    if (answered || this.#hasNetworkChanged) this.#public = first;
    this.#hasNetworkChanged = false;
    this.#problem = answered ? undefined : problemOf(services, results);
    if (JSON.stringify([this.#public, this.#problem]) !== before) this.#options.changed();
  }

  async #askOne(question: Omit<AddressQuestion, 'signal'>): Promise<ServiceResult> {
    try {
      const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
      // An agent that is still looking up its proxy does not react to the signal.
      const text = await Promise.race([this.#options.ask({ ...question, signal }), rejectionOf(signal)]);
      // The answer decides, not the family of the connection: a "v4" host may answer over IPv6. Only a bare address
      // counts: an address inside JSON or a page may belong to another machine.
      if (!parseAddress(text.trim())) return { status: 200 };
      return { address: { address: text.trim(), source: 'public', service: question.service } };
    } catch (error) {
      return { status: error instanceof NoAddress ? error.status : 0 };
    }
  }
}

/**
 * Sentence and remedy where no service gave an address, from the table of causes; an HTTP answer takes precedence over
 * silence.
 */
function problemOf(
  services: readonly string[],
  results: readonly ServiceResult[][],
): { problem: string; remedy: string } {
  const causes = services.map((service, index) => {
    const statuses = (results[index] ?? []).map((one) => ('status' in one ? one.status : 200));
    const facts = { ...NO_FACTS, status: statuses.find((status) => status > 0) ?? 0 };
    const asked = { host: hostOf(service) };
    const cause = ADDRESS_CAUSES.find(({ fits }) => fits(facts, asked));
    return { problem: cause?.sentence(facts, asked) ?? '', remedy: cause?.remedy(facts, asked) ?? '' };
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
          if (text.length > MAX_ANSWER_CHARACTERS) response.destroy(new NoAddress(response.statusCode ?? 0));
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

/** Addresses of this machine's interfaces, without loopback and link-local ones, which carry no location. */
export function interfaceAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('169.254.') && !/^fe80:/i.test(address))
    .map(({ address }) => address);
}
