import { openAsBlob } from 'node:fs';
import { AssayError } from '@assay/domain/errors';
import type { VersionCheck } from '@assay/domain/ports/model-registry';
import { call, type RegistryOptions, send, unless } from './http.ts';
import { writeProxied } from './proxied.ts';

export interface ModelVersion {
  readonly name: string;
  readonly version: string;
  readonly runId: string;
  readonly createdAtMs: number;
  readonly createdBy: string;
  /** Everybody who made or edited it, Assay's own services excepted. */
  readonly authors: readonly string[];
  readonly source: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly artifacts: readonly {
    readonly path: string;
    readonly digest: string;
    readonly sizeBytes: number;
  }[];
  /** The registry's own look at the files; null where the bytes are not in it. `none`: no ONNX file and no family. */
  readonly check: VersionCheck | null;
  readonly onnx: {
    readonly path: string;
    readonly digest: string;
    readonly sizeBytes: number;
    readonly blobPath: string;
  } | null;
}

/** A version as MLflow's own routes answer it. */
export interface VersionRow {
  readonly name: string;
  readonly version: string;
  readonly run_id?: string;
  readonly tags?: readonly { readonly key: string; readonly value: string }[];
}

/** A model as MLflow's own routes answer it. */
export interface ModelRow {
  readonly name: string;
  readonly description?: string;
  readonly aliases?: readonly { readonly alias: string; readonly version: string }[];
}

/** A run as MLflow's own routes answer it: the latest value of each metric, NaN as text. */
export interface RunRow {
  readonly info: { readonly run_id: string; readonly user_id?: string };
  readonly data: {
    readonly metrics?: readonly { readonly key: string; readonly value: number | string }[];
    readonly params?: readonly { readonly key: string; readonly value: string }[];
  };
}

export interface Batch {
  readonly metrics?: Readonly<Record<string, number>>;
  readonly params?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
}

const pairs = (record: Readonly<Record<string, string>> = {}) =>
  Object.entries(record).map(([key, value]) => ({ key, value }));
const numberOf = (value: number) => (Number.isFinite(value) ? value : String(value));

/** Typed calls of the registry; every refusal is an AssayError. */
export class RegistryClient {
  readonly #options: RegistryOptions;

  constructor(options: RegistryOptions) {
    this.#options = { ...options, baseUrl: options.baseUrl.replace(/\/+$/, '') };
  }

  #call<T>(method: string, path: string, body?: unknown): Promise<T> {
    return call<T>(this.#options, method, path, body);
  }

  async createExperimentIfMissing(name: string): Promise<string> {
    const made = await unless(
      'ALREADY_EXISTS',
      this.#call<{ experiment_id: string }>('POST', 'experiments/create', { name }),
    );
    if (made !== undefined) return made.experiment_id;
    const query = new URLSearchParams({ experiment_name: name });
    return (
      await this.#call<{ experiment: { experiment_id: string } }>('GET', `experiments/get-by-name?${query}`)
    ).experiment.experiment_id;
  }

