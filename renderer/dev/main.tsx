import { createApi } from '../api.ts';
import { mount } from '../app/mount.tsx';
import { openDevBridge } from './devBridge.ts';

// The page of `npm run dev`: the window on the real services, which run in the development server instead of in main. The
// address has the scenario as its query and the token as its fragment, which no request carries.
const bridge = await openDevBridge({
  token: location.hash.slice(1),
  scenario: new URLSearchParams(location.search).get('scenario') ?? '',
  hasGesture: () => navigator.userActivation.isActive,
  post: (path, init) => fetch(path, init),
}).catch(() => undefined);
if (bridge) window.nearplay = bridge;
await mount(document, bridge && createApi(bridge));
