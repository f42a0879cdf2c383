import { AssayError } from '@assay/domain/errors';
import { openSession, type Session } from './session.ts';

/** The last resort: it is part of every build of the runtime. */
const CPU = 'cpu';

/** A session and where it computes. */
export interface Provided {
  readonly session: Session;
  readonly provider: string;
  /** Why it is not the provider that was asked for; "" when it is. */
  readonly reason: string;
}

/**
 * A session on the first execution provider that can be had. What could not is a reason, never a failure: a model that
 * answers slowly answers. Throws MODEL_NOT_ONNX.
 */
export function openProvided(file: string, bytes: Buffer, providers: readonly string[]): Provided {
  const reasons: string[] = [];
  for (const provider of [...providers.filter((p) => p !== CPU), CPU]) {
    try {
      return { session: openOn(provider, bytes), provider, reason: reasons.join('; ') };
    } catch (cause) {
      const { message } = cause as Error;
      if (provider === CPU)
        throw new AssayError('MODEL_NOT_ONNX', `Cannot load model "${file}": ${message}`, { cause });
      reasons.push(`${provider}: ${message}`);
    }
  }
  throw new AssayError('MODEL_NOT_ONNX', `Cannot load model "${file}": no execution provider`);
}

const openOn = (provider: string, bytes: Buffer): Session =>
  openSession(bytes, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    executionProviders: [provider],
  });
