import type { AsOfView } from '@assay/domain/read-models';
import { ApiError } from '../api/api-error.ts';
import { api } from '../api/reads.ts';

/** What an address asks of the past; `refused` in the control plane's own words. */
export interface AskedAsOf {
  /** ISO 8601 with a zone, or '': nothing is asked. */
  readonly at: string;
  readonly view: AsOfView | undefined;
  readonly refused: string;
}

export async function readAsOf(query: Pick<URLSearchParams, 'get'>, model: string): Promise<AskedAsOf> {
  const at = query.get('at') ?? '';
  if (at === '') return { at, view: undefined, refused: '' };
  try {
    return { at, view: await api.asOf(model, at), refused: '' };
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'REQUEST_INVALID') throw error;
    return { at, view: undefined, refused: error.message };
  }
}
