import { userInfo } from 'node:os';

/** The name that this user has on this computer; `undefined` where the system knows none, as in some containers. */
export function systemUser(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
