import type { ExternalFacts, ModelFacts, ValueFacts } from '@assay/domain/model-check/facts';
import { ONNX_DATATYPES } from '@assay/domain/model-check/onnx-datatypes';
import type {
  AttributeProto,
  GraphProto,
  NodeProto,
  ModelProto as Parsed,
  SparseTensorProto,
  TensorProto,
  ValueInfoProto,
} from '@assay/proto/gen/onnx/model';
import { ModelProto } from '@assay/proto/gen/onnx/model';
import { externalOf } from './external.ts';

const KINDS: Readonly<Record<string, string>> = {
  tensorType: 'tensor',
  sequenceType: 'sequence',
  mapType: 'map',
  optionalType: 'optional',
  sparseTensorType: 'sparse-tensor',
  opaqueType: 'opaque',
};

/** '' and `ai.onnx` are the same domain. */
const domainOf = (domain: string): string => (domain === '' ? 'ai.onnx' : domain);
const functionKey = (domain: string, name: string): string => `${domainOf(domain)}/${name}`;

/** Domains in which onnxruntime has kernels of its own: a model's function of such a name hides nothing. */
const RUNTIME_DOMAIN = /^(ai\.onnx|com\.microsoft|com\.ms|org\.pytorch)(\.|$)/;

/** Throws an Error that says why the bytes are no ONNX model. */
export function readFacts(bytes: Uint8Array, folder: string): ModelFacts {
  const model = ModelProto.decode(bytes);
  const { graph } = model;
  if (graph === undefined) throw new Error('it holds no graph');
  if (model.irVersion <= 0n) throw new Error('it states no IR version');
  if (model.opsetImport.length === 0) throw new Error('it imports no operator set');
  if (graph.output.length === 0) throw new Error('its graph has no output');
  const weights = new Set(graph.initializer.map((t) => t.name));
  return {
    irVersion: Number(model.irVersion),
    producer: `${model.producerName} ${model.producerVersion}`.trim().slice(0, 200),
    opsets: opsetsOf(model),
    ...new Walk(model, folder).facts(),
    // Old exporters list weights among the inputs
    inputs: graph.input.filter((v) => !weights.has(v.name)).map(tensorOf),
    outputs: graph.output.map(tensorOf),
  };
}

function opsetsOf(model: Parsed): ModelFacts['opsets'] {
  const all = [...model.opsetImport, ...model.functions.flatMap((f) => f.opsetImport)];
  const seen = new Map(all.map((o) => [`${o.domain} ${o.version}`, o]));
  return [...seen.values()].map((o) => ({ domain: domainOf(o.domain), version: Number(o.version) }));
}

function tensorOf({ name, type }: ValueInfoProto): ValueFacts {
  const kind = KINDS[type?.value?.$case ?? ''] ?? 'untyped';
  if (type?.value?.$case !== 'tensorType') return { name, kind, datatype: 'none', shape: null };
  const { elemType, shape } = type.value.value;
  const dims = shape?.dim.map(({ value }) => (value?.$case === 'dimValue' ? Number(value.value) : -1));
  return { name, kind, datatype: ONNX_DATATYPES[elemType] ?? `type-${elemType}`, shape: dims ?? null };
}

/** Every node and tensor of a model, subgraphs and functions included; a stack of its own, so depth costs no call. */
class Walk {
  readonly #operators = new Map<string, { domain: string; name: string; count: number }>();
  readonly #external: ExternalFacts[] = [];
  readonly #own: ReadonlySet<string>;
  readonly #folder: string;
  readonly #todo: GraphProto[] = [];
  #nodes = 0;

  constructor(model: Parsed, folder: string) {
    this.#folder = folder;
    const own = model.functions.filter((f) => !RUNTIME_DOMAIN.test(domainOf(f.domain)));
    this.#own = new Set(own.map((f) => functionKey(f.domain, f.name)));
    if (model.graph !== undefined) this.#todo.push(model.graph);
    for (const { initialization, algorithm } of model.trainingInfo)
      for (const graph of [initialization, algorithm]) if (graph !== undefined) this.#todo.push(graph);
    for (const f of model.functions) {
      for (const node of f.node) this.#node(node);
      for (const attribute of f.attributeProto) this.#attribute(attribute);
    }
    for (let graph = this.#todo.pop(); graph !== undefined; graph = this.#todo.pop()) this.#graph(graph);
  }

  facts(): Pick<ModelFacts, 'operators' | 'nodes' | 'external'> {
    return { operators: [...this.#operators.values()], nodes: this.#nodes, external: this.#external };
  }

  #graph(graph: GraphProto): void {
    for (const node of graph.node) this.#node(node);
    for (const tensor of graph.initializer) this.#tensor(tensor);
    for (const sparse of graph.sparseInitializer) this.#sparse(sparse);
  }

  #node(node: NodeProto): void {
    this.#nodes += 1;
    const key = functionKey(node.domain, node.opType);
    if (!this.#own.has(key)) {
      const known = this.#operators.get(key) ?? {
        domain: domainOf(node.domain),
        name: node.opType,
        count: 0,
      };
      known.count += 1;
      this.#operators.set(key, known);
    }
    for (const attribute of node.attribute) this.#attribute(attribute);
  }

  #attribute(attribute: AttributeProto): void {
    const { g, graphs, t, tensors, sparseTensor, sparseTensors } = attribute;
    if (g !== undefined) this.#todo.push(g);
    this.#todo.push(...graphs);
    if (t !== undefined) this.#tensor(t);
    for (const tensor of tensors) this.#tensor(tensor);
    for (const sparse of sparseTensors) this.#sparse(sparse);
    if (sparseTensor !== undefined) this.#sparse(sparseTensor);
  }

  #sparse({ values, indices }: SparseTensorProto): void {
    for (const tensor of [values, indices]) if (tensor !== undefined) this.#tensor(tensor);
  }

  #tensor(tensor: TensorProto): void {
    const external = externalOf(this.#folder, tensor);
    if (external !== null) this.#external.push(external);
  }
}
