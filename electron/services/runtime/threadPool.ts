/** Each file system request occupies one thread until it is answered, which a disconnected network drive never does. */
const WANTED_THREADS = 32;
/** libuv, "Thread pool work scheduling". */
const DEFAULT_THREADS = 4;

/**
 * Threads of Node's pool. The size is read at first use, so this module has to be imported first. On Windows only the
 * environment at the start of the process counts.
 */
export const POOL_THREADS = prepared();

function prepared(): number {
  const given = Number(process.env['UV_THREADPOOL_SIZE']);
  if (Number.isInteger(given) && given > 0) return Math.min(1024, given);
  if (process.platform === 'win32') return DEFAULT_THREADS;
  process.env['UV_THREADPOOL_SIZE'] = String(WANTED_THREADS);
  return WANTED_THREADS;
}
