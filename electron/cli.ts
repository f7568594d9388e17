#!/usr/bin/env node
// First: Node reads the size of its thread pool when it first needs one.
import './services/runtime/threadPool.ts';
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { keepCompiledCode } from './cli/compiledCode.ts';
import { VERSION } from './cli/version.ts';

/** Installed, the command is a symbolic link to this file. */
function isThisFile(path: string): boolean {
  try {
    return realpathSync(path) === realpathSync(fileURLToPath(import.meta.url));
  } catch {
    return false;
  }
}

async function main(args: readonly string[]): Promise<void> {
  const [only = '', ...others] = args;
  // Scripts ask for it often, and it needs nothing else: no other module is loaded.
  if (others.length === 0 && (only === '--version' || only === '-V')) {
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      // A reader that has gone wants no more.
      if (error.code === 'EPIPE') return;
      process.stderr.write(`nearplay: The output cannot be written (${error.code ?? error.message}).\n`);
      process.exitCode = 1;
    });
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  keepCompiledCode();
  const { runAtTerminal } = await import('./cli/terminal.ts');
  await runAtTerminal(args);
}

if (process.argv[1] !== undefined && isThisFile(process.argv[1])) void main(process.argv.slice(2));
