import { afterEach, expect, it, vi } from 'vitest';
import { Dialogs } from '../../../helpers/electron-stand-in/dialogs.ts';
import type { Question } from '../../../helpers/electron-stand-in/question.ts';
import { nothingRecorded } from '../../../helpers/electron-stand-in/recorder.ts';

afterEach(() => vi.useRealTimers());

function open() {
  const recorded = nothingRecorded();
  return { recorded, dialogs: new Dialogs({ recorded, ask: undefined, log: () => undefined }) };
}

it('answers in the order in which dialogs open', async () => {
  const { dialogs, recorded } = open();
  dialogs.answer({ filePaths: ['/first'] });
  const first = dialogs.showOpenDialog({ title: 'One' });
  const second = dialogs.showSaveDialog({}, { title: 'Two' });
  const third = dialogs.showMessageBox({ message: 'Three?', buttons: ['Yes', 'No'], cancelId: 1 });
  dialogs.answer({ filePath: '/second' });
  dialogs.answer('cancel');
  expect(await first).toEqual({ canceled: false, filePaths: ['/first'] });
  expect(await second).toEqual({ canceled: false, filePath: '/second' });
  expect(await third).toEqual({ response: 1, checkboxChecked: false });
  expect(recorded.dialogs.map(({ method }) => method)).toEqual(['showOpenDialog', 'showSaveDialog', 'showMessageBox']);
});

it('refuses an answer to something else', async () => {
  const { dialogs } = open();
  dialogs.answer({ response: 1 });
  await expect(dialogs.showOpenDialog({})).rejects.toThrow('something else than filePaths');
});

it('does not wait for ever', async () => {
  vi.useFakeTimers();
  const { dialogs } = open();
  const refused = expect(dialogs.showOpenDialog({})).rejects.toThrow('nobody answered showOpenDialog');
  await vi.advanceTimersByTimeAsync(60_000);
  await refused;
});

it('asks a person with what the dialog says', async () => {
  const asked: Question[] = [];
  const ask = (question: Question) => {
    asked.push(question);
    return Promise.resolve('cancel' as const);
  };
  const dialogs = new Dialogs({ recorded: nothingRecorded(), ask, log: () => undefined });
  const filters = [{ name: 'JSON', extensions: ['json', 'txt'] }];
  await dialogs.showOpenDialog({ title: 'Pick', buttonLabel: 'Import', properties: ['multiSelections'], filters });
  expect(asked).toEqual([{ kind: 'open', title: 'Pick', button: 'Import', multiple: true, accept: '.json,.txt' }]);
});
