import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Application, ServicesOptions } from '../../../../electron/services/application.ts';
import type { SaveQuestion } from '../../../../electron/services/preferences/preferencesEditor.ts';
import { errorsOf, type IsolationPreferences, parsePreferences } from '../../../../shared/preferences.ts';
import { mergePreferences } from '../../../../shared/preferencesMerge.ts';
import { startTestStudio, type TestStudio } from '../studio.ts';

let studio: TestStudio;
beforeEach(async () => {
  studio = await startTestStudio();
});
afterEach(() => studio.stop());

/** An admin whose preferences were imported, so that the object in the bucket has its say. */
async function admin(name: string, options: Partial<ServicesOptions> = {}): Promise<Application> {
  const folder = join(studio.folder, name);
  await mkdir(folder, { recursive: true });
  const services = await studio.join({ commandLinePreferences: undefined, userDataFolder: folder, ...options });
  const file = join(folder, 'given.json');
  await writeFile(file, JSON.stringify(studio.sandbox.preferences({ delaySeconds: 60, services: [] })));
  await services.importPreferences(file);
  return services;
}

function changed(text: string, change: (draft: IsolationPreferences) => void): string {
  const { document } = parsePreferences(text);
  if (!document) throw new Error('The text is no document');
  change(document);
  return JSON.stringify(document);
}

const documentOf = (text: string): IsolationPreferences => {
  const { document } = parsePreferences(text);
  if (!document) throw new Error('The text is no document');
  return document;
};

describe('two admins', () => {
  it('who save at once: one wins, the other is told, merges, and nothing is lost', async () => {
    const [one, two] = [await admin('one'), await admin('two')];
    const [mine, theirs] = [await one.editor.edit(), await two.editor.edit()];
    expect(mine.refusal).toBeUndefined();
    await two.editor.save(changed(theirs.text, (draft) => (draft.replication.delaySeconds = 120)));
    const text = changed(mine.text, (draft) => void draft.replication.replicas[0]?.ipRanges.push('198.51.100.0/24'));
    await expect(one.editor.save(text)).rejects.toMatchObject({ code: 'conflict' });

    const now = await one.editor.edit();
    const { document, conflicts } = mergePreferences(documentOf(mine.text), documentOf(text), documentOf(now.text));
    expect(conflicts).toEqual([]);
    await one.editor.save(JSON.stringify(document), now.etag);
    const { preferences } = one.studio();
    expect(preferences.replication).toMatchObject({
      delaySeconds: 120,
      replicas: [{ ipRanges: ['203.0.113.0/24', '198.51.100.0/24'] }],
    });
    expect((await one.bootstrap()).preferences.origin?.kind).toBe('bucket');
  });

  it('what one saved reaches the other without a restart, and earlier states can be restored', async () => {
    const [one, two] = [await admin('one'), await admin('two')];
    const first = await one.editor.edit();
    const saved = await one.editor.save(changed(first.text, (draft) => (draft.replication.delaySeconds = 5)));
    two.networkChanged();
    await expect.poll(() => two.studio().preferences.replication.delaySeconds, { timeout: 50_000 }).toBe(5);
    const again = await one.editor.save(
      changed(saved.text, (draft) => (draft.replication.delaySeconds = 7)),
      saved.etag,
    );
    expect(again.history.map(({ current }) => current)).toEqual([true, false]);
    const text = await one.editor.readVersion(again.history[1]?.versionId ?? '');
    expect(documentOf(text).replication.delaySeconds).toBe(5);
  });

  it('cannot save what cannot be used, or what would lead everybody away from the document', async () => {
    const one = await admin('one');
    const { text } = await one.editor.edit();
    await expect(one.editor.save('{ "version": 1 }')).rejects.toMatchObject({
      code: 'preferences-invalid',
    });
    const moved = text.replace('"studio-media"', '"another-bucket"');
    await expect(one.editor.save(moved)).rejects.toMatchObject({ code: 'not-supported' });
  });
});

