import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { familySpec } from '@assay/domain/families/all';
import { type CheckPolicy, DEFAULT_CHECK_POLICY, parseCheckPolicy } from '@assay/domain/model-check/policy';
import { type CheckReport, refusals } from '@assay/domain/model-check/report';
import { checkModel } from '@assay/registry-integrity/onnx/check-model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const MODELS = fileURLToPath(new URL('../reference/models', import.meta.url));
const MAIN = fileURLToPath(new URL('../../control-plane/cli/main.ts', import.meta.url));
const model = (name: string): string => join(MODELS, `${name}.onnx`);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-check-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const check = (path: string, policy: Partial<CheckPolicy> = {}, family?: string): Promise<CheckReport> =>
  checkModel({
    path,
    spec: family === undefined ? null : familySpec(family),
    policy: { ...DEFAULT_CHECK_POLICY, ...policy },
  });
const written = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

/** `assay model check …`: exit status and what it printed. */
const assay = (...args: string[]): Promise<{ status: number; out: string; err: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, ['--no-warnings', MAIN, 'model', 'check', ...args], (error, out, err) =>
      resolve({ status: error === null ? 0 : Number(error.code), out, err }),
    );
  });

describe('files of unknown quality', () => {
  test('random bytes, and a model cut in half, are no ONNX model', async () => {
    const random = await check(written('random.onnx', randomBytes(100_000)));
    expect(refusals(random.rules)).toEqual([
      expect.stringMatching(/^onnx\/readable: 100000 bytes are no ONNX model: /),
    ]);
    const whole = readFileSync(model('vision-sure'));
    const cut = await check(written('cut.onnx', whole.subarray(0, whole.length / 2)));
    expect(refusals(cut.rules)).toEqual([
      expect.stringMatching(/^onnx\/readable: \d+ bytes are no ONNX model: /),
    ]);
    expect(cut.rules.every((r) => r.status !== 'refused' || (r.remedy ?? '').length > 10)).toBe(true);
  });

  test('2 GiB that are a hole on disk are refused by size, unread', async () => {
    const path = written('sparse.onnx', new Uint8Array());
    truncateSync(path, 2 ** 31);
    const { rules, files } = await check(path);
    expect(refusals(rules)).toEqual(['files/size: "sparse.onnx" has 2147483648 bytes, more than 536870912']);
    expect(files).toEqual([{ path: 'sparse.onnx', sha256: null, sizeBytes: 2 ** 31 }]);
    truncateSync(path, 100 * 2 ** 20);
    expect(refusals((await check(path)).rules)).toEqual([
      expect.stringContaining('onnx/readable: 104857600 bytes'),
    ]);
    rmSync(path);
  });

  test('a bomb of thirty million empty nodes takes its own process down, not this one', async () => {
    const nodes = Buffer.alloc(60_000_000, Buffer.from([0x0a, 0x00]));
    const length = [0, 7, 14, 21].map((s) => ((nodes.length >> s) & 0x7f) | (s < 21 ? 0x80 : 0));
    const path = written('bomb.onnx', Buffer.concat([Buffer.from([0x3a, ...length]), nodes]));
    const { rules } = await check(path, { memoryBytes: 400 * 2 ** 20 });
    expect(refusals(rules)).toEqual([
      expect.stringMatching(/^files\/model: reading it failed: it took \d+ bytes/),
    ]);
    rmSync(path);
  });

  test('a sample prediction that never ends, or eats memory, is cut off', async () => {
    const short = { sampleTimeoutMs: 4000 };
    const [loop, bomb] = await Promise.all([
      check(model('check/loop'), short),
      check(model('check/function-bomb'), short),
    ]);
    expect(refusals(loop.rules)).toEqual(['onnx/sample-prediction: no answer within 4000 ms']);
    expect(refusals(bomb.rules)).toEqual([
      expect.stringMatching(/^onnx\/sample-prediction: (no answer within 4000 ms|it took \d+ bytes)/),
    ]);
    const { rules } = await check(model('check/allocation'), { memoryBytes: 500 * 2 ** 20 });
    expect(refusals(rules)).toEqual([
      expect.stringMatching(/^onnx\/sample-prediction: (it took \d+ bytes|.*alloc)/s),
    ]);
  });
});

