import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_FINDINGS, parsePreferences, parsePreferencesBytes } from '../../../shared/preferences.ts';

const STUDIO = `{
  "version": 1,
  "s3Configuration": {
    "main-us": { "region": "us-east-1", "bucket": "studio-media", "prefix": "/media/" },
    "sydney": { "region": "ap-southeast-2", "bucket": "studio-media-syd", "prefix": "media" }
  },
  "mainStorage": "main-us",
  "replication": {
    "delaySeconds": 60,
    "replicas": [
      { "storage": "sydney", "label": "Sydney", "ipRanges": [
        "203.0.113.0/24",
        "2001:db8:20::/44"
      ] }
    ]
  }
}`;

const check = (replace: string | RegExp, by: string) => parsePreferences(STUDIO.replace(replace, by)).findings;

it('reads a document, fills in the defaults and trims prefixes', () => {
  const { document, findings } = parsePreferences(STUDIO);
  expect(findings).toEqual([]);
  expect(document?.s3Configuration['main-us']?.prefix).toBe('media');
  expect(document?.defaults.readFrom).toBe('auto');
  expect(document?.publicIp.services).toEqual(['https://checkip.amazonaws.com']);
});

describe('faults name the path and the line', () => {
  it.each([
    ['broken JSON', '"version": 1,', '"version" 1,', '', 2],
    ['an unknown version', '"version": 1', '"version": 2', 'version', 2],
    ['an unknown key', '"delaySeconds"', '"delaySecond"', 'replication.delaySecond', 9],
    ['a wrong region', '"us-east-1"', '"Virginia"', 's3Configuration.main-us.region', 4],
    ['a wrong bucket name', '"studio-media"', '"Studio Media"', 's3Configuration.main-us.bucket', 4],
    ['a negative delay', '60', '-1', 'replication.delaySeconds', 9],
    ['a main storage that is not there', '"mainStorage": "main-us"', '"mainStorage": "us"', 'mainStorage', 7],
    ['a replica that is not there', '"storage": "sydney"', '"storage": "perth"', 'replication.replicas.0.storage', 11],
    ['main as its own replica', '"storage": "sydney"', '"storage": "main-us"', 'replication.replicas.0.storage', 11],
    ['a malformed range', '2001:db8:20::/44', '2001:db8:20::/144', 'replication.replicas.0.ipRanges.1', 13],
  ])('%s', (_name, before, after, path, line) => {
    const { document, findings } = parsePreferences(STUDIO.replace(before, after));
    expect(document).toBeUndefined();
    expect(findings[0]).toMatchObject({ severity: 'error', path, line });
  });

  it('a missing key is placed where it belongs', () => {
    expect(check('"version": 1,', '')[0]).toMatchObject({ path: 'version', line: 1 });
  });
});

describe('warnings leave the document usable', () => {
  it.each([
    ['host bits', '203.0.113.0/24', '203.0.113.9/24', 'host bits'],
    ['a range that covers everything', '203.0.113.0/24', '0.0.0.0/0', 'covers every address'],
    ['a duplicate', '2001:db8:20::/44', '203.0.113.0/24', 'already listed'],
    ['a range inside another', '2001:db8:20::/44', '203.0.113.128/25', 'lies inside'],
  ])('%s', (_name, before, after, message) => {
    const { document, findings } = parsePreferences(STUDIO.replace(before, after));
    expect(document).toBeDefined();
    expect(findings).toHaveLength(1);
    expect(findings[0]?.severity).toBe('warning');
    expect(findings[0]?.message).toContain(message);
  });
});

