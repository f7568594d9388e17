import type { ExplainedObject, Measurement, ReadingStatus, RouteExplanation } from '../../shared/reading.ts';

/** What a measurement from Sydney would find. */
export const MEASUREMENTS: readonly Measurement[] = [
  { storage: 'main-us', latency: 204.3, throughput: 6_900_000 },
  { storage: 'sydney', latency: 9.8, throughput: 91_400_000 },
  {
    storage: 'london',
    error: { code: 'timeout', message: 'The storage did not answer in time. Try again.', retryable: true },
  },
];

export function fakeExplanation(
  reading: ReadingStatus,
  object: ExplainedObject | undefined,
  measurements: Measurement[],
): RouteExplanation {
  const inUse = (object?.route ?? reading.route).storage;
  return {
    reading,
    ...(object && { object }),
    measurements,
    ...(measurements.length > 0 && inUse !== 'sydney' && { advice: 'sydney' }),
    clockOffsets: [
      { storage: 'main-us', seconds: 1 },
      { storage: 'sydney', seconds: 0 },
      { storage: 'london', seconds: -7320 },
    ],
    text: `Nearplay: why this region?\nRead from: ${reading.readFrom}\nIn general: ${inUse}`,
  };
}
