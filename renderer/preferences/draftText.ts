import { applyEdits, findNodeAtLocation, modify, parseTree } from 'jsonc-parser';
import { readJson } from '../../shared/jsonDocument.ts';
import { isTooLong, type Path, stripInvisible } from '../../shared/preferences.ts';

/**
 * The form is a view of the text: it reads values out of it and writes single values into it, so that comments, keys
 * that it does not know and the way the text is laid out stay as they are.
 */
export interface Draft {
  storages: DraftStorage[];
  mainStorage: string;
  replicas: DraftReplica[];
  delaySeconds: string;
  stuckAfterSeconds: string;
  readFrom: string;
  /** Bytes per second, for uploads of each machine; empty: none. */
  ceiling: string;
  /** `undefined`: not said, so the default is in force; empty: switched off. */
  services: string[] | undefined;
  looks: DraftLook[];
}

export interface DraftStorage {
  name: string;
  region: string;
  bucket: string;
  prefix: string;
  endpoint: string;
  role: string;
  vpcEndpoint: string;
}

export interface DraftReplica {
  storage: string;
  label: string;
  ranges: string[];
}

export interface DraftLook {
  name: string;
  key: string;
}

export type StorageField = Exclude<keyof DraftStorage, 'name'>;

/** The keys of the document behind the form's fields. */
export const STORAGE_KEYS: Record<StorageField, string> = {
  region: 'region',
  bucket: 'bucket',
  prefix: 'prefix',
  endpoint: 'endpoint',
  role: 'aws_role_arn',
  vpcEndpoint: 's3_interface_vpc_endpoint_dns_name',
};
const REQUIRED: readonly StorageField[] = ['region', 'bucket'];
const BYTES_PER_MEGABYTE = 1_000_000;
const FORMAT = { formattingOptions: { insertSpaces: true, tabSize: 2, eol: '\n' } };

type Tree = Record<string, unknown>;

/**
 * Content of the form; `undefined` while the text is no JSON object, or has a key twice, so that only the text can be
 * edited.
 */
export function readDraft(source: string): Draft | undefined {
  if (isTooLong(source)) return undefined;
  const { text } = stripInvisible(source);
  if (text.trim() === '') return draftOf({});
  const json = readJson(text);
  if ('syntax' in json || json.faults.length > 0) return undefined;
  return isTree(json.value) ? draftOf(json.value) : undefined;
}

function draftOf(document: Tree): Draft {
  const replication = treeAt(document, 'replication');
  const services = treeAt(document, 'publicIp')['services'];
  return {
    storages: Object.entries(treeAt(document, 's3Configuration')).map(([name, storage]) => storageOf(name, storage)),
    mainStorage: textOf(document['mainStorage']),
    replicas: listOf(replication['replicas']).map(replicaOf),
    delaySeconds: textOf(replication['delaySeconds']),
    stuckAfterSeconds: textOf(replication['stuckAfterSeconds']),
    readFrom: textOf(treeAt(document, 'defaults')['readFrom']),
    ceiling: textOf(treeAt(document, 'uploads')['maxBytesPerSecond']),
    services: Array.isArray(services) ? services.map(textOf) : undefined,
    looks: listOf(document['looks']).map(lookOf),
  };
}

function storageOf(name: string, value: unknown): DraftStorage {
  const storage = isTree(value) ? value : {};
  const at = (field: StorageField): string => textOf(storage[STORAGE_KEYS[field]]);
  return {
    name,
    region: at('region'),
    bucket: at('bucket'),
    prefix: at('prefix'),
    endpoint: at('endpoint'),
    role: at('role'),
    vpcEndpoint: at('vpcEndpoint'),
  };
}

function replicaOf(value: unknown): DraftReplica {
  const replica = isTree(value) ? value : {};
  return {
    storage: textOf(replica['storage']),
    label: textOf(replica['label']),
    ranges: listOf(replica['ipRanges']).map(textOf),
  };
}

function lookOf(value: unknown): DraftLook {
  const look = isTree(value) ? value : {};
  return { name: textOf(look['name']), key: textOf(look['key']) };
}

/** Puts one value into the text; `undefined` takes it out. A text that is no JSON is left as it is. */
export function setValue(source: string, path: Path, value: unknown): string {
  const { text } = stripInvisible(source);
  if (readDraft(text) === undefined) return source;
  const whole = text.trim() === '' ? '{ "version": 1 }' : text;
  if (value === undefined && !nodeAt(whole, path)) return whole;
  return applyEdits(whole, modify(whole, path, value, FORMAT));
}

/** A storage's field; an optional one that is emptied is taken out. */
export function setStorageField(text: string, name: string, field: StorageField, value: string): string {
  const wanted = value === '' && !REQUIRED.includes(field) ? undefined : value;
  return setValue(text, ['s3Configuration', name, STORAGE_KEYS[field]], wanted);
}