describe('every other lint finding', () => {
  const two = STUDIO.replace(
    '] }\n    ]',
    '] },\n { "storage": "tokyo", "ipRanges": ["203.0.113.64/26"] }\n ]',
  ).replace(
    '"sydney": {',
    '"tokyo": { "region": "ap-northeast-1", "bucket": "studio-media-tyo", "prefix": "media" },\n "sydney": {',
  );
  it.each([
    ['overlapping replicas', two, /x^/, '', 'warning', 'overlaps "203.0.113.0/24" of "sydney"'],
    ['a private range', STUDIO, '203.0.113.0/24', '10.61.0.0/16', 'info', 'is private'],
    ['a carrier-grade NAT range', STUDIO, '203.0.113.0/24', '100.64.3.0/24', 'info', 'is private'],
    ['a unique local range', STUDIO, '2001:db8:20::/44', 'fd00:12::/32', 'info', 'is private'],
    ['a replica without ranges', STUDIO, /"ipRanges": \[[^\]]*\]/, '"ipRanges": []', 'info', 'by hand'],
    ['another prefix', STUDIO, '"prefix": "media"', '"prefix": "other"', 'warning', 'keeps keys as they are'],
    ['the same bucket', STUDIO, 'studio-media-syd', 'studio-media', 'warning', 'same bucket'],
    [
      'a plain endpoint',
      STUDIO,
      '"prefix": "media"',
      '"prefix": "media", "endpoint": "http://s3.example.com"',
      'warning',
      'not encrypted',
    ],
  ])('%s', (_name, text, before, after, severity, message) => {
    const { document, findings } = parsePreferences(text.replace(before, after));
    expect(document).toBeDefined();
    expect(findings).toMatchObject([{ severity, message: expect.stringContaining(message) as string }]);
  });

  it.each([
    ...['127.0.0.1', '127.8.0.0/16', '::1'].map((range) => [range, 'loopback']),
    ...['169.254.0.0/16', '169.254.169.254', 'fe80::/64'].map((range) => [range, 'link-local']),
    ...['224.0.0.0/4', '239.1.0.0/16', 'ff02::/16'].map((range) => [range, 'multicast']),
    ...['::203.0.113.7', '2002:cb00:7107::/48'].map((range) => [range, 'write the IPv4 range']),
    ...['0.0.0.0', '192.0.0.0/29', '198.19.0.0/16', '240.0.0.0/4', '255.255.255.255'].map((range) => [
      range,
      'reserved',
    ]),
    ...['100::/64', '64:ff9b:1::/48', '5f00::/16', '2001::/32', '4000::/16', 'fec0::/10'].map((r) => [r, 'reserved']),
  ])('a range that no client is seen in: %s', (range = '', message = '') => {
    const text = STUDIO.replace('203.0.113.0/24', range);
    const line = text.slice(0, text.indexOf(`"${range}"`)).split('\n').length;
    const { document, findings } = parsePreferences(text);
    expect(document).toBeDefined();
    expect(findings).toMatchObject([
      { severity: 'warning', line, message: expect.stringContaining(message) as string },
    ]);
  });

  it.each(['8.8.8.0/24', '193.0.0.0/8', '2a00::/12', '2600::/16', '64.0.0.0/2'])('none of %s', (range) => {
    expect(check('203.0.113.0/24', range).filter(({ message }) => message.includes('no client'))).toEqual([]);
  });

  it('says nothing of plain HTTP on this very machine', () => {
    expect(check('"prefix": "media"', '"prefix": "media", "endpoint": "http://127.0.0.1:9000"')).toEqual([]);
  });
});

it('removes zero-width spaces and says how many', () => {
  const { document, findings } = parsePreferences(STUDIO.replaceAll('"sydney"', '"\u200Bsydney"'));
  expect(document?.replication.replicas[0]?.storage).toBe('sydney');
  expect(findings).toMatchObject([
    { severity: 'info', message: expect.stringContaining('2 invisible characters') as string },
  ]);
});

it('asks a bare S3 Configuration for its main storage', () => {
  const { findings } = parsePreferences('{ "a": { "region": "us-east-1", "bucket": "studio-media", "prefix": "" } }');
  expect(findings[0]?.message).toContain('choose which');
});

it('refuses an empty text without throwing', () => {
  expect(parsePreferences('').findings[0]?.severity).toBe('error');
});

const storage = (fields: string) => STUDIO.replace('"prefix": "media"', fields);
const service = (...urls: string[]) =>
  STUDIO.replace('"version": 1', `"version": 1, "publicIp": { "services": ${JSON.stringify(urls)} }`);
