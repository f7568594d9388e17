import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { HttpResponse } from '@smithy/core/protocols';
import { expect, it } from 'vitest';
import { TransferClients } from '../../../../../../electron/services/transfers/http/transferClient.ts';

const LEFT_OUT = [
  'loggerMiddleware',
  'regionRedirectMiddleware',
  'addExpectContinueMiddleware',
  'getUserAgentMiddleware',
  'recursionDetectionMiddleware',
];

function clients() {
  const sent: Record<string, string>[] = [];
  const client = new S3Client({
    region: 'us-east-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    requestHandler: {
      handle: (request: { headers: Record<string, string> }) => {
        sent.push(request.headers);
        return Promise.resolve({ response: new HttpResponse({ statusCode: 200, headers: {} }) });
      },
    },
  });
  const configuration = { region: 'us-east-1', bucket: 'studio-media', prefix: 'media' };
  return { client, transfers: new TransferClients().clientFor(client, configuration), sent };
}

const namesIn = (client: S3Client) => client.middlewareStack.identify().map((name) => name.split(' - ')[0] ?? '');

it('middlewares that are left out are there in the SDK, and signing is not one of them', () => {
  const { transfers } = clients();
  expect(namesIn(new S3Client({ region: 'us-east-1' }))).toEqual(expect.arrayContaining(LEFT_OUT));
  const names = namesIn(transfers);
  for (const name of LEFT_OUT) expect(names).not.toContain(name);
  expect(names.join()).toContain('httpSigningMiddleware');
});

it('a checked body is signed without its content, another one with it', async () => {
  const { transfers, sent } = clients();
  const object = { Bucket: 'studio-media', Key: 'media/a.mov' };
  await transfers.send(new PutObjectCommand({ ...object, Body: Buffer.from('a'), ChecksumCRC32: '6Ldr5Q==' }));
  await transfers.send(new PutObjectCommand({ ...object, Body: '' }));
  const [checked, plain] = sent;
  expect(checked).toMatchObject({ 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', 'content-length': '1' });
  expect(checked?.['authorization']).toMatch(/SignedHeaders=[^,]*x-amz-checksum-crc32;x-amz-content-sha256/);
  expect(plain?.['x-amz-content-sha256']).toMatch(/^[0-9a-f]{64}$/);
});
