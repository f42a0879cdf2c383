import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { familySpec } from '@assay/domain/families/all';
import { DEFAULT_CHECK_POLICY } from '@assay/domain/model-check/policy';
import { refusals } from '@assay/domain/model-check/report';
import { externalRule, operatorRules, versionRules } from '@assay/domain/model-check/rules';
import { familyRule, signatureRule } from '@assay/domain/model-check/signature-rules';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseMlModel } from '../mlmodel.ts';
import { locate } from './external.ts';
import { readFacts } from './read-facts.ts';

const MODELS = fileURLToPath(new URL('../../../test/reference/models', import.meta.url));
const bytesOf = (name: string): Uint8Array => readFileSync(join(MODELS, `${name}.onnx`));
const policy = DEFAULT_CHECK_POLICY;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-facts-'));
  writeFileSync(join(folder, 'weights.bin'), new Uint8Array(8));
  mkdirSync(join(folder, 'sub'));
  writeFileSync(join(folder, 'sub', 'weights.bin'), new Uint8Array(8));
  symlinkSync(join(folder, 'sub'), join(folder, 'linked'));
  symlinkSync('/etc/hostname', join(folder, 'link.bin'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const judged = (name: string): string[] => {
  const facts = readFacts(bytesOf(`check/${name}`), folder);
  return refusals([
    ...versionRules(facts, policy),
    ...operatorRules(facts, policy),
    externalRule(facts, policy),
  ]);
};

describe('static rules', () => {
  const fine = [
    'ir-13',
    'opset-7',
    'opset-26',
    'ml-opset-5',
    'own-function',
    'external',
    'loop',
    'allocation',
  ];
  test.for(fine)('%s is met by all', (name) => expect(judged(name)).toEqual([]));

  test.for([
    ['ir-14', 'onnx/ir-version: 14; the runtime reads 1 to 13'],
    ['opset-6', 'onnx/opset: ai.onnx 6;'],
    ['opset-27', 'onnx/opset: ai.onnx 27;'],
    ['ml-opset-6', 'onnx/opset: ai.onnx.ml 6;'],
    ['ml-without-opset', 'onnx/opset: ai.onnx.ml without a version;'],
    ['custom-operator', 'onnx/domains: "evil.ops/RunCommand";'],
    ['custom-proto', 'onnx/domains: "__proto__/Add";'],
    ['custom-in-branch', 'onnx/domains: "evil.ops/RunCommand";'],
    ['disguised-function', 'onnx/domains: "com.microsoft/Gelu";'],
    ['context-binary', 'onnx/domains: "com.microsoft/EPContext";'],
    ['random', 'onnx/operators: ai.onnx/RandomNormalLike: it draws at random'],
    ['random-in-branch', 'onnx/operators: ai.onnx/RandomUniformLike: it draws at random'],
    ['external-short', 'onnx/external-data: tensor "w" at "weights.bin" covers bytes 4 to 12 of 8'],
    ['external-negative', 'onnx/external-data: tensor "w" at "weights.bin" covers bytes -1 to 7 of 8'],
    ['external-huge', 'onnx/external-data: tensor "w" at "weights.bin" covers bytes 0 to -1 of 8'],
    ['external-outside', 'onnx/external-data: tensor "w" at "../weights.bin" climbs out of the folder'],
    ['external-deep', 'onnx/external-data: tensor "w" at "a/../../weights.bin" climbs out of the folder'],
    ['external-absolute', 'onnx/external-data: tensor "w" at "/etc/hostname" is an absolute path'],
    ['external-drive', 'onnx/external-data: tensor "w" at "C:/weights.bin" is an absolute path'],
    ['external-backslash', 'climbs out of the folder'],
    ['external-memory', 'onnx/external-data: tensor "w" at "*/_ORT_MEM_ADDR_/*" names memory, not a file'],
    ['external-missing', 'onnx/external-data: tensor "w" at "nowhere.bin" is not there'],
    ['external-folder', 'onnx/external-data: tensor "w" at "sub" is no plain file'],
    ['external-empty', 'onnx/external-data: tensor "w" at "" is no plain file'],
  ] as const)('%s is refused', ([name, wanted]) => expect(judged(name).join('\n')).toContain(wanted));

  test('a graph with more nodes than allowed is refused', () => {
    const facts = readFacts(bytesOf('ranking-fails'), folder);
    expect(refusals(operatorRules(facts, { ...policy, maxNodes: 5 }))).toEqual([
      'onnx/nodes: 6 nodes, more than 5',
    ]);
  });

  test.for([
    ['sub/weights.bin', 'inside'],
    ['./sub//weights.bin', 'inside'],
    ['link.bin', 'link'],
    ['linked/weights.bin', 'link'],
    ['sub\\weights.bin', 'no-file'],
    ['weights.bin/x', 'no-file'],
    ['weights\0.bin', 'no-file'],
    ['.', 'no-file'],
  ] as const)('location %s is %s', ([location, found]) => expect(locate(folder, location).found).toBe(found));
});

describe('bytes that are no model', () => {
  test('random bytes never pass, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4096 }), (bytes) => {
        expect(() => readFacts(bytes, folder)).toThrow();
      }),
      { numRuns: 2000, seed: 5 },
    );
  });

  test('a model cut anywhere is refused', () => {
    const whole = bytesOf('ranking-fails');
    for (let length = 0; length < whole.length; length++)
      expect(() => readFacts(whole.subarray(0, length), folder), `first ${length} bytes`).toThrow();
  });

  test('one flipped byte never ends otherwise than in facts or an Error', () => {
    const whole = bytesOf('check/external');
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bytes = Uint8Array.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        try {
          readFacts(bytes, folder);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
      { numRuns: 2000, seed: 6 },
    );
  });

  test('graphs nested a thousand deep are refused', () => {
    let nested = new Uint8Array();
    const wrap = (field: number): void => {
      const length = [
        (nested.length & 0x7f) | 0x80,
        ((nested.length >> 7) & 0x7f) | 0x80,
        nested.length >> 14,
      ];
      nested = Uint8Array.from([(field << 3) | 2, ...length, ...nested]);
    };
    for (let depth = 0; depth < 1000; depth++) for (const field of [6, 5, 1]) wrap(field);
    wrap(7);
    expect(() => readFacts(nested, folder)).toThrow(/recursion limit/);
  });
});

