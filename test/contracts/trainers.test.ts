import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type TrainingDeps, trainingActivities } from '@assay/activities/training';
import { validationActivities } from '@assay/activities/validation';
import { childEvaluator } from '@assay/adapters/onnx/model-evaluator';
import { ensureTrainerEnvironment } from '@assay/adapters/trainer/environment';
import { ensureExtracted } from '@assay/adapters/trainer/extracted';
import { localProcessRunner } from '@assay/adapters/trainer/local-process';
import { referenceTrainers } from '@assay/adapters/trainer/reference-trainers';
import { TRAINERS_DIR } from '@assay/adapters/trainer/trainers-folder';
import { familySpec } from '@assay/domain/families/all';
import { FAMILY_NAMES, type Family } from '@assay/domain/families/family';
import { visionFeatures } from '@assay/domain/families/vision-features';
import type { EvidenceSource } from '@assay/domain/ports/evidence-source';
import { toCsv } from '@assay/simulator/snapshot/csv';
import { driftedPixels } from '@assay/simulator/snapshot/drift';
import { loadPool } from '@assay/simulator/snapshot/pool';
import { shopSnapshots } from '@assay/simulator/snapshot/shop-snapshots';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const exec = promisify(execFile);
const cacheDir = process.env.ASSAY_CACHE ?? fileURLToPath(new URL('../../.assay/cache', import.meta.url));
const evaluator = childEvaluator();
let stateDir = '';
let labelled = '';

/** Labelled evidence as a file that the DuckDB adapter would have written. */
const evidence: Pick<EvidenceSource, 'exportLabelled'> = {
  exportLabelled: async ({ file }) => {
    await mkdir(join(file, '..'), { recursive: true });
    await copyFile(labelled, file);
    return 0;
  },
};

function activities(trainer: TrainingDeps['trainer'] = referenceTrainers({ cacheDir })) {
  const extracted = (family: Family): Promise<string> => ensureExtracted({ cacheDir, family });
  const training = trainingActivities({
    stateDir,
    snapshots: shopSnapshots({ extracted, nowMs: () => 1_700_000_000_000 }),
    evidence,
    runner: localProcessRunner(),
    evaluator,
    trainer,
    context: () => ({ heartbeat: () => undefined }),
    stallMs: 60_000,
  });
  return { ...training, ...validationActivities({ stateDir, evaluator }) };
}

const trained = async (family: Family, recipe: string, outDir = `models/${family}/${recipe}`) => {
  const a = activities();
  const { snapshotDir } = await a.prepareSnapshot({ id: 't', family, seed: 7, source: { kind: 'sample' } });
  return { snapshotDir, ...(await a.train({ family, recipe, seed: 7, snapshotDir, outDir })) };
};

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'assay-trainers-'));
  await ensureTrainerEnvironment({ cacheDir, onProgress: (m) => console.log(m) });
}, 300_000);
afterAll(() => rm(stateDir, { recursive: true, force: true }));

