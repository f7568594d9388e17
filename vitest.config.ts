import { defineConfig } from 'vitest/config';

const seconds = 1000;
/** A busy machine takes its time: a condition that is polled for has as long as nearly the whole of a unit test. */
const expectation = { poll: { timeout: 20 * seconds } };

/**
 * One project a kind of test. Unit tests touch no network and no disk beyond a temporary folder; integration tests run
 * services against the sandbox; end-to-end tests drive the app; interop tests need independent programs and say so
 * where these are missing.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          expect: expectation,
          name: 'unit',
          include: ['test/unit/**/*.test.{ts,tsx}'],
          // They wait for nothing: a limit for what never ends, not for a busy machine.
          testTimeout: 120 * seconds,
        },
      },
      {
        test: {
          expect: expectation,
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 60 * seconds,
          hookTimeout: 60 * seconds,
        },
      },
      {
        test: {
          expect: expectation,
          name: 'hostile',
          include: ['test/hostile/**/*.test.ts'],
          testTimeout: 120 * seconds,
          hookTimeout: 60 * seconds,
          // They wait for time-outs most of the time.
          maxConcurrency: 8,
        },
      },
      {
        test: {
          expect: expectation,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 180 * seconds,
          hookTimeout: 180 * seconds,
        },
      },
      {
        test: {
          expect: expectation,
          name: 'interop',
          include: ['test/interop/**/*.test.ts'],
          testTimeout: 180 * seconds,
          hookTimeout: 180 * seconds,
          fileParallelism: false,
        },
      },
    ],
  },
});
