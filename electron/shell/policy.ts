import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Log } from '../services/contract.ts';

const policySchema = z.strictObject({
  /** Whether the app may update itself; IT that deploys versions itself says `off`. */
  updates: z.enum(['on', 'off']).default('on'),
});

export type Policy = z.infer<typeof policySchema>;

const WITHOUT_POLICY: Policy = { updates: 'on' };
/** What holds when IT wrote a policy that cannot be understood: what IT might have forbidden stays forbidden. */
const CAUTIOUS: Policy = { updates: 'off' };

/** Reads IT's policy file. It never throws: a policy that cannot be read or is not valid counts as the cautious one. */
export function readPolicy(file: string, log: Log): Policy {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return WITHOUT_POLICY;
    log.warn('The policy file cannot be read; updates are off', { file, error });
    return CAUTIOUS;
  }
  try {
    return policySchema.parse(JSON.parse(text));
  } catch {
    log.warn('The policy file is not valid; updates are off', { file });
    return CAUTIOUS;
  }
}
