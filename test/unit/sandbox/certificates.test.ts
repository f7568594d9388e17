import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAuthority } from '../../sandbox/certificates.ts';

const NOW = Date.UTC(2026, 4, 1);

describe('certificates', () => {
  const authority = createAuthority(NOW);
  const issuer = new X509Certificate(authority.certificate);
  const server = new X509Certificate(authority.issue(['localhost', '127.0.0.1']).certificate);

  it('are issued by their authority, for these names and for servers', () => {
    expect([issuer.ca, server.ca]).toEqual([true, false]);
    expect([server.checkIssued(issuer), server.verify(issuer.publicKey)]).toEqual([true, true]);
    expect([server.checkHost('localhost'), server.checkIP('127.0.0.1'), server.checkHost('example.com')]).toEqual([
      'localhost',
      '127.0.0.1',
      undefined,
    ]);
    expect(server.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  });

  it('hold from a day before and for less than the 398 days that browsers allow', () => {
    expect(Date.parse(server.validFrom)).toBeLessThan(NOW);
    expect(Date.parse(server.validTo) - Date.parse(server.validFrom)).toBeLessThan(398 * 24 * 3600_000);
  });

  it('of one authority are not those of another', () => {
    const other = new X509Certificate(createAuthority(NOW).certificate);
    expect([server.checkIssued(other), server.verify(other.publicKey)]).toEqual([false, false]);
  });
});
