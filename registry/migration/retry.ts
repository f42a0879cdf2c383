import { setTimeout as delay } from 'node:timers/promises';
import { AssayError } from '@assay/domain/errors';

const PAUSES_MS = [250, 1_000, 4_000];

/** Again while the server cannot be reached or answers 5xx; what it refuses is final. */
export const patiently = async <T>(work: () => Promise<T>): Promise<T> => {
  for (const pause of PAUSES_MS) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof AssayError && error.code === 'UNREACHABLE')) throw error;
      await delay(pause);
    }
  }
  return work();
};
