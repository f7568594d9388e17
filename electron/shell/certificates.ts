import * as tls from 'node:tls';
import type { Log } from '../services/runtime/log.ts';

/** The part of node:tls that is about trusted certificates. */
export type CertificateStore = Pick<typeof tls, 'getCACertificates' | 'setDefaultCACertificates'>;

/**
 * Makes Node trust what the system trusts: a studio whose firewall opens TLS installs its own authority on every machine.
 * NODE_EXTRA_CA_CERTS has no effect in an installed app. A system store that cannot be read leaves Node's own in force.
 */
export function trustSystemCertificates(log: Log, store: CertificateStore = tls): void {
  try {
    const system = store.getCACertificates('system');
    store.setDefaultCACertificates([...new Set([...store.getCACertificates('default'), ...system])]);
    log.info("The system's certificates are trusted", { count: system.length });
  } catch (error) {
    log.warn("The system's certificates could not be read", { error });
  }
}
