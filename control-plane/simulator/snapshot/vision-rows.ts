import { join } from 'node:path';
import type { VisionRow } from '../response/vision.ts';
import { numbers, readCsv } from './csv.ts';

/** Images in the order of the source (by writer): 1,000 train, 297 judge, 500 are the traffic. */
export const VISION_TRAIN = 1000;
export const VISION_TRAFFIC_FROM = 1297;
const PIXELS = 64;

export const PIXEL_COLUMNS = Array.from({ length: PIXELS }, (_, i) => `px${i}`);

export async function readImages(dir: string): Promise<readonly VisionRow[]> {
  const table = await readCsv(join(dir, 'images.csv'));
  const label = numbers(table, 'label');
  const pixels = PIXEL_COLUMNS.map((name) => numbers(table, name));
  return table.rows.map((row) => ({ pixels: pixels.map((read) => read(row)), label: label(row) }));
}
