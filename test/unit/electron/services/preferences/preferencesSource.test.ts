import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  bucketPlace,
  PreferencesSource,
  type PreferencesSourceOptions,
} from '../../../../../electron/services/preferences/preferencesSource.ts';
import { SILENT } from '../../../../../electron/services/runtime/log.ts';
import { preferencesSchema } from '../../../../../shared/preferencesSchema.ts';

const CACHE = 'isolation-preferences.bucket.json';
/** A document that is told apart by its delay. */
const text = (delaySeconds: number, bucket = 'studio-media') =>
  JSON.stringify({
    version: 1,
    s3Configuration: { 'main-us': { region: 'us-east-1', bucket, prefix: 'media' } },
    mainStorage: 'main-us',
    replication: { delaySeconds, replicas: [] },
  });
const WHERE = 's3://studio-media/media/.nearplay/isolation-preferences.json';
const object = (delay: number, etag = `"${delay}"`, where = WHERE) => ({ text: text(delay), etag, where });

let folder: string;
let imported: string | null;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nearplay-preferences-'));
  imported = null;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const file = async (name: string, content: string) => {
  await writeFile(join(folder, name), content);
  return join(folder, name);
};
const start = (options: Partial<PreferencesSourceOptions> = {}) =>
  new PreferencesSource({ importedFile: () => imported, userDataFolder: folder, log: SILENT, ...options });
const summary = ({ status }: { status: ReturnType<PreferencesSource['status']> }) =>
  [status.origin?.kind, status.document?.replication.delaySeconds] as const;
const inForce = (source: PreferencesSource) => summary({ status: source.status() });

describe('the order of origins', () => {
  it('is command line, managed, bucket, imported', async () => {
    const commandLineFile = await file('cli.json', text(1));
    const managedFile = await file('managed.json', text(2));
    imported = await file('imported.json', text(4));
    const started = async (options: Partial<PreferencesSourceOptions>) => {
      const source = start(options);
      await source.load();
      return source;
    };
    expect(inForce(await started({ commandLineFile, managedFile }))).toEqual(['command-line', 1]);
    expect(inForce(await started({ managedFile }))).toEqual(['managed', 2]);
    const source = await started({});
    expect(inForce(source)).toEqual(['imported', 4]);
    await source.fromBucket(object(3));
    expect(inForce(source)).toEqual(['bucket', 3]);
    imported = null;
    expect(inForce(await started({}))).toEqual([undefined, undefined]);
  });

  it('has the bucket asked only where it would have a say', async () => {
    const managedFile = await file('managed.json', text(2));
    const managed = start({ managedFile });
    await managed.load();
    expect(managed.asksBucket()).toBe(false);
    imported = await file('imported.json', text(4));
    const source = start();
    expect(source.asksBucket()).toBe(false);
    await source.load();
    expect(source.asksBucket()).toBe(true);
    await source.fromBucket(object(3));
    expect(source.asksBucket()).toBe(true);
  });

  it('skips a managed file that is not there, but neither one that is broken nor one that cannot be read', async () => {
    imported = await file('imported.json', text(4));
    const missing = start({ managedFile: join(folder, 'none.json') });
    await missing.load();
    expect(inForce(missing)).toEqual(['imported', 4]);
    await mkdir(join(folder, 'directory'));
    for (const managedFile of [await file('broken.json', '{'), join(folder, 'directory')]) {
      const source = start({ managedFile });
      const { origin, document, findings } = await source.load();
      expect({ origin, document }).toEqual({ origin: { kind: 'managed', where: managedFile }, document: null });
      expect(findings).toEqual([expect.objectContaining({ severity: 'error' })]);
    }
  });

  it('says so when the file named for this run is not there', async () => {
    imported = await file('imported.json', text(4));
    const where = join(folder, 'none.json');
    const { document, findings } = await start({ commandLineFile: where }).load();
    expect(document).toBeNull();
    expect(findings).toEqual([{ severity: 'error', path: '', message: `There is no file ${where}.` }]);
  });

  it('keeps the last good document when its file is broken later, with the findings', async () => {
    const managedFile = await file('managed.json', text(2));
    const source = start({ managedFile });
    await source.load();
    await writeFile(managedFile, '{ "version": 9 }');
    const status = await source.load();
    expect(summary({ status })).toEqual(['managed', 2]);
    expect(status.findings.some(({ severity }) => severity === 'error')).toBe(true);
  });
});

