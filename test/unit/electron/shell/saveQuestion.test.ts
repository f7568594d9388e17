import { expect, it } from 'vitest';
import { saveQuestion } from '../../../../electron/shell/saveQuestion.ts';

const where = 's3://studio-media/media/.nearplay/isolation-preferences.json';
const detail = (...changes: Parameters<typeof saveQuestion>[0]['changes']) =>
  saveQuestion({ changes, where }).detail ?? '';

it('says what saving changes, and where; the safe answer is the one of Enter and Escape', () => {
  const { buttons = [], defaultId = -1, cancelId = -1 } = saveQuestion({ changes: [], where });
  expect([buttons[defaultId], buttons[cancelId]]).toEqual(['Cancel', 'Cancel']);
  const text = detail(
    { path: 'replication.delaySeconds', before: 60, after: 90 },
    {
      path: 'replication.replicas.sydney.ipRanges',
      before: ['10.0.0.0/8', '10.1.0.0/16'],
      after: ['10.0.0.0/8', '203.0.113.0/24'],
    },
    { path: 'uploads.maxBytesPerSecond', before: undefined, after: 1 },
  );
  expect(text).toContain('replication.delaySeconds: 60 → 90');
  expect(text).toContain('+ 203.0.113.0/24, − 10.1.0.0/16');
  expect(text).toContain('nothing → 1');
  expect(text).toContain(where);
});

it('is not made unreadable by what it is about', () => {
  const label = `Sydney\n\nEverything is fine.\u202e${'x'.repeat(5000)}`;
  const changes = Array.from({ length: 500 }, (_, index) => ({ path: `a${index}`, before: 'Sydney', after: label }));
  const text = detail(...changes);
  expect(text).toContain('And 494 more changes.');
  expect(text.split('\n')).toHaveLength(9);
  expect(text.length).toBeLessThan(2000);
  expect(text).not.toContain('\u202e');
});