const errors = (text: string) => parsePreferences(text).findings.filter(({ severity }) => severity === 'error');

describe('a key that stands twice', () => {
  it.each([
    ['a storage', STUDIO.replace('"main-us":', '"sydney":'), 's3Configuration.sydney', 5, 'line 4 and in line 5'],
    ['a list', STUDIO.replace('"delaySeconds": 60,', '"replicas": [],'), 'replication.replicas', 10, 'line 9 and'],
    [
      'in one line',
      STUDIO.replace('"region"', '"bucket": "a-b", "region"'),
      's3Configuration.main-us.bucket',
      4,
      'twice',
    ],
    ['spelled otherwise', STUDIO.replace('"main-us":', '"s\\u0079dney":'), 's3Configuration.sydney', 5, 'line 4'],
  ])('is an error with both lines: %s', (_name, text, path, line, message) => {
    const { document, findings } = parsePreferences(text);
    expect(document).toBeUndefined();
    expect(findings[0]).toMatchObject({ severity: 'error', path, line });
    expect(findings[0]?.message).toContain(message);
  });
});

describe('names that change how objects work', () => {
  it.each(['__proto__', 'constructor', 'prototype', '\\u005f_proto__'])('are refused: %s', (name) => {
    const text = storage(`"${name}": { "endpoint": "https://evil.example" }`);
    const { document, findings } = parsePreferences(text);
    expect(document).toBeUndefined();
    expect(findings[0]?.message).toContain('cannot be used as a name');
    expect(({} as Record<string, unknown>)['endpoint']).toBeUndefined();
  });
});

describe('what is this very machine', () => {
  it.each(['http://[::1]:9000', 'http://127.0.0.1:9000', 'http://localhost:9000', 'http://127.1:9000'])(
    '%s is',
    (url) => {
      expect(parsePreferences(storage(`"prefix": "media", "endpoint": "${url}"`)).findings).toEqual([]);
    },
  );

  it.each(['http://127.evil.example', 'http://localhost.evil.example', 'http://[::2]', 'http://10.0.0.1:9000'])(
    '%s is not',
    (url) => {
      const { findings } = parsePreferences(storage(`"prefix": "media", "endpoint": "${url}"`));
      expect(findings).toMatchObject([
        { severity: 'warning', message: expect.stringContaining('not encrypted') as string },
      ]);
    },
  );

  it.each(['http://localhost@evil.example', 'http://localhost:1@evil.example/', 'https://h/?x', 'ftp://h', 'h:9000'])(
    '%s is no endpoint at all',
    (url) => {
      expect(errors(storage(`"prefix": "media", "endpoint": "${url}"`))[0]?.path).toBe(
        's3Configuration.sydney.endpoint',
      );
    },
  );
});

