import type { ReplicationProblem, ReplicationReport, UnreplicatedObject } from '../../shared/replication.ts';

const HOUR = 3600_000;
const SHARES: readonly [ReplicationProblem, number, number][] = [
  ['pending', 14, 0.05],
  ['stuck', 6, 9],
  ['failed', 1480, 30],
  ['never', 212, 4000],
  ['missing', 3, 50],
];

/** A folder in which every problem there is can be seen; or none. */
export function fakeReport(folder: string, clean: boolean, now: number): ReplicationReport {
  const objects: UnreplicatedObject[] = clean
    ? []
    : SHARES.flatMap(([problem, count, hours]) =>
        Array.from({ length: count }, (_, index) => ({
          key: `${folder}shots/sq0${10 + (index % 40)}/sh${String(index * 10).padStart(4, '0')}/comp_${problem}_v00${(index % 9) + 1}.mov`,
          versionId: `v${index}`,
          size: 3_000_000 + ((index * 7_919_003) % 4_000_000_000),
          lastModified: now - hours * HOUR - index * 61_000,
          problem,
          missingFrom: index % 5 === 0 ? ['sydney', 'london'] : ['sydney'],
        })),
      );
  const totalOf = (wanted: ReplicationProblem) => {
    const of = objects.filter(({ problem }) => problem === wanted);
    return { objects: of.length, bytes: of.reduce((sum, { size }) => sum + size, 0) };
  };
  return {
    folder,
    compared: 48_310,
    totals: {
      pending: totalOf('pending'),
      stuck: totalOf('stuck'),
      failed: totalOf('failed'),
      never: totalOf('never'),
      missing: totalOf('missing'),
    },
    objects,
    truncated: false,
  };
}
