import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureExtracted } from '@assay/adapters/trainer/extracted';
import type { Family } from '@assay/domain/families/family';
import { type Api, apiOf } from '../api.ts';
import { cacheFolder } from '../supervisor/cache.ts';
import { readEndpoints } from '../supervisor/state-folder.ts';

/** What every family's story needs of the running Assay. */
export interface Stage {
  readonly api: Api;
  readonly inference: readonly string[];
  readonly servingToken: string;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  rate(family: Family): number;
  /** Folder of the real rows that the traffic replays; extracted where no training has done it yet. */
  extractedDir(family: Family): Promise<string>;
  clientLog(family: Family): string;
}

/** Requests a second; forecasting sends whole business days of 24 stores. */
const RATES: Readonly<Record<Family, number>> = {
  ranking: 100,
  pricing: 100,
  bidding: 100,
  vision: 100,
  forecasting: 96,
};

export function setStage(
  state: string,
  seed: number,
  signal: AbortSignal,
  say: (line: string) => void,
): Stage {
  const endpoints = readEndpoints(state);
  const logs = join(endpoints.state, 'demo');
  mkdirSync(logs, { recursive: true });
  return {
    api: apiOf(state, 'admin'),
    inference: endpoints.inference,
    servingToken: endpoints.tokens['serving-client'] ?? '',
    seed,
    signal,
    say,
    rate: (family) => RATES[family],
    extractedDir: (family) =>
      ensureExtracted({ cacheDir: cacheFolder(process.env), family, onProgress: say }),
    clientLog: (family) => join(logs, `${family}-${seed}.log`),
  };
}
