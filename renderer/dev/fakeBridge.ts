import type { z } from 'zod';
import type { Bootstrap } from '../../shared/bootstrap.ts';
import type { Bridge, Envelope } from '../../shared/bridge.ts';
import { type ErrorCode, NearplayError, reportOf } from '../../shared/errors.ts';
import type { EventName, Events, RequestName, RequestResponse, REQUESTS } from '../../shared/ipc.ts';
import { folderOf, nameOfKey } from '../../shared/keys.ts';
import type { FrameSequence, LibraryEntry, LibraryPage, SequenceId } from '../../shared/library.ts';
import type { Link, SequenceLinks } from '../../shared/link.ts';
import { mediaKind } from '../../shared/media.ts';
import { parsePreferences } from '../../shared/preferences.ts';
import type { PreferencesStatus } from '../../shared/preferencesStatus.ts';
import type { ExplainedObject, Measurement, ReadingStatus, RouteExplanation } from '../../shared/reading.ts';
import type { ReplicationReport } from '../../shared/replication.ts';
import { type ClientAddress, type Route, route } from '../../shared/routing.ts';
import { frameRanges, framesOf, groupSequences } from '../../shared/sequences.ts';
import { DEFAULT_SETTINGS, type Settings, settingsSchema } from '../../shared/settings.ts';
import type { WatchFolderStatus } from '../../shared/uploads.ts';
import type { VerifyReport } from '../../shared/verify.ts';
import { fakeExplanation, MEASUREMENTS } from './fakeExplanation.ts';
import { FakePreferencesObject } from './fakePreferencesObject.ts';
import { fakeReport } from './fakeReport.ts';
import { FakeTransfers } from './fakeTransfers.ts';
import { fakeVerifyReport } from './fakeVerify.ts';
import { manyFiles, SAMPLE, type SampleFile } from './sampleLibrary.ts';
import type { Scenario } from './scenarios.ts';

declare const __SAMPLE_MEDIA__: string;

const PREFERENCES = JSON.stringify(
  {
    version: 1,
    s3Configuration: {
      'main-us': { region: 'us-east-1', bucket: 'lumen-media', prefix: 'media' },
      sydney: { region: 'ap-southeast-2', bucket: 'lumen-media-syd', prefix: 'media' },
      london: { region: 'eu-west-2', bucket: 'lumen-media-lon', prefix: 'media' },
    },
    mainStorage: 'main-us',
    replication: {
      delaySeconds: 60,
      replicas: [
        { storage: 'sydney', label: 'Sydney', ipRanges: ['203.0.113.0/24', '2001:db8:20::/44'] },
        { storage: 'london', label: 'London', ipRanges: ['198.51.100.0/24'] },
      ],
    },
  },
  undefined,
  2,
);
/** What a colleague changes at the same time: one place that nobody else touches, and one that everybody does. */
function colleagueSaves(text: string): string {
  return text
    .replace('"delaySeconds": 60', '"delaySeconds": 90')
    .replace('"198.51.100.0/24"', '"198.51.100.0/24", "192.0.2.0/25"');
}
const LABELS: Record<string, string> = { 'main-us': 'Virginia', sydney: 'Sydney', london: 'London' };
const ADDRESSES: ClientAddress[] = [
  { address: '203.0.113.7', source: 'public', service: 'https://checkip.amazonaws.com' },
  { address: '10.61.4.20', source: 'interface' },
];
const PAGE = 1000;
const LATENCY = 60;
const LINK_LIFE = 3600_000;

type ListedSequence = SampleFile & { name?: string; sequence?: FrameSequence };

type Payload<Name extends RequestName> = z.input<(typeof REQUESTS)[Name]['schema']>;

/** In place of main's handlers, of those that a scenario has something to show for. */
type Handlers = {
  [Name in RequestName]?: (payload: Payload<Name>) => Promise<Envelope<RequestResponse<Name>>>;
};

/** Main's part, in memory: for looking at the window without Electron and without a storage. Never in the built app. */
export class FakeBridge {
  readonly #scenario: Scenario;
  readonly #started = Date.now();
  readonly #files: SampleFile[];
  readonly #subscriptions = new Set<{ name: string; listener: (payload: unknown) => void }>();
  readonly #listings = new Map<string, (string | ListedSequence)[]>();
  #preferences: PreferencesStatus;
  #settings: Settings;
  readonly #transfers: FakeTransfers;
  #watchFolders: WatchFolderStatus[];
  #measured: Measurement[] = [];
  readonly #stored: FakePreferencesObject;
  #reporting: { cancelled: boolean } | undefined;
  #verifying: { cancelled: boolean } | undefined;

