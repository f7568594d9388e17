/**
 * How often others had their turn while `work` ran: what holds the event loop up in one piece leaves hardly any. A count and
 * no time, so that it means the same on a busy machine; the times are measured by `npm run bench:queue`.
 */
export async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 0);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return turns;
}
