import type { MessageBoxOptions } from 'electron';
import type { Change, JsonValue } from '../../shared/preferencesMerge.ts';

export const SAVE = 0;
const CANCEL = 1;
/** Lines that fit into a system dialog. */
const MAX_LINES = 6;
const MAX_VALUE_CHARACTERS = 120;

/** Native confirmation before the page may save preferences for all users. */
export function saveQuestion({ changes, where }: { changes: readonly Change[]; where: string }): MessageBoxOptions {
  const lines = changes.slice(0, MAX_LINES).map(lineOf);
  const more = changes.length - lines.length;
  const list = more > 0 ? [...lines, `And ${more} more changes.`] : lines;
  const what = list.length === 0 ? ['The values in force stay as they are.'] : list;
  return {
    type: 'question',
    title: 'Save Isolation Preferences',
    message: 'Save the Isolation Preferences for everybody?',
    detail: [...what, '', `They are written to ${plain(where, 200)}.`].join('\n'),
    buttons: ['Save', 'Cancel'],
    defaultId: CANCEL,
    cancelId: CANCEL,
    noLink: true,
  };
}

/** `replication.delaySeconds: 60 → 90`, and for lists what comes and goes. */
function lineOf({ path, before, after }: Change): string {
  const place = plain(path);
  if (isList(before) && isList(after)) {
    const [was, is] = [new Set(before.map(valueOf)), new Set(after.map(valueOf))];
    const added = [...is].filter((value) => !was.has(value)).map((value) => `+ ${value}`);
    const removed = [...was].filter((value) => !is.has(value)).map((value) => `− ${value}`);
    return `${place}: ${plain([...added, ...removed].join(', '))}`;
  }
  return `${place}: ${valueOf(before)} → ${valueOf(after)}`;
}

function valueOf(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  return plain(typeof value === 'string' ? value : JSON.stringify(value));
}

/** One line, shortened: line breaks in a label could forge lines of the dialog. */
function plain(text: string, length = MAX_VALUE_CHARACTERS): string {
  const safe = text.slice(0, length + 1).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\uFFFD');
  return safe.length > length ? `${safe.slice(0, length)}…` : safe;
}

function isList(value: JsonValue | undefined): value is JsonValue[] {
  return Array.isArray(value);
}
