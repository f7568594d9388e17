import type { MessageBoxOptions } from 'electron';
import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { DeadWindow, type WatchedWindow } from '../../../../electron/shell/deadWindow.ts';

class FakeContents extends EventEmitter {
  readonly reload = vi.fn();
  readonly loadURL = vi.fn(() => Promise.reject(new Error('ERR_FAILED')));
  readonly forcefullyCrashRenderer = vi.fn(() => this.crash('killed'));
  crash(reason: string): void {
    this.emit('render-process-gone', {}, { reason, exitCode: 1 });
  }
  failToLoad(code: number, isMainFrame = true): void {
    this.emit('did-fail-load', {}, code, 'ERR', 'https://elsewhere.example/', isMainFrame);
  }
}

class FakeWindow extends EventEmitter {
  readonly webContents = new FakeContents();
  isGone = false;
  isDestroyed(): boolean {
    return this.isGone;
  }
}

function setUp() {
  const window = new FakeWindow();
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const clock = { now: 0 };
  const questions: { options: MessageBoxOptions; answer: (button: string) => void }[] = [];
  const ask = (options: MessageBoxOptions) =>
    new Promise<number>((resolve) => {
      questions.push({ options, answer: (button) => resolve(options.buttons?.indexOf(button) ?? -1) });
    });
  const quit = vi.fn();
  new DeadWindow(window as unknown as WatchedWindow, { ask, quit, log, now: () => clock.now });
  const answer = async (button: string) => {
    questions.at(-1)?.answer(button);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { window, contents: window.webContents, log, clock, questions, quit, answer };
}

describe('a page that crashed', () => {
  it('is loaded again, and the second time within ten seconds the user is asked', async () => {
    const { contents, clock, questions, quit, answer } = setUp();
    contents.crash('oom');
    expect(contents.reload).toHaveBeenCalledOnce();
    clock.now = 9_999;
    contents.crash('oom');
    contents.crash('crashed');
    expect(questions).toHaveLength(1);
    expect(contents.reload).toHaveBeenCalledOnce();
    await answer('Load Again');
    expect(contents.reload).toHaveBeenCalledTimes(2);
    clock.now = 20_000;
    contents.crash('crashed');
    expect(questions).toHaveLength(1);
    clock.now = 25_000;
    contents.crash('crashed');
    await answer('Quit');
    expect(quit).toHaveBeenCalledOnce();
    expect(contents.reload).toHaveBeenCalledTimes(3);
  });

  it('is let go when it ended in order', () => {
    const { contents, log } = setUp();
    contents.crash('clean-exit');
    expect(contents.reload).not.toHaveBeenCalled();
    expect(log.error).not.toHaveBeenCalled();
  });
});

describe('a page that could not be loaded', () => {
  it('gives way to the page of the app, and when that fails too the user is asked', async () => {
    const { contents, questions, answer } = setUp();
    contents.failToLoad(-6);
    expect(contents.loadURL).toHaveBeenCalledExactlyOnceWith('nearplay://app/index.html');
    contents.failToLoad(-6);
    expect(questions).toHaveLength(1);
    await answer('Load Again');
    expect(contents.loadURL).toHaveBeenCalledTimes(2);
  });

  it('is none when the load was refused, or was of a frame', () => {
    const { contents, log } = setUp();
    contents.failToLoad(-3);
    contents.failToLoad(-6, false);
    expect(contents.loadURL).not.toHaveBeenCalled();
    expect(log.error).not.toHaveBeenCalled();
  });

  it('is left alone when the window has gone while the user was asked', async () => {
    const { window, contents, answer } = setUp();
    contents.failToLoad(-6);
    contents.failToLoad(-6);
    window.isGone = true;
    await answer('Load Again');
    expect(contents.loadURL).toHaveBeenCalledOnce();
  });
});

describe('a page that does not answer', () => {
  it('is waited for, or ended and loaded again, as the user wishes', async () => {
    const { window, contents, questions, answer } = setUp();
    window.emit('unresponsive');
    window.emit('unresponsive');
    expect(questions).toHaveLength(1);
    await answer('Wait');
    expect(contents.forcefullyCrashRenderer).not.toHaveBeenCalled();
    window.emit('unresponsive');
    await answer('Load Again');
    expect(contents.forcefullyCrashRenderer).toHaveBeenCalledOnce();
    expect(contents.reload).toHaveBeenCalledOnce();
  });

  it('takes its question back when it answers again', async () => {
    const { window, contents, questions, answer } = setUp();
    window.emit('unresponsive');
    window.emit('responsive');
    expect(questions[0]?.options.signal?.aborted).toBe(true);
    await answer('Load Again');
    expect(contents.forcefullyCrashRenderer).not.toHaveBeenCalled();
  });
});
