import type { Transfer } from '../../shared/transfers.ts';

/** A waiting upload of 100 bytes, but for the patch. Its order is the number in its id. */
export function aTransfer(id: string, patch: Partial<Transfer> = {}): Transfer {
  return {
    id,
    direction: 'upload',
    name: id,
    key: `shots/${id}`,
    order: Number(id.replace(/\D/g, '') || 0),
    state: 'waiting',
    size: 100,
    sent: 0,
    confirmed: 0,
    bytesPerSecond: 0,
    startedAt: 0,
    ...patch,
  };
}
