// @vitest-environment jsdom
import { act, screen, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { DraftForm } from '../../../../renderer/preferences/DraftForm.tsx';
import { parsePreferences } from '../../../../shared/preferences.ts';
import { TWO_REGIONS } from '../../../mothers/preferences.ts';
import { draw } from '../drawn.tsx';

async function drawForm(text: string) {
  const editPreferences = () => Promise.resolve({ text, etag: '1', history: [] });
  const drawn = await draw(<DraftForm />, { editPreferences });
  await act(() => drawn.nearplay.editor.getState().open());
  const edited = () => drawn.nearplay.editor.getState().text;
  return { ...drawn, edited };
}

const TEXT = JSON.stringify(TWO_REGIONS, undefined, 2);
const sydney = () => {
  const [, second] = screen.getAllByTestId('storage-fields');
  if (!second) throw new Error('There is no second storage');
  return within(second);
};

it('writes a field into the text, and leaves the rest of it alone', async () => {
  const { user, edited } = await drawForm(TEXT.replace('{', '{\n  // kept by hand'));
  const bucket = sydney().getByRole('textbox', { name: /bucket/i });
  await user.clear(bucket);
  await user.type(bucket, 'media-oz');
  expect(edited()).toBe(TEXT.replace('{', '{\n  // kept by hand').replace('media-syd', 'media-oz'));
});

it('takes a storage out with its button', async () => {
  const { user, edited } = await drawForm(TEXT);
  await user.click(sydney().getByRole('button', { name: /sydney/ }));
  expect(Object.keys((JSON.parse(edited()) as typeof TWO_REGIONS).s3Configuration)).toEqual(['virginia']);
});

it('says beside the field which line of the ranges is none', async () => {
  const { user, edited } = await drawForm(TEXT);
  await user.type(screen.getByTestId('ranges-field'), '\n203.0.113.999');
  expect(screen.getByTestId('range-finding').textContent).toContain('2');
  expect(parsePreferences(edited()).document).toBeUndefined();
});

it('hands over to the text where that cannot be read', async () => {
  const { user, nearplay } = await drawForm('{ "version": ');
  await user.click(screen.getByRole('button'));
  expect(nearplay.editor.getState().tab).toBe('text');
});

it('adds a look, says what is wrong about it beside its field, and takes it out', async () => {
  const { user, edited } = await drawForm(TEXT);
  await user.click(screen.getByTestId('add-look'));
  const look = within(screen.getByTestId('look-fields'));
  await user.type(look.getByRole('textbox', { name: /name/i }), 'Show');
  await user.type(look.getByRole('textbox', { name: /file/i }), 'looks/show.lut');
  expect(screen.getByTestId('look-fields').textContent).toContain('does not end in .cube');
  await user.clear(look.getByRole('textbox', { name: /file/i }));
  await user.type(look.getByRole('textbox', { name: /file/i }), 'looks/show.cube');
  expect(parsePreferences(edited()).document?.looks).toEqual([{ name: 'Show', key: 'looks/show.cube' }]);
  await user.click(look.getByRole('button', { name: /Show/ }));
  expect(parsePreferences(edited()).document?.looks).toEqual([]);
});