describe('the object in the bucket', () => {
  beforeEach(async () => {
    imported = await file('imported.json', text(4));
  });
  const started = async () => {
    const source = start();
    await source.load();
    return source;
  };

  it('that is malformed keeps what was good, with its findings, and is not read again until it changes', async () => {
    const source = await started();
    await source.fromBucket(object(3));
    const status = await source.fromBucket({ text: '{ oops', etag: '"bad"', where: WHERE });
    expect(summary({ status })).toEqual(['bucket', 3]);
    expect(status.findings).toEqual([expect.objectContaining({ severity: 'error' })]);
    expect(source.bucketEtag()).toBe('"bad"');
    expect((await source.fromBucket(object(5))).findings).toEqual([]);
    expect(inForce(source)).toEqual(['bucket', 5]);
  });

  it('that is malformed from the beginning leaves the imported file in force, with its findings', async () => {
    const source = await started();
    const status = await source.fromBucket({ text: '[]', etag: '"bad"', where: WHERE });
    expect(summary({ status })).toEqual(['imported', 4]);
    expect(status.findings.length).toBeGreaterThan(0);
  });

  it('that is malformed keeps what was good also where no copy could be written', async () => {
    const source = start({ userDataFolder: join(folder, 'not', 'there') });
    await source.load();
    await source.fromBucket(object(3));
    await source.fromBucket({ text: '{', etag: '"bad"', where: WHERE });
    expect(inForce(source)).toEqual(['bucket', 3]);
  });

  it('is in force at the next start, without the storage', async () => {
    await (await started()).fromBucket(object(3));
    expect(inForce(await started())).toEqual(['bucket', 3]);
  });

  it('of another studio is not: the copy belongs to the main storage of the imported file', async () => {
    await (await started()).fromBucket(object(3));
    imported = await file('imported.json', text(4, 'other-media'));
    expect(inForce(await started())).toEqual(['imported', 4]);
  });

  it.each(['', '{', 'null', '{"where":7}'])('is ignored when its copy on disk is %j', async (copy) => {
    await file(CACHE, copy);
    expect(inForce(await started())).toEqual(['imported', 4]);
  });

  it('that was removed has no say any more, now and at the next start', async () => {
    const source = await started();
    await source.fromBucket(object(3));
    await source.fromBucket(undefined);
    expect(inForce(source)).toEqual(['imported', 4]);
    expect(source.bucketEtag()).toBeUndefined();
    expect(inForce(await started())).toEqual(['imported', 4]);
  });

  it('that was removed while the app was closed has no say either', async () => {
    await (await started()).fromBucket(object(3));
    const source = await started();
    await source.fromBucket(undefined);
    expect(inForce(source)).toEqual(['imported', 4]);
  });

  const moved = { ...object(3), text: text(3, 'new-media') };

  it('that names another main storage has no say; what was good stays, and a repaired one brings it back', async () => {
    const source = await started();
    await source.fromBucket(object(2));
    const status = await source.fromBucket(moved);
    expect(summary({ status })).toEqual(['bucket', 2]);
    expect(status.findings[0]).toMatchObject({
      severity: 'error',
      message: expect.stringContaining('new-media') as string,
    });
    expect(status.document?.s3Configuration['main-us']?.bucket).toBe('studio-media');
    expect(summary({ status: await source.fromBucket(object(5)) })).toEqual(['bucket', 5]);
  });

  it('that names another main storage is not believed from a copy of an earlier version either', async () => {
    await file(CACHE, JSON.stringify({ studio: WHERE, where: WHERE, text: moved.text }));
    expect(inForce(await started())).toEqual(['imported', 4]);
    await file(CACHE, JSON.stringify({ studio: WHERE, where: WHERE, text: text(6) }));
    expect(inForce(await started())).toEqual(['bucket', 6]);
  });

  it('has no say where there is no file of the machine any more, nor at the next start', async () => {
    const source = await started();
    await source.fromBucket(object(3));
    imported = null;
    expect(summary({ status: await source.load() })).toEqual([undefined, undefined]);
    expect((await source.fromBucket(object(3))).document).toBeNull();
    const next = await started();
    expect(next.status()).toEqual({ origin: null, document: null, findings: [] });
  });

  it('stays in force while the imported file cannot be used, as far as this run knows it', async () => {
    const source = await started();
    await source.fromBucket(object(3));
    await writeFile(imported ?? '', '{');
    expect(summary({ status: await source.load() })).toEqual(['bucket', 3]);
    expect(summary({ status: await source.fromBucket(moved) })).toEqual(['bucket', 3]);
    expect(inForce(await started())).toEqual(['imported', undefined]);
  });

  it('that is no text keeps what was good, and says so', async () => {
    const source = await started();
    const fault = { severity: 'error', path: '', line: 3, message: 'Line 3 is not UTF-8' } as const;
    const status = await source.fromBucket({ text: '', etag: '"x"', where: WHERE, fault });
    expect(summary({ status })).toEqual(['imported', 4]);
    expect(status.findings).toEqual([fault]);
  });

  it('gives way to an imported file of another studio at once, and a late answer changes nothing', async () => {
    const source = await started();
    await source.fromBucket(object(3));
    const other = await source.import(await file('other.json', text(8, 'other-media')));
    imported = other.copy;
    await source.load();
    expect(inForce(source)).toEqual(['imported', 8]);
    expect(source.bucketEtag()).toBeUndefined();
    await source.fromBucket(object(9));
    expect(inForce(source)).toEqual(['imported', 8]);
  });
});

