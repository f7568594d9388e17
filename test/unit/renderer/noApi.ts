import { type NearplayApi, REQUESTS } from '../../../shared/ipc.ts';

const never = (): never => {
  throw new Error('not part of this test');
};

/** Every method of the window's api; a test replaces those that it is about. */
export const NO_API = Object.fromEntries(
  [...Object.keys(REQUESTS), 'uploadFiles', 'on'].map((name) => [name, never]),
) as unknown as NearplayApi;