describe('reference trainers on real rows', () => {
  test.for(FAMILY_NAMES.map((family) => ({ family })))(
    '$family: baseline passes validation, good passes beside it, both are used in order',
    async ({ family }) => {
      const a = activities();
      const baseline = await trained(family, 'baseline');
      const good = await trained(family, 'good');
      const first = await a.evaluate({
        family,
        modelFile: `${baseline.outDir}/model.onnx`,
        championFile: null,
        snapshotDir: baseline.snapshotDir,
      });
      expect(first.verdict).toMatchObject({ kind: 'pass' });
      const second = await a.evaluate({
        family,
        modelFile: `${good.outDir}/model.onnx`,
        championFile: `${baseline.outDir}/model.onnx`,
        snapshotDir: good.snapshotDir,
      });
      expect(second.verdict).toMatchObject({ kind: 'pass' });
      // The trainer is honest here: what it claims is what Assay measures.
      expect(second.facts?.candidate.value).toBeCloseTo(good.metrics.quality.value, 3);
      expect(second.facts?.candidate.naive).toBeCloseTo(good.metrics.naive.value, 6);
      // The very lock files lie beside the model, and the training names their digest
      const lock = await readFile(join(stateDir, good.outDir, 'requirements.lock.txt'), 'utf8');
      expect(good.environment).toBe(createHash('sha256').update(lock).digest('hex'));
      for (const file of ['requirements.lock.txt', 'data.lock.txt'])
        expect(lock).toContain(await readFile(join(TRAINERS_DIR, file), 'utf8'));
    },
  );

  test.for([
    { family: 'ranking', kind: 'pass' },
    { family: 'pricing', kind: 'pass' },
    { family: 'bidding', kind: 'pass' },
    { family: 'forecasting', kind: 'pass' },
    // Its metrics.json shines; the exported graph scales twice.
    { family: 'vision', kind: 'fail' },
  ] as const)('$family: the harmful recipe ends validation with $kind', async ({ family, kind }) => {
    const good = await trained(family, 'good');
    const harmful = await trained(family, 'harmful');
    expect(harmful.metrics.quality.value).not.toBe(harmful.metrics.naive.value);
    const { verdict } = await activities().evaluate({
      family,
      modelFile: `${harmful.outDir}/model.onnx`,
      championFile: `${good.outDir}/model.onnx`,
      snapshotDir: good.snapshotDir,
    });
    expect(verdict).toMatchObject({ kind });
  });

  test('same snapshot, recipe and seed give the same bytes', async () => {
    for (const family of FAMILY_NAMES) {
      const one = await trained(family, 'good');
      const two = await trained(family, 'good', `again/${family}`);
      expect(two.digest).toBe(one.digest);
    }
  });

  test('training again answers what is there without running', async () => {
    const one = await trained('pricing', 'good');
    const none = activities(() => Promise.resolve({ command: ['false'], cwd: TRAINERS_DIR }));
    const again = await none.train({ family: 'pricing', recipe: 'good', seed: 7, ...one });
    expect(again.digest).toBe(one.digest);
  });

  test('a constant is rejected with the numbers', async () => {
    const { outDir, snapshotDir } = await trained('bidding', 'constant');
    const { verdict } = await activities().evaluate({
      family: 'bidding',
      modelFile: `${outDir}/model.onnx`,
      championFile: null,
      snapshotDir,
    });
    expect(verdict.kind).toBe('fail');
    expect(verdict.reasons[0]).toContain('auc 0.5000, higher is better, against naive 0.5000');
  });

  test('real Open Bandit clicks: nothing beats the constant, and the gate says so', async () => {
    const a = activities();
    const { snapshotDir, labelOrigin } = await a.prepareSnapshot({
      id: 'real',
      family: 'ranking',
      seed: 7,
      source: { kind: 'real-log' },
    });
    expect(labelOrigin).toBe('real');
    for (const recipe of ['baseline', 'good', 'harmful']) {
      const outDir = `real/${recipe}`;
      await a.train({ family: 'ranking', recipe, seed: 7, snapshotDir, outDir });
      const { verdict } = await a.evaluate({
        family: 'ranking',
        modelFile: `${outDir}/model.onnx`,
        championFile: null,
        snapshotDir,
      });
      expect(verdict, recipe).toMatchObject({ kind: 'fail' });
    }
  });

  test('a new scanner: retrained on labelled evidence, vision recovers', async () => {
    const a = activities();
    const champion = await trained('vision', 'good');
    const pool = await loadPool('vision', await ensureExtracted({ cacheDir, family: 'vision' }), 1);
    const header = [...Array.from({ length: 64 }, (_, i) => `px${i}`), 'label'];
    labelled = join(stateDir, 'labelled.csv');
    const dim = pool.map(({ key, row }) => [...driftedPixels(row.pixels, key), row.label]);
    await writeFile(labelled, toCsv(header, dim));
    const source = { kind: 'evidence', endpoint: 'label-check', sinceMs: 0, lastRows: 500 } as const;
    const { snapshotDir } = await a.prepareSnapshot({ id: 'drift/1', family: 'vision', seed: 7, source });
    const outDir = 'models/vision/retrained';
    await a.train({ family: 'vision', recipe: 'good', seed: 7, snapshotDir, outDir });
    const { facts, verdict } = await a.evaluate({
      family: 'vision',
      modelFile: `${outDir}/model.onnx`,
      championFile: `${champion.outDir}/model.onnx`,
      snapshotDir,
    });
    expect(verdict).toMatchObject({ kind: 'pass' });
    expect(facts?.champion?.value).toBeLessThan(0.9);
    expect(facts?.candidate.value).toBeGreaterThan((facts?.champion?.value ?? 1) + 0.05);
  });

  test('python and typescript compute the same image features and know the same columns', async () => {
    const { python } = await ensureTrainerEnvironment({ cacheDir });
    const [row] = await loadPool('vision', await ensureExtracted({ cacheDir, family: 'vision' }), 1);
    const pixels = row?.row.pixels ?? [];
    const script = `import json,numpy as np
from assay_trainers.image_features import image_features
print(json.dumps(image_features(np.array([${pixels.join(',')}],float).reshape(1,64))[0].tolist()))
import importlib
print(json.dumps({f: importlib.import_module("assay_trainers.families."+f).SPEC.features for f in ${JSON.stringify(FAMILY_NAMES)}}))`;
    const { stdout } = await exec(python, ['-c', script], { cwd: TRAINERS_DIR });
    const [features = '', names = ''] = stdout.trim().split('\n');
    for (const [i, value] of (JSON.parse(features) as number[]).entries())
      expect(visionFeatures(pixels)[i]).toBeCloseTo(value, 10);
    for (const [family, columns] of Object.entries(JSON.parse(names) as Record<string, string[]>))
      expect(columns).toEqual([...familySpec(family).featureNames]);
  });
});

