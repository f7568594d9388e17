import { createApi } from './api.ts';
import { mount } from './app/mount.tsx';

await mount(document, window.nearplay && createApi(window.nearplay));