describe('storages of other makers', () => {
  const elsewhere = (region: string, bucket: string) =>
    STUDIO.replace(
      '"us-east-1", "bucket": "studio-media"',
      `"${region}", "bucket": "${bucket}", "endpoint": "https://s3.example"`,
    );

  it.each(['garage', 'auto', 'us-east-1', 'Home', 'z1', 'us_east'])('may have the region %s', (region) => {
    expect(parsePreferences(elsewhere(region, 'studio-media'))).toMatchObject({ findings: [], document: {} });
    expect(errors(elsewhere(region, 'studio-media').replace(', "endpoint": "https://s3.example"', ''))).toHaveLength(
      region === 'us-east-1' ? 0 : 1,
    );
  });

  it.each(['', 'a b', 'a/b', '-a', 'x.evil.example', 'a@b', 'é'])('may not have the region "%s"', (region) => {
    expect(errors(elsewhere(region, 'studio-media'))[0]?.path).toBe('s3Configuration.main-us.region');
  });

  it.each([
    ['Studio_Media', elsewhere('garage', 'Studio_Media'), 'no bucket name by the rules of Amazon'],
    ['studio:media', elsewhere('garage', 'studio:media'), 'no bucket name by the rules of Amazon'],
    ['ab', elsewhere('garage', 'ab'), 'no bucket name by the rules of Amazon'],
    ['Studio_Media', STUDIO.replace('studio-media"', 'Studio_Media"'), 'before 2018'],
  ])(
    'may have the bucket %s, and Amazon in us-east-1 what it took before 2018, with a warning',
    (name, text, words) => {
      const { document, findings } = parsePreferences(text);
      expect(document?.s3Configuration['main-us']?.bucket).toBe(name);
      const message = expect.stringContaining(words) as string;
      expect(findings).toMatchObject([{ severity: 'warning', path: 's3Configuration.main-us.bucket', message }]);
    },
  );

  it('are not Amazon’s, which has narrower names', () => {
    for (const bucket of ['studio:media', 'ab']) {
      expect(errors(STUDIO.replace('studio-media"', `${bucket}"`))[0]?.path).toBe('s3Configuration.main-us.bucket');
    }
    for (const bucket of ['a..b', '192.168.0.1']) {
      expect(errors(STUDIO.replace('studio-media-syd', bucket))[0]?.path).toBe('s3Configuration.sydney.bucket');
    }
    expect(errors(STUDIO.replace('studio-media-syd', 'Studio_Syd'))[0]?.path).toBe('s3Configuration.sydney.bucket');
  });

  it.each(['a b', 'a/b', 'arn:aws:s3:::x', '..', 'a'])('may not have the bucket "%s"', (bucket) => {
    expect(errors(elsewhere('garage', bucket))[0]?.path).toBe('s3Configuration.main-us.bucket');
  });
});

describe('address services', () => {
  it.each([
    'http://ip.example.com',
    'http://169.254.169.254/',
    'https://169.254.169.254/latest',
    'https://2852039166/',
    'https://0xa9fea9fe/',
    'https://0251.0376.0251.0376/',
    'https://[::ffff:169.254.169.254]/',
    'https://[fe80::1]/',
    'https://[fd00:ec2::254]/',
    'https://[64:ff9b::a9fe:a9fe]/',
    'https://[2002:a9fe:a9fe::]/',
    'https://[::a9fe:a9fe]/',
    'https://168.63.129.16/',
    'https://metadata.google.internal/',
    'https://user@ip.example.com/',
    'file:///etc/passwd',
  ])('%s is refused', (url) => {
    expect(errors(service(url))[0]?.path).toBe('publicIp.services.0');
  });

  it('are eight at most, over https or on this machine', () => {
    const urls = Array.from({ length: 8 }, (_, index) => `https://ip${index}.example.com/`);
    expect(errors(service(...urls))).toEqual([]);
    expect(errors(service('http://127.0.0.1:8000/'))).toEqual([]);
    expect(errors(service(...urls, 'https://ip.example.com/'))[0]?.path).toBe('publicIp.services');
  });
});

describe('a prefix', () => {
  const prefix = (text: string) => storage(`"prefix": ${JSON.stringify(text)}`);
  it.each([
    'a//b',
    '../b',
    'a/..',
    'a/./b',
    '.',
    'a\\b',
    'a\nb',
    'a\u0000',
    ' a',
    'a/ b',
    '\ud800',
    'a'.repeat(1023),
    'é'.repeat(512),
  ])('that would make keys that nobody finds is refused: %j', (text) => {
    expect(errors(prefix(text))[0]?.path).toBe('s3Configuration.sydney.prefix');
  });

  it.each([
    ['///média/final//', 'média/final'],
    ['/', ''],
    ['a'.repeat(1022), 'a'.repeat(1022)],
  ])('is brought into form: %j', (typed, meant) => {
    expect(parsePreferences(prefix(typed)).document?.s3Configuration['sydney']?.prefix).toBe(meant);
  });
});

