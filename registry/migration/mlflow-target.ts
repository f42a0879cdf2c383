import { createHash } from 'node:crypto';
import { AssayError } from '@assay/domain/errors';
import type { RegistryOptions } from '@assay/registry-client/http';
import { readProxied, writeProxied } from '@assay/registry-client/proxied';
import type {
  ArtifactRoot,
  Experiment,
  Kind,
  LoggedModel,
  Metric,
  ModelVersion,
  RegisteredModel,
  Run,
  Score,
} from './entities.ts';
import { MlflowApi } from './mlflow-api.ts';
import { MlflowModels } from './mlflow-models-target.ts';
import { MlflowSource } from './mlflow-source.ts';
import { MlflowTracking } from './mlflow-tracking-target.ts';
import { patiently } from './retry.ts';
import type { MigrationTarget, Placed, VersionFiles } from './target.ts';

/** Any MLflow server, by its public REST API: it gives ids of its own, so what came from where is kept in tags. */
export class MlflowTarget implements MigrationTarget {
  readonly #options: RegistryOptions;
  readonly #reader: MlflowSource;
  readonly #tracking: MlflowTracking;
  readonly #models: MlflowModels;

  constructor(options: RegistryOptions, source: MlflowSource) {
    const api = new MlflowApi(options);
    this.#options = api.options;
    this.#reader = new MlflowSource(options);
    this.#tracking = new MlflowTracking(api, source);
    this.#models = new MlflowModels(api, (kind, id) => this.#tracking.placeOf(kind, id));
  }

  get url(): string {
    return this.#options.baseUrl;
  }

  assertAnswers(): Promise<void> {
    return this.#reader.assertAnswers();
  }

  async finished(kind: Kind, sourceId: string): Promise<string | undefined> {
    switch (kind) {
      case 'experiment':
        return this.#tracking.finishedExperiment(sourceId);
      case 'run':
        return this.#tracking.finishedRun(sourceId);
      case 'logged-model':
        return this.#tracking.finishedModel(sourceId);
      case 'registered-model':
        return this.#models.finishedModel(sourceId);
      case 'model-version':
        return this.#models.finishedVersion(sourceId);
    }
  }

  async finish(kind: Kind, sourceId: string, fingerprint: string, entity: unknown): Promise<void> {
    switch (kind) {
      case 'experiment':
        return this.#tracking.finishExperiment(entity as Experiment, fingerprint);
      case 'run':
        return this.#tracking.finishRun(entity as Run, fingerprint);
      case 'logged-model':
        return this.#tracking.finishModel(entity as LoggedModel, fingerprint);
      case 'registered-model':
        return this.#models.finishModel((entity as RegisteredModel).name, fingerprint);
      case 'model-version':
        return this.#models.finishVersion(sourceId, fingerprint);
    }
  }

  experiment(sourceId: string, experiment: Experiment, changed: boolean): Promise<Placed> {
    return this.#tracking.experiment(sourceId, experiment, changed);
  }

  loggedModel(_experiment: Placed, model: LoggedModel): Promise<Placed> {
    return this.#tracking.loggedModel(model);
  }

  run(_experiment: Placed, run: Run): Promise<Placed> {
    return this.#tracking.run(run);
  }

  metrics(run: string, points: readonly Metric[]): Promise<void> {
    return this.#tracking.metrics(run, points);
  }

  scores(run: string, scores: readonly Score[]): Promise<void> {
    return this.#tracking.scores(run, scores);
  }

  settleRuns(): Promise<void> {
    return this.#tracking.settleRuns();
  }

  settleExperiments(): Promise<void> {
    return this.#tracking.settleExperiments();
  }

  registeredModel(sourceId: string, model: RegisteredModel): Promise<void> {
    return this.#models.model(sourceId, model);
  }

  version(sourceId: string, version: ModelVersion, files: VersionFiles): Promise<void> {
    return this.#models.version(sourceId, version, files);
  }

  alias(
    name: string,
    alias: string,
    version: string,
  ): Promise<{ recorded: 'live' | 'history'; changed: boolean }> {
    return this.#models.alias(name, alias, version);
  }

  async placeOf({ kind, id }: ArtifactRoot): Promise<Placed> {
    const placed = await this.#tracking.placeOf(kind, id);
    if (placed === undefined) throw new AssayError('NOT_FOUND', `Cannot find ${kind} ${id} at "${this.url}"`);
    return placed;
  }

  async stored({ id, uri }: Placed): Promise<ReadonlyMap<string, number>> {
    const kind = id.startsWith('m-') ? 'logged-model' : 'run';
    return new Map((await this.#reader.files({ kind, id, uri })).map((f) => [f.path, f.sizeBytes]));
  }

  write(placed: Placed, path: string, bytes: ReadableStream<Uint8Array>): Promise<void> {
    return writeProxied(this.#options, placed.uri, path, bytes);
  }

  /** Such a server tells no digests: what it keeps is read back. */
  async digests({ uri }: Placed, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const digests = new Map<string, string>();
    for (const path of paths) {
      const hash = createHash('sha256');
      const bytes = await patiently(() => readProxied(this.#options, uri, path));
      for await (const chunk of bytes) hash.update(chunk);
      digests.set(path, hash.digest('hex'));
    }
    return digests;
  }
}