  async createRun(
    experimentId: string,
    runName: string,
    startedAtMs: number,
  ): Promise<{ runId: string; artifactUri: string }> {
    const body = { experiment_id: experimentId, run_name: runName, start_time: startedAtMs };
    const { run } = await this.#call<{ run: { info: { run_id: string; artifact_uri: string } } }>(
      'POST',
      'runs/create',
      body,
    );
    return { runId: run.info.run_id, artifactUri: run.info.artifact_uri };
  }

  async logBatch(runId: string, batch: Batch, atMs: number): Promise<void> {
    const metrics = Object.entries(batch.metrics ?? {}).map(([key, value]) => ({
      key,
      value: numberOf(value),
      timestamp: atMs,
      step: 0,
    }));
    await this.#call('POST', 'runs/log-batch', {
      run_id: runId,
      metrics,
      params: pairs(batch.params),
      tags: pairs(batch.tags),
    });
  }

  async getRun(runId: string): Promise<RunRow> {
    const query = new URLSearchParams({ run_id: runId });
    return (await this.#call<{ run: RunRow }>('GET', `runs/get?${query}`)).run;
  }

  setRunTags(runId: string, tags: Readonly<Record<string, string>>): Promise<void> {
    return this.logBatch(runId, { tags }, 0);
  }

  async finishRun(
    runId: string,
    endedAtMs: number,
    status: 'FINISHED' | 'FAILED' = 'FINISHED',
  ): Promise<void> {
    await this.#call('POST', 'runs/update', { run_id: runId, status, end_time: endedAtMs });
  }

  /** Streams a file into the run's artifacts. Throws ARTIFACTS_NOT_PROXIED. */
  async uploadArtifact(runId: string, path: string, file: string | Uint8Array): Promise<void> {
    const query = new URLSearchParams({ run_id: runId });
    const { run } = await this.#call<{ run: { info: { artifact_uri: string } } }>('GET', `runs/get?${query}`);
    const body = typeof file === 'string' ? await openAsBlob(file) : new Blob([new Uint8Array(file)]);
    await writeProxied(this.#options, run.info.artifact_uri, path, body);
  }

  async createRegisteredModelIfMissing(name: string): Promise<void> {
    await unless('ALREADY_EXISTS', this.#call('POST', 'registered-models/create', { name }));
  }

  async createModelVersion(
    name: string,
    source: string,
    runId: string,
    tags: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const body = { name, source, run_id: runId, tags: pairs(tags) };
    return (await this.#call<{ model_version: VersionRow }>('POST', 'model-versions/create', body))
      .model_version.version;
  }

  async setModelVersionTag(name: string, version: string, key: string, value: string): Promise<void> {
    await this.#call('POST', 'model-versions/set-tag', { name, version, key, value });
  }

  async getModelVersion(name: string, version: string): Promise<ModelVersion> {
    const path = `/api/assay/v1/model-versions/${encodeURIComponent(name)}/${encodeURIComponent(version)}`;
    return (await (await send(this.#options, 'GET', path)).json()) as ModelVersion;
  }

  searchModelVersions(filter: string): Promise<VersionRow[]> {
    return this.#pages<VersionRow>('model-versions/search', 'model_versions', {
      filter,
      max_results: '1000',
    });
  }

  listRegisteredModels(): Promise<ModelRow[]> {
    return this.#pages<ModelRow>('registered-models/search', 'registered_models', {
      max_results: '1000',
    });
  }

  async #pages<T>(path: string, items: string, query: Readonly<Record<string, string>>): Promise<T[]> {
    const all: T[] = [];
    let token: string | undefined;
    do {
      const search = new URLSearchParams({ ...query, ...(token !== undefined && { page_token: token }) });
      const answer = await this.#call<Record<string, unknown>>('GET', `${path}?${search}`);
      all.push(...((answer[items] ?? []) as T[]));
      token = answer.next_page_token as string | undefined;
    } while (token !== undefined);
    return all;
  }

  async setAlias(name: string, alias: string, version: string): Promise<void> {
    await this.#call('POST', 'registered-models/alias', { name, alias, version });
  }

  async deleteAlias(name: string, alias: string): Promise<void> {
    await this.#call('DELETE', 'registered-models/alias', { name, alias });
  }

  /** Alias → version. */
  async aliases(name: string): Promise<Readonly<Record<string, string>>> {
    const { registered_model: model } = await this.#call<{
      registered_model: { aliases?: readonly { alias: string; version: string }[] };
    }>('GET', `registered-models/get?${new URLSearchParams({ name })}`);
    return Object.fromEntries((model.aliases ?? []).map((a) => [a.alias, a.version]));
  }

  async getByAlias(name: string, alias: string): Promise<VersionRow> {
    return (
      await this.#call<{ model_version: VersionRow }>(
        'GET',
        `registered-models/alias?${new URLSearchParams({ name, alias })}`,
      )
    ).model_version;
  }

  /** From an offset on, so that a download that broke off goes on. Throws NOT_FOUND, UNREACHABLE. */
  async downloadBlob(digest: string, fromByte = 0): Promise<AsyncIterable<Uint8Array>> {
    // One byte that is there already is asked for again: a range from the very end, where only the end of the answer was
    // lost, would be refused
    const headers: Record<string, string> = fromByte === 0 ? {} : { Range: `bytes=${fromByte - 1}-` };
    const path = `/api/assay/v1/blobs/sha256/${digest}`;
    const { body, status } = await send(this.#options, 'GET', path, { headers });
    if (fromByte > 0 && status !== 206)
      throw new AssayError('UNREACHABLE', `Cannot go on with blob "${digest}": the answer starts anew`);
    if (body === null)
      throw new AssayError('NOT_FOUND', `Cannot download blob "${digest}": the answer is empty`);
    const bytes = body as AsyncIterable<Uint8Array>;
    return fromByte === 0 ? bytes : withoutFirstByte(bytes);
  }
}

async function* withoutFirstByte(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  for await (const chunk of bytes) {
    yield isFirst ? chunk.subarray(1) : chunk;
    isFirst = isFirst && chunk.length === 0;
  }
}
