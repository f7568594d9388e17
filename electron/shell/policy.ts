import { z } from 'zod';
import { decodeText } from '../../shared/documentText.ts';
import { readJson } from '../../shared/jsonDocument.ts';
import { readSmallFileSync } from '../services/files/smallFile.ts';
import type { Log } from '../services/runtime/log.ts';

const policySchema = z.strictObject({
  /** Whether the app may update itself; IT that deploys versions itself says `off`. */
  updates: z.enum(['on', 'off']).default('on'),
});

export type Policy = z.infer<typeof policySchema>;

const WITHOUT_POLICY: Policy = { updates: 'on' };
/** Policy in force when IT's file cannot be understood: what it might forbid stays forbidden. */
const CAUTIOUS_POLICY: Policy = { updates: 'off' };

/**
 * Reads IT's policy file. Never throws: an unreadable or invalid policy counts as the cautious one.
 *
 * @param foreign why the file may not be IT's (foreignOwner); undefined: it is.
 */
export function readPolicy(file: string, log: Log, foreign?: string): Policy {
  const { bytes, fault, missing } = readSmallFileSync(file);
  if (missing) return WITHOUT_POLICY;
  if (bytes === undefined || foreign !== undefined) {
    log.warn('The policy file cannot be read; updates are off', { file, fault: foreign ?? fault });
    return CAUTIOUS_POLICY;
  }
  const decoded = decodeText(bytes);
  const json = decoded.text === undefined ? undefined : readJson(decoded.text);
  const policy =
    json && !('syntax' in json) && json.faults.length === 0 ? policySchema.safeParse(json.value) : undefined;
  if (policy?.success) return policy.data;
  log.warn('The policy file is not valid; updates are off', { file, fault: decoded.fault });
  return CAUTIOUS_POLICY;
}
