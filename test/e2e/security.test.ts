import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStudioInApp, type StudioInApp } from './studioInApp.ts';

let studio: StudioInApp;
beforeAll(async () => {
  studio = await openStudioInApp();
});
afterAll(() => studio.stop());

describe('from inside the page', () => {
  it('there is no Node, and only the named methods of the bridge', async () => {
    const seen = await studio.page.evaluate(() => {
      const has = (name: string) => Object.hasOwn(globalThis, name) && Reflect.get(globalThis, name) !== undefined;
      return {
        node: [
          'require',
          'process',
          'module',
          'exports',
          'Buffer',
          '__dirname',
          'global',
          'electron',
          'ipcRenderer',
        ].filter(has),
        bridge: Object.keys(Reflect.get(globalThis, 'nearplay') as object),
      };
    });
    expect(seen.node).toEqual([]);
    expect(seen.bridge).toContain('createLink');
    expect(seen.bridge.filter((name) => /invoke|send|ipc|emit/i.test(name))).toEqual([]);
  });

  it('the policy blocks inline script, eval and strange origins', async () => {
    const { page } = studio;
    const seen = await page.evaluate(async () => {
      const violations: string[] = [];
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) =>
        violations.push(effectiveDirective),
      );
      let ran = false;
      Reflect.set(globalThis, 'ranInline', () => (ran = true));
      const inline = document.createElement('script');
      try {
        inline.textContent = 'globalThis.ranInline()';
      } catch {
        violations.push('trusted-types');
      }
      document.head.append(inline);
      // From a timer: what a debugger evaluates directly is exempt from the policy.
      const evaluated = await new Promise<boolean>((resolve) => {
        setTimeout(() => {
          try {
            resolve(typeof Reflect.construct(Function, ['return true']) === 'function');
          } catch {
            resolve(false);
          }
        });
      });
      const fetched = await fetch('https://example.com/').then(
        () => true,
        () => false,
      );
      await new Promise((resolve) => setTimeout(resolve, 300));
      return { ran, evaluated, fetched, violations };
    });
    expect(seen).toMatchObject({ ran: false, evaluated: false, fetched: false });
    expect(seen.violations.some((directive) => /script|trusted/.test(directive))).toBe(true);
    expect(seen.violations).toContain('connect-src');
  });

  it('a request with a bad payload is refused and changes nothing', async () => {
    const answer = await studio.page.evaluate(() => {
      const { nearplay } = globalThis as unknown as { nearplay: { listLibrary(request: unknown): Promise<unknown> } };
      return nearplay.listLibrary({ folder: 7, extra: true });
    });
    expect(answer).toMatchObject({ error: { code: 'bad-request' } });
  });

  it('links that leave the app open in the browser only when they are on the list', async () => {
    const open = (url: string) =>
      studio.page.evaluate((target) => {
        const { nearplay } = globalThis as unknown as { nearplay: { openExternal(url: string): Promise<unknown> } };
        return nearplay.openExternal(target);
      }, url);
    expect(await open('https://evil.example/')).toHaveProperty('error');
    expect(await open('https://docs.aws.amazon.com.evil.example/')).toHaveProperty('error');
    expect(await open('file:///etc/passwd')).toHaveProperty('error');
    expect((await studio.app.recorded()).externals).toEqual([]);
  });

  it('the window does not navigate away, nor open others', async () => {
    const before = studio.page.url();
    await studio.page.evaluate(() => {
      globalThis.open('https://example.com/');
      globalThis.location.href = 'https://example.com/';
    });
    await studio.page.waitForTimeout(1000);
    expect(studio.page.url()).toBe(before);
  });
});
