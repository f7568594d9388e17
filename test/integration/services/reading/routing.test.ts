import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { settingsInMemory } from '../../../../electron/services/preferences/settingsStore.ts';
import type { Link } from '../../../../shared/link.ts';
import { ELSEWHERE, startTestStudio, type TestStudio } from '../studio.ts';

const HOUR = 3600 * 1000;
const SKEWS = [
  ['right', 0],
  ['3 hours behind the storage', -3 * HOUR],
  ['3 hours ahead of the storage', 3 * HOUR],
] as const;

/** What a player would get: the bytes behind a link. */
async function bytesOf(link: Link): Promise<string> {
  const answer = await fetch(link.url);
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  return answer.text();
}

describe('a main storage that is not asked any more', () => {
  let studio: TestStudio;
  beforeAll(async () => {
    // No probe gets in between.
    studio = await startTestStudio({ services: { firstProbeAfter: HOUR } });
  });
  afterEach(() => studio.sandbox.clearFaults());
  afterAll(() => studio.stop());

  /** HEAD alone is meant: the bytes are given. */
  const ANSWERS: [string, number, Record<string, string>, string][] = [
    ['a bare 400', 400, {}, 'refused to describe the file (400), although it gives its bytes'],
    ['a bare 500', 500, {}, 'failed to answer properly (500)'],
    ['a page', 403, { 'content-type': 'text/html' }, 'a web page came that no storage answers with (403)'],
    ['a redirect', 307, { location: 'https://portal.example/' }, 'sends on to portal.example (307)'],
  ];

  it.each(ANSWERS)('says what it said, and no network is blamed: %s', async (_what, status, headers, words) => {
    const key = await studio.upload(`seen-${status}.txt`, 'bytes');
    const alone = { ...studio.sandbox.preferences({ services: [] }), replication: { replicas: [] } };
    const file = await studio.file('alone.json', JSON.stringify(alone));
    const rejected = { message: expect.stringContaining(words) as string };
    const withReplica = await studio.join();
    const withoutReplica = await studio.join({ commandLinePreferences: file });
    const effect = { kind: 'answer-instead', status, headers } as const;
    studio.sandbox.addFault({ region: 'ap-southeast-2', effect: { kind: 'down' } });
    studio.sandbox.addFault({ operation: 'HeadObject', effect });
    for (const services of [withReplica, withoutReplica])
      for (let time = 0; time < 3; time++)
        await expect(services.studio().createLink(key, 'play')).rejects.toMatchObject(rejected);
    await expect(withReplica.studio().library.list('')).rejects.toMatchObject(rejected);
  });
});

