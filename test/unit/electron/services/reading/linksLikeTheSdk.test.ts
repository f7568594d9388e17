import { GetObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Links } from '../../../../../electron/services/reading/links.ts';
import { StorageClients } from '../../../../../electron/services/storage/storageClients.ts';
import { preferencesSchema } from '../../../../../shared/preferencesSchema.ts';

const NOW = Date.UTC(2026, 4, 4, 12, 0, 0);
const preferences = preferencesSchema.parse({
  version: 1,
  s3Configuration: {
    virtual: { region: 'us-east-1', bucket: 'studio-media', prefix: 'media' },
    dotted: { region: 'eu-west-1', bucket: 'studio.media', prefix: 'a b/ü' },
    custom: { region: 'us-east-1', bucket: 'studio-media', endpoint: 'http://127.0.0.1:9000', forcePathStyle: true },
    vpc: {
      region: 'us-east-1',
      bucket: 'studio-media',
      s3_interface_vpc_endpoint_dns_name: '*.vpce-1a2b-3c4d.s3.us-east-1.vpce.amazonaws.com',
    },
  },
  mainStorage: 'virtual',
});

it('links are the very URLs that the SDK would sign, for any key and any addressing', async () => {
  const credentials = () => Promise.resolve({ accessKeyId: 'AK', secretAccessKey: 'secret', sessionToken: 'to/k+en' });
  const clients = new StorageClients(preferences, { credentials, now: () => NOW });
  const links = new Links(clients, () => NOW);
  const segment = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !/^\.{1,2}$|\//.test(text));
  const key = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `${parts.join('/')}.mov`);
  await fc.assert(
    fc.asyncProperty(key, fc.constantFrom('virtual', 'dotted', 'custom', 'vpc'), async (wanted, storage) => {
      const version = { key: wanted, size: 1, etag: '"e"', lastModified: NOW, versionId: 'v/1+' };
      const link = await links.sign(version, { storage, reason: 'main-chosen', details: {} }, 'play');
      const { bucket, prefix } = clients.configurationOf(storage);
      const command = new GetObjectCommand({
        Bucket: bucket,
        Key: prefix === '' ? wanted : `${prefix}/${wanted}`,
        VersionId: 'v/1+',
        ResponseContentType: 'video/quicktime',
      });
      const expiresIn = 12 * 3600;
      expect(link.url).toBe(
        await getSignedUrl(clients.clientOf(storage), command, { expiresIn, signingDate: new Date(NOW) }),
      );
    }),
    { numRuns: 200 },
  );
});
