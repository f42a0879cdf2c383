import { call, callAt, type RegistryOptions } from '@assay/registry-client/http';
import { writeProxied } from '@assay/registry-client/proxied';
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
import { patiently } from './retry.ts';
import type { MigrationTarget, Placed, VersionFiles } from './target.ts';

interface Known {
  readonly target_id: string;
  readonly fingerprint: string | null;
}

interface Stored {
  readonly path: string;
  readonly digest: string;
  readonly sizeBytes: number;
}

/** Assay's own registry: ids, numbers and times stay what they were; what came from where is kept in a table of its own. */
export class AssayTarget implements MigrationTarget {
  readonly #options: RegistryOptions;

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  get url(): string {
    return this.#options.baseUrl;
  }

  #import<T>(what: string, body: object): Promise<T> {
    return patiently(() => callAt<T>(this.#options, 'POST', `/api/assay/v1/import/${what}`, body));
  }

  /** Refuses a server that is no Assay, and a caller who may not import. */
  async assertAnswers(): Promise<void> {
    await this.#import('known', { kind: 'run', ids: [] });
  }

  async #known(kind: Kind, sourceId: string): Promise<Known | undefined> {
    const { known } = await this.#import<{ known: Known[] }>('known', { kind, ids: [sourceId] });
    return known[0];
  }

  async finished(kind: Kind, sourceId: string): Promise<string | undefined> {
    return (await this.#known(kind, sourceId))?.fingerprint ?? undefined;
  }

  async experiment(sourceId: string, experiment: Experiment, changed: boolean): Promise<Placed> {
    const known = changed ? undefined : await this.#known('experiment', sourceId);
    if (known === undefined) {
      const made = await this.#import<{ experiment_id: string; artifact_location: string }>('experiment', {
        source_id: sourceId,
        experiment,
      });
      return { id: made.experiment_id, uri: made.artifact_location };
    }
    const path = `experiments/get?${new URLSearchParams({ experiment_id: known.target_id })}`;
    const found = await patiently(() => call<{ experiment: Experiment }>(this.#options, 'GET', path));
    return { id: known.target_id, uri: found.experiment.artifact_location };
  }

  async loggedModel(experiment: Placed, model: LoggedModel): Promise<Placed> {
    const placed = await this.#import<{ model_id: string; artifact_uri: string }>('logged-model', {
      experiment_id: experiment.id,
      model,
    });
    return { id: placed.model_id, uri: placed.artifact_uri };
  }

  async run(experiment: Placed, run: Run): Promise<Placed> {
    const placed = await this.#import<{ run_id: string; artifact_uri: string }>('run', {
      experiment_id: experiment.id,
      run,
    });
    return { id: placed.run_id, uri: placed.artifact_uri };
  }

  async metrics(run: string, points: readonly Metric[]): Promise<void> {
    await this.#import('metrics', { run_id: run, metrics: points });
  }

  async scores(run: string, scores: readonly Score[]): Promise<void> {
    await this.#import('scores', {
      run_id: run,
      metrics: scores.map(({ runValue: _, ...metric }) => metric),
    });
  }

  async registeredModel(sourceId: string, model: RegisteredModel): Promise<void> {
    await this.#import('registered-model', { source_id: sourceId, registered_model: model });
  }

  async version(sourceId: string, version: ModelVersion, { uri, inside }: VersionFiles): Promise<void> {
    const placed = inside && (await this.placeOf(inside.root));
    const location = placed === undefined ? uri : `${placed.uri}${inside?.rest}`;
    // The address that the source used is only true here while its experiment kept its number
    const source = version.source === uri && uri.startsWith('mlflow-artifacts:') ? location : version.source;
    await this.#import('model-version', {
      source_id: sourceId,
      model_version: { ...version, source },
      location,
    });
  }

  alias(
    name: string,
    alias: string,
    version: string,
  ): Promise<{ recorded: 'live' | 'history'; changed: boolean }> {
    return this.#import('alias', { name, alias, version });
  }

  async finish(kind: Kind, sourceId: string, fingerprint: string): Promise<void> {
    await this.#import('finished', { kind, source_id: sourceId, fingerprint });
  }

  async settleRuns(): Promise<void> {}
  async settleExperiments(): Promise<void> {}

  async placeOf({ kind, id }: ArtifactRoot): Promise<Placed> {
    if (kind === 'run') {
      const { run } = await patiently(() =>
        call<{ run: Run }>(this.#options, 'GET', `runs/get?run_id=${encodeURIComponent(id)}`),
      );
      return { id, uri: run.info.artifact_uri };
    }
    const path = `logged-models/${encodeURIComponent(id)}`;
    const { model } = await patiently(() => call<{ model: LoggedModel }>(this.#options, 'GET', path));
    return { id, uri: model.info.artifact_uri };
  }

  async #files(placed: Placed): Promise<readonly Stored[]> {
    const path = `/api/assay/v1/artifacts?${new URLSearchParams({ root: placed.uri })}`;
    return (await patiently(() => callAt<{ files: Stored[] }>(this.#options, 'GET', path))).files;
  }

  async stored(placed: Placed): Promise<ReadonlyMap<string, number>> {
    return new Map((await this.#files(placed)).map((f) => [f.path, f.sizeBytes]));
  }

  write(placed: Placed, path: string, bytes: ReadableStream<Uint8Array>): Promise<void> {
    return writeProxied(this.#options, placed.uri, path, bytes);
  }

  async digests(placed: Placed): Promise<ReadonlyMap<string, string>> {
    return new Map((await this.#files(placed)).map((f) => [f.path, f.digest]));
  }
}
