import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { SILENT } from '../../../../electron/services/runtime/log.ts';
import {
  closeSession,
  confine,
  giveNoCertificates,
  mayOpenExternally,
  openExternal,
} from '../../../../electron/shell/security.ts';

/** Of WebContents, what the shell listens to. */
class FakeContents extends EventEmitter {
  readonly setWebRTCIPHandlingPolicy = vi.fn();
  openWindow: ((details: { url: string }) => unknown) | undefined;
  setWindowOpenHandler(handler: (details: { url: string }) => unknown): void {
    this.openWindow = handler;
  }
  asks(event: string, details: object): boolean {
    const preventDefault = vi.fn();
    this.emit(event, { ...details, preventDefault });
    return preventDefault.mock.calls.length === 0;
  }
}

function confined() {
  const contents = new FakeContents();
  const open = vi.fn();
  confine(contents as unknown as Parameters<typeof confine>[0], open, SILENT);
  return { contents, open };
}

describe('a window', () => {
  it.each([
    ['https://evil.example/', false],
    ['nearplay://evil/index.html', false],
    ['file:///etc/passwd', false],
    ['javascript:alert(1)', false],
    ['nearplay://app/index.html', true],
  ])('may navigate to %s: %s', (url, allowed) => {
    const { contents } = confined();
    expect(contents.asks('will-navigate', { url })).toBe(allowed);
    expect(contents.asks('will-frame-navigate', { url, isMainFrame: true })).toBe(allowed);
    expect(contents.asks('will-frame-navigate', { url, isMainFrame: false })).toBe(false);
  });

  it('embeds no webview and opens no other window', () => {
    const { contents, open } = confined();
    expect(contents.asks('will-attach-webview', {})).toBe(false);
    expect(contents.openWindow?.({ url: 'https://docs.aws.amazon.com/' })).toEqual({ action: 'deny' });
    expect(open).toHaveBeenCalledExactlyOnceWith('https://docs.aws.amazon.com/');
  });
});

describe('WebRTC', () => {
  it('sends no datagram that a proxy does not carry', () => {
    const { contents } = confined();
    expect(contents.setWebRTCIPHandlingPolicy).toHaveBeenCalledExactlyOnceWith('disable_non_proxied_udp');
  });
});

/** Of Session, what is closed. */
class FakeSession extends EventEmitter {
  request: (contents: { getURL(): string }, permission: string, callback: (granted: boolean) => void) => void = vi.fn();
  check: (contents: null, permission: string, origin: string) => boolean = () => true;
  device: (details: object) => boolean = () => true;
  setPermissionRequestHandler(handler: FakeSession['request']): void {
    this.request = handler;
  }
  setPermissionCheckHandler(handler: FakeSession['check']): void {
    this.check = handler;
  }
  setDevicePermissionHandler(handler: FakeSession['device']): void {
    this.device = handler;
  }
}

function closed() {
  const session = new FakeSession();
  closeSession(session as unknown as Parameters<typeof closeSession>[0], SILENT);
  return session;
}

describe('a session', () => {
  it.each(['hid', 'serial', 'usb'])('gives no device of the kind %s', (deviceType) => {
    expect(closed().device({ deviceType, origin: 'nearplay://app', device: {} })).toBe(false);
  });

  it('downloads nothing', () => {
    const preventDefault = vi.fn();
    closed().emit('will-download', { preventDefault }, {}, {});
    expect(preventDefault).toHaveBeenCalledOnce();
  });
});

describe('a server that asks for a certificate', () => {
  it('gets none, whatever the user has', () => {
    const app = new EventEmitter();
    giveNoCertificates(app as unknown as Parameters<typeof giveNoCertificates>[0], SILENT);
    const preventDefault = vi.fn();
    const callback = vi.fn();
    const certificate = { subjectName: 'the user' };
    app.emit('select-client-certificate', { preventDefault }, null, 'https://a.example/', [certificate], callback);
    expect(preventDefault).toHaveBeenCalledOnce();
    expect(callback).toHaveBeenCalledExactlyOnceWith();
  });
});

describe('permissions', () => {
  const { request, check } = closed();
  const asked = (permission: string, url: string) => {
    const callback = vi.fn();
    request({ getURL: () => url }, permission, callback);
    return callback.mock.lastCall?.[0] as boolean;
  };

  it.each(['media', 'geolocation', 'notifications', 'clipboard-read', 'openExternal', 'fileSystem', 'usb', 'made-up'])(
    '%s is denied in both handlers',
    (permission) => {
      expect(asked(permission, 'nearplay://app/index.html')).toBe(false);
      expect(check(null, permission, 'nearplay://app/')).toBe(false);
    },
  );

  it.each(['fullscreen', 'clipboard-sanitized-write'])('%s is granted to our page only', (permission) => {
    expect(asked(permission, 'nearplay://app/index.html')).toBe(true);
    expect(check(null, permission, 'nearplay://app/')).toBe(true);
    expect(asked(permission, 'https://evil.example/')).toBe(false);
    expect(check(null, permission, 'https://evil.example')).toBe(false);
  });
});

describe('opening a page in the browser', () => {
  it.each([
    'http://docs.aws.amazon.com/',
    'https://docs.aws.amazon.com.evil.example/',
    'https://evil.example/?docs.aws.amazon.com',
    'https://docs.aws.amazon.com@evil.example/',
    'https://user:pw@docs.aws.amazon.com/',
    'https://docs.aws.amazon.com:8443/',
    'file:///etc/passwd',
    'smb://docs.aws.amazon.com/share',
    'not a url',
  ])('refuses %s', async (url) => {
    const shell = { openExternal: vi.fn(() => Promise.resolve()) };
    expect(mayOpenExternally(url)).toBe(false);
    await expect(openExternal(shell, url)).rejects.toMatchObject({ code: 'bad-request' });
    expect(shell.openExternal).not.toHaveBeenCalled();
  });

  it('opens what is on the list', async () => {
    const shell = { openExternal: vi.fn(() => Promise.resolve()) };
    await openExternal(shell, 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html');
    expect(shell.openExternal).toHaveBeenCalledOnce();
  });
});
