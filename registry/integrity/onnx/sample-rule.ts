import { fileURLToPath } from 'node:url';
import type { FamilySpec } from '@assay/domain/families/family';
import type { ModelFacts, ValueFacts } from '@assay/domain/model-check/facts';
import type { CheckPolicy } from '@assay/domain/model-check/policy';
import { ok, quoted, type RuleResult, refused } from '@assay/domain/model-check/report';
import { askChild } from '../run-child.ts';
import type { SampleAnswer, SampleRequest } from './messages.ts';

const SAMPLE = fileURLToPath(new URL('./sample-child.ts', import.meta.url));

/** `onnx/sample-prediction`: one prediction within the limits, of the datatypes and shapes that the file states. */
export async function sampleRule(input: {
  readonly file: string;
  readonly facts: ModelFacts;
  readonly spec: FamilySpec | null;
  readonly policy: CheckPolicy;
  readonly signal: AbortSignal | undefined;
}): Promise<RuleResult> {
  const { file, facts, spec, policy, signal } = input;
  const rule = 'onnx/sample-prediction';
  const request: SampleRequest = { file, inputs: facts.inputs };
  const { sampleTimeoutMs: timeoutMs, memoryBytes } = policy;
  const asked = await askChild<SampleAnswer>({ script: SAMPLE, request, timeoutMs, memoryBytes, signal });
  const remedy = 'Load and run the model with onnxruntime by hand, and export it again';
  if (!asked.ended) return refused(rule, asked.reason, remedy);
  if (asked.value.fault !== null) return refused(rule, asked.value.fault, remedy);
  const wrong = facts.outputs.flatMap((stated) => outputFault(stated, asked.value, spec !== null));
  return wrong.length === 0
    ? ok(rule, asked.value.outputs.map((o) => `${o.name} ${o.datatype} [${o.shape.join(', ')}]`).join('; '))
    : refused(rule, wrong.slice(0, 3).join('; '), remedy);
}

function outputFault(stated: ValueFacts, { outputs }: SampleAnswer, mustBeFinite: boolean): string[] {
  const name = `output ${quoted(stated.name)}`;
  const found = outputs.find((o) => o.name === stated.name);
  if (found === undefined) return [`${name} is missing`];
  if (found.datatype !== stated.datatype)
    return [`${name} is ${found.datatype}, the file states ${stated.datatype}`];
  const { shape } = stated;
  const fits =
    shape === null ||
    (shape.length === found.shape.length && shape.every((n, i) => n === -1 || n === found.shape[i]));
  if (!fits) return [`${name} has shape [${found.shape.join(', ')}], the file states [${shape?.join(', ')}]`];
  return mustBeFinite && !found.finite ? [`${name} is not finite on ordinary inputs`] : [];
}