describe('saving', () => {
  const saved = () =>
    studio.sandbox.requests.filter(
      ({ operation, key, status }) => operation === 'PutObject' && key.endsWith('preferences.json') && status === 200,
    );

  it.each([
    ['a host', '"endpoint":"http', '"s3_interface_vpc_endpoint_dns_name":"attacker.example","endpoint":"http'],
    ['a bucket', '"studio-media"', '"another-bucket"'],
    ['a prefix', '"prefix":"media"', '"prefix":"evil"'],
    ['a region', '"us-east-1"', '"eu-west-1"'],
    ['an address service', '"services":[]', '"services":["https://evil.example/"]'],
  ])('what machines would refuse is refused, without a question: %s', async (_name, before, after) => {
    const asked: SaveQuestion[] = [];
    const one = await admin('one', { agreeToSave: (question) => Promise.resolve(asked.push(question) > 0) });
    const { text } = await one.editor.edit();
    const moved = changed(text, () => undefined).replace(before, after);
    const origins = one.mediaSources();
    await expect(one.editor.save(moved)).rejects.toMatchObject({ code: 'not-supported' });
    // The editor finds the same as it is typed.
    const { pinned } = await one.editor.edit();
    const said = errorsOf(parsePreferences(moved, { pinned }).findings);
    expect(said).not.toEqual([]);
    await expect(one.editor.save(moved)).rejects.toThrow(said.join(' '));
    expect([asked, saved(), one.mediaSources()]).toEqual([[], [], origins]);
  });

  it('asks a person natively, with what changes, and writes nothing without their word', async () => {
    const asked: SaveQuestion[] = [];
    let answer = false;
    const agreeToSave = (question: SaveQuestion) => {
      asked.push(question);
      return Promise.resolve(answer);
    };
    const one = await admin('one', { agreeToSave });
    const { text } = await one.editor.edit();
    const draft = changed(text, (document) => (document.replication.delaySeconds = 5));
    await expect(one.editor.save(draft)).rejects.toMatchObject({ code: 'cancelled' });
    expect(saved()).toEqual([]);
    expect(asked[0]?.changes).toEqual([{ path: 'replication.delaySeconds', before: 60, after: 5 }]);
    expect(asked[0]?.where).toContain('s3://studio-media/media/.nearplay/');
    answer = true;
    await one.editor.save(draft);
    expect(saved()).toHaveLength(1);
  });

  it('is refused where IT manages the file, whatever the page asks for', async () => {
    const { services } = studio;
    const { text } = await services.editor.edit();
    await expect(services.editor.save(text)).rejects.toMatchObject({ code: 'not-supported' });
    expect(saved()).toEqual([]);
  });

  it('repairs an object that is no text', async () => {
    const one = await admin('one');
    const first = await one.editor.edit();
    await one.editor.save(first.text);
    const { endpoint, region } = studio.sandbox.main;
    const s3 = new S3Client({ endpoint, region, forcePathStyle: true, credentials: studio.sandbox.credentials });
    const Key = 'media/.nearplay/isolation-preferences.json';
    await s3.send(new PutObjectCommand({ Bucket: 'studio-media', Key, Body: Buffer.from('{"é":1}', 'latin1') }));
    s3.destroy();
    const { text, etag } = await one.editor.edit();
    expect(documentOf(text).mainStorage).toBe('main-us');
    await one.editor.save(text, etag);
    expect((await one.bootstrap()).preferences.findings).toEqual([]);
  });
});

describe('whoever may not write', () => {
  it('sees the document read-only, with the reason', async () => {
    const one = await admin('one');
    studio.sandbox.addFault({ operation: 'PutObject', effect: { kind: 'status', status: 403, code: 'AccessDenied' } });
    const editing = await one.editor.edit();
    expect(editing.refusal).toMatchObject({ code: 'access-denied' });
    expect(documentOf(editing.text).mainStorage).toBe('main-us');
  });

  it('sees a managed document read-only too', async () => {
    const editing = await studio.services.editor.edit();
    expect(editing.refusal).toMatchObject({ code: 'not-supported' });
  });
});
