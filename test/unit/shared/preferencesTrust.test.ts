import { describe, expect, it } from 'vitest';
import { type IsolationPreferences, parsePreferences } from '../../../shared/preferences.ts';

type Fields = Record<string, unknown>;

const ROLE = 'arn:aws:iam::111122223333:role/media';
const MINIO = { region: 'us-east-1', bucket: 'studio-media', prefix: 'media', endpoint: 'https://s3.studio.example' };
const AWS = { region: 'us-east-1', bucket: 'studio-media', prefix: 'media' };

function text(main: Fields, replicas: Record<string, Fields> = {}, more: Fields = {}): string {
  const list = Object.keys(replicas).map((storage) => ({ storage, ipRanges: ['203.0.113.0/24'] }));
  return JSON.stringify({
    version: 1,
    s3Configuration: { home: main, ...replicas },
    mainStorage: 'home',
    replication: { replicas: list },
    ...more,
  });
}

function pin(...args: Parameters<typeof text>): IsolationPreferences {
  const { document, findings } = parsePreferences(text(...args));
  if (!document) throw new Error(JSON.stringify(findings));
  return document;
}

const check = (pinned: IsolationPreferences, ...args: Parameters<typeof text>) =>
  parsePreferences(text(...args), { pinned });
const errors = (...args: Parameters<typeof check>) =>
  check(...args).findings.filter(({ severity }) => severity === 'error');

describe('the place of the main storage is that of the file on the machine', () => {
  it.each<[string, Fields, Fields]>([
    ['an endpoint', AWS, { endpoint: 'https://evil.example' }],
    ['an endpoint of Amazon', AWS, { endpoint: 'https://s3.us-east-1.amazonaws.com' }],
    ['the name of a VPC endpoint', AWS, { s3_interface_vpc_endpoint_dns_name: 'attacker.example' }],
    [
      'the name of a VPC endpoint beside an endpoint',
      MINIO,
      { s3_interface_vpc_endpoint_dns_name: 'attacker.example' },
    ],
    ['a bucket', AWS, { bucket: 'evil-media' }],
    ['a prefix', AWS, { prefix: 'media/evil' }],
    ['no prefix', AWS, { prefix: '' }],
    ['a region', AWS, { region: 'eu-west-1' }],
    ['a role', AWS, { aws_role_arn: ROLE }],
    ['another role of the account', { ...AWS, aws_role_arn: ROLE }, { aws_role_arn: `${ROLE}-2` }],
    ['a way to address buckets', MINIO, { forcePathStyle: true }],
    ['another port', MINIO, { endpoint: 'https://s3.studio.example:444' }],
    ['http instead of https', MINIO, { endpoint: 'http://s3.studio.example' }],
    ['another path', MINIO, { endpoint: 'https://s3.studio.example/evil' }],
    ['no endpoint', MINIO, { endpoint: undefined }],
  ])('%s is refused', (_name, pinned, changes) => {
    const { document, findings } = check(pin(pinned), { ...pinned, ...changes });
    expect(document).toBeUndefined();
    expect(findings[0]).toMatchObject({ severity: 'error', path: 's3Configuration.home', line: 1 });
    expect(findings[0]?.message).toMatch(/would move the main storage \(.+ instead of .+\).+ new file/);
  });

  it('holds whatever the storage is called, and however its place is written', () => {
    const same = { ...MINIO, prefix: '/media/', endpoint: 'https://S3.Studio.example:443/' };
    expect(errors(pin(MINIO), same)).toEqual([]);
    const renamed = text(MINIO).replaceAll('"home"', '"other"');
    expect(parsePreferences(renamed, { pinned: pin(MINIO) }).document?.mainStorage).toBe('other');
    const another = text(MINIO, { second: { ...MINIO, bucket: 'evil-media' } }).replace(
      '"mainStorage":"home"',
      '"mainStorage":"second"',
    );
    expect(parsePreferences(another, { pinned: pin(MINIO) }).document).toBeUndefined();
  });

  it('leaves ranges, delay, labels and limits to the object', () => {
    const more = { replication: { delaySeconds: 5, replicas: [] }, uploads: { maxBytesPerSecond: 1_000_000 } };
    expect(check(pin(AWS), AWS, {}, more).document?.replication.delaySeconds).toBe(5);
  });
});