  constructor(scenario: Scenario, theme: string | null) {
    this.#scenario = scenario;
    this.#settings = {
      ...DEFAULT_SETTINGS,
      readFrom: scenario.readFrom,
      uploadFolderByProject: { ...scenario.uploadFolderByProject },
      theme: theme === 'light' || theme === 'dark' ? theme : 'system',
    };
    this.#transfers = new FakeTransfers(scenario.queue, (delta) => this.#emit('transfersChanged', delta));
    this.#watchFolders = scenario.watchFolders ? WATCH_FOLDERS : [];
    this.#files = scenario.library === 'many' ? manyFiles() : scenario.library === 'sample' ? [...SAMPLE] : [];
    const source =
      scenario.preferences === 'faulty'
        ? PREFERENCES.replace('"mainStorage": "main-us"', '"mainStorage": "virginia"')
        : preferencesWith(scenario.ceiling);
    const { document, findings } = parsePreferences(source);
    this.#stored = new FakePreferencesObject(PREFERENCES, {
      readOnly: scenario.editing === 'read-only',
      ...(scenario.editing === 'conflict' && { colleague: colleagueSaves }),
    });
    this.#preferences =
      scenario.preferences === 'none'
        ? { origin: null, document: null, findings: [] }
        : {
            origin: { kind: 'bucket', where: 's3://lumen-media/media/.nearplay/isolation-preferences.json' },
            document: document ?? null,
            findings,
          };
  }

  /** Starts what goes on by itself in this scenario. */
  begin(): void {
    this.#transfers.begin();
    if (this.#scenario.watching) {
      const ready = { key: 'shots/sq030_sh040_comp_v008.mov', storage: 'sydney', label: 'Sydney', others: 0 };
      setTimeout(() => this.#emit('replicaReady', ready), 2500);
    }
    if (this.#scenario.freshSeconds !== undefined) {
      setTimeout(() => this.#emit('libraryChanged', { folder: '' }), this.#scenario.freshSeconds * 1000 + 1500);
    }
  }

  bridge(): Bridge {
    const handlers = this.#handlers() as Record<string, (payload: unknown) => Promise<Envelope<unknown>>>;
    return {
      request: (name, payload) => handlers[name]?.(payload) ?? answer(() => fail('not-supported')),
      uploadFiles: (folder, files) => answer(() => this.#transfers.add(namesOf(files), folder), 400),
      on: (name, listener) => {
        const subscription = { name, listener };
        this.#subscriptions.add(subscription);
        return () => void this.#subscriptions.delete(subscription);
      },
    };
  }

  #handlers(): Handlers {
    return {
      getBootstrap: () => answer(() => this.#bootstrap()),
      listLibrary: ({ folder, cursor }) =>
        answer(() => this.#list(folder, cursor), this.#scenario.slow ? 60_000 : LATENCY),
      createLink: ({ key, purpose }) => answer(() => this.#link(key, purpose)),
      explainRoute: ({ key }) => answer(() => this.#routeOf(this.#find(key))),
      setSettings: (patch) =>
        answer(() => {
          const { readFrom } = patch;
          const given = Object.entries(patch).filter(([, value]) => value !== undefined);
          this.#settings = settingsSchema.parse({ ...this.#settings, ...Object.fromEntries(given) });
          this.#emit('settingsChanged', this.#settings);
          if (readFrom !== undefined) this.#emit('readingChanged', this.#reading());
          return this.#settings;
        }),
      chooseUploads: ({ folder, what }) =>
        answer(() => this.#transfers.add(what === 'folder' ? FRAMES : ['chosen_v001.mov'], folder), 400),
      listTransfers: ({ cursor }) => answer(() => this.#transfers.page(cursor), 5),
      pauseTransfers: ({ ids }) => obey(() => this.#transfers.pause(ids)),
      resumeTransfers: ({ ids }) => obey(() => this.#transfers.resume(ids)),
      cancelTransfers: ({ ids }) => obey(() => this.#transfers.cancel(ids)),
      retryTransfers: ({ ids }) => obey(() => this.#transfers.retry(ids)),
      clearTransfers: () => obey(() => this.#transfers.clear()),
      decideConflicts: ({ ids, answer: word }) => obey(() => this.#transfers.decide(word, ids)),
      moveTransfers: ({ ids, before }) => obey(() => this.#transfers.move(ids, before)),
      exportReceipts: () => answer(() => ({ name: 'nearplay-receipts.json' })),
      verifyFolder: ({ folder }) => this.#verify(folder),
      cancelVerify: () => {
        if (this.#verifying) this.#verifying.cancelled = true;
        return answer(() => undefined);
      },
      addWatchFolder: ({ folder }) =>
        answer(() => {
          const added: WatchFolderStatus = { ...NEW_FOLDER, id: `folder-${this.#watchFolders.length}`, folder };
          this.#setWatchFolders([...this.#watchFolders, added]);
          return added;
        }, 600),
      pauseWatchFolder: ({ id, paused }) =>
        answer(() => {
          const state = paused ? 'paused' : 'watching';
          this.#setWatchFolders(this.#watchFolders.map((item) => (item.id === id ? { ...item, state } : item)));
        }),
      removeWatchFolder: ({ id }) =>
        answer(() => {
          this.#setWatchFolders(this.#watchFolders.filter((item) => item.id !== id));
        }),
      importPreferences: () =>
        answer(() => {
          const { document, findings } = parsePreferences(PREFERENCES);
          const where = '/home/artist/isolation-preferences.json';
          this.#preferences = { origin: { kind: 'imported', where }, document: document ?? null, findings };
          return this.#preferences;
        }),
      refreshAddress: () => answer(() => this.#reading() ?? fail('no-preferences'), 600),
      openExternal: () => answer(() => undefined),
      createSequenceLinks: ({ id }) => answer(() => this.#sequenceLinks(id), 200),
      explainRegion: ({ key }) => answer(() => this.#explain(key), 150),
      measureStorages: () => answer(() => (this.#measured = [...MEASUREMENTS]), 2500),
      reportReplication: ({ folder }) => this.#report(folder),
      cancelReport: () => {
        if (this.#reporting) this.#reporting.cancelled = true;
        return answer(() => undefined);
      },
      saveManifest: () => answer(() => ({ name: 'nearplay-manifest.csv' })),
      editPreferences: () =>
        answer(() => (this.#preferences.document ? this.#stored.edit() : fail('no-preferences')), 200),
      savePreferences: ({ text, etag }) =>
        answer(() => {
          const saved = this.#stored.save(text, etag);
          const { document, findings } = parsePreferences(saved.text);
          this.#preferences = { ...this.#preferences, document: document ?? null, findings };
          this.#emit('preferencesChanged', this.#preferences);
          this.#emit('readingChanged', this.#reading());
          return saved;
        }, 300),
      readPreferencesVersion: ({ versionId }) => answer(() => this.#stored.read(versionId)),
      exportPreferences: () => answer(() => ({ name: 'isolation-preferences.json' })),
      download: ({ key }) => answer(() => this.#transfers.saveCopy(key, this.#find(key).size)),
    };
  }

  #emit<Name extends EventName>(name: Name, payload: Events[Name]): void {
    for (const subscription of this.#subscriptions) if (subscription.name === name) subscription.listener(payload);
  }

  #bootstrap(): Bootstrap {
    return {
      version: '0.1.0',
      platform: 'linux',
      runtime: 'a development page',
      settings: this.#settings,
      preferences: this.#preferences,
      credentials: { source: 'the profile “lumen-artist”', profiles: ['lumen-artist', 'lumen-lead', 'personal'] },
      reading: this.#reading(),
      transfers: this.#transfers.totals(),
      watchFolders: this.#watchFolders,
    };
  }

  #reading(): ReadingStatus | null {
    const { document } = this.#preferences;
    if (!document) return null;
    const readFrom = this.#settings.readFrom ?? document.defaults.readFrom;
    const decided = route({ lastModified: 0 }, document, readFrom, ADDRESSES, {}, Date.now());
    return {
      readFrom,
      route: decided,
      region: document.s3Configuration[decided.storage]?.region ?? '',
      label: LABELS[decided.storage] ?? decided.storage,
      addresses: ADDRESSES,
      replicationDelaySeconds: document.replication.delaySeconds,
      storages: Object.entries(document.s3Configuration).map(([name, { region, bucket }]) => ({
        name,
        label: LABELS[name] ?? name,
        region,
        bucket,
        role: name === document.mainStorage ? 'main' : 'replica',
        reachable: true,
      })),
    };
  }

  #list(folder: string, cursor: string | undefined): LibraryPage {
    if (this.#scenario.failure) fail(this.#scenario.failure);
    const all = this.#namesIn(folder);
    const start = cursor === undefined ? 0 : Number(cursor);
    const entries = all
      .slice(start, start + PAGE)
      .map((item): LibraryEntry => (typeof item === 'string' ? folderEntry(item) : this.#entry(item)));
    return { folder, entries, ...(start + PAGE < all.length && { cursor: String(start + PAGE) }) };
  }

  /** Folders as their keys and files, in key order. */
  #namesIn(folder: string): (string | ListedSequence)[] {
    const known = this.#listings.get(folder);
    if (known) return known;
    const found = new Map<string, string | SampleFile>();
    for (const file of this.#files) {
      if (!file.key.startsWith(folder)) continue;
      const slash = file.key.indexOf('/', folder.length);
      const key = slash < 0 ? file.key : file.key.slice(0, slash + 1);
      found.set(key, slash < 0 ? file : key);
    }
    const listing = [...found].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, item]) => item);
    const files = listing.filter((item) => typeof item !== 'string');
    const { singles, sequences } = groupSequences(files, ({ key }) => nameOfKey(key));
    const kept = new Set(singles);
    const whole = sequences.flatMap(({ head, tail, padding, name, frames }): ListedSequence[] => {
      const numbers = frames.map(({ number }) => number);
      const [first, last] = [frames[0], frames.at(-1)];
      if (!first || !last) return [];
      const size = frames.reduce((sum, { item }) => sum + item.size, 0);
      const sequence = {
        id: { head: folder + head, tail, padding },
        ...{ firstKey: first.item.key, first: first.number, last: last.number },
        ...{ count: frames.length, frames: frameRanges(numbers) },
      };
      return [{ ...last.item, size, name, sequence }];
    });
    const grouped = [...listing.filter((item) => typeof item === 'string' || kept.has(item)), ...whole];
    this.#listings.set(folder, grouped);
    return grouped;
  }

  #entry(file: ListedSequence): LibraryEntry {
    return {
      type: 'file',
      key: file.key,
      name: file.name ?? nameOfKey(file.key),
      size: file.size,
      lastModified: this.#lastModified(file),
      etag: file.key,
      kind: mediaKind(file.key),
      route: this.#routeOf(file),
      ...(file.sequence && { sequence: file.sequence }),
    };
  }

  #lastModified(file: SampleFile): number {
    const { freshSeconds } = this.#scenario;
    if (freshSeconds !== undefined && file === SAMPLE[0]) return this.#started - (60 - freshSeconds) * 1000;
    return this.#started - file.age * 1000;
  }

  #routeOf(file: SampleFile): Route {
    const { document } = this.#preferences;
    if (!document) return fail('no-preferences');
    const readFrom = this.#settings.readFrom ?? 'auto';
    return route({ lastModified: this.#lastModified(file) }, document, readFrom, ADDRESSES, {}, Date.now());
  }

  #link(key: string, purpose: string): Link {
    if (this.#scenario.linkFailure && purpose === 'play') fail(this.#scenario.linkFailure);
    const file = this.#find(key);
    const decided = this.#routeOf(file);
    const broken = this.#scenario.brokenMedia && purpose === 'play';
    return {
      key,
      url: `${__SAMPLE_MEDIA__}/${broken ? SCRIPT_AS_VIDEO : file.source}?from=${decided.storage}`,
      route: decided,
      region: '',
      bucket: '',
      kind: mediaKind(key),
      contentType: '',
      size: file.size,
      lastModified: this.#lastModified(file),
      expiresAt: Date.now() + LINK_LIFE,
    };
  }

  #find(key: string): SampleFile {
    return this.#files.find((file) => file.key === key) ?? fail('no-such-key');
  }

  #sequenceLinks(id: SequenceId): SequenceLinks {
    const folder = folderOf(id.head);
    const files = this.#files.filter(({ key }) => folderOf(key) === folder);
    const pattern = { ...id, head: id.head.slice(folder.length) };
    const frames = framesOf(files, ({ key }) => nameOfKey(key), pattern);
    const [first] = frames;
    if (!first) return fail('no-such-key');
    const decided = this.#routeOf(first.item);
    return {
      id,
      route: decided,
      region: '',
      contentType: 'image/png',
      frames: frames.map(({ number, item }) => ({
        number,
        url: `${__SAMPLE_MEDIA__}/${item.source}?frame=${number}`,
      })),
      expiresAt: Date.now() + LINK_LIFE,
    };
  }

  #explain(key: string | undefined): RouteExplanation {
    const reading = this.#reading() ?? fail('no-preferences');
    return fakeExplanation(reading, key === undefined ? undefined : this.#explainedObject(key), this.#measured);
  }

  #explainedObject(key: string): ExplainedObject {
    const file = this.#find(key);
    const lastModified = this.#lastModified(file);
    const ageSeconds = Math.round((Date.now() - lastModified) / 1000);
    return {
      key,
      size: file.size,
      lastModified,
      ageSeconds,
      versionId: '3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY',
      replicationStatus: ageSeconds < 60 ? 'PENDING' : 'COMPLETED',
      route: this.#routeOf(file),
      proofs: [
        { storage: 'sydney', holds: ageSeconds < 60 ? 'no' : 'yes', by: 'version' },
        { storage: 'london', holds: 'unknown' },
      ],
    };
  }

  async #report(folder: string): Promise<Envelope<ReplicationReport>> {
    const mine = { cancelled: false };
    this.#reporting = mine;
    for (let compared = 0; compared < 48_000; compared += 4000) {
      await new Promise((resolve) => setTimeout(resolve, 120));
      if (mine.cancelled) return { error: new NearplayError('cancelled').report() };
      this.#emit('reportProgress', { compared });
    }
    return answer(() => fakeReport(folder, this.#scenario.clean ?? false, Date.now()));
  }

  #setWatchFolders(folders: WatchFolderStatus[]): void {
    this.#watchFolders = folders;
    this.#emit('watchFoldersChanged', folders);
  }

  async #verify(folder: string): Promise<Envelope<VerifyReport>> {
    const mine = { cancelled: false };
    this.#verifying = mine;
    for (let compared = 0; compared < 4800; compared += 400) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      if (mine.cancelled) return { error: new NearplayError('cancelled').report() };
      this.#emit('verifyProgress', { compared, bytes: compared * 65_000_000 });
    }
    return answer(() => fakeVerifyReport(folder, this.#scenario.clean ?? false));
  }
}

const SCRIPT_AS_VIDEO = 'stills/sq010_colour_script.png';

const FRAMES = Array.from({ length: 48 }, (_, frame) => `sq060_sh010_beauty.${1001 + frame}.exr`);

const NEW_FOLDER = { path: '/mnt/renders/incoming', state: 'watching', uploaded: 0, waiting: 0 } as const;
const WATCH_FOLDERS: WatchFolderStatus[] = [
  {
    id: 'renders',
    path: '/mnt/renders/show/sq030',
    folder: 'shots/sq030/',
    state: 'watching',
    uploaded: 1284,
    waiting: 3,
  },
  {
    id: 'scans',
    path: '/Volumes/Scans/lumen',
    folder: 'scans/',
    state: 'unreachable',
    uploaded: 96,
    waiting: 0,
    error: { code: 'file-unreadable', message: 'The folder cannot be found. Connect its drive.', retryable: true },
  },
];

function preferencesWith(ceiling: number | undefined): string {
  if (ceiling === undefined) return PREFERENCES;
  return PREFERENCES.replace('"mainStorage"', `"uploads": { "maxBytesPerSecond": ${ceiling} },\n  "mainStorage"`);
}

function namesOf(files: readonly unknown[]): string[] {
  return files.flatMap((file) => (file instanceof File ? [file.name] : []));
}

/** What is asked for shows in the news, not in the answer. */
function obey(order: () => void): Promise<Envelope<void>> {
  return answer(order);
}

function folderEntry(key: string): LibraryEntry {
  return { type: 'folder', key, name: nameOfKey(key) };
}

function fail(code: ErrorCode): never {
  throw new NearplayError(code);
}

async function answer<Result>(work: () => Result, latency = LATENCY): Promise<Envelope<Result>> {
  await new Promise((resolve) => setTimeout(resolve, latency));
  try {
    return { result: work() };
  } catch (error) {
    return { error: reportOf(error) };
  }
}
