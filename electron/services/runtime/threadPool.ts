/** Each question to a file system takes one until it is answered, which a dead network drive never does. */
const WANTED = 32;
/** libuv, "Thread pool work scheduling". */
const DEFAULT = 4;

/**
 * Threads that Node has for file systems. The figure is taken when the first of them is needed, so this module has to be the first
 * that is imported. On Windows only the environment that the process was started with counts.
 */
export const POOL_THREADS = prepared();

function prepared(): number {
  const given = Number(process.env['UV_THREADPOOL_SIZE']);
  if (Number.isInteger(given) && given > 0) return Math.min(1024, given);
  if (process.platform === 'win32') return DEFAULT;
  process.env['UV_THREADPOOL_SIZE'] = String(WANTED);
  return WANTED;
}