describe('a replica', () => {
  const VPC = 'vpce-0a1b2c3d-4e5f.s3.ap-southeast-2.vpce.amazonaws.com';
  it.each<[string, Fields]>([
    ['at Amazon', { region: 'ap-southeast-2', bucket: 'any' }],
    [
      'behind a VPC endpoint of S3',
      { region: 'ap-southeast-2', bucket: 'any', s3_interface_vpc_endpoint_dns_name: VPC },
    ],
    ['in China', { region: 'cn-north-1', bucket: 'any', endpoint: 'https://s3.cn-north-1.amazonaws.com.cn' }],
    ['over IPv6', { region: 'us-east-1', bucket: 'any', endpoint: 'https://s3.dualstack.us-east-1.amazonaws.com' }],
    ['on a host of the file', { region: 'z', bucket: 'any', endpoint: 'https://s3.studio.example' }],
    ['on a host that the file trusts', { region: 'z', bucket: 'any', endpoint: 'https://Sydney.studio.example:9000' }],
  ])('%s may be added', (_name, replica) => {
    const pinned = pin(MINIO, {}, { trust: { replicaHosts: ['sydney.studio.example:9000'] } });
    expect(errors(pinned, MINIO, { replica })).toEqual([]);
  });

  it.each<[string, Fields]>([
    ['a host', { endpoint: 'https://evil.example' }],
    ['a host that ends alike', { endpoint: 'https://evil-s3.studio.example' }],
    ['a host within the one of the file', { endpoint: 'https://evil.s3.studio.example' }],
    ['a host that begins alike', { endpoint: 'https://s3.studio.example.evil.example' }],
    ['http on the host of the file', { endpoint: 'http://s3.studio.example' }],
    ['http on a trusted host', { endpoint: 'http://sydney.studio.example:9000' }],
    ['another port of a trusted host', { endpoint: 'https://sydney.studio.example' }],
    ['http at Amazon', { endpoint: 'http://s3.us-east-1.amazonaws.com' }],
    ['something else at Amazon', { endpoint: 'https://x.execute-api.us-east-1.amazonaws.com' }],
    ['a machine at Amazon', { endpoint: 'https://ec2-1-2-3-4.compute-1.amazonaws.com' }],
    ['a host like one of Amazon', { endpoint: 'https://s3.us-east-1.amazonaws.com.evil.example' }],
    ['a VPC endpoint elsewhere', { s3_interface_vpc_endpoint_dns_name: 'attacker.example' }],
    [
      'a VPC endpoint of another service',
      { s3_interface_vpc_endpoint_dns_name: 'vpce-1.vpce-svc-2.us-east-1.vpce.amazonaws.com' },
    ],
    ['a role of a foreign account', { aws_role_arn: 'arn:aws:iam::999999999999:role/media' }],
    ['a role of another partition', { aws_role_arn: ROLE.replace('arn:aws:', 'arn:aws-cn:') }],
  ])('with %s is refused', (_name, fields) => {
    const trust = { replicaHosts: ['sydney.studio.example:9000'] };
    const pinned = pin({ ...MINIO, aws_role_arn: ROLE }, {}, { trust });
    const replica = { region: 'us-east-1', bucket: 'any', ...fields };
    const found = errors(pinned, { ...MINIO, aws_role_arn: ROLE }, { replica });
    expect(found[0]?.path).toBe(`s3Configuration.replica.${Object.keys(fields)[0]}`);
    expect(found[0]?.message).toContain('IT can allow it in the file on the machines');
  });

  it('may have another role of an account that the file names', () => {
    const main = { ...MINIO, aws_role_arn: ROLE };
    const replica = { region: 'us-east-1', bucket: 'any', aws_role_arn: `${ROLE}-2` };
    expect(errors(pin(main), main, { replica })).toEqual([]);
  });

  it('that is none yet, but only a storage, is held to the same: the window may read from it', () => {
    const storages = { home: AWS, spare: { ...AWS, endpoint: 'https://evil.example' } };
    const document = text(AWS).replace(/"s3Configuration":\{.*?\}\}/, `"s3Configuration":${JSON.stringify(storages)}`);
    expect(parsePreferences(document, { pinned: pin(AWS) }).document).toBeUndefined();
  });
});

describe('address services', () => {
  const services = (...list: string[]) => ({ publicIp: { services: list } });
  const pinned = pin(AWS, {}, services('https://ip.studio.example/plain'));
  it.each([['https://ip.studio.example/plain'], ['https://checkip.amazonaws.com'], []])('may be %s', (...list) => {
    expect(errors(pinned, AWS, {}, services(...list))).toEqual([]);
  });

  it.each([
    'https://evil.example',
    'https://ip.studio.example/other',
    'https://10.0.0.1/admin',
    'http://127.0.0.1:8080/',
  ])('of the object may not be %s: every machine would ask there', (service) => {
    expect(errors(pinned, AWS, {}, services(service))[0]?.path).toBe('publicIp.services.0');
  });
});

describe('trust', () => {
  it('in the object itself has no effect, and it is said', () => {
    const trust = { replicaHosts: ['evil.example'] };
    const replica = { region: 'z', bucket: 'any', endpoint: 'https://evil.example' };
    expect(errors(pin(AWS), AWS, { replica }, { trust })).toHaveLength(1);
    expect(check(pin(AWS), AWS, {}, { trust }).findings).toMatchObject([{ severity: 'warning', path: 'trust' }]);
    expect(check(pin(AWS, {}, { trust }), AWS, {}, { trust }).findings).toEqual([]);
  });

  it.each(['https://s3.example', 'a/b', '*', '*.studio.example', 'user@host', 'host:443', '10.1', ''])(
    'does not take "%s" as a host',
    (host) => {
      expect(parsePreferences(text(AWS, {}, { trust: { replicaHosts: [host] } })).document).toBeUndefined();
    },
  );
});
