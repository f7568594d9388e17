/**
 * The items of a source, which is read ahead: a consumer that is busy with some does not keep the next from being asked
 * for.
 *
 * @param ahead items that are kept at most.
 * @throws what the source throws, once the items before it are consumed
 */
export async function* prefetched<Item>(source: AsyncIterable<Item>, ahead: number): AsyncGenerator<Item, void> {
  const items: Item[] = [];
  const state: { isOver: boolean; failure?: { error: unknown }; isLeft: boolean } = { isOver: false, isLeft: false };
  let changed = Promise.withResolvers<undefined>();
  const tell = () => {
    changed.resolve(undefined);
    changed = Promise.withResolvers();
  };
  const read = async () => {
    try {
      for await (const item of source) {
        items.push(item);
        tell();
        while (items.length >= ahead && !state.isLeft) await changed.promise;
        if (state.isLeft) return;
      }
    } catch (error) {
      state.failure = { error };
    } finally {
      state.isOver = true;
      tell();
    }
  };
  const reading = read();
  try {
    for (;;) {
      const item = items.shift();
      if (item !== undefined) {
        tell();
        yield item;
      } else if (state.isOver) {
        if (state.failure) throw state.failure.error;
        return;
      } else await changed.promise;
    }
  } finally {
    state.isLeft = true;
    tell();
    await reading;
  }
}
