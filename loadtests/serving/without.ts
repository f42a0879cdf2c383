// Loaded before a model server (node --import) to measure what a part of it costs: takes out evidence, metrics or both, as
// BENCH_WITHOUT says. The server itself has no such switch, and must not have one.
import { Latencies } from '../../model-servers/server/latencies.ts';
import { Recorder } from '../../model-servers/server/recorder.ts';

const without = new Set((process.env.BENCH_WITHOUT ?? '').split(',').filter((part) => part !== ''));

/** Throws when there is no such method: a bench that takes nothing out would tell a wrong number. */
function replace(target: object, method: string, by: (...args: never[]) => unknown): void {
  if (typeof Reflect.get(target, method) !== 'function')
    throw new Error(`"${method}" is not there to be taken out`);
  Reflect.set(target, method, by);
}

for (const part of without)
  if (part === 'evidence')
    for (const method of ['answered', 'shadow']) replace(Recorder.prototype, method, () => Promise.resolve());
  else if (part === 'metrics') replace(Latencies.prototype, 'observe', () => undefined);
  else throw new Error(`BENCH_WITHOUT names "${part}"; it can be evidence and metrics`);
