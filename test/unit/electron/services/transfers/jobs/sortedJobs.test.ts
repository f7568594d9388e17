import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SortedJobs } from '../../../../../../electron/services/transfers/jobs/sortedJobs.ts';

interface Member {
  id: string;
  order: number;
}

const always = () => true;

function filled(orders: readonly number[]): SortedJobs<Member> {
  const jobs = new SortedJobs<Member>();
  orders.forEach((order, index) => jobs.add({ id: `job-${index}`, order }));
  return jobs;
}

function pagesOf(jobs: SortedJobs<Member>, count: number, isShown: (member: Member) => boolean = always): Member[][] {
  const pages: Member[][] = [];
  for (let after: string | undefined; ;) {
    const { members, next } = jobs.page(after, count, isShown);
    pages.push(members);
    if (next === undefined) return pages;
    after = next;
  }
}

describe('pages of the queue', () => {
  it('are the whole list in its order, once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })),
        fc.integer({ min: 1, max: 7 }),
        (orders, count) => {
          const jobs = filled(orders);
          const pages = pagesOf(jobs, count);
          expect(pages.flat()).toEqual(jobs.all());
          expect(jobs.all().map(({ order }) => order)).toEqual([...orders].sort((a, b) => a - b));
          expect(pages.slice(0, -1).every(({ length }) => length === count)).toBe(true);
          if (orders.length > 0) expect(pages.at(-1)).not.toHaveLength(0);
        },
      ),
    );
  });

  it('leave out what is not shown', () => {
    const pages = pagesOf(filled([1, 2, 3, 4, 5]), 2, ({ order }) => order !== 2 && order < 4);
    expect(pages.map((page) => page.map(({ order }) => order))).toEqual([[1, 3]]);
  });

  it('go on after members of the page before are gone', () => {
    const jobs = filled([1, 2, 3, 4]);
    const { next } = jobs.page(undefined, 2, always);
    jobs.remove(['job-0', 'job-1', 'job-2']);
    expect(jobs.page(next, 2, always)).toEqual({ members: [{ id: 'job-3', order: 4 }] });
  });

  it('follow a move', () => {
    const jobs = filled([1, 2, 3]);
    const last = jobs.get('job-2');
    if (last) last.order = 0.5;
    jobs.orderChanged();
    expect(jobs.all().map(({ id }) => id)).toEqual(['job-2', 'job-0', 'job-1']);
  });

  it.each(['', 'job-1', '1', 'NaN job-1', '-- x'])('refuse what never was the end of one: "%s"', (after) => {
    expect(() => filled([1]).page(after, 2, always)).toThrow(expect.objectContaining({ code: 'bad-request' }) as Error);
  });
});
