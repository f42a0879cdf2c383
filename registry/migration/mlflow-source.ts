import { AssayError } from '@assay/domain/errors';
import { callAt, encodePath, type RegistryOptions, send } from '@assay/registry-client/http';
import type {
  ArtifactFile,
  ArtifactRoot,
  Experiment,
  LoggedModel,
  Metric,
  ModelVersion,
  RegisteredModel,
  Run,
} from './entities.ts';
import { patiently } from './retry.ts';

const API = '/api/2.0/mlflow';
const PROXY = 'mlflow-artifacts:';
const FILES = '/api/2.0/mlflow-artifacts/artifacts';
const FILTERS: readonly Query[] = [[], [['filter', "tags.`mlflow.prompt.is_prompt` = 'true'"]]];

interface Listed {
  readonly path: string;
  readonly is_dir?: boolean;
  readonly file_size?: number;
}

type Query = readonly (readonly [string, string])[];
type Ask = (token: string | undefined) => Promise<Readonly<Record<string, unknown>>>;

/** Items of one page after the other. */
async function* pages<T>(key: string, ask: Ask): AsyncGenerator<T> {
  let token: string | undefined;
  do {
    const page = await ask(token);
    yield* (page[key] ?? []) as readonly T[];
    token = (page.next_page_token as string | undefined) || undefined;
  } while (token !== undefined);
}

/** Reads everything that an MLflow server keeps, by its REST API alone. */
export class MlflowSource {
  readonly #options: RegistryOptions;

  constructor(options: RegistryOptions) {
    this.#options = { ...options, baseUrl: options.baseUrl.replace(/\/+$/, '') };
  }

  get url(): string {
    return this.#options.baseUrl;
  }

  get<T>(path: string, query: Query = []): Promise<T> {
    const text = new URLSearchParams();
    for (const [key, value] of query) text.append(key, value);
    return patiently(() => callAt<T>(this.#options, 'GET', `${API}/${path}?${text}`));
  }

  #posted<T>(path: string, key: string, body: object): AsyncGenerator<T> {
    return pages<T>(key, (token) =>
      patiently(() =>
        callAt(
          this.#options,
          'POST',
          `${API}/${path}`,
          token === undefined ? body : { ...body, page_token: token },
        ),
      ),
    );
  }

  #asked<T>(path: string, key: string, query: Query): AsyncGenerator<T> {
    return pages<T>(key, (token) =>
      this.get(path, token === undefined ? query : [...query, ['page_token', token]]),
    );
  }

