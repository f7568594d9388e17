import { createApi } from '../api.ts';
import { mount } from '../app/mount.tsx';
import { FakeBridge } from './fakeBridge.ts';
import { scenarioOf } from './scenarios.ts';

// The development server's page: the window over a bridge that keeps everything in memory. `?fake=many`, `?theme=light`.
const query = new URLSearchParams(location.search);
const fake = new FakeBridge(scenarioOf(query.get('fake')), query.get('theme'));
await mount(document, createApi(fake.bridge()));
fake.begin();
