import type { InferenceSession } from 'onnxruntime-node';
import { Tensor } from 'onnxruntime-node';
import { type Binding, binding, initOrt } from 'onnxruntime-node/dist/binding.js';

/** What a model takes or gives, as its file says; a dimension with a name may have any size. */
export interface Port {
  readonly name: string;
  /** ONNX's number of the element type; 0 when it is no tensor. */
  readonly type: number;
  readonly shape: readonly (number | string)[];
}

/**
 * A session on onnxruntime-node's own synchronous binding. The package's public `run` waits for the next turn of the event loop
 * and checks and wraps every tensor again, and blocks the loop all the same while the model computes.
 */
export interface Session {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Row-major floats in, row-major floats out, of the first input and the first output. */
  run(data: Float32Array, shape: readonly number[]): Float32Array;
  release(): void;
}

const port = (m: Binding.ValueMetadata): Port => ({
  name: m.name,
  type: m.isTensor ? m.type : 0,
  shape: m.isTensor ? m.shape.map((d, i) => (d === -1 ? (m.symbolicDimensions[i] ?? '') : d)) : [],
});

/** The runtime's own state, made with the first session otherwise. */
export const startRuntime = (): void => initOrt();

/** Throws the runtime's own error when the bytes are no model. */
export function openSession(bytes: Buffer, options: InferenceSession.SessionOptions): Session {
  initOrt();
  const session = new binding.InferenceSession();
  session.loadModel(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength, options);
  const [inputs, outputs] = [session.inputMetadata.map(port), session.outputMetadata.map(port)];
  const [input = '', output = ''] = [inputs[0]?.name, outputs[0]?.name];
  return {
    inputs,
    outputs,
    run(data, shape) {
      const answers = session.run({ [input]: new Tensor('float32', data, shape) }, { [output]: null }, {});
      return (answers[output] as Tensor).data as Float32Array;
    },
    release: () => session.dispose(),
  };
}