describe.each(SKEWS)("every row of the route table through the services, this machine's clock %s", (_name, skew) => {
  let studio: TestStudio;
  const now = () => Date.now() + skew;

  beforeAll(async () => {
    studio = await startTestStudio({ services: { now } });
  });
  afterEach(() => {
    studio.sandbox.clearFaults();
    studio.sandbox.setReplication({ mode: 'normal', delayMs: 0 });
  });
  afterAll(() => studio.stop());

  const stored = async (name: string) => {
    const key = await studio.upload(name, `bytes of ${name}`);
    await studio.sandbox.waitForReplica(`media/${key}`, 50_000);
    return key;
  };
  const expectRoute = async (services: TestStudio['services'], key: string, storage: string, reason: string) => {
    const link = await services.studio().createLink(key, 'play');
    expect(link.route).toMatchObject({ storage, reason });
    expect(new URL(link.url).origin).toBe(endpointOf(studio, storage));
    expect(await bytesOf(link)).toBe(`bytes of ${key}`);
  };

  it('a link of a faster storage is given where that one holds the version, else that of the route', async () => {
    const key = await stored('faster.txt');
    const services = await studio.join();
    const linkAt = (storage: string) =>
      services.studio().createLink(key, 'play', undefined, { storage, than: 'sydney' });
    const faster = await linkAt('main-us');
    expect(faster.route).toEqual({ storage: 'main-us', reason: 'measured-faster', details: { slower: 'sydney' } });
    expect(await bytesOf(faster)).toBe(`bytes of ${key}`);
    for (const storage of ['sydney', 'elsewhere'])
      expect((await linkAt(storage)).route).toMatchObject({ storage: 'sydney', reason: 'replica-by-ip' });
  });
  it('what a player measured is explained beside the regular route, of that file alone', async () => {
    const key = await stored('slow.txt');
    const other = await stored('other.txt');
    const { explanations } = await studio.join();
    const faster = { storage: 'main-us', than: 'sydney' };
    const { object, text } = await explanations.explain(key, faster);
    expect(object).toMatchObject({
      route: { storage: 'sydney', reason: 'replica-by-ip' },
      playedFrom: { storage: 'main-us', reason: 'measured-faster', details: { slower: 'sydney' } },
    });
    expect(text).toContain(
      'played from, this object alone: main-us because of measured-faster, sydney gave less than plays',
    );
    expect(text).toContain('regular route: sydney because of replica-by-ip');
    for (const explained of [
      await explanations.explain(other),
      await explanations.explain(undefined, faster),
      await explanations.explain(key, { storage: 'sydney', than: 'main-us' }),
      await explanations.explain(key, { storage: 'elsewhere', than: 'sydney' }),
    ]) {
      expect(explained.object?.playedFrom).toBeUndefined();
      expect(explained.text).not.toContain('measured-faster');
    }
  });
  it('1 main-unreachable', async () => {
    const key = await stored('one.txt');
    const services = await studio.join();
    await services.studio().library.list('');
    studio.sandbox.addFault({ region: 'us-east-1', effect: { kind: 'down' } });
    await expectRoute(services, key, 'sydney', 'main-unreachable');
  });
  it('2 no-replica-configured', async () => {
    const key = await stored('two.txt');
    const alone = { ...studio.sandbox.preferences(), replication: { replicas: [] } };
    const file = await studio.file('alone.json', JSON.stringify(alone));
    await expectRoute(await studio.join({ commandLinePreferences: file }), key, 'main-us', 'no-replica-configured');
  });
  it('3 main-chosen', async () => {
    const services = await studio.join({ settings: settingsInMemory({ readFrom: 'main' }) });
    await expectRoute(services, await stored('three.txt'), 'main-us', 'main-chosen');
  });
  it('4 ip-unknown', async () => {
    const services = ['http://127.0.0.1:9/'];
    const file = await studio.file('unknown.json', JSON.stringify(studio.sandbox.preferences({ services })));
    const interfaces = () => [ELSEWHERE];
    const stranger = await studio.join({ commandLinePreferences: file, interfaces, givenAddress: undefined });
    await expectRoute(stranger, await stored('four.txt'), 'main-us', 'ip-unknown');
  });
  it('5 ip-outside-ranges', async () => {
    const services = await studio.join({ givenAddress: ELSEWHERE });
    await expectRoute(services, await stored('five.txt'), 'main-us', 'ip-outside-ranges');
  });
  it('6 within-replication-delay', async () => {
    const file = await studio.file('delay.json', JSON.stringify(studio.sandbox.preferences({ delaySeconds: 600 })));
    const services = await studio.join({ commandLinePreferences: file });
    const key = await stored('six.txt');
    await expectRoute(services, key, 'main-us', 'within-replication-delay');
    const { details } = await services.studio().explainRoute(key);
    expect(details.secondsLeft).toBeGreaterThan(570);
    expect(details.secondsLeft).toBeLessThanOrEqual(601);
  });
  it('7 replica-unreachable', async () => {
    const key = await stored('seven.txt');
    studio.sandbox.addFault({ region: 'ap-southeast-2', effect: { kind: 'down' } });
    await expectRoute(await studio.join(), key, 'main-us', 'replica-unreachable');
  });
  it('8 replica-not-ready', async () => {
    studio.sandbox.setReplication({ mode: 'never' });
    await expectRoute(
      await studio.join(),
      await studio.upload('eight.txt', 'bytes of eight.txt'),
      'main-us',
      'replica-not-ready',
    );
  });
  it('9 replica-chosen', async () => {
    const services = await studio.join({
      settings: settingsInMemory({ readFrom: 'sydney' }),
      givenAddress: ELSEWHERE,
    });
    await expectRoute(services, await stored('nine.txt'), 'sydney', 'replica-chosen');
  });
  it('10 replica-by-ip', async () => {
    await expectRoute(await studio.join(), await stored('ten.txt'), 'sydney', 'replica-by-ip');
  });
});

function endpointOf({ sandbox }: TestStudio, storage: string): string {
  return storage === sandbox.main.name ? sandbox.main.endpoint : sandbox.replica.endpoint;
}