describe('folders', () => {
  const put = (name: string, files: Record<string, Uint8Array | string>): string => {
    const path = join(folder, name);
    mkdirSync(path);
    for (const [file, content] of Object.entries(files)) writeFileSync(join(path, file), content);
    return path;
  };

  test('weights beside the file: inside they are run and digested, outside the file is never loaded', async () => {
    const weights = new Uint8Array(Float32Array.of(1, 2).buffer);
    const inside = put('inside', {
      'model.onnx': readFileSync(model('check/external')),
      'weights.bin': weights,
    });
    const good = await check(inside);
    expect(refusals(good.rules)).toEqual([]);
    const sha256 = createHash('sha256').update(weights).digest('hex');
    expect(good.files.at(-1)).toEqual({ path: 'weights.bin', sha256, sizeBytes: 8 });
    expect((await check(join(inside, 'model.onnx'))).files).toEqual(good.files);

    writeFileSync(join(folder, 'weights.bin'), weights);
    const outside = put('outside', { 'model.onnx': readFileSync(model('check/external-outside')) });
    expect(refusals((await check(outside)).rules)).toEqual([
      expect.stringContaining('climbs out of the folder'),
    ]);

    const linked = put('linked', { 'model.onnx': readFileSync(model('check/external')) });
    symlinkSync(join(folder, 'weights.bin'), join(linked, 'weights.bin'));
    expect(refusals((await check(linked)).rules)).toEqual(['files/links: "weights.bin" is a symbolic link']);
    expect(refusals((await check(join(linked, 'model.onnx'))).rules)).toEqual([
      expect.stringContaining('is a symbolic link or lies behind one'),
    ]);
  });

  test('of a family, weights beside the file are refused: model servers load one file', async () => {
    const { rules } = await check(model('check/external'), {}, 'ranking');
    expect(refusals(rules)).toContainEqual(expect.stringContaining('Assay serves one file'));
  });

  test('MLmodel says which file it is and may not point outside', async () => {
    const bytes = readFileSync(model('ranking-affinity'));
    const named = put('named', {
      'a.onnx': bytes,
      'b.onnx': bytes,
      MLmodel: 'flavors: {onnx: {data: b.onnx}}\n',
    });
    expect(await check(named)).toMatchObject({ status: 'ok', file: 'b.onnx' });
    writeFileSync(join(named, 'MLmodel'), 'flavors: {onnx: {data: ../named/b.onnx}}\n');
    expect(refusals((await check(named)).rules)).toEqual([expect.stringContaining('not usable: climbs-out')]);
    writeFileSync(join(named, 'MLmodel'), 'flavors: [\n');
    expect(refusals((await check(named)).rules)).toEqual([expect.stringContaining('MLmodel cannot be read')]);
    rmSync(join(named, 'MLmodel'));
    expect(refusals((await check(named)).rules)).toEqual(['files/model: 2 ONNX files and no model.onnx']);
  });

  test('too many files, and too many bytes in all', async () => {
    const many = put('many', { a: 'aa', b: 'bb', c: 'cc', 'model.onnx': 'x' });
    expect(refusals((await check(many, { maxFiles: 3 })).rules)).toEqual(['files/count: more than 3 files']);
    expect(refusals((await check(many, { maxTotalBytes: 6 })).rules)).toEqual([
      'files/size: 7 bytes in all, more than 6',
    ]);
    rmSync(join(many, 'model.onnx'));
    expect(refusals((await check(many)).rules)).toEqual(['files/model: there is no .onnx file']);
  });
});