describe('looks', () => {
  const looks = (...list: unknown[]) =>
    STUDIO.replace('"version": 1,', `"version": 1, "looks": ${JSON.stringify(list)},`);

  it('are none where none are named', () => {
    expect(parsePreferences(STUDIO).document?.looks).toEqual([]);
  });

  it.each([
    ['looks/show.cube', 'looks/show.cube'],
    ['/looks//./show.CUBE', 'looks/show.CUBE'],
    ['looks/show.cube/', 'looks/show.cube'],
    ['grün & blau.cube', 'grün & blau.cube'],
  ])('have a key as people type it: %s', (typed, key) => {
    const { document, findings } = parsePreferences(looks({ name: 'Show', key: typed }, { name: 'Rec. 709', key }));
    expect(findings).toEqual([]);
    expect(document?.looks).toEqual([
      { name: 'Show', key },
      { name: 'Rec. 709', key },
    ]);
  });

  it.each([
    ['no .cube', 'key', { key: 'looks/show.3dl' }, 'does not end in .cube'],
    ['nothing', 'key', { key: '' }, 'names no file'],
    ['a way up', 'key', { key: '../show.cube' }, 'goes up with ".."'],
    ['a backslash', 'key', { key: 'looks\\show.cube' }, 'folders are parted by "/"'],
    ['a control character', 'key', { key: 'looks/\u0007.cube' }, 'U+0007'],
    ["Nearplay's own folder", 'key', { key: '.nearplay/show.cube' }, 'choose another one'],
    ['a key of 1,025 bytes', 'key', { key: `${'a'.repeat(1020)}.cube` }, 'longer than 1024'],
    ['a key that is too long with the prefix', 'key', { key: `${'a'.repeat(1015)}.cube` }, 'Shorten it'],
    ['no key', 'key', { key: undefined }, ''],
    ['an empty name', 'name', { name: '' }, 'write what people shall call this look'],
    ['blanks for a name', 'name', { name: ' \u2003' }, 'blanks only'],
    ['a name with a blank at its edge', 'name', { name: 'Show ' }, 'blank at the beginning or end'],
    ['a name of two lines', 'name', { name: 'Show\nLUT' }, 'U+000A'],
    ['a name of 61 characters', 'name', { name: 'x'.repeat(61) }, 'longer than 60'],
    ['a name of half a character', 'name', { name: '\ud800' }, 'half of a character'],
    ['an unknown key', 'file', { file: 'x.cube' }, 'not known'],
  ])('with %s are refused, with the place and what to do', (_what, field, change, words) => {
    const text = looks({ name: 'Show', key: 'looks/show.cube' }, { name: 'Other', key: 'other.cube', ...change });
    const { document, findings } = parsePreferences(text);
    expect(document).toBeUndefined();
    expect(findings).toMatchObject([{ severity: 'error', path: `looks.1.${field}`, line: 2 }]);
    expect(findings[0]?.message).toContain(words);
  });

  it.each([
    ['Show', 'Show'],
    ['Show', 'SHOW'],
    ['Caf\u00e9', 'Cafe\u0301'],
  ])('have names that are read as different: %s and %s', (one, other) => {
    const text = looks({ name: one, key: 'a.cube' }, { name: 'Else', key: 'b.cube' }, { name: other, key: 'c.cube' });
    expect(errors(text)).toMatchObject([
      { path: 'looks.2.name', message: expect.stringContaining('another name') as string },
    ]);
  });

  it('are 50 at most', () => {
    const some = many(51, (index) => `${index}`).map((name) => ({ name, key: `${name}.cube` }));
    expect(errors(looks(...some.slice(1)))).toEqual([]);
    expect(errors(looks(...some))).toMatchObject([{ path: 'looks', message: 'has more than 50 looks' }]);
  });

  it('are a list', () => {
    expect(errors(STUDIO.replace('"version": 1,', '"version": 1, "looks": {},'))).toMatchObject([{ path: 'looks' }]);
  });
});

