/**
 * A value of the structured clone algorithm as JSON, as it crosses between main and the preload. Everything but null,
 * booleans, strings and plain numbers is an array that begins with its tag.
 */
export type Wire = null | boolean | number | string | readonly Wire[];

/**
 * Both functions also run inside the page, sent there as text: they may use nothing but their arguments and globals that
 * Node and browsers share.
 *
 * @throws Error "An object could not be cloned." for functions, symbols, promises and objects of the page, as Electron
 * does; a cycle throws by name, because the stand-in lacks it.
 */
export function encodeWire(value: unknown): Wire {
  const open = new Set<object>();

  function encode(value: unknown): Wire {
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
    if (value === undefined) return ['undefined'];
    if (typeof value === 'bigint') return ['bigint', String(value)];
    if (typeof value === 'number') {
      if (Object.is(value, -0)) return ['number', '-0'];
      return Number.isFinite(value) ? value : ['number', String(value)];
    }
    if (typeof value !== 'object') throw new Error('An object could not be cloned.');
    if (open.has(value)) throw new Error('electron stand-in: a cyclic value over IPC is not implemented');
    open.add(value);
    const wire = encodeObject(value);
    open.delete(value);
    return wire;
  }

  function encodeObject(value: object): Wire {
    if (Array.isArray(value)) return ['array', ...value.map(encode)];
    if (value instanceof Date) return ['date', encode(value.getTime())];
    if (value instanceof Map) return ['map', ...[...value].map(encode)];
    if (value instanceof Set) return ['set', ...[...value].map(encode)];
    if (value instanceof RegExp) return ['regexp', value.source, value.flags];
    if (value instanceof Error) return ['error', value.name, value.message, value.stack ?? ''];
    if (value instanceof ArrayBuffer) return ['bytes', 'ArrayBuffer', encodeBytes(new Uint8Array(value))];
    if (ArrayBuffer.isView(value)) return encodeView(value);
    if (Object.prototype.toString.call(value) !== '[object Object]') throw new Error('An object could not be cloned.');
    return ['object', ...Object.entries(value).map(encode)];
  }

  function encodeView(view: ArrayBufferView): Wire {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    return ['bytes', Object.prototype.toString.call(view).slice('[object '.length, -1), encodeBytes(bytes)];
  }

  function encodeBytes(bytes: Uint8Array): string {
    let text = '';
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text);
  }

  return encode(value);
}

/** The value that `encodeWire` was given, made anew in the world that calls. */
export function decodeWire(wire: Wire): unknown {
  if (wire === null || typeof wire !== 'object') return wire;
  const [tag, ...parts] = wire;
  const text = (index: number) => String(parts[index] ?? '');
  const pairs = () => parts.map((part) => decodeWire(part) as [unknown, unknown]);
  switch (tag) {
    case 'undefined':
      return undefined;
    case 'number':
      return Number(text(0));
    case 'bigint':
      return BigInt(text(0));
    case 'array':
      return parts.map(decodeWire);
    case 'date':
      return new Date(Number(decodeWire(parts[0] ?? null)));
    case 'map':
      return new Map(pairs());
    case 'set':
      return new Set(parts.map(decodeWire));
    case 'regexp':
      return new RegExp(text(0), text(1));
    case 'error':
      return decodeError(text(0), text(1), text(2));
    case 'bytes':
      return decodeBytes(text(0), text(1));
    case 'object':
      return Object.fromEntries(pairs().map(([key, value]) => [String(key), value]));
    default:
      throw new Error(`Not a value of the wire: ${String(tag)}`);
  }

  function decodeError(name: string, message: string, stack: string): Error {
    const error = new Error(message);
    error.name = name;
    error.stack = stack;
    return error;
  }

  function decodeBytes(type: string, base64: string): unknown {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    if (type === 'ArrayBuffer') return bytes.buffer;
    const View: unknown = Reflect.get(globalThis, type);
    if (typeof View !== 'function') throw new Error(`Not a view of bytes: ${type}`);
    return Reflect.construct(View, [bytes.buffer]);
  }
}
