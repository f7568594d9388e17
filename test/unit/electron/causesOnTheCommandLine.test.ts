import { expect, it } from 'vitest';
import { type CliSurroundings, contextOf, reportError } from '../../../electron/cli/surroundings.ts';

function said(json: boolean): { context: ReturnType<typeof contextOf>; lines: () => string } {
  let text = '';
  const surroundings: CliSurroundings = {
    env: {},
    cwd: '/',
    stdout: () => undefined,
    stderr: (more) => (text += more),
    now: () => 0,
    platform: 'linux',
    signal: new AbortController().signal,
  };
  return { context: contextOf(json, surroundings), lines: () => text };
}

it("the storage's own words stand below the sentence, and cannot steer a terminal", () => {
  const { context, lines } = said(false);
  reportError(context, 'archived', 'It is archived.', 'a.mov', 'not valid for the storage class \u001b[2J');
  expect(lines().split('\n')).toHaveLength(3);
  expect(lines()).toContain('a.mov: It is archived.\n  not valid for the storage class');
  expect(lines()).not.toContain('\u001b');
});

it('with --json they are in the object, and absent where nothing was said', () => {
  const { context, lines } = said(true);
  reportError(context, 'archived', 'It is archived.', 'a.mov', 'words');
  reportError(context, 'cancelled', 'Cancelled.');
  const [first, second] = lines()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(first).toEqual({ code: 'archived', message: 'It is archived.', key: 'a.mov', detail: 'words' });
  expect(second).toEqual({ code: 'cancelled', message: 'Cancelled.' });
});
