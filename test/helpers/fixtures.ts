import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { type Sandbox, type SandboxOptions, startSandbox } from '../sandbox/sandbox.ts';

// Fixtures of Vitest: what a test names in its first argument is started for it, and closed at its end, also when it fails.

interface Closing {
  /** Once for each fixture. */
  onCleanup: (close: () => Promise<void> | void) => void;
}

/** A new folder, and what removes it with all that is in it. */
async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'nearplay-test-'));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** `folder`: an empty folder of each test's own. */
export const withFolder = test.extend('folder', async ({}, { onCleanup }) => {
  const { path, remove } = await temporaryFolder();
  onCleanup(remove);
  return path;
});

/** `sandbox`: a sample storage of each test's own, made with `sandboxOptions`, and a `folder`. */
export const withSandbox = withFolder
  .extend('sandboxOptions', (): SandboxOptions => ({}))
  .extend('sandbox', async ({ sandboxOptions }, { onCleanup }): Promise<Sandbox> => {
    const sandbox = await startSandbox(sandboxOptions);
    onCleanup(() => sandbox.close());
    return sandbox;
  });

/** A sample storage for all tests of a file. */
export async function sandboxOfFile({}, { onCleanup }: Closing): Promise<Sandbox> {
  const sandbox = await startSandbox();
  onCleanup(() => sandbox.close());
  return sandbox;
}

/** The sample storage of a file as each test meets it: without faults, and with no request so far. */
export function sandboxAsNew({ sandboxOfFile }: { sandboxOfFile: Sandbox }, { onCleanup }: Closing): Sandbox {
  sandboxOfFile.requests.length = 0;
  onCleanup(() => sandboxOfFile.clearFaults());
  return sandboxOfFile;
}