describe('signatures', () => {
  const spec = (type: object): string => JSON.stringify(JSON.stringify([type]));
  const tensor = (name: string, dtype: string, shape: number[]): string =>
    spec({ name, type: 'tensor', 'tensor-spec': { dtype, shape } });
  const judge = (inputs: string, outputs = tensor('score', 'float32', [-1, 1])): string[] => {
    const { signature } = parseMlModel(`signature:\n  inputs: ${inputs}\n  outputs: ${outputs}\n`);
    return refusals([signatureRule(readFacts(bytesOf('ranking-affinity'), folder), signature)]);
  };

  test.for([
    ['equal', tensor('features', 'float32', [-1, 12]), ''],
    ['with a fixed batch', tensor('features', 'float32', [1, 12]), ''],
    ['of columns', spec({ name: 'a', type: 'double' }), 'take the 1 columns'],
    ['of another datatype', tensor('features', 'float64', [-1, 12]), 'is FP32, MLmodel states FP64'],
    [
      'of another width',
      tensor('features', 'float32', [-1, 13]),
      'has shape [-1, 12], MLmodel states [-1, 13]',
    ],
    ['of another rank', tensor('features', 'float32', [12]), 'has shape [-1, 12], MLmodel states [12]'],
    ['of another name', tensor('x', 'float32', [-1, 12]), 'MLmodel states input "x", the model has none'],
    ['open where the model is fixed', tensor('features', 'float32', [-1, -1]), 'MLmodel states [-1, -1]'],
  ] as const)('stated inputs %s', ([, inputs, wanted]) => {
    const found = judge(inputs);
    if (wanted === '') expect(found).toEqual([]);
    else expect(found.join()).toContain(wanted);
  });

  test('stated outputs of another name', () =>
    expect(
      judge(tensor('features', 'float32', [-1, 12]), tensor('rating', 'float32', [-1, 1])).join(),
    ).toContain('MLmodel states output "rating"'));

  test('an MLmodel file with a bomb of aliases is refused', () => {
    const lines = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`);
    expect(() => parseMlModel(`a0: &a0 [x]\n${lines.join('\n')}\n`)).toThrow(/alias/i);
  });

  test('a family wants its own inputs and outputs', () => {
    const facts = readFacts(bytesOf('ranking-wrong-output'), folder);
    expect(refusals([familyRule(facts, familySpec('ranking'))])).toEqual([
      'onnx/family: output 0 is "rating", the family\'s is "score"',
    ]);
    expect(familyRule(facts, null).status).toBe('skipped');
  });
});
