/** Names that the language, promises and inspectors look for on any object; none of them is Electron's. */
const LOOKED_FOR: ReadonlySet<PropertyKey> = new Set([
  'then',
  'toJSON',
  'inspect',
  '__esModule',
  '$$typeof',
  'nodeType',
]);

/** What a use of something that the stand-in lacks throws. */
export class NotImplemented extends Error {
  constructor(name: string) {
    super(`electron stand-in: ${name} is not implemented`);
    this.name = 'NotImplemented';
  }
}

/**
 * The same object, except that reading or setting a property which it lacks throws by name: an `undefined` would let a
 * test pass, or fail somewhere else, when the product begins to use more of Electron than the stand-in has.
 * Methods are bound to the object itself, so that its private fields work.
 */
export function strict<T extends object>(name: string, target: T): T {
  const bound = new WeakMap<object, unknown>();
  return new Proxy(target, {
    get(object, key) {
      if (!(key in object)) {
        if (typeof key === 'symbol' || LOOKED_FOR.has(key)) return undefined;
        throw new NotImplemented(`${name}.${key}`);
      }
      const value: unknown = Reflect.get(object, key, object);
      // A class has a prototype and is no method.
      if (typeof value !== 'function' || Object.hasOwn(value, 'prototype')) return value;
      if (!bound.has(value)) bound.set(value, value.bind(object));
      return bound.get(value);
    },
    set(object, key, value) {
      if (!(key in object)) throw new NotImplemented(`${name}.${String(key)}`);
      return Reflect.set(object, key, value, object);
    },
  });
}

/** Stands for a whole module of Electron that the stand-in lacks: importing it is fine, any use throws by name. */
export function absent(name: string): never {
  // A function and no arrow: it has to be one that `new` can be applied to.
  const fail = function (): never {
    throw new NotImplemented(name);
  };
  const nothing = new Proxy(fail, {
    get(_target, key) {
      if (typeof key === 'symbol' || LOOKED_FOR.has(key)) return undefined;
      throw new NotImplemented(`${name}.${key}`);
    },
    apply: fail,
    construct: fail,
  });
  return nothing as never;
}
