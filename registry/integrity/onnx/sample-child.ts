// Runs in a process of its own: a model that crashes or blows up the runtime takes only this process with it.
// One request as JSON on standard input, one reply on standard output.
import { text } from 'node:stream/consumers';
import type { ValueFacts } from '@assay/domain/model-check/facts';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { endWithParent } from '../end-with-parent.ts';
import type { SampleAnswer, SampleRequest } from './messages.ts';

const ROWS = 2;
/** Tried in turn for open dimensions other than the first: a picture's sides may be open, and 1 pixel is none. */
const OPEN = [1, 16, 224];
const MAX_VALUES = 2 ** 24;

type Maker = (n: number) => Tensor['data'];
/** Floats are 0.5, not 0: a logarithm or a division should not fail on the sample. Whole numbers are 0: always an index. */
const MAKERS: Readonly<Record<string, readonly [type: Tensor.Type, make: Maker]>> = {
  FP32: ['float32', (n) => new Float32Array(n).fill(0.5)],
  FP64: ['float64', (n) => new Float64Array(n).fill(0.5)],
  FP16: ['float16', (n) => new Uint16Array(n).fill(0x3800)],
  INT8: ['int8', (n) => new Int8Array(n)],
  UINT8: ['uint8', (n) => new Uint8Array(n)],
  INT16: ['int16', (n) => new Int16Array(n)],
  UINT16: ['uint16', (n) => new Uint16Array(n)],
  INT32: ['int32', (n) => new Int32Array(n)],
  UINT32: ['uint32', (n) => new Uint32Array(n)],
  INT64: ['int64', (n) => new BigInt64Array(n)],
  UINT64: ['uint64', (n) => new BigUint64Array(n)],
  BOOL: ['bool', (n) => new Uint8Array(n)],
  BYTES: ['string', (n) => new Array<string>(n).fill('')],
};
const NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(MAKERS).map(([name, [type]]) => [type, name]),
);

function sampleOf({ name, datatype, shape }: ValueFacts, open: number): Tensor {
  const maker = MAKERS[datatype];
  if (maker === undefined) throw new Error(`no sample can be made of input "${name}" of type ${datatype}`);
  const dims = (shape ?? [-1]).map((n, i) => (n >= 0 ? n : i === 0 ? ROWS : open));
  const count = dims.reduce((a, b) => a * b, 1);
  if (count > MAX_VALUES) throw new Error(`input "${name}" takes ${count} values, more than ${MAX_VALUES}`);
  const [type, make] = maker;
  return new Tensor(type, make(count) as Float32Array, dims);
}

const allFinite = (data: Tensor['data']): boolean =>
  !(data instanceof Float32Array || data instanceof Float64Array) || data.every(Number.isFinite);

async function run(session: InferenceSession, inputs: SampleRequest['inputs'], open: number) {
  const feeds = Object.fromEntries(inputs.map((input) => [input.name, sampleOf(input, open)]));
  const answers = await session.run(feeds);
  return session.outputNames.map((name) => {
    const tensor = answers[name];
    if (!(tensor instanceof Tensor)) throw new Error(`output "${name}" is no tensor`);
    return {
      name,
      datatype: NAMES[tensor.type] ?? tensor.type,
      shape: tensor.dims,
      finite: allFinite(tensor.data),
    };
  });
}

async function sample({ file, inputs }: SampleRequest): Promise<SampleAnswer> {
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 } as const;
  let fault: string | null = null;
  try {
    const session = await InferenceSession.create(file, options);
    const isOpen = inputs.some((i) => i.shape?.slice(1).some((n) => n < 0));
    for (const open of isOpen ? OPEN : OPEN.slice(0, 1)) {
      try {
        return { fault: null, outputs: await run(session, inputs, open) };
      } catch (cause) {
        fault = (cause as Error).message;
      }
    }
  } catch (cause) {
    fault = (cause as Error).message;
  }
  return { fault: fault?.slice(0, 500) ?? 'it gave no answer', outputs: [] };
}

endWithParent();
const request = JSON.parse(await text(process.stdin)) as SampleRequest;
process.stdout.write(JSON.stringify(await sample(request)));
