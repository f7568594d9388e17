import { expect, it } from 'vitest';
import { Schemes } from '../../../helpers/electron-stand-in/schemes.ts';
import { SessionStandIn } from '../../../helpers/electron-stand-in/session.ts';

const resolve = (url: string, env: NodeJS.ProcessEnv) =>
  new SessionStandIn({
    schemes: new Schemes(),
    env,
    chromium: () => Promise.reject(new Error('not needed')),
  }).resolveProxy(url);

const env = { http_proxy: 'http://plain:1/', HTTPS_PROXY: 'http://secure:2', no_proxy: 'inside.example, .local' };

it.each([
  ['https://s3.example/', env, 'PROXY secure:2'],
  ['http://s3.example/', env, 'PROXY plain:1'],
  ['https://inside.example/', env, 'DIRECT'],
  ['https://a.inside.example/', env, 'DIRECT'],
  ['https://notinside.example/', env, 'PROXY secure:2'],
  ['https://nas.local/', env, 'DIRECT'],
  ['http://127.0.0.1:9000/', env, 'DIRECT'],
  ['https://s3.example/', {}, 'DIRECT'],
  ['https://s3.example/', { ALL_PROXY: 'socks:3' }, 'PROXY socks:3'],
  ['https://s3.example/', { ALL_PROXY: 'socks:3', NO_PROXY: '*' }, 'DIRECT'],
])('%s with %o goes %s', async (url, variables, answer) => {
  expect(await resolve(url, variables)).toBe(answer);
});
