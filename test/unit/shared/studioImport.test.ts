import { describe, expect, it } from 'vitest';
import { importStudioSettings } from '../../../shared/studioImport.ts';

const ZERO_WIDTH = '\u200B';
/** As pasted from a documentation page: an invisible character before every word. */
function asOnTheWeb(text: string, count: number): string {
  let left = count;
  const spread = text.replace(/[A-Za-z0-9"{}:,]/g, (character) => (left-- > 0 ? ZERO_WIDTH + character : character));
  return ZERO_WIDTH.repeat(Math.max(0, left)) + spread;
}

const CONFIGURATION = `{
  "us-storage": {
    "region": "us-east-1",
    "bucket": "studio-media",
    "prefix": "media",
    "aws_role_arn": "arn:aws:iam::123456789012:role/media"
  },
  "sydney-storage": {
    "region": "ap-southeast-2",
    "bucket": "studio-media-syd",
    "prefix": "media"
  }
}`;

describe('settings of Flow Production Tracking', () => {
  it('become a document: bucket for replication, delay, addresses one per line', () => {
    const { document, findings } = importStudioSettings({
      s3Configuration: CONFIGURATION,
      replicationBucket: 'studio-media-syd',
      delaySeconds: ' 90 ',
      ipAddresses: '203.0.113.0/24   # the office\n\n# Sydney, second line\n198.51.100.17\n',
    });
    expect(findings).toEqual([]);
    expect(document).toMatchObject({
      mainStorage: 'us-storage',
      replication: {
        delaySeconds: 90,
        replicas: [{ storage: 'sydney-storage', ipRanges: ['203.0.113.0/24', '198.51.100.17'] }],
      },
    });
  });

  it('may be full of zero-width spaces: 325 of them are removed and reported', () => {
    const pasted = asOnTheWeb(CONFIGURATION, 325);
    expect(pasted.split(ZERO_WIDTH)).toHaveLength(326);
    const { document, findings } = importStudioSettings({
      s3Configuration: pasted,
      replicationBucket: `${ZERO_WIDTH}sydney-storage`,
    });
    expect(document?.s3Configuration['us-storage']?.bucket).toBe('studio-media');
    expect(findings[0]).toMatchObject({
      severity: 'info',
      message: expect.stringContaining('325 invisible') as string,
    });
  });

  it.each([
    ['broken JSON', { s3Configuration: '{ "a": ' }, 's3Configuration'],
    ['a list', { s3Configuration: '[]' }, 's3Configuration'],
    ['a bucket that is not there', { s3Configuration: CONFIGURATION, replicationBucket: 'tokyo' }, 'replicationBucket'],
    ['no main storage to be seen', { s3Configuration: CONFIGURATION }, 'mainStorage'],
    [
      'a delay in words',
      { s3Configuration: CONFIGURATION, mainStorage: 'us-storage', delaySeconds: 'a minute' },
      'delaySeconds',
    ],
    [
      'an address that is none',
      { s3Configuration: CONFIGURATION, mainStorage: 'us-storage', ipAddresses: '10.0.0.0/8\nSydney' },
      'ipAddresses',
    ],
  ])('name the field that is at fault: %s', (_name, pasted, path) => {
    const { document, findings } = importStudioSettings({ replicationBucket: '', ...pasted });
    expect(document).toBeUndefined();
    expect(findings.find(({ severity }) => severity === 'error')?.path).toBe(path);
  });

  it('name the line of a wrong address, and keep the good ones in the text to correct', () => {
    const { text, findings } = importStudioSettings({
      s3Configuration: CONFIGURATION,
      replicationBucket: 'sydney-storage',
      ipAddresses: '203.0.113.0/24\n\n203.0.113.0/40',
    });
    expect(findings).toContainEqual(expect.objectContaining({ path: 'ipAddresses', line: 3 }));
    expect(text).toContain('203.0.113.0/24');
  });

  it('take a whole document as it is', () => {
    const whole = `{ "version": 1, "s3Configuration": ${CONFIGURATION}, "mainStorage": "us-storage" }`;
    expect(importStudioSettings({ s3Configuration: whole }).document?.mainStorage).toBe('us-storage');
  });
});
