import { setImmediate as turn } from 'node:timers/promises';
import type { FamilySpec } from '@assay/domain/families/family';
import { batchRule } from '../batches.ts';
import { bytesOf } from '../model-file.ts';
import { openProvided } from '../providers.ts';
import type { Session } from '../session.ts';
import { checkSignature, warmUp } from '../signature.ts';
import type { Ask, Opened } from './protocol.ts';

/** Of one row; the shortest is what the model takes when nobody interrupts it. */
const REPEATS = 50;
/** Clearly fast, or slow whatever another run says. */
const CERTAIN_US = { fast: 500, slow: 20_000 };
const OPENINGS = 3;
const QUICK_OPEN_US = 15_000;
/** By so much the processor time of a thread may be wrong where the system counts it in ticks. */
const TICK_US = 10_000;

const nowUs = (): number => performance.now() * 1000;
const cpuUs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return user + system;
};

/** Loads a model, warms it up and measures it. Throws MODEL_MISSING, MODEL_DIGEST, MODEL_NOT_ONNX, MODEL_SIGNATURE, MODEL_FAILED. */
export async function openMeasured(
  ask: Ask & { readonly op: 'open' },
  spec: FamilySpec,
): Promise<{ readonly session: Session; readonly opened: Opened }> {
  const bytes = await bytesOf(ask);
  const rss = process.memoryUsage.rss();
  const { provided, openUs } = openTimed(ask, bytes);
  const { session, provider, reason } = provided;
  try {
    checkSignature(ask.file, session, spec);
    warmUp(session, spec);
    const rest = spec.modelInputs[0]?.shape.slice(1) ?? [];
    const rowUs = await shortestRowUs(session, rest, provider);
    const memoryBytes = Math.max(0, process.memoryUsage.rss() - rss);
    const batches = await batchRule(session, rest, provider === 'cpu');
    const opened = { batches, rowUs, openUs, provider, providerReason: reason, memoryBytes };
    return { session, opened };
  } catch (cause) {
    session.release();
    throw cause;
  }
}

/** What else the machine does, and what the runtime makes once a process, is not the model's: what takes long is done again. */
function openTimed({ file, providers }: Ask & { readonly op: 'open' }, bytes: Buffer) {
  let openUs = Number.POSITIVE_INFINITY;
  for (let more = OPENINGS; ; more--) {
    const [began, cpuBegan] = [nowUs(), cpuUs()];
    const provided = openProvided(file, bytes, providers);
    openUs = Math.min(openUs, nowUs() - began, cpuUs() - cpuBegan + TICK_US);
    if (openUs < QUICK_OPEN_US || more === 1) return { provided, openUs };
    provided.session.release();
  }
}

/** µs of a run of one row. */
async function shortestRowUs(session: Session, rest: readonly number[], provider: string): Promise<number> {
  const row = new Float32Array(rest.reduce((n, d) => n * d, 1));
  let [shortest, total, runs] = [Number.POSITIVE_INFINITY, 0, 0];
  while (runs < REPEATS && shortest > CERTAIN_US.fast) {
    await turn();
    const [began, cpuBegan] = [nowUs(), cpuUs()];
    session.run(row, [1, ...rest]);
    shortest = Math.min(shortest, nowUs() - began);
    total += cpuUs() - cpuBegan;
    runs++;
    if (shortest > CERTAIN_US.slow) break;
  }
  // Elsewhere than on the processor its time says nothing
  return provider === 'cpu' ? Math.min(shortest, (total + TICK_US) / runs) : shortest;
}
