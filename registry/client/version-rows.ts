import { call, type RegistryOptions, unless } from './http.ts';

export interface Pair {
  readonly key: string;
  readonly value: string;
}

/** As MLflow's own calls answer them; what is empty is absent. */
export interface VersionBody {
  readonly source?: string;
  readonly description?: string;
  readonly run_id?: string;
  readonly creation_timestamp?: number | bigint;
  readonly tags?: readonly Pair[];
}

export interface RunBody {
  readonly info: {
    readonly run_id: string;
    readonly run_name?: string;
    readonly user_id?: string;
    readonly start_time?: number;
    readonly end_time?: number;
  };
  readonly data: {
    readonly metrics?: readonly { readonly key: string; readonly value: number | string }[];
    readonly params?: readonly Pair[];
    readonly tags?: readonly Pair[];
  };
  readonly inputs?: {
    readonly dataset_inputs?: readonly {
      readonly dataset: { readonly name: string; readonly digest: string };
    }[];
  };
}

export const recordOf = <T>(
  pairs: readonly { readonly key: string; readonly value: T }[] = [],
): Record<string, T> => Object.fromEntries(pairs.map((p) => [p.key, p.value]));

export const getJson = <T>(
  options: RegistryOptions,
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<T> => call<T>(options, 'GET', `${path}?${new URLSearchParams(query)}`);

/** A version and its run, by MLflow's own calls alone; a version may outlive its run. Throws NOT_FOUND. */
export const getVersionAndRun = async (
  options: RegistryOptions,
  name: string,
  version: string,
): Promise<{ version: VersionBody; run: RunBody | null }> => {
  const query = { name, version };
  const { model_version: found } = await getJson<{ model_version: VersionBody }>(
    options,
    'model-versions/get',
    query,
  );
  const runId = found.run_id ?? '';
  if (runId === '') return { version: found, run: null };
  const asked = getJson<{ run: RunBody }>(options, 'runs/get', { run_id: runId });
  return { version: found, run: (await unless('NOT_FOUND', asked))?.run ?? null };
};