describe('the file of IT', () => {
  it('that is not theirs has no say, and is not passed over in silence', async () => {
    const managedFile = await file('managed.json', text(2));
    imported = await file('imported.json', text(4));
    const status = await start({ managedFile, foreign: () => Promise.resolve('belongs to mallory') }).load();
    expect(status.document).toBeNull();
    expect(status.findings).toEqual([{ severity: 'error', path: '', message: `${managedFile} belongs to mallory.` }]);
    expect(inForce(await begun(start({ managedFile, foreign: () => Promise.resolve(undefined) })))).toEqual([
      'managed',
      2,
    ]);
  });
});

async function begun(source: PreferencesSource): Promise<PreferencesSource> {
  await source.load();
  return source;
}

describe('an import', () => {
  it('of a file of PowerShell is kept as UTF-8; of one in another encoding is refused by name', async () => {
    const powershell = join(folder, 'utf16.json');
    await writeFile(powershell, `\ufeff${text(4)}`, 'utf16le');
    const { copy } = await start().import(powershell);
    expect(await readFile(copy ?? '', 'utf8')).toBe(text(4));
    const windows = join(folder, 'ansi.json');
    await writeFile(windows, text(4).replace('"media"', '"média"'), 'latin1');
    const refused = await start().import(windows);
    expect(refused.copy).toBeNull();
    expect(refused.findings[0]?.message).toContain('not UTF-8');
  });

  it('copies the file into the own folder, whole', async () => {
    const content = `// from IT\n${text(4)}`;
    const { copy, findings } = await start().import(await file('from-it.json', content));
    expect(findings).toEqual([]);
    expect(await readFile(copy ?? '', 'utf8')).toBe(content);
    expect((await readdir(folder)).filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  it('of a file that cannot be used changes nothing and says why', async () => {
    imported = (await start().import(await file('good.json', text(4)))).copy;
    const { copy, findings } = await start().import(await file('bad.json', '{ "version": 1 }'));
    expect(copy).toBeNull();
    expect(findings.length).toBeGreaterThan(0);
    expect(await readFile(imported ?? '', 'utf8')).toBe(text(4));
  });

  it.each(['none.json', '.'])('of %s is file-unreadable', async (name) => {
    await expect(start().import(join(folder, name))).rejects.toMatchObject({ code: 'file-unreadable' });
  });
});

it('the place of the object is told with and without prefix', () => {
  expect(bucketPlace(preferencesSchema.parse(JSON.parse(text(1))))).toBe(WHERE);
  const bare = text(1).replace('"prefix":"media"', '"prefix":""');
  expect(bucketPlace(preferencesSchema.parse(JSON.parse(bare)))).toBe(
    's3://studio-media/.nearplay/isolation-preferences.json',
  );
});
