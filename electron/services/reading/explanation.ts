import type { FasterStorage } from '../../../shared/link.ts';
import type { ExplainedObject, Measurement, ReadingStatus, RouteExplanation } from '../../../shared/reading.ts';
import { ageOf } from '../../../shared/routing.ts';
import { SECOND_MS } from '../../../shared/units.ts';
import { advise, measureStorages } from './measurements.ts';
import type { Studio } from './studio.ts';

/**
 * Inputs of a route decision, for the panel "Why this region?".
 *
 * @param key the object in question; absent: what holds in general.
 * @param measurements what was measured last, if anything.
 * @param faster what a player says it reads the object from, in place of its route.
 * @throws NearplayError no-such-key, offline …
 */
async function explainRegion(
  studio: Studio,
  measurements: readonly Measurement[],
  key?: string,
  faster?: FasterStorage,
): Promise<RouteExplanation> {
  const known = key === undefined ? undefined : await explainObject(studio, key);
  const reading = studio.reading();
  const object = known && withPlayer(known, reading, faster);
  const advice = advise((object?.route ?? reading.route).storage, measurements);
  const clockOffsets = reading.storages.map(({ name }) => ({
    storage: name,
    seconds: Math.round(studio.clients.clockOffsetOf(name) / SECOND_MS),
  }));
  const explained = { reading, ...(object && { object }), measurements: [...measurements], clockOffsets };
  const whole = { ...explained, ...(advice !== undefined && { advice }) };
  return { ...whole, text: textForIt(whole) };
}

/** Explains routes with what was measured last. */
export class RouteExplanations {
  readonly #studio: () => Studio;
  #measurements: readonly Measurement[] = [];

  /** @param studio throws NearplayError no-preferences, preferences-invalid, as the methods do then. */
  constructor(studio: () => Studio) {
    this.#studio = studio;
  }

  /** As explainRegion. */
  async explain(key?: string, faster?: FasterStorage): Promise<RouteExplanation> {
    return explainRegion(this.#studio(), this.#measurements, key, faster);
  }

  /** Some seconds a storage; with a key, throughput is measured by reading from that object. @throws NearplayError no-such-key … */
  async measure(key?: string): Promise<Measurement[]> {
    const studio = this.#studio();
    const sample = key === undefined ? undefined : await studio.identify(key);
    const measurements = await measureStorages(studio, sample);
    this.#measurements = measurements;
    return measurements;
  }
}

async function explainObject(studio: Studio, key: string): Promise<ExplainedObject> {
  const version = await studio.identify(key);
  const route = await studio.router.proved(version);
  const { mainStorage, replication } = studio.preferences;
  const age = ageOf(version, studio.clients.storageNow(mainStorage));
  // Only main reports the replication status; the rest is shown without it while main is unreachable.
  const status = await studio.objects.head(mainStorage, key, version.versionId).then(
    ({ replicationStatus }) => replicationStatus,
    () => undefined,
  );
  return {
    key,
    size: version.size,
    lastModified: version.lastModified,
    ageSeconds: age === undefined ? null : Math.round(age),
    ...(version.versionId !== undefined && { versionId: version.versionId }),
    ...(status !== undefined && { replicationStatus: status }),
    route,
    proofs: replication.replicas.map(({ storage }) => ({ storage, ...studio.proof.of(storage, version) })),
  };
}

/** What the player says, where it is about storages of the preferences and not about the route itself. */
function withPlayer(object: ExplainedObject, reading: ReadingStatus, faster?: FasterStorage): ExplainedObject {
  const isKnown = reading.storages.some(({ name }) => name === faster?.storage);
  if (!faster || !isKnown || faster.storage === object.route.storage) return object;
  const details = { slower: faster.than };
  return { ...object, playedFrom: { storage: faster.storage, reason: 'measured-faster', details } };
}

/** Plain text for a support ticket: no link, no key id, no secret. */
function textForIt(explained: Omit<RouteExplanation, 'text'>): string {
  const { reading, object, measurements, advice, clockOffsets } = explained;
  return [
    'Nearplay: why this region?',
    `Read from: ${reading.readFrom}`,
    `In general: ${routeText(reading.route)}`,
    ...addressLines(reading),
    ...(object ? objectLines(object) : []),
    'Storages:',
    ...reading.storages.map(({ name, role, region, bucket, reachable }) => {
      const offset = clockOffsets.find(({ storage }) => storage === name)?.seconds ?? 0;
      const health = reachable ? 'reachable' : 'UNREACHABLE';
      return `  ${name} (${role}): ${bucket} in ${region}, ${health}, clock ${offset} s ahead of this computer`;
    }),
    ...(measurements.length > 0 ? ['Measured from here:', ...measurements.map(measurementLine)] : []),
    ...(advice === undefined ? [] : [`Advice: ${advice} would be much faster from here.`]),
  ].join('\n');
}

function addressLines({ addresses, addressProblem }: ReadingStatus): string[] {
  const seen = addresses.map(({ address, source, service }) => `  ${address} (${service ?? source})`);
  return [
    'Addresses:',
    ...(seen.length > 0 ? seen : ['  none known']),
    ...(addressProblem === undefined ? [] : [`  ${addressProblem}`]),
  ];
}

function objectLines(object: ExplainedObject): string[] {
  const { key, size, ageSeconds, versionId, replicationStatus, route, playedFrom, proofs } = object;
  const age = ageSeconds === null ? 'age unknown, its date is to come' : `${ageSeconds} s old`;
  return [
    `Object: ${key} (${size} bytes, ${age}, version ${versionId ?? 'unknown'})`,
    ...(playedFrom ? [`  played from, this object alone: ${routeText(playedFrom)}`] : []),
    `  ${playedFrom ? 'regular route' : 'route'}: ${routeText(route)}`,
    `  replication status: ${replicationStatus ?? 'none'}`,
    ...proofs.map(({ storage, holds, by }) => `  ${storage} holds this version: ${holds}${by ? ` (by ${by})` : ''}`),
  ];
}

function routeText({ storage, reason, details }: ReadingStatus['route']): string {
  const range = details.matchedRange === undefined ? '' : `, ${details.matchedAddress} is in ${details.matchedRange}`;
  const left = details.secondsLeft === undefined ? '' : `, ${details.secondsLeft} s left`;
  const slower = details.slower === undefined ? '' : `, ${details.slower} gave less than plays`;
  return `${storage} because of ${reason}${range}${left}${slower}`;
}

function measurementLine({ storage, latency, throughput, error }: Measurement): string {
  if (error) return `  ${storage}: ${error.message}`;
  const speed = throughput === undefined ? '' : `, ${(throughput / 1024 / 1024).toFixed(1)} MiB/s`;
  return `  ${storage}: ${latency === undefined ? 'no answer' : `${latency.toFixed(0)} ms`}${speed}`;
}
