import { expect, it, vi } from 'vitest';
import { NearplayApiError } from '../../../../renderer/api.ts';
import { Notifications } from '../../../../renderer/store/notifications.ts';
import { createSession } from '../../../../renderer/store/session.ts';
import type { NearplayApi } from '../../../../shared/ipc.ts';
import { NO_API } from '../noApi.ts';

const sessionOver = (methods: Partial<NearplayApi>, notifications = new Notifications()) =>
  createSession({ ...NO_API, ...methods }, notifications);
const shownIn = ({ queue }: Notifications) => queue.visibleToasts.map(({ content }) => content);
const files = (count: number) => Array.from({ length: count }, (_, at) => new File([], `frame.${at}.exr`));

it('shows the drawer at once when files are dropped, and that they are being looked through', async () => {
  let answer: (added: { files: number }) => void = () => undefined;
  const session = sessionOver({ uploadFiles: () => new Promise((resolve) => (answer = resolve)) });
  const uploading = session.getState().uploadFiles('show/', files(1));
  expect(session.getState()).toMatchObject({ transfersOpen: true, adding: 1 });
  // Closed meanwhile, it stays closed.
  session.getState().showTransfers(false);
  answer({ files: 1 });
  await uploading;
  expect(session.getState()).toMatchObject({ transfersOpen: false, adding: 0 });
});

it('opens the drawer when something was chosen', async () => {
  const session = sessionOver({ chooseUploads: () => Promise.resolve({ files: 1 }) });
  await session.getState().chooseUploads('show/', 'folder');
  expect(session.getState().transfersOpen).toBe(true);
});

it('opens no drawer over what is watched, unless it is asked for', async () => {
  const session = sessionOver({
    chooseUploads: () => Promise.resolve({ files: 1 }),
    uploadFiles: () => Promise.resolve({ files: 1 }),
  });
  session.getState().setWatching(true);
  await session.getState().chooseUploads('show/');
  await session.getState().uploadFiles('show/', files(1));
  expect(session.getState().transfersOpen).toBe(false);
  session.getState().showTransfers(true);
  expect(session.getState().transfersOpen).toBe(true);
});

it('opens no drawer when nothing was chosen', async () => {
  const chooseUploads = vi.fn(() => Promise.resolve({ files: 0 }));
  const session = sessionOver({ chooseUploads });
  await session.getState().chooseUploads('show/', 'folder');
  expect(chooseUploads).toHaveBeenCalledWith({ folder: 'show/', what: 'folder' });
  expect(session.getState()).toMatchObject({ transfersOpen: false, adding: 0 });
});

it('hands over more files than one request takes in several', async () => {
  const uploadFiles = vi.fn((_folder: string, some: readonly unknown[]) => Promise.resolve({ files: some.length }));
  await sessionOver({ uploadFiles }).getState().uploadFiles('show/', files(25_000));
  expect(uploadFiles.mock.calls.map(([, some]) => some.length)).toEqual([10_000, 10_000, 5000]);
});

it('tells what went wrong, and looks through nothing any more', async () => {
  const error = new NearplayApiError({ code: 'file-unreadable', message: 'no', retryable: true });
  const notifications = new Notifications();
  const session = sessionOver({ uploadFiles: () => Promise.reject(error) }, notifications);
  await session.getState().uploadFiles('', files(1));
  expect(session.getState().adding).toBe(0);
  expect(shownIn(notifications)).toMatchObject([{ tone: 'bad', text: { kind: 'report' } }]);
});

it('takes the call to the drawer back once the drawer is open', () => {
  const notifications = new Notifications();
  notifications.notify({ kind: 'transfers', about: { kind: 'needs-you', count: 1, name: 'shot.mov' } });
  notifications.notify({ kind: 'imported' });
  sessionOver({}, notifications).getState().showTransfers(true);
  expect(shownIn(notifications).map(({ text }) => text.kind)).toEqual(['imported']);
});
