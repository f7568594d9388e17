import { expect, it } from 'vitest';
import { FileDialogs } from '../../../../electron/shell/dialogs.ts';

it.each([
  ['..\\..\\x', 'x'],
  ['a:hidden', 'a_hidden'],
  ['nul.mov', '_nul.mov'],
  ['\u202egpj.exe', '_gpj.exe'],
  ['plate.mov', 'plate.mov'],
])('a dialog proposes no name that leads out of its folder: %j', async (name, proposed) => {
  const asked: (string | undefined)[] = [];
  const dialogs = new FileDialogs(
    () => Promise.resolve([]),
    ({ defaultPath }) => {
      asked.push(defaultPath);
      return Promise.resolve('/home/artist/Movies/saved.mov');
    },
  );
  await dialogs.chooseDestination({ title: 'Save a copy', name });
  await dialogs.chooseDestination({ title: 'Save a copy', name });
  expect(asked).toEqual([proposed, `/home/artist/Movies/${proposed}`]);
});
