import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { DAY_MS } from '../../shared/units.ts';

/** Key and certificate of a TLS server, as PEM. */
export interface ServerIdentity {
  key: string;
  certificate: string;
}

/** A certificate authority that lives as long as the process; its key never leaves it. */
export interface CertificateAuthority {
  /** PEM: the authority that clients must trust. */
  certificate: string;
  /** An identity for a server of these DNS names and IPv4 addresses. */
  issue(names: readonly string[]): ServerIdentity;
}

/** Chromium and Apple's systems refuse server certificates that live for longer than 398 days. */
const LIFETIME_MS = 300 * DAY_MS;

/** Makes a new authority (X.509, RFC 5280; ECDSA on P-256), valid from a day before `now`, in milliseconds. */
export function createAuthority(now: number): CertificateAuthority {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = distinguishedName(`Nearplay sample storage ${randomBytes(3).toString('hex')}`);
  const validity = sequence(time(now - DAY_MS), time(now + LIFETIME_MS));
  const signed = (subject: Buffer, publicKey: KeyObject, extensions: Buffer[]) =>
    certificate({ issuer: name, subject, publicKey, validity, extensions, signer: pair.privateKey });
  return {
    certificate: signed(name, pair.publicKey, [
      extension('2.5.29.19', true, sequence(tagged(0x01, Buffer.from([0xff])))), // basicConstraints: an authority
      extension('2.5.29.15', true, keyUsage(0x06)), // certificates and revocation lists
      extension('2.5.29.14', false, tagged(0x04, keyIdentifier(pair.publicKey))),
    ]),
    issue(names) {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return {
        key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        certificate: signed(distinguishedName(names[0] ?? 'localhost'), own.publicKey, [
          extension('2.5.29.19', true, sequence()),
          extension('2.5.29.15', true, keyUsage(0x80)), // digital signatures
          extension('2.5.29.37', false, sequence(objectIdentifier('1.3.6.1.5.5.7.3.1'))), // server authentication
          extension('2.5.29.17', false, sequence(...names.map(alternativeName))),
          extension('2.5.29.35', false, sequence(tagged(0x80, keyIdentifier(pair.publicKey)))),
        ]),
      };
    },
  };
}

interface CertificateFields {
  issuer: Buffer;
  subject: Buffer;
  publicKey: KeyObject;
  validity: Buffer;
  extensions: Buffer[];
  signer: KeyObject;
}

/** RFC 5280, section 4.1. */
function certificate({ issuer, subject, publicKey, validity, extensions, signer }: CertificateFields): string {
  const algorithm = sequence(objectIdentifier('1.2.840.10045.4.3.2')); // ecdsa-with-SHA256
  const version3 = tagged(0xa0, tagged(0x02, Buffer.from([2])));
  // A serial number is positive, so its first bit is 0.
  const serial = tagged(0x02, Buffer.concat([Buffer.from([0x01]), randomBytes(15)]));
  const body = sequence(
    ...[version3, serial, algorithm, issuer, validity, subject],
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions)),
  );
  const der = sequence(body, algorithm, bitString(sign('sha256', body, signer), 0));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

const distinguishedName = (commonName: string) =>
  sequence(tagged(0x31, sequence(objectIdentifier('2.5.4.3'), tagged(0x0c, Buffer.from(commonName)))));

const extension = (identifier: string, critical: boolean, value: Buffer) =>
  sequence(objectIdentifier(identifier), ...(critical ? [tagged(0x01, Buffer.from([0xff]))] : []), tagged(0x04, value));

/** The trailing zero bits of a named bit list are left out (X.690, section 11.2.2). */
const keyUsage = (bits: number) => bitString(Buffer.from([bits]), Math.log2(bits & -bits));

const alternativeName = (name: string) =>
  isIPv4(name) ? tagged(0x87, Buffer.from(name.split('.').map(Number))) : tagged(0x82, Buffer.from(name));

const keyIdentifier = (key: KeyObject) =>
  createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();

/** UTCTime, as RFC 5280 asks for the years before 2050. */
const time = (milliseconds: number) => {
  const digits = new Date(milliseconds).toISOString().replace(/\D/g, '');
  return tagged(0x17, Buffer.from(`${digits.slice(2, 14)}Z`));
};

// DER (X.690): a tag, a length, the content.
function tagged(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag]), lengthOf(content), content]);
}

function lengthOf(content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.from([length]);
  return length < 0x100 ? Buffer.from([0x81, length]) : Buffer.from([0x82, length >> 8, length & 0xff]);
}

function sequence(...items: Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(items));
}

function bitString(content: Buffer, unusedBits: number): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.from([unusedBits]), content]));
}

function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}