describe('faults of JSON are said in words', () => {
  it.each([
    ['<!DOCTYPE html><html></html>', 1, 'web page'],
    ['', 1, 'empty'],
    ['{ "a": 1\n "b": 2 }', 2, 'a comma is missing before "b"'],
    ['{ "a": [1,\n 2 }', 2, 'a comma is missing before "}"'],
    ['{\n "a": {', 2, 'it ends before the "{" of line 2 is closed'],
    ['{ “a”: 1 }', 1, 'typographic quotation mark'],
    ['{ "a": 1 } x', 1, 'after the end'],
    ['{ "a": "x\n" }', 1, 'a quotation mark is missing'],
    ['{ "a"\u00a0: 1 }', 1, 'non-breaking space'],
  ])('%j', (text, line, words) => {
    const { findings } = parsePreferences(text);
    expect(findings).toMatchObject([
      { severity: 'error', line, message: expect.stringMatching(/^The text is not JSON: /) as string },
    ]);
    expect(findings[0]?.message).toContain(words);
  });
});

const withRanges = (ranges: string[]) =>
  STUDIO.replace(/"203.0.113.0\/24",\s*"2001:db8:20::\/44"/, ranges.map((range) => `"${range}"`).join());
const many = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index));
const nth = (index: number) => `10.${Math.floor(index / 256) % 256}.${index % 256}.0/24`;

/** Processor time: on a busy machine the clock says nothing. */
function withinOneSecond<Result>(work: () => Result): Result {
  const before = process.threadCpuUsage();
  const result = work();
  const { user, system } = process.threadCpuUsage(before);
  expect((user + system) / 1e6).toBeLessThan(1);
  return result;
}

