import * as tls from 'node:tls';
import type { Log } from '../services/runtime/log.ts';

/** The parts of node:tls about trusted certificates. */
export type CertificateStore = Pick<typeof tls, 'getCACertificates' | 'setDefaultCACertificates'>;

/**
 * Makes Node trust the system's certificates: a studio whose firewall inspects TLS installs its own authority on every
 * machine. NODE_EXTRA_CA_CERTS has no effect in a packaged app. If the system store cannot be read, Node's own stays in
 * force.
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
