// Runs in a process of its own: a model that crashes or blows up the runtime takes only this process with it.
// One request as JSON on standard input, one reply as JSON on standard output.
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { AssayError } from '@assay/domain/errors';
import { familySpec } from '@assay/domain/families/all';
import type { FamilySpec } from '@assay/domain/families/family';
import type { Compared } from '@assay/domain/quality/compared';
import { QUALITY } from '@assay/domain/quality/quality';
import { parseSample, SAMPLE_TOLERANCE } from '@assay/domain/trainer';
import { factsOf, type ValidationFacts } from '@assay/domain/validation';
import { endWithParent } from '@assay/registry-integrity/end-with-parent';
import type { InferenceSession } from 'onnxruntime-node';
import { type Rows, readSnapshot } from './columns.ts';
import type { ChildReply, ChildRequest } from './evaluate-message.ts';
import { openModel, predict } from './session.ts';

const BATCH = 1024;

/** Names of the snapshot's columns that feed the model; vision's are pixels. */
const inputColumns = (spec: FamilySpec): readonly string[] =>
  spec.family === 'vision' ? Array.from({ length: 64 }, (_, i) => `px${i}`) : spec.featureNames;

async function predictRows(session: InferenceSession, spec: FamilySpec, rows: Rows): Promise<number[]> {
  const columns = inputColumns(spec).map((name) => rows.column(name));
  const [, ...rest] = spec.modelInputs[0]?.shape ?? [];
  const width = (spec.modelOutputs[0]?.shape ?? []).slice(1).reduce((a, b) => a * b, 1);
  const all: number[] = [];
  for (let from = 0; from < rows.count; from += BATCH) {
    const count = Math.min(BATCH, rows.count - from);
    const data = new Float32Array(count * columns.length);
    for (const [c, column] of columns.entries())
      for (let r = 0; r < count; r++) data[r * columns.length + c] = column[from + r] ?? Number.NaN;
    const answer = await predict(session, data, [count, ...rest]);
    if (answer.length !== count * width)
      throw new AssayError(
        'EVALUATION_FAILED',
        `Cannot judge the model: ${answer.length} values for ${count} rows of ${width}`,
      );
    for (const value of answer) all.push(value);
  }
  const bad = all.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0)
    throw new AssayError(
      'EVALUATION_FAILED',
      `Cannot judge the model: its answer to hold-out row ${Math.floor(bad / width)} is ${all[bad]}`,
    );
  return all;
}

async function evaluate(request: Extract<ChildRequest, { kind: 'evaluate' }>): Promise<ValidationFacts> {
  const spec = familySpec(request.family);
  const { facts, train, holdout } = await readSnapshot(request.snapshotDir);
  if (facts.family !== spec.family)
    throw new AssayError(
      'SNAPSHOT_INVALID',
      `Cannot judge a ${spec.family} model: the snapshot is of family "${facts.family}"`,
    );
  const measure = async (file: string): Promise<Compared> => {
    const session = await openModel(file, spec);
    return QUALITY[spec.family](holdout.column, await predictRows(session, spec, holdout), train.column);
  };
  const candidate = await measure(request.modelFile);
  const champion = request.championFile === null ? null : await measure(request.championFile);
  return factsOf(spec, candidate, champion, facts);
}

async function inspect(request: Extract<ChildRequest, { kind: 'inspect' }>): Promise<null> {
  const spec = familySpec(request.family);
  const session = await openModel(request.modelFile, spec);
  const sample = parseSample(await readFile(request.sampleFile, 'utf8'));
  const [input] = spec.modelInputs;
  const [output] = spec.modelOutputs;
  const given = sample.inputs[input?.name ?? ''];
  const wanted = sample.outputs[output?.name ?? ''];
  if (given === undefined || wanted === undefined)
    throw new AssayError(
      'TRAINER_OUTPUT_INVALID',
      `Cannot accept sample.json of the training: it lacks "${input?.name}" or "${output?.name}"`,
    );
  const found = await predict(session, Float32Array.from(given.data), given.shape);
  const off = wanted.data.findIndex((v, i) => !(Math.abs(v - (found[i] ?? Number.NaN)) <= SAMPLE_TOLERANCE));
  if (found.length !== wanted.data.length || off >= 0)
    throw new AssayError(
      'TRAINER_OUTPUT_INVALID',
      `Cannot accept sample.json of the training: value ${off} is ${wanted.data[off]}, the model answers ${found[off]} (tolerance ${SAMPLE_TOLERANCE})`,
    );
  return null;
}

async function reply(): Promise<ChildReply> {
  try {
    const request = JSON.parse(await text(process.stdin)) as ChildRequest;
    return {
      ok: true,
      facts: request.kind === 'evaluate' ? await evaluate(request) : await inspect(request),
    };
  } catch (cause) {
    if (cause instanceof AssayError) return { ok: false, code: cause.code, message: cause.message };
    return {
      ok: false,
      code: 'EVALUATION_FAILED',
      message: `Cannot judge the model: ${(cause as Error).message}`,
    };
  }
}

endWithParent();
process.stdout.write(JSON.stringify(await reply()));
