import type { Change, JsonValue } from '../../shared/preferencesMerge.ts';
import { formatBytes } from '../text/format.ts';
import type { Translate } from '../text/i18n.ts';

/** One difference, ready to be read: lists as what came and what went, everything else as before and after. */
export interface ChangeText {
  place: string;
  removed: string[];
  added: string[];
}

export function describeChange({ path, before, after }: Change, t: Translate): ChangeText {
  const place = placeText(path, t);
  if (isList(before) && isList(after)) {
    const [was, is] = [new Set(before.map(valueText)), new Set(after.map(valueText))];
    return {
      place,
      removed: [...was].filter((item) => !is.has(item)),
      added: [...is].filter((item) => !was.has(item)),
    };
  }
  if (path === CEILING) return { place, removed: ratesOf(before, t), added: ratesOf(after, t) };
  return { place, removed: linesOf(before), added: linesOf(after) };
}

/** A dotted path in the words of the form. Storages may have dots in their names, so only the fixed parts are known. */
export function placeText(path: string, t: Translate): string {
  const storage = /^s3Configuration\.(.+?)(?:\.([A-Za-z0-9_]+))?$/.exec(path);
  if (storage) return join(t('editor.place.storage', { name: storage[1] ?? '' }), storage[2]);
  const replica = /^replication\.replicas\.(.+?)(?:\.(label|ipRanges|storage))?$/.exec(path);
  if (replica) return join(t('editor.place.replica', { name: replica[1] ?? '' }), fieldText(replica[2], t));
  const look = /^looks\.(.+?)(?:\.(key|name))?$/.exec(path);
  if (look) return join(t('editor.place.look', { name: look[1] ?? '' }), fieldText(look[2], t));
  return fieldText(path, t) ?? path;
}

const CEILING = 'uploads.maxBytesPerSecond';

const FIELDS = {
  mainStorage: 'editor.main',
  'replication.delaySeconds': 'editor.delay',
  'replication.stuckAfterSeconds': 'editor.stuckAfter',
  'defaults.readFrom': 'editor.readFrom',
  'publicIp.services': 'editor.services',
  [CEILING]: 'editor.ceiling',
  ipRanges: 'editor.ranges',
  label: 'editor.label',
  key: 'editor.lookKey',
} as const;

/** Bytes per second as people read them. */
function ratesOf(value: JsonValue | undefined, t: Translate): string[] {
  return typeof value === 'number' ? [t('editor.ceilingRate', { rate: formatBytes(value) })] : linesOf(value);
}

function fieldText(field: string | undefined, t: Translate): string | undefined {
  const known = Object.entries(FIELDS).find(([name]) => name === field);
  return known ? t(known[1]) : field;
}

function join(place: string, field: string | undefined): string {
  return field === undefined ? place : `${place}: ${field}`;
}

function linesOf(value: JsonValue | undefined): string[] {
  if (value === undefined) return [];
  return isList(value) ? value.map(valueText) : [valueText(value)];
}

/** A value as people write it; a whole storage or replica on one line. */
export function valueText(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return '';
  if (isList(value)) return value.map(valueText).join(', ');
  if (typeof value !== 'object') return String(value);
  return Object.entries(value)
    .filter(([, item]) => item !== '' && !(isList(item) && item.length === 0))
    .map(([name, item]) => `${name} ${valueText(item)}`)
    .join(', ');
}

function isList(value: JsonValue | undefined): value is JsonValue[] {
  return Array.isArray(value);
}
