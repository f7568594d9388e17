import { createApi } from './api.ts';
import { mount } from './mount.tsx';

await mount(document, window.nearplay && createApi(window.nearplay));