  experiments(): AsyncGenerator<Experiment> {
    const order = ['creation_time ASC', 'experiment_id ASC'];
    return this.#posted('experiments/search', 'experiments', {
      max_results: 1000,
      view_type: 'ALL',
      order_by: order,
    });
  }

  /** Oldest first, so that a run that starts meanwhile shifts no page; a parent comes before its children. */
  runs(experimentId: string): AsyncGenerator<Run> {
    return this.#posted('runs/search', 'runs', {
      experiment_ids: [experimentId],
      run_view_type: 'ALL',
      max_results: 200,
      order_by: ['attributes.start_time ASC', 'attributes.run_id ASC'],
    });
  }

  async run(runId: string): Promise<Run> {
    return (await this.get<{ run: Run }>('runs/get', [['run_id', runId]])).run;
  }

  history(runId: string, key: string): AsyncGenerator<Metric> {
    return this.#asked('metrics/get-history', 'metrics', [
      ['run_id', runId],
      ['metric_key', key],
      ['max_results', '25000'],
    ]);
  }

  /** Deleted ones are listed by no server. */
  loggedModels(experimentId: string): AsyncGenerator<LoggedModel> {
    return this.#posted('logged-models/search', 'models', {
      experiment_ids: [experimentId],
      max_results: 100,
      order_by: [{ field_name: 'creation_timestamp', ascending: true }],
    });
  }

  async loggedModel(id: string): Promise<LoggedModel> {
    return (await this.get<{ model: LoggedModel }>(`logged-models/${encodeURIComponent(id)}`)).model;
  }

  /** Models, then prompts, which are models that MLflow's searches hide unless asked for. */
  registeredModels(): AsyncGenerator<RegisteredModel> {
    return this.#withPrompts(
      (filter) =>
        this.#asked<RegisteredModel>('registered-models/search', 'registered_models', [
          ...filter,
          ['max_results', '1000'],
        ]),
      (model) => model.name,
    );
  }

  /** All versions of all models, each model's in rising order. */
  versions(): AsyncGenerator<ModelVersion> {
    return this.#withPrompts(
      (filter) =>
        this.#asked<ModelVersion>('model-versions/search', 'model_versions', [
          ...filter,
          ['max_results', '10000'],
          ['order_by', 'name ASC'],
          ['order_by', 'version_number ASC'],
        ]),
      (version) => `${version.name}/${version.version}`,
    );
  }

  /** Each once, also from a server that hides no prompts. */
  async *#withPrompts<T>(search: (filter: Query) => AsyncGenerator<T>, keyOf: (item: T) => string) {
    const seen = new Set<string>();
    for (const filter of FILTERS)
      for await (const item of search(filter)) {
        if (seen.has(keyOf(item))) continue;
        seen.add(keyOf(item));
        yield item;
      }
  }

  async downloadUri(name: string, version: string): Promise<string> {
    return (
      await this.get<{ artifact_uri: string }>('model-versions/get-download-uri', [
        ['name', name],
        ['version', version],
      ])
    ).artifact_uri;
  }

  /** Every file below a root, whatever store the server keeps it in. */
  async files(root: ArtifactRoot, folder = ''): Promise<ArtifactFile[]> {
    const found: ArtifactFile[] = [];
    for (const { path, is_dir, file_size } of await this.#list(root, folder)) {
      if (is_dir === true) found.push(...(await this.files(root, path)));
      else found.push({ path, sizeBytes: Number(file_size ?? 0) });
    }
    return found;
  }

  async #list(root: ArtifactRoot, folder: string): Promise<readonly Listed[]> {
    const below: Query = folder === '' ? [] : [['path', folder]];
    const id = encodeURIComponent(root.id);
    const { files = [] } =
      root.kind === 'run'
        ? await this.get<{ files?: Listed[] }>('artifacts/list', [['run_id', root.id], ...below])
        : await this.get<{ files?: Listed[] }>(
            `logged-models/${id}/artifacts/directories`,
            below.map(([, path]) => ['artifact_directory_path', path]),
          );
    return files;
  }

  /** Bytes of one file, as a stream. Throws NOT_FOUND where it has gone. */
  async read(root: ArtifactRoot, path: string): Promise<ReadableStream<Uint8Array>> {
    const { body } = await patiently(() => send(this.#options, 'GET', this.#address(root, path)));
    return (body ?? new Blob([]).stream()) as ReadableStream<Uint8Array>;
  }

  #address(root: ArtifactRoot, path: string): string {
    if (root.uri.startsWith(PROXY))
      return `${FILES}/${encodePath(`${root.uri.slice(PROXY.length).replace(/^\/+/, '')}/${path}`)}`;
    if (root.kind === 'run') return `/get-artifact?${new URLSearchParams({ run_id: root.id, path })}`;
    const query = new URLSearchParams({ artifact_file_path: path });
    return `/ajax-api/2.0/mlflow/logged-models/${encodeURIComponent(root.id)}/artifacts/files?${query}`;
  }

  /** Refuses what does not speak MLflow's API before anything is copied. */
  async assertAnswers(): Promise<void> {
    const path = `${API}/experiments/search?max_results=1&view_type=ALL`;
    const answer = await callAt<{ experiments?: unknown }>(this.#options, 'GET', path).catch(
      (cause: unknown) => {
        const code = cause instanceof AssayError && cause.code !== 'NOT_FOUND' ? cause.code : 'UNREACHABLE';
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new AssayError(code, `Cannot use "${this.url}" as an MLflow server: ${reason}`, { cause });
      },
    );
    if (!Array.isArray(answer.experiments))
      throw new AssayError(
        'UNREACHABLE',
        `Cannot use "${this.url}" as an MLflow server: it lists no experiments, not even Default`,
      );
  }
}
