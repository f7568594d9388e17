import type { IsolationPreferences } from './preferencesSchema.ts';

/** A value somewhere in a document, as JSON has them. */
export type JsonValue = string | number | boolean | null | JsonValue[] | Tree;

/** One difference between two documents. `undefined`: no value. */
export interface Change {
  /** Dotted path; replicas are named by their storage, `replication.replicas.sydney.ipRanges`, looks by their name. */
  path: string;
  before: JsonValue | undefined;
  after: JsonValue | undefined;
}

/** A value that both sides changed differently. The merged document has `mine`. */
export interface MergeConflict {
  path: string;
  base: JsonValue | undefined;
  mine: JsonValue | undefined;
  theirs: JsonValue | undefined;
}

export interface Merged {
  /** Not validated: two valid changes can be invalid together. */
  document: JsonValue;
  conflicts: MergeConflict[];
}

// An interface, since a Record could not refer to itself.
export interface Tree {
  [key: string]: JsonValue;
}

const NOTHING = undefined;

/** Every difference from `before` to `after`, in the order of the paths. Lists of ranges are compared as sets. */
export function diffPreferences(before: IsolationPreferences, after: IsolationPreferences): Change[] {
  const changes: Change[] = [];
  collect('', treeOf(before), treeOf(after), changes);
  return changes;
}

/**
 * Three-way merge: what only one side changed since `base` is taken, what both changed alike too. Where both changed the
 * same value differently, mine stays and the conflict is named, so that nothing is lost in silence.
 */
export function mergePreferences(
  base: IsolationPreferences,
  mine: IsolationPreferences,
  theirs: IsolationPreferences,
): Merged {
  const conflicts: MergeConflict[] = [];
  const merged = merge('', treeOf(base), treeOf(mine), treeOf(theirs), conflicts);
  return { document: fromTree(merged ?? {}), conflicts };
}

function collect(path: string, before: JsonValue | undefined, after: JsonValue | undefined, changes: Change[]): void {
  if (isSame(before, after)) return;
  if (!isTree(before) || !isTree(after)) {
    changes.push({ path, before, after });
    return;
  }
  for (const key of keysOf(before, after)) collect(join(path, key), valueOf(before, key), valueOf(after, key), changes);
}

function merge(
  path: string,
  base: JsonValue | undefined,
  mine: JsonValue | undefined,
  theirs: JsonValue | undefined,
  conflicts: MergeConflict[],
): JsonValue | undefined {
  if (isSame(mine, theirs) || isSame(base, theirs)) return mine;
  if (isSame(base, mine)) return theirs;
  if (isTree(mine) && isTree(theirs)) {
    const from = isTree(base) ? base : {};
    const merged: [string, JsonValue][] = [];
    for (const key of keysOf(mine, theirs, from)) {
      const value = merge(join(path, key), valueOf(from, key), valueOf(mine, key), valueOf(theirs, key), conflicts);
      if (value !== undefined) merged.push([key, value]);
    }
    // Defines each, whatever its name: a look may be called `__proto__`.
    return Object.fromEntries(merged);
  }
  if (Array.isArray(mine) && Array.isArray(theirs)) return mergeLists(Array.isArray(base) ? base : [], mine, theirs);
  conflicts.push({ path, base, mine, theirs });
  return mine;
}

/** Lines that one side added are added, lines that one side removed are gone; mine give the order. */
function mergeLists(base: JsonValue[], mine: JsonValue[], theirs: JsonValue[]): JsonValue[] {
  const [inBase, inMine, inTheirs] = [setOf(base), setOf(mine), setOf(theirs)];
  const kept = mine.filter((value) => !inBase.has(keyOf(value)) || inTheirs.has(keyOf(value)));
  const added = theirs.filter((value) => !inBase.has(keyOf(value)) && !inMine.has(keyOf(value)));
  return [...kept, ...added];
}

/** The document with its replicas keyed by storage and its looks by name, since their place in the list means nothing. */
function treeOf(document: IsolationPreferences): JsonValue {
  const copy = JSON.parse(JSON.stringify(document)) as Tree & { replication: Tree };
  const replicas = keyed(document.replication.replicas, ({ storage }) => storage);
  return { ...copy, looks: keyed(document.looks, ({ name }) => name), replication: { ...copy.replication, replicas } };
}

function keyed<Item extends object>(list: readonly Item[], keyOfItem: (item: Item) => string): Tree {
  return Object.fromEntries(list.map((item) => [keyOfItem(item), JSON.parse(JSON.stringify(item)) as JsonValue]));
}

function fromTree(tree: JsonValue): JsonValue {
  if (!isTree(tree) || !isTree(tree['replication'])) return tree;
  const { replicas } = tree['replication'];
  return {
    ...tree,
    looks: itemsOf(tree['looks']),
    replication: { ...tree['replication'], replicas: itemsOf(replicas) },
  };
}

function itemsOf(value: JsonValue | undefined): JsonValue[] {
  return isTree(value) ? Object.values(value) : [];
}

function isSame(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    const known = setOf(other);
    return one.length === other.length && one.every((value) => known.has(keyOf(value)));
  }
  if (isTree(one) && isTree(other)) {
    return keysOf(one, other).every((key) => isSame(valueOf(one, key), valueOf(other, key)));
  }
  return one === other;
}

function setOf(list: readonly JsonValue[]): ReadonlySet<string> {
  return new Set(list.map(keyOf));
}

/** Lists contain strings: ranges and URLs of services. */
function keyOf(value: JsonValue): string {
  return JSON.stringify(value);
}

function isTree(value: JsonValue | undefined): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function keysOf(...trees: Tree[]): string[] {
  return [...new Set(trees.flatMap((tree) => Object.keys(tree)))];
}

/** Own properties only: a storage may be called `constructor`. */
function valueOf(tree: Tree, key: string): JsonValue | undefined {
  return Object.hasOwn(tree, key) ? tree[key] : NOTHING;
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
