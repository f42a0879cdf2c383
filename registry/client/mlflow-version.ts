import type { RegistryOptions } from './http.ts';
import { getJson, getVersionAndRun, recordOf } from './version-rows.ts';

/** A version as any MLflow server answers it, and where its files are. */
export interface ExternalVersion {
  readonly tags: Readonly<Record<string, string>>;
  readonly filesUri: string;
  /** Who the run says it was started by; the server does not check it. */
  readonly userId: string | undefined;
}

/** By MLflow's own calls alone. Throws NOT_FOUND. */
export const getExternalVersion = async (
  options: RegistryOptions,
  name: string,
  version: string,
): Promise<ExternalVersion> => {
  const [{ version: found, run }, filesUri] = await Promise.all([
    getVersionAndRun(options, name, version),
    getFilesUri(options, name, version),
  ]);
  return { tags: recordOf(found.tags), filesUri, userId: run?.info.user_id || undefined };
};

/** Where the files of a version are. Throws NOT_FOUND. */
export const getFilesUri = async (
  options: RegistryOptions,
  name: string,
  version: string,
): Promise<string> => {
  const query = { name, version };
  const { artifact_uri: uri } = await getJson<{ artifact_uri: string }>(
    options,
    'model-versions/get-download-uri',
    query,
  );
  return uri;
};
