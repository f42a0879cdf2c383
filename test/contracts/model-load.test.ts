import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FAMILIES } from '@assay/domain/families/all';
import type { FamilySpec } from '@assay/domain/families/family';
import { ModelHosting } from '@assay/model-servers/runtime/hosting';
import type { LoadedModel } from '@assay/model-servers/runtime/model';
import { readModel } from '@assay/model-servers/runtime/model-file';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MODELS } from './inference-server.ts';

let dir: string;
const hosting = new ModelHosting();
afterAll(() => hosting.close());
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'assay-load-'));
  writeFileSync(join(dir, 'junk.onnx'), 'this is no model');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const loadModel = async (file: string, spec: FamilySpec, digest: string | undefined): Promise<LoadedModel> =>
  hosting.open(await readModel(file, digest), spec);
const model = (name: string): string => join(MODELS, `${name}.onnx`);

test.for([
  { name: 'a file that is not there', file: () => join(dir, 'none.onnx'), code: 'MODEL_MISSING' },
  { name: 'a file that is no ONNX', file: () => join(dir, 'junk.onnx'), code: 'MODEL_NOT_ONNX' },
  {
    name: 'another file than the plan’s',
    file: () => model('ranking-price'),
    digest: 'ab',
    code: 'MODEL_DIGEST',
  },
  { name: 'another output', file: () => model('ranking-wrong-output'), code: 'MODEL_SIGNATURE' },
  { name: 'another family', file: () => model('bidding-affinity'), code: 'MODEL_SIGNATURE' },
])('$name is refused: $code', async ({ file, digest, code }) => {
  await expect(loadModel(file(), FAMILIES.ranking, digest)).rejects.toMatchObject({ code });
});

test('a whole model loads, by its digest', async () => {
  const loaded = await loadModel(model('ranking-price'), FAMILIES.ranking, undefined);
  const again = await loadModel(model('ranking-price'), FAMILIES.ranking, loaded.digest);
  expect(again.digest).toMatch(/^[0-9a-f]{64}$/);
  await Promise.all([loaded.release(), again.release()]);
});
