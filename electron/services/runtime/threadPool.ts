/** Each question to a file system takes one until it is answered, which a dead network drive never does. */
const WANTED_THREADS = 32;
/** libuv, "Thread pool work scheduling". */
const DEFAULT_THREADS = 4;

/**
 * Threads that Node has for file systems. The figure is taken when the first of them is needed, so this module has to be the first
 * that is imported. On Windows only the environment that the process was started with counts.
 */
export const POOL_THREADS = prepared();

function prepared(): number {
  const given = Number(process.env['UV_THREADPOOL_SIZE']);
  if (Number.isInteger(given) && given > 0) return Math.min(1024, given);
  if (process.platform === 'win32') return DEFAULT_THREADS;
  process.env['UV_THREADPOOL_SIZE'] = String(WANTED_THREADS);
  return WANTED_THREADS;
}