describe('a document that is made to take long', () => {
  it.each([
    ['a prefix of 400,000 slashes', storage(`"prefix": "${'/'.repeat(400_000)}"`)],
    ['a prefix of slashes with a word in the middle', storage(`"prefix": "a${'/'.repeat(400_000)}b"`)],
    ['50,000 lists in each other', '['.repeat(50_000)],
    ['1 MB of objects in each other', '{"a":'.repeat(199_000)],
    ['8,000 ranges', withRanges(many(8000, nth))],
    ['1,000 equal ranges', withRanges(many(1000, () => '203.0.113.0/24'))],
    ['8,000 equal ranges', withRanges(many(8000, () => '203.0.113.0/24'))],
    ['33 ranges, each in the one before, 200 times', withRanges(many(6600, (index) => `10.0.0.0/${index % 33}`))],
    ['50,000 ranges that are none', withRanges(many(50_000, (index) => `x${index}`))],
    ['10,000 ranges that are none', withRanges(many(10_000, (index) => `ffff:::${index}`))],
    ['one range of 900 kB', withRanges([':'.repeat(900_000)])],
    ['400,000 looks', STUDIO.replace('"version": 1,', `"version": 1, "looks": [${'7,'.repeat(400_000)}],`)],
    ['5,000 services', service(...many(5000, (index) => `https://ip${index}.example.com`))],
    ['100,000 equal keys', `{${many(100_000, () => '"a":1').join()}}`],
    ['70,000 keys that are not known', `{${many(70_000, (index) => `"k${index}":1`).join()}}`],
    [
      '40,000 storages',
      `{ "version": 1, "mainStorage": "s1", "s3Configuration": {${many(40_000, (index) => `"s${index}":{}`).join()}} }`,
    ],
    [
      '100 storages and 10,000 replicas',
      STUDIO.replace(/"replicas": \[/, `"replicas": [${many(10_000, (index) => `{"storage":"r${index}"}`).join()},`),
    ],
    ['a comment of 900 kB', `/*${'*'.repeat(900_000)}*/${STUDIO}`],
    ['a comment that never ends', `/*${'/*'.repeat(400_000)}`],
    ['900 kB of line ends', '\n'.repeat(900_000) + STUDIO.replace('1', '2')],
    ['a bucket of 900 kB', STUDIO.replace('studio-media"', `${'a.'.repeat(400_000)}!"`)],
    ['a region of 900 kB', STUDIO.replace('us-east-1', `${'a-'.repeat(400_000)}!`)],
    ['a role of 900 kB', storage(`"aws_role_arn": "arn:aws${'-'.repeat(800_000)}"`)],
    ['a host of 900 kB', storage(`"s3_interface_vpc_endpoint_dns_name": "${'a.'.repeat(400_000)}!"`)],
    ['an address of 900 kB', storage(`"endpoint": "http://${'a.'.repeat(400_000)}"`)],
    ['a name of 900 kB', `{ "${'k'.repeat(900_000)}": 1 }`],
    ['900 kB of invisible characters', '\u200b'.repeat(300_000) + STUDIO],
    ['backslashes', `{ "${'\\\\'.repeat(400_000)}`],
    ['more than 1 MB', ' '.repeat(1_000_001)],
  ])(
    '%s: is answered, with 100 findings at most',
    (_name, text) => {
      const { findings } = withinOneSecond(() => parsePreferences(text));
      expect(findings.length).toBeLessThanOrEqual(MAX_FINDINGS);
      expect(JSON.stringify(findings).length).toBeLessThan(200_000);
    },
    // What was quadratic took 50 s and more here.
    50_000,
  );

  it('has as many findings as ranges, not as pairs of them', () => {
    const { findings } = parsePreferences(withRanges(many(10_000, () => '203.0.113.0/24')));
    expect(findings.at(-1)?.message).toBe(`And ${9999 - (MAX_FINDINGS - 1)} more findings.`);
  });

  it('names errors before warnings, and how many more there are', () => {
    const ranges = [...many(300, () => '203.0.113.0/24'), 'wrong'];
    const { document, findings } = parsePreferences(withRanges(ranges));
    expect(document).toBeUndefined();
    expect(findings).toHaveLength(MAX_FINDINGS);
    expect(findings[0]).toMatchObject({ severity: 'error', path: 'replication.replicas.0.ipRanges.300' });
    expect(findings.at(-1)?.message).toBe('And 201 more findings.');
  });

  it('of 8,000 ranges that is in order can be used', () => {
    expect(parsePreferences(withRanges(many(8000, nth))).document?.replication.replicas[0]?.ipRanges).toHaveLength(
      8000,
    );
  });
});

describe('any bytes', () => {
  const fragment = fc.oneof(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '//',
      '/*',
      '*/',
      '\n',
      '"version":1',
      'null',
      '-',
      '1e999',
      '\\u',
      '\u200b',
    ),
    fc.constantFrom('"s3Configuration"', '"mainStorage"', '"replication"', '"__proto__"', '"main-us"', '"toString"'),
    fc.json(),
    fc.string({ unit: 'binary' }),
  );
  const broken = fc
    .tuple(fc.nat(STUDIO.length), fc.nat(20), fc.oneof(fc.string({ unit: 'binary' }), fragment))
    .map(([start, length, put]) => STUDIO.slice(0, start) + put + STUDIO.slice(start + length));
  const texts = fc.oneof(
    broken,
    fc.array(fragment).map((parts) => parts.join('')),
  );

  it('get an answer and never a throw: a document or an error, never both', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      texts.map((text) => new TextEncoder().encode(text)),
      texts.map((text) => new Uint8Array(Buffer.from(`\ufeff${text}`, 'utf16le'))),
    );
    fc.assert(
      fc.property(bytes, (content) => {
        const { document, findings } = withinOneSecond(() => parsePreferencesBytes(content));
        const isRefused = findings.some(({ severity }) => severity === 'error');
        expect(document === undefined).toBe(isRefused);
        for (const { line = 1 } of findings) expect(line).toBeGreaterThan(0);
      }),
      { numRuns: 2000 },
    );
  });

  it('get an answer within a second also when they are as many as a document may have', () => {
    const repeated = fc
      .tuple(texts, fc.boolean())
      .filter(([text]) => text !== '')
      .map(([text, isWithin]) => {
        const many = text.repeat(Math.ceil(1_000_000 / Buffer.byteLength(text)));
        const bytes = Buffer.from(isWithin ? STUDIO.replace('"main-us"', many) : many).subarray(0, 1_000_000);
        return new Uint8Array(bytes);
      });
    fc.assert(
      fc.property(repeated, (content) => {
        const { findings } = withinOneSecond(() => parsePreferencesBytes(content));
        expect(findings.length).toBeLessThanOrEqual(MAX_FINDINGS);
      }),
      { numRuns: 40 },
    );
  }, 120_000);
});
