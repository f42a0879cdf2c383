import type { Experiment, LoggedModel, Metric, Pair, Run, Score } from './entities.ts';
import { inParts, type MlflowApi, SOURCE_FINGERPRINT, SOURCE_ID, tagOf } from './mlflow-api.ts';
import { MlflowSource } from './mlflow-source.ts';
import type { Placed } from './target.ts';

interface Mirror extends Placed {
  fingerprint: string | undefined;
  deleted: boolean;
}

/** Tags that name a run by its id. */
const RUN_TAGS: ReadonlySet<string> = new Set(['mlflow.parentRunId', 'mlflow.rootRunId']);
/** The server itself lists a logged model's registrations. */
const SERVERS_OWN = 'mlflow.modelVersions';

/** Experiments, logged models and runs of a real MLflow server: new ids, the old ones in tags. */
export class MlflowTracking {
  readonly #api: MlflowApi;
  readonly #source: MlflowSource;
  readonly #existing: MlflowSource;
  readonly #experiments = new Map<string, Mirror & { readonly source: Experiment }>();
  readonly #runs = new Map<string, Promise<Mirror>>();
  readonly #models = new Map<string, Mirror>();
  readonly #orphans: { run: Run; fingerprint: string }[] = [];

  constructor(api: MlflowApi, source: MlflowSource) {
    this.#api = api;
    this.#source = source;
    this.#existing = new MlflowSource(api.options);
  }

  async finishedExperiment(sourceId: string): Promise<string | undefined> {
    return tagOf((await this.#experimentOf(sourceId))?.tags, SOURCE_FINGERPRINT);
  }

  async finishedRun(id: string): Promise<string | undefined> {
    return (await this.#runs.get(id))?.fingerprint;
  }

  finishedModel(id: string): string | undefined {
    return this.#models.get(id)?.fingerprint;
  }

  async #experimentOf(sourceId: string): Promise<Experiment | undefined> {
    const { experiments = [] } = await this.#api.post<{ experiments?: Experiment[] }>('experiments/search', {
      max_results: 2,
      view_type: 'ALL',
      filter: `tags.\`${SOURCE_ID}\` = '${sourceId}'`,
    });
    return experiments[0];
  }

