import type { JsonValue, MergeConflict, Tree } from '../../shared/preferencesMerge.ts';

export type Side = 'mine' | 'theirs';
/** By the path of the conflict. */
export type Choices = Readonly<Record<string, Side>>;

/** Conflicts without a choice. */
export function undecided(conflicts: readonly MergeConflict[], choices: Choices): MergeConflict[] {
  return conflicts.filter(({ path }) => !Object.hasOwn(choices, path));
}

/** The merged document with every conflict as it was decided; an undecided one stays as mergePreferences left it. */
export function applyChoices(merged: JsonValue, conflicts: readonly MergeConflict[], choices: Choices): JsonValue {
  return conflicts.reduce((document, { path, mine, theirs }) => {
    const side = Object.hasOwn(choices, path) ? choices[path] : 'mine';
    return setAt(document, path, side === 'theirs' ? theirs : mine);
  }, merged);
}

/**
 * Puts a value at a dotted path as preferencesMerge writes them: replicas are named by their storage, looks by their name.
 * Names may hold dots themselves, so the longest name that is there wins.
 */
function setAt(value: JsonValue, path: string, wanted: JsonValue | undefined): JsonValue {
  if (Array.isArray(value)) return setInList(value, path, wanted);
  if (!isTree(value)) return value;
  const key = Object.keys(value)
    .filter((name) => path === name || path.startsWith(`${name}.`))
    .sort((one, other) => other.length - one.length)[0];
  const below = key === undefined || path === key ? undefined : value[key];
  if (key !== undefined && below !== undefined) {
    return { ...value, [key]: setAt(below, path.slice(key.length + 1), wanted) };
  }
  const rest = Object.fromEntries(Object.entries(value).filter(([name]) => name !== path));
  return wanted === undefined ? rest : { ...value, [path]: wanted };
}

function setInList(list: JsonValue[], path: string, wanted: JsonValue | undefined): JsonValue[] {
  // Whole, before a field of one whose name is shorter: there may be looks called "Show" and "Show.key".
  const whole = list.findIndex((item) => nameOf(item) === path);
  const index = whole < 0 ? list.findIndex((item) => isFieldOf(item, path)) : whole;
  const found = list[index];
  if (found === undefined) return wanted === undefined ? list : [...list, wanted];
  const name = nameOf(found) ?? '';
  if (path !== name) return list.with(index, setAt(found, path.slice(name.length + 1), wanted));
  return wanted === undefined ? list.toSpliced(index, 1) : list.with(index, wanted);
}

function isFieldOf(item: JsonValue, path: string): boolean {
  const name = nameOf(item);
  return name !== undefined && ITEM_FIELDS.some((field) => path === `${name}.${field}`);
}

/** Of replicas and looks. */
const ITEM_FIELDS = ['storage', 'label', 'ipRanges', 'name', 'key'];

function nameOf(item: JsonValue): string | undefined {
  const name = isTree(item) ? (item['storage'] ?? item['name']) : undefined;
  return typeof name === 'string' ? name : undefined;
}

function isTree(value: JsonValue): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
