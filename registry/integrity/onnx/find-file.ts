import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MlModel, parseMlModel } from '../mlmodel.ts';
import { locate } from './external.ts';

const MLMODEL_BYTES = 1024 * 1024;

/** null where there is no MLmodel file. Throws an Error that says what is wrong with it. */
export function readMlModel(folder: string): MlModel | null {
  const path = join(folder, 'MLmodel');
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  if (!stat.isFile()) throw new Error('MLmodel is no plain file');
  if (stat.size > MLMODEL_BYTES)
    throw new Error(`MLmodel has ${stat.size} bytes, more than ${MLMODEL_BYTES}`);
  try {
    return parseMlModel(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new Error(`MLmodel cannot be read: ${(cause as Error).message.split('\n')[0]}`, { cause });
  }
}

/** The model file: what MLmodel names, else model.onnx, else the only .onnx file. Throws an Error that says why there is none. */
export function findFile(folder: string, mlmodel: MlModel | null): string | null {
  if (mlmodel?.onnxData) {
    const { found } = locate(folder, mlmodel.onnxData);
    if (found !== 'inside')
      throw new Error(`MLmodel names "${mlmodel.onnxData}", which is not usable: ${found}`);
    return mlmodel.onnxData;
  }
  const names = readdirSync(folder).filter((name) => name.endsWith('.onnx'));
  if (names.includes('model.onnx')) return 'model.onnx';
  if (names.length > 1) throw new Error(`${names.length} ONNX files and no model.onnx`);
  return names[0] ?? null;
}