  async experiment(sourceId: string, source: Experiment, changed: boolean): Promise<Placed> {
    const known = await this.#experimentOf(sourceId);
    const found = known ?? (await this.#namedOrMade(source));
    const id = found.experiment_id;
    const mirror = {
      id,
      uri: found.artifact_location,
      fingerprint: undefined,
      deleted: found.lifecycle_stage === 'deleted',
      source,
    };
    this.#experiments.set(source.experiment_id, mirror);
    if (changed) {
      await this.#activate(source.experiment_id);
      if (known !== undefined && known.name !== source.name)
        await this.#api.post('experiments/update', { experiment_id: id, new_name: source.name });
      const tags = [...(source.tags ?? []), { key: SOURCE_ID, value: sourceId }];
      for (const tag of tags)
        await this.#api.post('experiments/set-experiment-tag', { experiment_id: id, ...tag });
    }
    await this.#loadMirrors(id);
    return mirror;
  }

  async #namedOrMade({ name }: Experiment): Promise<Experiment> {
    const look = async (): Promise<Experiment | undefined> =>
      (await this.#api.find<{ experiment: Experiment }>('experiments/get-by-name', { experiment_name: name }))
        ?.experiment;
    return this.#api.make(look, async () => {
      await this.#api.once('POST', 'experiments/create', { name });
      return (await look()) as Experiment;
    });
  }

  async finishExperiment(sourceExperiment: Experiment, fingerprint: string): Promise<void> {
    const { id } = this.#mirrorOf(sourceExperiment.experiment_id);
    await this.#api.post('experiments/set-experiment-tag', {
      experiment_id: id,
      key: SOURCE_FINGERPRINT,
      value: fingerprint,
    });
  }

  #mirrorOf(sourceExperimentId: string): Mirror & { readonly source: Experiment } {
    const mirror = this.#experiments.get(sourceExperimentId);
    if (mirror === undefined) throw new Error(`experiment ${sourceExperimentId} was not placed`);
    return mirror;
  }

  /** Nothing can be written into a deleted experiment; `settleExperiments` deletes again what the source has deleted. */
  async #activate(sourceExperimentId: string): Promise<void> {
    const mirror = this.#mirrorOf(sourceExperimentId);
    if (!mirror.deleted) return;
    mirror.deleted = false;
    await this.#api.post('experiments/restore', { experiment_id: mirror.id });
  }

  async settleExperiments(): Promise<void> {
    for (const mirror of this.#experiments.values()) {
      if (mirror.source.lifecycle_stage !== 'deleted' || mirror.deleted) continue;
      await this.#api.post('experiments/delete', { experiment_id: mirror.id });
      mirror.deleted = true;
    }
  }

  /** What came before, by the tags it was given. */
  async #loadMirrors(experimentId: string): Promise<void> {
    for await (const { info, data } of this.#existing.runs(experimentId)) {
      const source = tagOf(data.tags, SOURCE_ID);
      if (source === undefined) continue;
      const mirror = {
        id: info.run_id,
        uri: info.artifact_uri,
        fingerprint: tagOf(data.tags, SOURCE_FINGERPRINT),
        deleted: info.lifecycle_stage === 'deleted',
      };
      this.#runs.set(source, Promise.resolve(mirror));
    }
    for await (const { info } of this.#existing.loggedModels(experimentId)) {
      const source = tagOf(info.tags, SOURCE_ID);
      if (source === undefined) continue;
      const fingerprint = tagOf(info.tags, SOURCE_FINGERPRINT);
      this.#models.set(source, { id: info.model_id, uri: info.artifact_uri, fingerprint, deleted: false });
    }
  }

  async run(run: Run): Promise<Placed> {
    const mirror = await this.#mirrorRun(run);
    if (mirror.deleted) await this.#api.post('runs/restore', { run_id: mirror.id });
    mirror.deleted = false;
    const { params = [], tags = [] } = run.data;
    const mapped = await Promise.all(tags.map((t) => this.#mapTag(t)));
    for (const part of inParts(params, 100))
      await this.#api.post('runs/log-batch', { run_id: mirror.id, params: part });
    for (const part of inParts(mapped, 100))
      await this.#api.post('runs/log-batch', { run_id: mirror.id, tags: part });
    await this.#link(mirror.id, run);
    return mirror;
  }

  /** The run of the target, made with nothing but its names where there is none yet. */
  #mirrorRun(run: Run): Promise<Mirror> {
    const { run_id, experiment_id, user_id, start_time, run_name } = run.info;
    const known = this.#runs.get(run_id);
    if (known !== undefined) return known;
    const made = this.#activate(experiment_id).then(() =>
      this.#api.make(
        () => this.#runTagged(experiment_id, run_id),
        async () => {
          const tags = [{ key: SOURCE_ID, value: run_id }];
          const body = {
            experiment_id: this.#mirrorOf(experiment_id).id,
            user_id,
            start_time,
            run_name,
            tags,
          };
          const {
            run: { info },
          } = await this.#api.once<{ run: Run }>('POST', 'runs/create', body);
          return { id: info.run_id, uri: info.artifact_uri, fingerprint: undefined, deleted: false };
        },
      ),
    );
    this.#runs.set(run_id, made);
    return made;
  }

  async #runTagged(sourceExperimentId: string, sourceId: string): Promise<Mirror | undefined> {
    const { runs = [] } = await this.#api.post<{ runs?: Run[] }>('runs/search', {
      experiment_ids: [this.#mirrorOf(sourceExperimentId).id],
      run_view_type: 'ALL',
      max_results: 1,
      filter: `tags.\`${SOURCE_ID}\` = '${sourceId}'`,
    });
    const info = runs[0]?.info;
    if (info === undefined) return undefined;
    return {
      id: info.run_id,
      uri: info.artifact_uri,
      fingerprint: undefined,
      deleted: info.lifecycle_stage === 'deleted',
    };
  }

  async #mapTag(tag: Pair): Promise<Pair> {
    if (!RUN_TAGS.has(tag.key)) return tag;
    return { key: tag.key, value: (await this.#runs.get(tag.value))?.id ?? tag.value };
  }

  async #link(runId: string, { inputs, outputs }: Run): Promise<void> {
    const datasets = inputs?.dataset_inputs ?? [];
    const models = (inputs?.model_inputs ?? []).flatMap(({ model_id }) => {
      const id = this.#models.get(model_id)?.id;
      return id === undefined ? [] : [{ model_id: id }];
    });
    if (datasets.length + models.length > 0)
      await this.#api.post('runs/log-inputs', { run_id: runId, datasets, models });
    const made = (outputs?.model_outputs ?? []).flatMap(({ model_id, step }) => {
      const id = this.#models.get(model_id)?.id;
      return id === undefined ? [] : [{ model_id: id, step: step ?? 0 }];
    });
    if (made.length > 0) await this.#api.post('runs/outputs', { run_id: runId, models: made });
  }

  async metrics(sourceRunId: string, metrics: readonly Metric[]): Promise<void> {
    const mirror = await this.#runs.get(sourceRunId);
    await this.#api.post('runs/log-batch', { run_id: mirror?.id, metrics });
  }

  /** Such a server takes a model's metric only as a point of the run that names the model. */
  scores(sourceRunId: string, scores: readonly Score[]): Promise<void> {
    const points = scores.flatMap(({ run_id: _, runValue, model_id = '', ...point }) => {
      const id = this.#models.get(model_id)?.id;
      return id === undefined ? [] : [{ ...point, value: runValue, model_id: id }];
    });
    return points.length === 0 ? Promise.resolve() : this.metrics(sourceRunId, points);
  }

  /** A child whose parent is not there yet waits for `settleRuns`. */
  async finishRun(run: Run, fingerprint: string): Promise<void> {
    const waits = (run.data.tags ?? []).some((t) => RUN_TAGS.has(t.key));
    if (waits) this.#orphans.push({ run, fingerprint });
    else await this.#endRun(run, fingerprint);
  }

  async settleRuns(): Promise<void> {
    for (const { run, fingerprint } of this.#orphans.splice(0)) {
      const links = (run.data.tags ?? []).filter((t) => RUN_TAGS.has(t.key));
      const mirror = await this.#runs.get(run.info.run_id);
      const tags = await Promise.all(links.map((t) => this.#mapTag(t)));
      await this.#api.post('runs/log-batch', { run_id: mirror?.id, tags });
      await this.#endRun(run, fingerprint);
    }
  }

  async #endRun({ info }: Run, fingerprint: string): Promise<void> {
    const mirror = await this.#runs.get(info.run_id);
    if (mirror === undefined) return;
    const { status, end_time, run_name } = info;
    await this.#api.post('runs/update', { run_id: mirror.id, status, end_time, run_name });
    await this.#api.post('runs/set-tag', { run_id: mirror.id, key: SOURCE_FINGERPRINT, value: fingerprint });
    if (info.lifecycle_stage === 'deleted') await this.#api.post('runs/delete', { run_id: mirror.id });
    mirror.fingerprint = fingerprint;
  }

  async loggedModel(model: LoggedModel): Promise<Placed> {
    const { info, data } = model;
    const id = info.model_id;
    const tags = (info.tags ?? []).filter((t) => t.key !== SERVERS_OWN);
    const before = this.#models.get(id);
    if (before !== undefined) {
      if (tags.length > 0) await this.#api.patch(`logged-models/${before.id}/tags`, { tags });
      return before;
    }
    await this.#activate(info.experiment_id);
    const [params = [], ...more] = inParts(data?.params ?? [], 100);
    const made = await this.#api.make(
      () => this.#modelTagged(info.experiment_id, id),
      async () =>
        (
          await this.#api.once<{ model: LoggedModel }>('POST', 'logged-models', {
            experiment_id: this.#mirrorOf(info.experiment_id).id,
            name: info.name,
            model_type: info.model_type,
            source_run_id: await this.#sourceRun(info.source_run_id),
            params,
            tags: [...tags, { key: SOURCE_ID, value: id }],
          })
        ).model,
    );
    for (const part of more)
      await this.#api.post(`logged-models/${made.info.model_id}/params`, { params: part });
    const mirror = {
      id: made.info.model_id,
      uri: made.info.artifact_uri,
      fingerprint: undefined,
      deleted: false,
    };
    this.#models.set(id, mirror);
    return mirror;
  }

  async #modelTagged(sourceExperimentId: string, sourceId: string): Promise<LoggedModel | undefined> {
    const { models = [] } = await this.#api.post<{ models?: LoggedModel[] }>('logged-models/search', {
      experiment_ids: [this.#mirrorOf(sourceExperimentId).id],
      max_results: 1,
      filter: `tags.\`${SOURCE_ID}\` = '${sourceId}'`,
    });
    return models[0];
  }

  /** A logged model names its run when it is made and never again, so the run comes first, empty. */
  async #sourceRun(id: string | undefined): Promise<string | undefined> {
    if (id === undefined || id === '') return undefined;
    const known = this.#runs.get(id);
    if (known !== undefined) return (await known).id;
    const run = await this.#source.run(id).catch(() => undefined);
    return run === undefined ? id : (await this.#mirrorRun(run)).id;
  }

  async finishModel({ info }: LoggedModel, fingerprint: string): Promise<void> {
    const mirror = this.#models.get(info.model_id);
    if (mirror === undefined) return;
    const path = `logged-models/${mirror.id}`;
    if (info.status !== 'LOGGED_MODEL_PENDING')
      await this.#api.patch(path, { model_id: mirror.id, status: info.status });
    await this.#api.patch(`${path}/tags`, { tags: [{ key: SOURCE_FINGERPRINT, value: fingerprint }] });
    mirror.fingerprint = fingerprint;
  }

  async placeOf(kind: 'run' | 'logged-model', id: string): Promise<Placed | undefined> {
    return kind === 'run' ? this.#runs.get(id) : this.#models.get(id);
  }
}
