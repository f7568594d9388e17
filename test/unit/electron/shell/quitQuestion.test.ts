import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { SILENT } from '../../../../electron/services/runtime/log.ts';
import { QuitQuestion } from '../../../../electron/shell/quitQuestion.ts';

const [QUIT, STAY] = [0, 1];

/** An app as far as quitting goes: it quits unless a listener prevents it. */
class QuittingApp extends EventEmitter {
  hasQuit = false;

  quit(): void {
    let isPrevented = false;
    this.emit('before-quit', { preventDefault: () => (isPrevented = true) });
    this.hasQuit = !isPrevented;
  }
}

function setUp(open: number, ask: () => Promise<number>, downloads = 0) {
  const app = new QuittingApp();
  const asked = vi.fn(ask);
  const question = new QuitQuestion({ app, open: () => ({ uploads: open, downloads }), ask: asked, log: SILENT });
  return { app, asked, question };
}

describe('quitting', () => {
  it('asks nothing when no upload is open', () => {
    const { app, asked } = setUp(0, () => Promise.resolve(STAY));
    app.quit();
    expect(app.hasQuit).toBe(true);
    expect(asked).not.toHaveBeenCalled();
  });

  it('asks once, however often one tries meanwhile, and then quits', async () => {
    const { app, asked } = setUp(3, () => Promise.resolve(QUIT));
    app.quit();
    app.quit();
    expect(app.hasQuit).toBe(false);
    await vi.waitFor(() => expect(app.hasQuit).toBe(true));
    expect(asked).toHaveBeenCalledOnce();
    const message = '3 uploads are not finished. Quit Nearplay?';
    expect(asked).toHaveBeenCalledWith(expect.objectContaining({ message }));
  });

  it.each([
    [1, 0, 'An upload is not finished.', 'it goes on where it is', 'Keep Uploading'],
    [0, 1, 'A download is not finished.', 'it goes on where it is', 'Keep Downloading'],
    [0, 2, '2 downloads are not finished.', 'they go on where they are', 'Keep Downloading'],
    [1, 1, 'An upload and a download are not finished.', 'they go on where they are', 'Keep Transferring'],
    [3, 2, '3 uploads and 2 downloads are not finished.', 'they go on where they are', 'Keep Transferring'],
  ])('names what is open by its direction: %i up and %i down', async (up, down, message, goesOn, stay) => {
    const { app, asked } = setUp(up, () => Promise.resolve(QUIT), down);
    app.quit();
    await vi.waitFor(() => expect(app.hasQuit).toBe(true));
    const detail = `Nothing that has arrived is lost: ${goesOn} when Nearplay is opened again.`;
    const question = { message: `${message} Quit Nearplay?`, detail, buttons: ['Quit', stay] };
    expect(asked).toHaveBeenCalledWith(expect.objectContaining(question));
  });

  it('stays when the user says so, and asks again the next time', async () => {
    const { app, asked } = setUp(1, () => Promise.resolve(STAY));
    app.quit();
    await vi.waitFor(() => expect(asked).toHaveBeenCalledOnce());
    await Promise.resolve();
    app.quit();
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(2));
    expect(app.hasQuit).toBe(false);
  });

  it('does not hold up a shutdown, nor fail with a dialog that fails', async () => {
    const shutdown = setUp(2, () => Promise.resolve(STAY));
    shutdown.question.quitsAnyway();
    shutdown.app.quit();
    expect(shutdown.app.hasQuit).toBe(true);

    const broken = setUp(2, () => Promise.reject(new Error('no window')));
    broken.app.quit();
    await vi.waitFor(() => expect(broken.app.hasQuit).toBe(true));
  });

  it('comes before the last window closes', async () => {
    const { app, asked, question } = setUp(1, () => Promise.resolve(STAY));
    const preventDefault = vi.fn();
    question.beforeClose({ preventDefault });
    expect(preventDefault).toHaveBeenCalledOnce();
    await vi.waitFor(() => expect(asked).toHaveBeenCalledOnce());
    expect(app.hasQuit).toBe(false);
  });
});
