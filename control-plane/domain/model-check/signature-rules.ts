import type { FamilySpec, TensorSpec } from '../families/family.ts';
import type { ModelFacts, StatedSide, StatedSignature, StatedTensor, ValueFacts } from './facts.ts';
import { ok, quoted, type RuleResult, refused, skipped } from './report.ts';

const shown = (shape: readonly number[] | null): string =>
  shape === null ? 'no shape' : `[${shape.join(', ')}]`;

/** `onnx/signature`: names, datatypes and shapes against the signature in MLflow's MLmodel file. */
export function signatureRule(facts: ModelFacts, stated: StatedSignature | null): RuleResult {
  const rule = 'onnx/signature';
  if (stated === null) return skipped(rule, 'there is no MLmodel file with a signature');
  const wrong = [
    ...sideFaults('input', facts.inputs, stated.inputs),
    ...(stated.outputs === null ? [] : sideFaults('output', facts.outputs, stated.outputs)),
  ];
  return wrong.length === 0
    ? ok(rule, `${facts.inputs.length} inputs and ${facts.outputs.length} outputs as MLmodel states them`)
    : refused(
        rule,
        wrong.slice(0, 3).join('; '),
        'Log the model again with the signature that it has: mlflow.models.infer_signature on float32 data of its shape',
      );
}

function sideFaults(side: string, values: readonly ValueFacts[], stated: StatedSide): string[] {
  if (stated.kind === 'columns') return columnFaults(side, values, stated.names);
  const { tensors } = stated;
  if (tensors.length !== values.length)
    return [`the model has ${values.length} ${side}s, MLmodel states ${tensors.length}`];
  return tensors.flatMap((tensor) => {
    const value = tensor.name === null ? values[0] : values.find((v) => v.name === tensor.name);
    if (value === undefined)
      return [`MLmodel states ${side} ${quoted(tensor.name ?? '')}, the model has none`];
    return tensorFault(side, value, tensor);
  });
}

function tensorFault(side: string, value: ValueFacts, stated: StatedTensor): string[] {
  const name = `${side} ${quoted(value.name)}`;
  if (value.kind !== 'tensor') return [`${name} is a ${value.kind}, MLmodel states a tensor`];
  if (value.datatype !== stated.datatype)
    return [`${name} is ${value.datatype}, MLmodel states ${stated.datatype}`];
  const { shape } = value;
  // A file may leave a dimension open that the signature fixes, never the other way round
  const fits =
    shape === null ||
    (shape.length === stated.shape.length && shape.every((n, i) => n === -1 || n === stated.shape[i]));
  return fits ? [] : [`${name} has shape ${shown(shape)}, MLmodel states ${shown(stated.shape)}`];
}

/** Columns of a data frame feed either an input each, or the last dimension of the only one. */
function columnFaults(side: string, values: readonly ValueFacts[], names: readonly string[]): string[] {
  if (values.every((v) => names.includes(v.name))) return [];
  const [only, ...others] = values;
  const width = only?.shape?.at(-1) ?? -1;
  if (side === 'output' || (others.length === 0 && (width === -1 || width === names.length))) return [];
  return [`the model's ${side}s do not take the ${names.length} columns that MLmodel states`];
}

/** `onnx/family`: exactly the inputs and outputs of an Assay family, in its order. */
export function familyRule(facts: ModelFacts, spec: FamilySpec | null): RuleResult {
  const rule = 'onnx/family';
  if (spec === null) return skipped(rule, 'no family is named (tag assay.family, or --family)');
  const wrong = [
    ...familyFaults('input', facts.inputs, spec.modelInputs),
    ...familyFaults('output', facts.outputs, spec.modelOutputs),
  ];
  return wrong.length === 0
    ? ok(rule, `inputs and outputs of family ${spec.family}`)
    : refused(
        rule,
        wrong.slice(0, 3).join('; '),
        `Export the inputs and outputs of control-plane/domain/families/${spec.family}.ts, by name, type and shape`,
      );
}

function familyFaults(side: string, values: readonly ValueFacts[], wanted: readonly TensorSpec[]): string[] {
  const names = values.map((v) => quoted(v.name)).slice(0, 5);
  if (values.length !== wanted.length)
    return [`${side}s are ${names.join(', ')}, the family has ${wanted.map((w) => w.name).join(', ')}`];
  return wanted.flatMap((want, i) => {
    const value = values[i];
    if (value === undefined || value.name !== want.name)
      return [`${side} ${i} is ${quoted(value?.name ?? '')}, the family's is "${want.name}"`];
    if (value.kind !== 'tensor')
      return [`${side} "${want.name}" is a ${value.kind}, the family's is a tensor`];
    if (value.datatype !== want.datatype)
      return [`${side} "${want.name}" is ${value.datatype}, the family's is ${want.datatype}`];
    const same =
      value.shape?.length === want.shape.length && want.shape.every((n, d) => value.shape?.[d] === n);
    return same
      ? []
      : [`${side} "${want.name}" has shape ${shown(value.shape)}, the family's ${shown(want.shape)}`];
  });
}
