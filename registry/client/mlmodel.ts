import { AssayError } from '@assay/domain/errors';

interface Tensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

const NUMPY: Record<string, string> = {
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  UINT8: 'uint8',
  BOOL: 'bool',
  BYTES: 'object',
};

const tensors = (list: readonly Tensor[]): string =>
  JSON.stringify(
    list.map(({ name, datatype, shape }) => {
      const dtype = NUMPY[datatype];
      if (dtype === undefined)
        throw new AssayError(
          'MODEL_SIGNATURE',
          `Cannot describe tensor "${name}": datatype "${datatype}" has no numpy type`,
        );
      return { name, type: 'tensor', 'tensor-spec': { dtype, shape } };
    }),
  );

/** The MLmodel file (YAML; JSON strings are YAML too) by which Python's onnx and pyfunc flavours load the folder. */
export const mlmodelOf = (
  signature: { readonly inputs: readonly Tensor[]; readonly outputs: readonly Tensor[] },
  runId: string,
): string =>
  [
    'flavors:',
    '  onnx:',
    '    code: null',
    '    data: model.onnx',
    '    onnx_version: 1.19.1',
    '    providers:',
    '    - CPUExecutionProvider',
    '  python_function:',
    '    data: model.onnx',
    '    loader_module: mlflow.onnx',
    '    python_version: 3.11.0',
    'mlflow_version: 3.17.2',
    `run_id: ${JSON.stringify(runId)}`,
    'signature:',
    `  inputs: ${JSON.stringify(tensors(signature.inputs))}`,
    `  outputs: ${JSON.stringify(tensors(signature.outputs))}`,
    '  params: null',
    '',
  ].join('\n');
