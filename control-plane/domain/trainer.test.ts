import { describe, expect, test } from 'vitest';
import { canonicalJson } from './canonical-json.ts';
import { pricing } from './families/pricing.ts';
import { sha256Hex } from './sha256.ts';
import {
  checkSignature,
  parseMetrics,
  parseReference,
  parseSample,
  parseSnapshot,
  parseTrainerLine,
} from './trainer.ts';

const files = { 'train.csv': { sha256: 'a', rows: 2 }, 'holdout.csv': { sha256: 'b', rows: 1 } };
const snapshot = {
  version: 1,
  family: 'pricing',
  source: 's',
  licence: 'l',
  label_origin: 'real',
  created_at_ms: 0,
  rows: 3,
  train_rows: 2,
  files,
  digest: sha256Hex(canonicalJson(files)),
};

describe('snapshot.json', () => {
  test('whole', () => expect(parseSnapshot(JSON.stringify(snapshot))).toEqual(snapshot));
  test.for([
    ['not JSON', '{'],
    ['a list', '[]'],
    ['another version', JSON.stringify({ ...snapshot, version: 2 })],
    ['an unknown family', JSON.stringify({ ...snapshot, family: 'x' })],
    ['no licence', JSON.stringify({ ...snapshot, licence: undefined })],
    ['an unknown label origin', JSON.stringify({ ...snapshot, label_origin: 'dream' })],
    ['a fraction of a row', JSON.stringify({ ...snapshot, rows: 0.5 })],
    ['a missing file', JSON.stringify({ ...snapshot, files: { 'train.csv': files['train.csv'] } })],
    ['another digest', JSON.stringify({ ...snapshot, digest: '0' })],
  ] as const)('%s is refused', ([, text]) => {
    expect(() => parseSnapshot(text)).toThrow(expect.objectContaining({ code: 'SNAPSHOT_INVALID' }));
  });
});

const metrics = {
  quality: { name: 'log_loss', value: 0.4 },
  naive: { name: 'log_loss', value: 0.6, what: 'share' },
  extra: { auc: 0.8 },
  train_seconds: 1,
};
const signature = { inputs: pricing.modelInputs, outputs: pricing.modelOutputs };
const bins = { edges: [1], counts: [2, 3] };
const reference = { features: Object.fromEntries(pricing.featureNames.map((n) => [n, bins])) };
const tensor = { datatype: 'FP32', shape: [1, 2], data: [1, 2] };

describe('outputs of a training', () => {
  const refused = expect.objectContaining({ code: 'TRAINER_OUTPUT_INVALID' });

  test('whole', () => {
    expect(parseMetrics(JSON.stringify(metrics), pricing)).toEqual(metrics);
    checkSignature(JSON.stringify(signature), pricing);
    expect(parseReference(JSON.stringify(reference), pricing)).toEqual(reference);
    expect(parseSample(JSON.stringify({ inputs: { x: tensor }, outputs: { y: tensor } }))).toBeDefined();
  });

  test.for([
    [
      'another metric',
      () => parseMetrics(JSON.stringify({ ...metrics, quality: { name: 'auc', value: 1 } }), pricing),
    ],
    ['text in extra', () => parseMetrics(JSON.stringify({ ...metrics, extra: { a: 'b' } }), pricing)],
    ['no naive', () => parseMetrics(JSON.stringify({ ...metrics, naive: null }), pricing)],
    ['no time', () => parseMetrics(JSON.stringify({ ...metrics, train_seconds: null }), pricing)],
    [
      'another shape',
      () =>
        checkSignature(
          JSON.stringify({ ...signature, outputs: [{ ...pricing.modelOutputs[0], shape: [-1] }] }),
          pricing,
        ),
    ],
    [
      'an input too many',
      () =>
        checkSignature(
          JSON.stringify({ ...signature, inputs: [...pricing.modelInputs, ...pricing.modelInputs] }),
          pricing,
        ),
    ],
    ['a feature without bins', () => parseReference('{"features":{}}', pricing)],
    [
      'counts that do not fit',
      () =>
        parseReference(
          JSON.stringify({ features: { ...reference.features, price: { edges: [1], counts: [1] } } }),
          pricing,
        ),
    ],
    ['no reference at all', () => parseReference('{}', pricing)],
    [
      'data that do not fill the shape',
      () => parseSample(JSON.stringify({ inputs: { x: { ...tensor, shape: [3] } }, outputs: { y: tensor } })),
    ],
    ['no outputs', () => parseSample(JSON.stringify({ inputs: { x: tensor }, outputs: {} }))],
  ] as const)('%s is refused', ([, act]) => {
    expect(act).toThrow(refused);
  });
});

test.for([
  ['{"progress":0.5,"message":"m"}', { kind: 'progress', progress: 0.5, message: 'm' }],
  ['{"progress":1}', { kind: 'progress', progress: 1, message: '' }],
  ['{"refused":"X","message":"m"}', { kind: 'refused', code: 'X', message: 'm' }],
  ['{"progress":2}', undefined],
  ['{"progress":"1"}', undefined],
  ['{broken', undefined],
  ['epoch 3', undefined],
] as const)('a line of a trainer: %s', ([line, wanted]) => {
  expect(parseTrainerLine(line)).toEqual(wanted);
});
