import { describe, expect, it } from 'vitest';
import { endpointOf } from '../../../../../shared/storagePlace.ts';

const bucket = { region: 'us-east-1', bucket: 'studio-media', prefix: '' };
const NAME = 'vpce-1a2b-3c4d.s3.us-east-1.vpce.amazonaws.com';

describe('the endpoint of a storage', () => {
  it.each([`*.${NAME}`, `bucket.${NAME}`, NAME, `https://bucket.${NAME}`])(
    'of a VPC endpoint written as %s',
    (name) => {
      expect(endpointOf({ ...bucket, s3_interface_vpc_endpoint_dns_name: name })).toBe(`https://bucket.${NAME}`);
    },
  );

  it('is the one of the preferences for an S3-compatible server, and else the SDK decides', () => {
    expect(endpointOf({ ...bucket, endpoint: 'https://s3.studio.example' })).toBe('https://s3.studio.example');
    expect(endpointOf(bucket)).toBeUndefined();
  });
});
