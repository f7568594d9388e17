import { type IsolationPreferences, parsePreferences } from '../../shared/preferences.ts';

/** Preferences as they stand in a file: Virginia is the main storage, Sydney its replica for 203.0.113.0/24. */
export const TWO_REGIONS = {
  version: 1,
  s3Configuration: {
    virginia: { region: 'us-east-1', bucket: 'media' },
    sydney: { region: 'ap-southeast-2', bucket: 'media-syd' },
  },
  mainStorage: 'virginia',
  replication: { delaySeconds: 60, replicas: [{ storage: 'sydney', ipRanges: ['203.0.113.0/24'] }] },
};

/** @throws Error where these are not usable preferences. */
export function thePreferences(written: unknown = TWO_REGIONS): IsolationPreferences {
  const { document, findings } = parsePreferences(JSON.stringify(written));
  if (!document) throw new Error(`Not usable: ${findings.map(({ message }) => message).join(' ')}`);
  return document;
}
