/** One-sided CUSUM around the running mean (Page 1954), as in frouros: indexes of alarms, from 0; all resets after one. */
export function cusum(
  values: readonly number[],
  {
    delta = 0.005,
    threshold = 50,
    minInstances = 30,
  }: { delta?: number; threshold?: number; minInstances?: number } = {},
): { alarms: number[] } {
  const alarms: number[] = [];
  let [count, mean, level] = [0, 0, 0];
  for (const [index, x] of values.entries()) {
    count += 1;
    mean += (x - mean) / count;
    level = Math.max(0, level + x - mean - delta);
    if (count < minInstances || level <= threshold) continue;
    alarms.push(index);
    [count, mean, level] = [0, 0, 0];
  }
  return { alarms };
}