/** Seconds as typed: a whole number becomes one, anything else stays as it is for the findings to name. */
export function setSeconds(text: string, key: 'delaySeconds' | 'stuckAfterSeconds', typed: string): string {
  const trimmed = typed.trim();
  const value = trimmed === '' ? undefined : /^\d{1,9}$/.test(trimmed) ? Number(trimmed) : trimmed;
  return setValue(text, ['replication', key], value);
}

/** The ceiling as typed in megabytes per second; what is no number stays as it is for the findings to name. */
export function setCeiling(text: string, typed: string): string {
  const value = ceilingOf(typed);
  return setValue(text, ['uploads'], value === undefined ? undefined : { maxBytesPerSecond: value });
}

/** Content of the field: as typed while that still means what the text says. */
export function shownCeiling(typed: string, ceiling: string): string {
  const meant = ceilingOf(typed);
  if (String(meant ?? '') === ceiling) return typed;
  const bytes = Number(ceiling);
  return ceiling === '' || !Number.isFinite(bytes) ? ceiling : String(bytes / BYTES_PER_MEGABYTE);
}

function ceilingOf(typed: string): number | string | undefined {
  const trimmed = typed.trim();
  if (trimmed === '') return undefined;
  return /^\d{1,7}(\.\d{0,3})?$/.test(trimmed) ? Math.round(Number(trimmed) * BYTES_PER_MEGABYTE) : trimmed;
}

/** A new storage under a name that is not taken yet. The first one is the main storage. */
export function addStorage(text: string): string {
  const draft = readDraft(text);
  if (!draft) return text;
  const taken = draft.storages.map(({ name }) => name);
  const name = freeName('storage', taken);
  const withStorage = setValue(text, ['s3Configuration', name], { region: '', bucket: '', prefix: '' });
  return draft.mainStorage === '' ? setValue(withStorage, ['mainStorage'], name) : withStorage;
}

/** Gives a storage another name, everywhere it is named. A name that another storage has is refused: nothing changes. */
export function renameStorage(text: string, from: string, to: string): string {
  const draft = readDraft(text);
  const key = draft && nodeAt(text, ['s3Configuration', from])?.parent?.children?.[0];
  if (!draft || !key || from === to || draft.storages.some(({ name }) => name === to)) return text;
  const clean = stripInvisible(text).text;
  const renamed = clean.slice(0, key.offset) + JSON.stringify(to) + clean.slice(key.offset + key.length);
  const main = draft.mainStorage === from ? setValue(renamed, ['mainStorage'], to) : renamed;
  const chosen = draft.readFrom === from ? setValue(main, ['defaults', 'readFrom'], to) : main;
  return draft.replicas.reduce(
    (sofar, { storage }, index) =>
      storage === from ? setValue(sofar, ['replication', 'replicas', index, 'storage'], to) : sofar,
    chosen,
  );
}

/** Takes a storage out, and the replica that it was. */
export function removeStorage(text: string, name: string): string {
  const replicas = readDraft(text)?.replicas ?? [];
  const index = replicas.findIndex(({ storage }) => storage === name);
  const without = index < 0 ? text : removeReplica(text, index);
  return setValue(without, ['s3Configuration', name], undefined);
}

/** A new replica: the first storage that is neither main nor a replica yet. */
export function addReplica(text: string): string {
  const draft = readDraft(text);
  if (!draft) return text;
  const used = [draft.mainStorage, ...draft.replicas.map(({ storage }) => storage)];
  const free = draft.storages.find(({ name }) => !used.includes(name))?.name ?? '';
  return setValue(text, ['replication', 'replicas', draft.replicas.length], { storage: free, ipRanges: [] });
}

export function removeReplica(text: string, index: number): string {
  return setValue(text, ['replication', 'replicas', index], undefined);
}

/** A look that has neither name nor file yet. What is no list stays as it is, for the findings to name. */
export function addLook(text: string): string {
  const node = nodeAt(text, ['looks']);
  if (!readDraft(text) || (node && node.type !== 'array')) return text;
  return setValue(text, ['looks', node?.children?.length ?? 0], { name: '', key: '' });
}

export function removeLook(text: string, index: number): string {
  return setValue(text, ['looks', index], undefined);
}

function nodeAt(source: string, path: Path) {
  const tree = parseTree(stripInvisible(source).text, [], { allowTrailingComma: true });
  return tree && findNodeAtLocation(tree, path);
}

function freeName(stem: string, taken: readonly string[]): string {
  let number = taken.length + 1;
  while (taken.includes(`${stem}-${number}`)) number += 1;
  return `${stem}-${number}`;
}

function treeAt(tree: Tree, key: string): Tree {
  const value = Object.hasOwn(tree, key) ? tree[key] : undefined;
  return isTree(value) ? value : {};
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
