import { describe, expect, it } from 'vitest';
import { checksumKindFor } from '../../../../../electron/services/content/checksumKind.ts';

const storage = { region: 'us-east-1', bucket: 'studio-media', prefix: 'media' };

describe('checksumKindFor', () => {
  it.each([
    'https://s3.us-west-2.amazonaws.com',
    'https://s3-us-west-2.amazonaws.com',
    'https://s3.dualstack.eu-central-1.amazonaws.com',
    'https://s3-fips.us-gov-west-1.AMAZONAWS.com:443/',
    'https://s3.cn-north-1.amazonaws.com.cn',
    'https://bucket.vpce-1a2b-3c4d.s3.us-east-1.vpce.amazonaws.com',
  ])('asks AWS for a checksum of the whole: %s', (endpoint) => {
    expect(checksumKindFor({ ...storage, endpoint })).toBe('FULL_OBJECT');
  });

  it('takes a storage without an endpoint, or with an interface endpoint, for AWS', () => {
    expect(checksumKindFor(storage)).toBe('FULL_OBJECT');
    const name = '*.vpce-1a2b-3c4d.s3.us-east-1.vpce.amazonaws.com';
    expect(checksumKindFor({ ...storage, s3_interface_vpc_endpoint_dns_name: name })).toBe('FULL_OBJECT');
  });

  it.each([
    'http://127.0.0.1:9000',
    'https://s3.example.studio',
    'https://amazonaws.com.example.studio',
    'https://s3.notamazonaws.com',
    'https://example.studio/s3.amazonaws.com',
    // Servers of customers: a load balancer, a machine, a gateway, a page.
    'http://minio-1234.us-east-1.elb.amazonaws.com:9000',
    'https://ec2-203-0-113-7.compute-1.amazonaws.com',
    'https://ab12cd34ef.execute-api.us-east-1.amazonaws.com',
    'https://s3-website-us-east-1.amazonaws.com',
    'https://s3.us-east-1.amazonaws.com:9000',
    'not an address',
  ])('asks every other server for a composite one: %s', (endpoint) => {
    expect(checksumKindFor({ ...storage, endpoint })).toBe('COMPOSITE');
  });
});
