import { quoted } from './jsonDocument.ts';
import type { LintFinding } from './preferencesLint.ts';
import { type IsolationPreferences, type StorageConfiguration, storageOf } from './preferencesSchema.ts';
import { differencesOf, endpointOf, isHostOfAmazonS3, storagePlaceOf } from './storagePlace.ts';
import { parseWebUrl, type WebUrl } from './webUrl.ts';

/** Amazon's own service, always allowed. */
const KNOWN_SERVICE = 'https://checkip.amazonaws.com';
const REMEDY = 'IT can allow it in the file on the machines';

/**
 * Finds what in a document from the main storage leads elsewhere than the file on the machine: the main storage is the
 * file's, replicas are at Amazon's or on hosts of the file, roles belong to accounts of the file, and echo services are
 * the file's. Otherwise write access to that one object would allow redirecting all media. Each finding names the
 * wanted and the pinned value and the remedy. Used for reading and for saving.
 *
 * @param pinned what IT or the user put on this machine; never something that was read from a storage.
 */
export function findingsOfTrust(document: IsolationPreferences, pinned: IsolationPreferences): LintFinding[] {
  return [
    ...mainFindings(document, pinned),
    ...storageFindings(document, pinned),
    ...serviceFindings(document, pinned),
    ...trustFindings(document, pinned),
  ];
}

/** A document cannot define its own trust. */
function trustFindings({ trust }: IsolationPreferences, pinned: IsolationPreferences): LintFinding[] {
  if (trust === undefined || JSON.stringify(trust) === JSON.stringify(pinned.trust)) return [];
  const message = 'has no effect in the object in the bucket: only the file on the machine says what is trusted';
  return [{ severity: 'warning', path: ['trust'], message }];
}

function mainFindings(document: IsolationPreferences, pinned: IsolationPreferences): LintFinding[] {
  const [wanted, kept] = [storageOf(document, document.mainStorage), storageOf(pinned, pinned.mainStorage)];
  // A dangling reference is another finding.
  if (!wanted || !kept) return [];
  const differences = differencesOf(storagePlaceOf(wanted), storagePlaceOf(kept));
  if (differences.length === 0) return [];
  const message =
    `would move the main storage (${differences.join(', ')}): the object in the bucket cannot. ` +
    'To move it, give everybody a new file';
  return [{ severity: 'error', path: ['s3Configuration', document.mainStorage], message }];
}

function storageFindings(document: IsolationPreferences, pinned: IsolationPreferences): LintFinding[] {
  const hosts = new Set(pinned.trust?.replicaHosts.map((host) => host.toLowerCase()));
  const storages = Object.values(pinned.s3Configuration);
  const origins = new Set(storages.map((storage) => originOf(storage)?.origin));
  const roles = storages.flatMap(({ aws_role_arn }) => aws_role_arn ?? []);
  const accounts = new Set(roles.map(accountOf));
  return Object.entries(document.s3Configuration).flatMap(([name, storage]): LintFinding[] => {
    if (name === document.mainStorage) return [];
    const findings: LintFinding[] = [];
    const refuse = (key: string, message: string) =>
      findings.push({ severity: 'error', path: ['s3Configuration', name, key], message });
    const url = originOf(storage);
    if (url && !origins.has(url.origin) && !isAllowed(url, hosts)) {
      const key =
        storage.s3_interface_vpc_endpoint_dns_name === undefined ? 'endpoint' : 's3_interface_vpc_endpoint_dns_name';
      const known = [...origins].filter((origin) => origin !== undefined);
      refuse(
        key,
        `is on ${quoted(url.origin)}, but only Amazon S3 ${known.length > 0 ? `and ${known.slice(0, 5).map(quoted).join(', ')} ` : ''}` +
          `may be named by the object in the bucket. ${REMEDY}: trust.replicaHosts`,
      );
    }
    const role = storage.aws_role_arn;
    if (role !== undefined && !accounts.has(accountOf(role))) {
      refuse('aws_role_arn', `is a role of an account that the file on this machine does not name. ${REMEDY}`);
    }
    return findings;
  });
}

/** A host allowed by the file, over https; or Amazon's. */
function isAllowed(url: WebUrl, hosts: ReadonlySet<string>): boolean {
  if (url.protocol !== 'https:') return false;
  return hosts.has(url.host) || isHostOfAmazonS3(url.host);
}

/** undefined: Amazon's own host of the region. */
function originOf(storage: StorageConfiguration): WebUrl | undefined {
  const endpoint = endpointOf(storage);
  return endpoint === undefined ? undefined : parseWebUrl(endpoint);
}

/** `arn:aws:iam::ACCOUNT:role/NAME`; the partition counts. */
function accountOf(role: string): string {
  return role.split(':').slice(0, 5).join(':');
}

function serviceFindings({ publicIp }: IsolationPreferences, pinned: IsolationPreferences): LintFinding[] {
  const known = new Set([KNOWN_SERVICE, ...pinned.publicIp.services].map(hrefOf));
  return publicIp.services.flatMap((service, index): LintFinding[] => {
    if (known.has(hrefOf(service))) return [];
    const message = `${quoted(service)} is no address service of the file on this machine, and is not asked. ${REMEDY}`;
    return [{ severity: 'error', path: ['publicIp', 'services', index], message }];
  });
}

function hrefOf(text: string): string {
  const url = parseWebUrl(text);
  return url ? `${url.origin}${url.pathname}` : text;
}