describe('what a training leaves behind', () => {
  const outputs = async (name: string, spoil: string): Promise<() => Promise<unknown>> => {
    const { outDir, snapshotDir } = await trained('pricing', 'good');
    const from = join(stateDir, `from-${name}`);
    await cp(join(stateDir, outDir), from, { recursive: true });
    // A real command: it copies a good training into --out ($4) and spoils one thing.
    const command = ['sh', '-c', `mkdir -p "$4" && cp ${from}/* "$4" && cd "$4" && ${spoil}`, 'trainer'];
    const a = activities(() => Promise.resolve({ command, cwd: TRAINERS_DIR }));
    return () => a.train({ family: 'pricing', recipe: 'x', seed: 1, snapshotDir, outDir: `spoiled/${name}` });
  };

  test.for([
    { name: 'no-model', spoil: 'rm model.onnx', code: 'TRAINER_NO_MODEL' },
    { name: 'no-card', spoil: 'rm model-card.md', code: 'TRAINER_OUTPUT_INVALID' },
    { name: 'not-json', spoil: 'echo "{" > metrics.json', code: 'TRAINER_OUTPUT_INVALID' },
    {
      name: 'wrong-metric',
      spoil: `sed -i 's/"log_loss"/"auc"/' metrics.json`,
      code: 'TRAINER_OUTPUT_INVALID',
    },
    {
      name: 'wrong-signature-file',
      spoil: `sed -i 's/"probability"/"p"/' signature.json`,
      code: 'TRAINER_OUTPUT_INVALID',
    },
    {
      name: 'lost-feature',
      spoil: `sed -i 's/"loyalty"/"loyal"/' reference.json`,
      code: 'TRAINER_OUTPUT_INVALID',
    },
    {
      name: 'other-sample',
      spoil: `sed -i 's/"data": \\[/"data": [9, /' sample.json`,
      code: 'TRAINER_OUTPUT_INVALID',
    },
    { name: 'random-bytes', spoil: 'head -c 4000 /dev/urandom > model.onnx', code: 'MODEL_NOT_ONNX' },
    {
      name: 'truncated',
      spoil: 'head -c 120 model.onnx > half && mv half model.onnx',
      code: 'MODEL_NOT_ONNX',
    },
  ])('$name is refused with $code', async ({ name, spoil, code }) => {
    const run = await outputs(name, spoil);
    await expect(run()).rejects.toMatchObject({ code });
  });

  test("another family's model is refused by its signature", async () => {
    const ranker = await trained('ranking', 'good');
    const pricer = await trained('pricing', 'good');
    const asked = { family: 'pricing', championFile: null } as const;
    const { verdict, code } = await activities().evaluate({
      ...asked,
      modelFile: `${ranker.outDir}/model.onnx`,
      snapshotDir: pricer.snapshotDir,
    });
    expect(code).toBe('MODEL_CHECK_REFUSED');
    expect(verdict).toMatchObject({ kind: 'fail', reasons: [expect.stringContaining('onnx/family: ')] });
    const evaluated = evaluator.evaluate({
      ...asked,
      modelFile: join(stateDir, ranker.outDir, 'model.onnx'),
      snapshotDir: join(stateDir, pricer.snapshotDir),
    });
    await expect(evaluated).rejects.toMatchObject({ code: 'MODEL_SIGNATURE' });
  });

  test('a snapshot that was changed after it was made is refused', async () => {
    const { outDir, snapshotDir } = await trained('pricing', 'good');
    const changed = 'snapshots/changed';
    await cp(join(stateDir, snapshotDir), join(stateDir, changed), { recursive: true });
    const file = join(stateDir, changed, 'holdout.csv');
    await writeFile(file, (await readFile(file, 'utf8')).replace('1', '2'));
    const a = activities();
    const evaluate = a.evaluate({
      family: 'pricing',
      modelFile: `${outDir}/model.onnx`,
      championFile: null,
      snapshotDir: changed,
    });
    await expect(evaluate).rejects.toMatchObject({ code: 'SNAPSHOT_INVALID' });
    const train = a.train({
      family: 'pricing',
      recipe: 'good',
      seed: 1,
      snapshotDir: changed,
      outDir: 'changed',
    });
    await expect(train).rejects.toMatchObject({ code: 'SNAPSHOT_INVALID' });
  });

  test('an unknown recipe is refused by the trainer', async () => {
    await expect(trained('pricing', 'magic')).rejects.toMatchObject({
      code: 'TRAINER_REFUSED',
      message: expect.stringContaining('magic'),
    });
  });
});

describe('the evaluator survives its child', () => {
  const script = async (name: string, body: string): Promise<string> => {
    const file = join(stateDir, `${name}.mjs`);
    await writeFile(file, body);
    return file;
  };
  const ask = async (child: string) =>
    childEvaluator({ timeoutMs: 1_500, memoryBytes: 300 * 2 ** 20, child }).inspect({
      family: 'pricing',
      modelFile: 'x',
      sampleFile: 'x',
    });

  test.for([
    {
      name: 'crash',
      body: 'process.kill(process.pid, "SIGSEGV"); setInterval(() => {}, 1000)',
      text: 'SIGSEGV',
    },
    { name: 'babble', body: 'process.stdout.write("no answer at all")', text: 'its answer is no JSON' },
    { name: 'hang', body: 'for (;;);', text: 'no answer within 1500 ms' },
    {
      name: 'greed',
      body: 'const all = []; setInterval(() => all.push(Buffer.alloc(64 * 2 ** 20, 1)), 50)',
      text: 'bytes of memory',
    },
  ])('$name', async ({ name, body, text }) => {
    await expect(ask(await script(name, body))).rejects.toMatchObject({
      code: 'EVALUATION_FAILED',
      message: expect.stringContaining(text),
    });
  });
});
