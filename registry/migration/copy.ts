import { copyArtifacts, type Ends } from './copy-artifacts.ts';
import { copyModels } from './copy-models.ts';
import { each } from './each.ts';
import type { ArtifactRoot, Experiment, LoggedModel, Metric, Run } from './entities.ts';
import { fingerprint } from './fingerprint.ts';
import { type CopyOptions, guarded, once } from './steps.ts';
import type { Placed } from './target.ts';

const BATCH = 1000;
/** Metrics of logged models, by the run that measured them. */
type Scores = Map<string, Metric[]>;

/** Ids count from 1 on every server; with the time of creation they tell servers apart. */
const experimentKey = (e: Experiment): string => `${e.experiment_id}@${e.creation_time ?? 0}`;

/**
 * Copies all that `source` keeps to `target`, experiments first and aliases last, so that whatever was copied refers only to
 * what is there. Killed and started again it goes on; started twice it writes nothing. What one entity is refused for lands
 * in the report; a server that cannot be reached ends the copy.
 */
export async function copyAll(options: CopyOptions): Promise<void> {
  const { source, target, width } = options;
  await source.assertAnswers();
  await target.assertAnswers();
  const experiments: { from: Experiment; to: Placed }[] = [];
  for await (const from of source.experiments())
    await guarded(options, 'experiment', from.name, async () => {
      experiments.push({ from, to: await copyExperiment(options, from) });
    });
  const scores: Scores = new Map();
  for (const { from, to } of experiments)
    await each(source.loggedModels(from.experiment_id), width, (model) =>
      guarded(options, 'logged-model', model.info.model_id, () =>
        copyLoggedModel(options, model, to, scores),
      ),
    );
  for (const { from, to } of experiments)
    await each(source.runs(from.experiment_id), width, (run) =>
      guarded(options, 'run', run.info.run_id, () =>
        copyRun(options, run, to, scores.get(run.info.run_id) ?? []),
      ),
    );
  await target.settleRuns();
  await copyModels(options);
  await target.settleExperiments();
}

async function copyExperiment(options: CopyOptions, experiment: Experiment): Promise<Placed> {
  const { target } = options;
  const sourceId = experimentKey(experiment);
  const print = fingerprint(experiment);
  const changed = (await target.finished('experiment', sourceId)) !== print;
  // Asked also when nothing changed: what is inside needs to know where it lies
  const placed = await target.experiment(sourceId, experiment, changed);
  const step = { kind: 'experiment', sourceId, fingerprint: print, entity: experiment } as const;
  await once(options, step, async () => undefined);
  return placed;
}

async function copyLoggedModel(
  options: CopyOptions,
  model: LoggedModel,
  experiment: Placed,
  scores: Scores,
): Promise<void> {
  const { source, target } = options;
  const id = model.info.model_id;
  for (const metric of model.data?.metrics ?? []) {
    const run = metric.run_id ?? '';
    scores.set(run, [...(scores.get(run) ?? []), { ...metric, model_id: id }]);
  }
  const root: ArtifactRoot = { kind: 'logged-model', id, uri: model.info.artifact_uri };
  const files = await source.files(root);
  const print = fingerprint({ info: model.info, params: model.data?.params, files });
  const step = { kind: 'logged-model', sourceId: id, fingerprint: print, entity: model } as const;
  const written = await once(options, step, async () => {
    await copyArtifacts(options, root, files, await target.loggedModel(experiment, model));
  });
  if (!written && options.verify) await copyArtifacts(options, root, files, await target.placeOf(root));
}

async function copyRun(
  options: CopyOptions,
  run: Run,
  experiment: Placed,
  scores: readonly Metric[],
): Promise<void> {
  const { source, target } = options;
  const id = run.info.run_id;
  const root: ArtifactRoot = { kind: 'run', id, uri: run.info.artifact_uri };
  const files = await source.files(root);
  const print = fingerprint({ run, files, scores });
  const step = { kind: 'run', sourceId: id, fingerprint: print, entity: run } as const;
  const written = await once(options, step, async () => {
    const placed = await target.run(experiment, run);
    await copyMetrics(options, run, scores);
    await copyArtifacts(options, root, files, placed);
  });
  if (!written && options.verify) await copyArtifacts(options, root, files, await target.placeOf(root));
}

const pointKey = (m: Metric): string => `${m.key}\n${m.timestamp}\n${m.step ?? 0}`;

/** Whole histories, and then what logged models were scored with in this run. */
async function copyMetrics(ends: Ends, run: Run, scores: readonly Metric[]): Promise<void> {
  const { source, target, report } = ends;
  const id = run.info.run_id;
  const scored = new Map(scores.map((s) => [pointKey(s), s.value]));
  let batch: Metric[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await target.metrics(id, batch);
    report.metricPoints += batch.length;
    batch = [];
  };
  for (const { key } of run.data.metrics ?? [])
    for await (const { value, timestamp, step } of source.history(id, key)) {
      const point = { key, value, timestamp, step: step ?? 0 };
      if (scored.has(pointKey(point))) scored.set(pointKey(point), value);
      batch.push(point);
      if (batch.length === BATCH) await flush();
    }
  await flush();
  const whole = scores.map((s) => ({ ...s, runValue: scored.get(pointKey(s)) ?? s.value }));
  for (let i = 0; i < whole.length; i += BATCH) await target.scores(id, whole.slice(i, i + BATCH));
}
