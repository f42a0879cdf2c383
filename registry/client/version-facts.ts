import { call, type RegistryOptions, unless } from './http.ts';

interface Pair {
  readonly key: string;
  readonly value: string;
}

/** A version, its model and its run, as MLflow's own calls answer them; what is empty is absent. */
export interface VersionFactsBody {
  readonly version: { readonly source?: string; readonly description?: string; readonly run_id?: string };
  readonly model: { readonly description?: string; readonly tags?: readonly Pair[] };
  readonly run: {
    readonly info: {
      readonly run_id: string;
      readonly run_name?: string;
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
  } | null;
}

/** By MLflow's own calls alone; a version may outlive its run. Throws NOT_FOUND. */
export const getVersionFacts = async (
  options: RegistryOptions,
  name: string,
  version: string,
): Promise<VersionFactsBody> => {
  const get = <T>(path: string, query: Readonly<Record<string, string>>): Promise<T> =>
    call<T>(options, 'GET', `${path}?${new URLSearchParams(query)}`);
  const [{ model_version: found }, { registered_model: model }] = await Promise.all([
    get<{ model_version: VersionFactsBody['version'] }>('model-versions/get', { name, version }),
    get<{ registered_model: VersionFactsBody['model'] }>('registered-models/get', { name }),
  ]);
  const runId = found.run_id ?? '';
  const run =
    runId === ''
      ? undefined
      : await unless(
          'NOT_FOUND',
          get<{ run: NonNullable<VersionFactsBody['run']> }>('runs/get', { run_id: runId }),
        );
  return { version: found, model, run: run?.run ?? null };
};
