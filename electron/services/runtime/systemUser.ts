import { userInfo } from 'node:os';

/** The user name on this computer; `undefined` where the system has none, as in some containers. */
export function systemUser(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
