import { expect, it } from 'vitest';
import { absent, strict } from '../../../helpers/electron-stand-in/strict.ts';

class Counter {
  static made = 0;
  #count = 0;
  step = 1;

  add(): number {
    this.#count += this.step;
    return this.#count;
  }
}

it('leaves what is there as it is, private fields included', () => {
  const counter = strict('counter', new Counter());
  const add = Reflect.get(counter, 'add');
  expect([counter.add(), add()]).toEqual([1, 2]);
  counter.step = 5;
  expect(counter.add()).toBe(7);
  expect(Reflect.get(counter, 'add')).toBe(add);
  expect(counter).toBeInstanceOf(Counter);
});

it('hands out classes with their static members', () => {
  const names = strict('module', { Counter });
  expect(names.Counter.made).toBe(0);
  expect(new names.Counter().add()).toBe(1);
});

it('throws by name for what is not there', () => {
  const counter: Record<string, unknown> = strict('counter', { count: 1 });
  expect(() => counter['reset']).toThrow('electron stand-in: counter.reset is not implemented');
  expect(() => (counter['reset'] = 1)).toThrow('electron stand-in: counter.reset is not implemented');
});

it('can be awaited, printed and compared', async () => {
  const counter = strict('counter', { count: 1 });
  expect(await Promise.resolve(counter)).toBe(counter);
  expect(JSON.stringify(counter)).toBe('{"count":1}');
  expect(counter).toEqual({ count: 1 });
});

it('stands for a module that is not there at all: any use throws', () => {
  const Tray: unknown = absent('Tray');
  expect(() => Reflect.construct(Tray as new () => object, [])).toThrow('electron stand-in: Tray is not implemented');
  expect(() => (Tray as () => void)()).toThrow('electron stand-in: Tray is not implemented');
  expect(() => (Tray as { get: unknown }).get).toThrow('electron stand-in: Tray.get is not implemented');
});
