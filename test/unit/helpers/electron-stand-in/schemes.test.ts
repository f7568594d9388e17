import { expect, it } from 'vitest';
import { Schemes } from '../../../helpers/electron-stand-in/schemes.ts';

function schemes(): Schemes {
  const made = new Schemes();
  made.registerSchemesAsPrivileged([{ scheme: 'nearplay', privileges: { standard: true, secure: true } }]);
  return made;
}

const ask = (url: string) => ({ url, method: 'GET', headers: {} });

it.each([
  ['nearplay://app/index.html', 'https://app.nearplay.invalid/index.html'],
  ['nearplay://app/a%20b?c=d#e', 'https://app.nearplay.invalid/a%20b?c=d#e'],
  ['nearplay://app', 'https://app.nearplay.invalid'],
])('%s is %s in the browser, and back', (app, browser) => {
  expect(schemes().toBrowser(app)).toBe(browser);
  expect(schemes().toApp(browser)).toBe(app);
});

it.each([
  'https://app.nearplay.invalid.elsewhere.example/',
  'https://elsewhere.example/?https://app.nearplay.invalid/',
  'https://app.other.invalid/',
  'https://app.nearplay.invalid:8443/',
  'http://app.nearplay.invalid/',
  'about:blank',
])('%s is no page of the app', (url) => {
  expect(schemes().toApp(url)).toBe(url);
});

it('answers with the handler, which sees the scheme of the app', async () => {
  const made = schemes();
  made.handle('nearplay', async (request) => new Response(`${request.method} ${request.url} ${await request.text()}`));
  const post = { ...ask('https://app.nearplay.invalid/x'), method: 'POST', body: 'body' };
  expect(await (await made.answer(post))?.text()).toBe('POST nearplay://app/x body');
  expect(await made.answer(ask('https://elsewhere.example/'))).toBeUndefined();
  expect(made.patterns()).toEqual(['https://*.nearplay.invalid/*']);
});

it('has no answer without a handler, and takes no second one', async () => {
  const made = schemes();
  expect(await made.answer(ask('https://app.nearplay.invalid/x'))).toBeUndefined();
  made.handle('nearplay', () => new Response());
  expect(made.isProtocolHandled('nearplay')).toBe(true);
  expect(() => made.handle('nearplay', () => new Response())).toThrow('Failed to register protocol');
  made.unhandle('nearplay');
  expect(made.isProtocolHandled('nearplay')).toBe(false);
});

it('refuses schemes that the browser could not show as an https origin', () => {
  expect(() => new Schemes().registerSchemesAsPrivileged([{ scheme: 'x' }])).toThrow('not implemented');
  expect(() => new Schemes().handle('unknown', () => new Response())).toThrow('not implemented');
});