test('the limits of versions are those of the installed onnxruntime', async () => {
  // Judged with limits out of the way, the runtime itself must take the last allowed and refuse the next
  const open = {
    maxIrVersion: 99,
    opsets: { 'ai.onnx': { min: 1, max: 99 }, 'ai.onnx.ml': { min: 1, max: 99 } },
  };
  for (const [last, next] of [
    ['ir-13', 'ir-14'],
    ['opset-26', 'opset-27'],
    ['opset-7', 'opset-6'],
    ['ml-opset-5', 'ml-opset-6'],
  ]) {
    const [taken, not] = await Promise.all([
      check(model(`check/${last}`), open),
      check(model(`check/${next}`), open),
    ]);
    expect(refusals(taken.rules), last).toEqual([]);
    expect(refusals(not.rules), next).toEqual([expect.stringMatching(/^onnx\/sample-prediction: /)]);
  }
});

test('a model of a family must answer finite numbers and tensors', async () => {
  const spec = {
    ...familySpec('ranking'),
    modelInputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }] as const,
    modelOutputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }] as const,
  };
  expect(refusals((await checkModel({ path: model('check/infinite'), spec })).rules)).toEqual([
    'onnx/sample-prediction: output "y" is not finite on ordinary inputs',
  ]);
  expect(refusals((await checkModel({ path: model('check/sequence'), spec })).rules)).toEqual([
    'onnx/family: output "y" is a sequence, the family\'s is a tensor',
  ]);
});

describe('assay model check', () => {
  test('exits 0 for a sound model, 1 for a refused one, 2 for wrong use', async () => {
    const good = await assay(model('ranking-affinity'), '--family', 'ranking', '--json');
    expect(good.status).toBe(0);
    expect(JSON.parse(good.out)).toMatchObject({
      status: 'ok',
      family: 'ranking',
      file: 'ranking-affinity.onnx',
    });

    const bad = await assay(model('ranking-wrong-output'), '--family', 'ranking');
    expect(bad.status).toBe(1);
    expect(bad.out).toMatch(/refused +onnx\/family +output 0 is "rating"/);
    expect(bad.out).toMatch(/onnx\/family: Export the inputs and outputs/);

    expect((await assay(model('ranking-affinity'), '--family', 'poker')).status).toBe(2);
    expect((await assay()).status).toBe(2);
    const absent = await assay(join(folder, 'absent.onnx'), '--json');
    expect(absent.status).toBe(1);
    expect(JSON.parse(absent.out)).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' } });
  });

  test('a policy file changes limits and domains, and a wrong one is refused', async () => {
    const file = join(folder, 'policy.json');
    writeFileSync(file, JSON.stringify({ forbidden: { 'ai.onnx/Gemm': 'we add by hand' } }));
    const { status, out } = await assay(model('ranking-affinity'), '--policy', file, '--json');
    expect(status).toBe(1);
    expect(refusals((JSON.parse(out) as CheckReport).rules)).toEqual([
      'onnx/operators: ai.onnx/Gemm: we add by hand',
    ]);
  });

  test.for([
    ['{', 'it is no JSON'],
    ['[]', 'it is no JSON object'],
    ['{"maxNode":1}', '"maxNode" is no field of it'],
    ['{"maxNodes":-1}', '"maxNodes" must be a whole number above 0, not -1'],
    ['{"externalData":"yes"}', '"externalData" must be'],
    ['{"opsets":{"ai.onnx":{"min":9,"max":7}}}', '"opsets" must map a domain'],
    ['{"forbidden":["ai.onnx/Add"]}', '"forbidden" must map'],
  ] as const)('policy %s', ([text, wanted]) => expect(() => parseCheckPolicy(text)).toThrow(wanted));
});

test('a copy of a sound model is still sound when it lies in a folder with odd names', async () => {
  const path = join(folder, 'ö ‮ %2e%2e');
  mkdirSync(path);
  copyFileSync(model('vision-sure'), join(path, 'model.onnx'));
  expect((await check(path, {}, 'vision')).status).toBe('ok');
});
