import { afterAll, describe, expect, it } from 'vitest';
import { ASKED, type Asked, HostileStudio, type Outcome } from './ask.ts';
import { EXPECTED } from './expected.ts';
import { type LieName, LIES } from './lies.ts';

const seen = new Map<LieName, Map<Asked, Outcome>>();

afterAll(() => process.stdout.write(matrix()));

/** A row a lie, a column a request: what was said. */
function matrix(): string {
  const rows = Object.keys(LIES).map((lie) => [
    lie,
    ...ASKED.map((asked) => {
      const { said, untrue } = seen.get(lie as LieName)?.get(asked) ?? { said: '-' };
      return untrue === undefined ? said : `${said} BUT ${untrue}`;
    }),
  ]);
  const table = [['', ...ASKED], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `\nWhat is said to a storage that lies\n${lines.join('\n')}\n\n`;
}

describe.concurrent.each(Object.keys(LIES) as LieName[])('a storage with "%s"', (lie) => {
  it.each(ASKED)('asked to %s', async (asked) => {
    const studio = await HostileStudio.open();
    try {
      const outcome = await studio.ask(asked, LIES[lie]);
      seen.set(lie, (seen.get(lie) ?? new Map<Asked, Outcome>()).set(asked, outcome));
      expect(outcome).toEqual({ said: EXPECTED[lie][asked] });
    } finally {
      await studio.close();
    }
  });
});
