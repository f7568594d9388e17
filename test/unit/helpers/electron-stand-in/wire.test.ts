import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeWire, encodeWire, type Wire } from '../../../helpers/electron-stand-in/wire.ts';

/** As it goes over the real channel: as JSON text. */
const cross = (value: unknown): unknown => decodeWire(JSON.parse(JSON.stringify(encodeWire(value))) as Wire);

it('gives back any value of the structured clone algorithm', () => {
  const value = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: false,
    withNullPrototype: false,
  });
  fc.assert(
    fc.property(value, (given) => {
      expect(cross(given)).toEqual(structuredClone(given));
    }),
  );
});

it('keeps what JSON would lose', () => {
  expect(cross([undefined, NaN, -0, Infinity, 2n ** 70n])).toEqual([undefined, NaN, -0, Infinity, 2n ** 70n]);
  expect(cross(new Date(NaN))).toEqual(new Date(NaN));
  expect(cross(/a.b/giu)).toEqual(/a.b/giu);
  expect(cross(Buffer.from('bytes'))).toEqual(new Uint8Array(Buffer.from('bytes')));
  expect(cross(Uint8Array.of(1, 2).buffer)).toEqual(Uint8Array.of(1, 2).buffer);
  expect(cross(['array', ['object', 1]])).toEqual(['array', ['object', 1]]);
});

it('keeps name, message and stack of an error', () => {
  const error = new TypeError('No such thing');
  expect(cross(error)).toMatchObject({ name: 'TypeError', message: 'No such thing', stack: error.stack });
});

it('refuses what cannot be cloned, as Electron does', () => {
  for (const value of [() => 1, Symbol('x'), Promise.resolve(), new WeakMap()]) {
    expect(() => encodeWire({ value })).toThrow('An object could not be cloned.');
  }
  const circle: unknown[] = [];
  circle.push(circle);
  expect(() => encodeWire(circle)).toThrow('electron stand-in: a cyclic value over IPC is not implemented');
  expect(cross([circle.slice(1), circle.slice(1)])).toEqual([[], []]);
});
