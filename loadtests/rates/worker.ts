import { parentPort } from 'node:worker_threads';
import { prng } from '@assay/domain/prng';
import { play } from './scenario.ts';
import { scenarioOf } from './scenarios.ts';

export interface Chunk {
  readonly id: string;
  readonly chunk: number;
  readonly seed: number;
  readonly runs: number;
  readonly looks: number;
}

parentPort?.on('message', ({ id, chunk, seed, runs, looks }: Chunk) => {
  const tally = play(scenarioOf(id), prng(`rates/${seed}/${id}/${chunk}`), { runs, looks });
  parentPort?.postMessage({ id, chunk, tally });
});
