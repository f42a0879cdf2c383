import type { BatchRule } from './batches.ts';
import type { ModelInput } from './model.ts';
import type { Session } from './session.ts';

interface Waiting {
  readonly input: ModelInput;
  readonly rows: number;
  readonly resolve: (values: Float32Array) => void;
  readonly reject: (cause: unknown) => void;
}

/**
 * What one turn of the event loop brings for one version runs at its end: together where the rule allows it, else one by one.
 * Nothing waits for a later turn to make a batch larger.
 */
export class Batcher {
  readonly #session: Session;
  readonly #rule: BatchRule;
  #waiting: Waiting[] = [];
  #arena = new Float32Array(0);

  constructor(session: Session, rule: BatchRule) {
    this.#session = session;
    this.#rule = rule;
  }

  run(input: ModelInput): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#turn());
      this.#waiting.push({ input, rows: input.shape[0] as number, resolve, reject });
    });
  }

  #turn(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    const { leastRows, mostRows } = this.#rule;
    let batch: Waiting[] = [];
    let rows = 0;
    for (const one of waiting) {
      if (leastRows === 0 || one.rows < leastRows || one.rows > mostRows) {
        this.#single(one);
        continue;
      }
      if (rows + one.rows > mostRows) {
        this.#together(batch, rows);
        [batch, rows] = [[], 0];
      }
      batch.push(one);
      rows += one.rows;
    }
    this.#together(batch, rows);
  }

  #single({ input, resolve, reject }: Waiting): void {
    try {
      resolve(this.#session.run(input.data, input.shape));
    } catch (cause) {
      reject(cause);
    }
  }

  #together(batch: readonly Waiting[], rows: number): void {
    const [first] = batch;
    if (first === undefined) return;
    if (batch.length === 1) {
      this.#single(first);
      return;
    }
    const width = first.input.data.length / first.rows;
    if (this.#arena.length < rows * width) this.#arena = new Float32Array(rows * width);
    let at = 0;
    for (const { input } of batch) {
      this.#arena.set(input.data, at);
      at += input.data.length;
    }
    let values: Float32Array;
    try {
      values = this.#session.run(this.#arena.subarray(0, at), [rows, ...first.input.shape.slice(1)]);
    } catch {
      // One request's numbers must not fail the others'
      for (const one of batch) this.#single(one);
      return;
    }
    const size = values.length / rows;
    let from = 0;
    for (const one of batch) {
      const to = from + one.rows * size;
      one.resolve(values.subarray(from, to));
      from = to;
    }
  }
}
