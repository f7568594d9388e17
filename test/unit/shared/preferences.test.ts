import { describe, expect, it } from 'vitest';
import { parsePreferences } from '../../../shared/preferences.ts';

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
    ['a wrong bucket name', '"studio-media"', '"Studio_Media"', 's3Configuration.main-us.bucket', 4],
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
    [
      'a plain service',
      STUDIO,
      '"version": 1',
      '"version": 1, "publicIp": { "services": ["http://ip.example.com"] }',
      'warning',
      'not encrypted',
    ],
  ])('%s', (_name, text, before, after, severity, message) => {
    const { document, findings } = parsePreferences(text.replace(before, after));
    expect(document).toBeDefined();
    expect(findings).toMatchObject([{ severity, message: expect.stringContaining(message) as string }]);
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
