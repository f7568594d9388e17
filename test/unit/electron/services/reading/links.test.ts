import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, describe, expect, it } from 'vitest';
import { Links } from '../../../../../electron/services/reading/links.ts';
import { StorageClients } from '../../../../../electron/services/storage/storageClients.ts';
import { preferencesSchema } from '../../../../../shared/preferencesSchema.ts';
import type { Route } from '../../../../../shared/routing.ts';
import { aVersion } from '../../../../mothers/versions.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** The right time; not a full five minutes. */
const NOW = Date.UTC(2026, 0, 2, 12, 3, 20);
const VERSION = aVersion({ key: 'sq010/shot.mov', lastModified: NOW - HOUR });
const PREFERENCES = preferencesSchema.parse({
  version: 1,
  s3Configuration: {
    'main-us': { region: 'us-east-1', bucket: 'studio-media', prefix: 'media' },
    dotted: { region: 'ap-southeast-2', bucket: 'media.studio.example' },
    private: {
      region: 'us-east-1',
      bucket: 'studio-media',
      s3_interface_vpc_endpoint_dns_name: '*.vpce-1a2b.s3.us-east-1.vpce.amazonaws.com',
    },
  },
  mainStorage: 'main-us',
  replication: { replicas: [] },
});

let clients: StorageClients;
afterEach(() => clients.destroy());

/** @param skew how far this machine's clock is ahead of the right time, which the storage has. */
function start(options: { skew?: number; expiration?: Date; lifetime?: number } = {}) {
  const { skew = 0, expiration, lifetime } = options;
  const now = () => NOW + skew;
  const credentials = () =>
    Promise.resolve({ accessKeyId: 'AKID', secretAccessKey: 'secret', ...(expiration && { expiration }) });
  class Skewed extends StorageClients {
    override clockOffsetOf(): number {
      return -skew;
    }
  }
  clients = new Skewed(PREFERENCES, { credentials, now });
  return new Links(clients, now, lifetime);
}
const to = (storage: string): Route => ({ storage, reason: 'main-chosen', details: {} });
const parts = (url: string) => {
  const { searchParams, host, pathname, protocol } = new URL(url);
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(searchParams.get('X-Amz-Date') ?? '') ?? [];
  const signedAt = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  return {
    searchParams,
    host,
    pathname,
    protocol,
    signedAt,
    end: signedAt + Number(searchParams.get('X-Amz-Expires')) * SECOND,
  };
};

describe.each([0, -3 * HOUR, 3 * HOUR, 40 * HOUR])("with this machine's clock %d ms ahead", (skew) => {
  it("is signed on the storage's clock and expires as it says on this machine's", async () => {
    const link = await start({ skew }).sign(VERSION, to('main-us'), 'play');
    const { signedAt, end } = parts(link.url);
    expect(signedAt).toBe(Date.UTC(2026, 0, 2, 12, 0));
    expect(end).toBe(signedAt + 12 * HOUR);
    expect(link.expiresAt).toBe(end + skew);
  });

  it('never outlives the credentials, whose end is told by a right clock', async () => {
    const expiration = new Date(NOW + 20 * MINUTE);
    const link = await start({ skew, expiration }).sign(VERSION, to('main-us'), 'play');
    expect(parts(link.url).end).toBe(expiration.getTime());
    expect(link.expiresAt).toBe(expiration.getTime() + skew);
  });

  it('is refused when the credentials are at their end, and only then', async () => {
    const sign = (milliseconds: number) =>
      start({ skew, expiration: new Date(NOW + milliseconds) }).sign(VERSION, to('main-us'), 'play');
    await expect(sign(0)).rejects.toMatchObject({ code: 'credentials-expired' });
    await expect(sign(-HOUR)).rejects.toMatchObject({ code: 'credentials-expired' });
    expect(parts((await sign(2 * SECOND)).url).end).toBe(NOW + 2 * SECOND);
  });

  it('with a short life begins now, not at the last full five minutes', async () => {
    const { url } = await start({ skew, lifetime: MINUTE }).sign(VERSION, to('main-us'), 'play');
    expect(parts(url)).toMatchObject({ signedAt: NOW, end: NOW + MINUTE });
  });
});

describe('a link', () => {
  it('is the same within five minutes, and names version and type', async () => {
    const links = start();
    const first = await links.sign(VERSION, to('main-us'), 'play');
    expect((await links.sign(VERSION, to('main-us'), 'play')).url).toBe(first.url);
    const { searchParams } = parts(first.url);
    expect(searchParams.get('versionId')).toBe('v1');
    expect(searchParams.get('response-content-type')).toBe('video/quicktime');
    expect(searchParams.has('response-content-disposition')).toBe(false);
    expect([...searchParams.keys()].filter((name) => /checksum/i.test(name))).toEqual([]);
  });

  it('without a version names none', async () => {
    const { versionId: _versionId, ...listed } = VERSION;
    expect(parts((await start().sign(listed, to('main-us'), 'play')).url).searchParams.has('versionId')).toBe(false);
  });

  it('goes to the host of the bucket, to the path where the name has dots, to the VPC endpoint where there is one', async () => {
    const at = async (storage: string) => {
      const { host, pathname, protocol } = parts((await start().sign(VERSION, to(storage), 'play')).url);
      return `${protocol}//${host}${pathname}`;
    };
    expect(await at('main-us')).toBe('https://studio-media.s3.us-east-1.amazonaws.com/media/sq010/shot.mov');
    expect(await at('dotted')).toBe('https://s3.ap-southeast-2.amazonaws.com/media.studio.example/sq010/shot.mov');
    expect(await at('private')).toBe(
      'https://studio-media.bucket.vpce-1a2b.s3.us-east-1.vpce.amazonaws.com/sq010/shot.mov',
    );
  });

  it.each(['constructor', '__proto__', 'perth'])('to "%s", which is no storage, is none', async (storage) => {
    await expect(start().sign(VERSION, to(storage), 'play')).rejects.toMatchObject({ code: 'preferences-invalid' });
  });

  it.each([
    ['shot.mov', 'attachment; filename="shot.mov"; filename*=UTF-8\'\'shot.mov'],
    ['a "b" \\c;.mov', 'attachment; filename="a _b_ _c;.mov"; filename*=UTF-8\'\'a%20%22b%22%20%5Cc%3B.mov'],
    ["früh (1)'*.mov", "attachment; filename=\"fr_h (1)'*.mov\"; filename*=UTF-8''fr%C3%BCh%20%281%29%27%2A.mov"],
    ['a\r\nSet-Cookie: x', 'attachment; filename="a__Set-Cookie: x"; filename*=UTF-8\'\'a%0D%0ASet-Cookie%3A%20x'],
    ['日本.exr', 'attachment; filename="__.exr"; filename*=UTF-8\'\'%E6%97%A5%E6%9C%AC.exr'],
  ])('for download carries the name %j', async (name, disposition) => {
    const { url } = await start().sign({ ...VERSION, key: `sq010/${name}` }, to('main-us'), 'download');
    expect(parts(url).searchParams.get('response-content-disposition')).toBe(disposition);
  });
});

it('asks the client for credentials and sends nothing', async () => {
  const links = start();
  const client = clients.clientOf('main-us');
  expect(client).toBeInstanceOf(S3Client);
  client.middlewareStack.add(() => () => Promise.reject(new Error('sent')), { step: 'deserialize' });
  await expect(links.sign(VERSION, to('main-us'), 'play')).resolves.toBeDefined();
});
