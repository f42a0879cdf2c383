import { call, type RegistryOptions, unless } from './http.ts';

/** A version as any MLflow server answers it, and where its files are. */
export interface ExternalVersion {
  readonly name: string;
  readonly version: string;
  readonly runId: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly filesUri: string;
  /** Who the run says it was started by; the server does not check it. */
  readonly userId: string | undefined;
}

interface Pair {
  readonly key: string;
  readonly value: string;
}

/** By MLflow's own calls alone. Throws NOT_FOUND. */
export const getExternalVersion = async (
  options: RegistryOptions,
  name: string,
  version: string,
): Promise<ExternalVersion> => {
  const query = new URLSearchParams({ name, version });
  const get = <T>(path: string): Promise<T> => call<T>(options, 'GET', path);
  const { model_version: found } = await get<{ model_version: { run_id?: string; tags?: readonly Pair[] } }>(
    `model-versions/get?${query}`,
  );
  const { artifact_uri: filesUri } = await get<{ artifact_uri: string }>(
    `model-versions/get-download-uri?${query}`,
  );
  const runId = found.run_id ?? '';
  const run =
    runId === ''
      ? undefined
      : await unless(
          'NOT_FOUND',
          get<{ run: { info: { user_id?: string } } }>(`runs/get?${new URLSearchParams({ run_id: runId })}`),
        );
  return {
    name,
    version,
    runId,
    tags: Object.fromEntries((found.tags ?? []).map((t) => [t.key, t.value])),
    filesUri,
    userId: run?.run.info.user_id || undefined,
  };
};
