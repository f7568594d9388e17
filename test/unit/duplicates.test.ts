import { describe, expect, it } from 'vitest';
import { duplicatesIn } from '../../build/duplicates.ts';

const lines = (...names: string[]) => names.map((name) => `const ${name} = 1;`).join('\n');
const SIX = ['a', 'b', 'c', 'd', 'e', 'f'];

describe('passages that stand twice', () => {
  it('are named with both places, the longest first', () => {
    const one = { path: 'one.ts', text: lines('x', ...SIX, 'y', 'h', 'i', 'j', 'k', 'l', 'm', 'n') };
    const other = { path: 'other.ts', text: lines(...SIX, 'z', 'h', 'i', 'j', 'k', 'l', 'm', 'n') };
    expect(duplicatesIn([one, other])).toEqual([
      { count: 7, one: 'one.ts:9-15', other: 'other.ts:8-14' },
      { count: 6, one: 'one.ts:2-7', other: 'other.ts:1-6' },
    ]);
  });

  it('are none below six lines of code: blank lines, comments, imports and brackets do not count', () => {
    const short = [lines(...SIX.slice(1)), '', '// note', '/** note */', "import { q } from 'q';", '}'].join('\n');
    expect(duplicatesIn(['one', 'other'].map((path) => ({ path, text: short })))).toEqual([]);
  });

  it('do not overlap themselves', () => {
    const text = lines(...Array.from({ length: 14 }, () => 'same'));
    expect(duplicatesIn([{ path: 'one.ts', text }])).toEqual([{ count: 6, one: 'one.ts:1-6', other: 'one.ts:7-12' }]);
  });
});
