/** Runs `work` on every item, at most `width` at a time, in the order they come; the first failure ends it. */
export const each = async <T>(
  items: AsyncIterable<T> | Iterable<T>,
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> => {
  const running = new Set<Promise<void>>();
  const failed: { cause: unknown }[] = [];
  for await (const item of items) {
    if (failed.length > 0) break;
    const task = work(item)
      .catch((cause: unknown) => {
        failed.push({ cause });
      })
      .finally(() => running.delete(task));
    running.add(task);
    if (running.size >= width) await Promise.race(running);
  }
  await Promise.all(running);
  if (failed[0] !== undefined) throw failed[0].cause;
};
