import { type Context, putTags } from './context.ts';
import { type Db, one, transaction } from './database.ts';
import { experimentOf } from './experiments.ts';
import { invalid, taken } from './faults.ts';
import { pairs, part, time } from './import-input.ts';
import { beginImport, importedAs } from './import-ledger.ts';
import { type Input, int64, optionalText, records, tags, text } from './input.ts';
import { point, putPoints } from './metrics.ts';
import { runOf } from './runs.ts';

const LARGEST_SEQUENTIAL = 1_000_000_000n;
const STAGES = ['active', 'deleted'];

const stageOf = (input: Input): string => {
  const stage = optionalText(input, 'lifecycle_stage') ?? 'active';
  if (!STAGES.includes(stage))
    throw invalid(`Invalid lifecycle_stage ${JSON.stringify(stage)}: one of ${STAGES.join(', ')}`);
  return stage;
};

/** A free number stays what it was; else the experiment gets the next one. */
const idFor = async (db: Db, wanted: string): Promise<string> => {
  const free =
    /^\d{1,18}$/.test(wanted) &&
    (await one(db, 'SELECT 1 FROM experiments WHERE id = $1', [wanted])) === undefined;
  const sequence = `pg_get_serial_sequence('experiments', 'id')`;
  if (!free) return String((await one(db, `SELECT nextval(${sequence}) AS id`))?.id);
  if (BigInt(wanted) > 0n && BigInt(wanted) < LARGEST_SEQUENTIAL)
    await db.query(
      `SELECT setval(${sequence}, greatest($1::bigint, (SELECT coalesce(max(id), 1) FROM experiments WHERE id < $2)))`,
      [wanted, String(LARGEST_SEQUENTIAL)],
    );
  return wanted;
};

/** Found again by an earlier import, else by its name, else made; what is ours keeps its own times. */
export const importExperiment = async (context: Context, input: Input) => {
  const source = part(input, 'experiment');
  const sourceId = text(input, 'source_id');
  const name = text(source, 'name', 256);
  const [stage, created, updated] = [
    stageOf(source),
    time(source, 'creation_time'),
    time(source, 'last_update_time'),
  ];
  const given = tags(source, 20_000);
  return transaction(context.pool, async (db) => {
    await db.query(`SELECT pg_advisory_xact_lock(hashtext('assay.registry.import'))`);
    const before = await importedAs(db, 'experiment', sourceId);
    const found = before?.target ?? (await one(db, 'SELECT id FROM experiments WHERE name = $1', [name]))?.id;
    const id = String(found ?? (await idFor(db, text(source, 'experiment_id'))));
    const made = before?.made ?? found === undefined;
    // One that was here before keeps its own name, stage and times
    if (made)
      await db.query(
        `INSERT INTO experiments (id, name, location, stage, created, updated) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, stage = excluded.stage, created = excluded.created, updated = excluded.updated`,
        [id, name, `mlflow-artifacts:/${id}`, stage, created, updated],
      );
    await putTags(db, 'experiment_tags', { experiment_id: id }, given);
    await beginImport(db, context, 'experiment', { source: sourceId, target: id, made });
    const { location } = await experimentOf(db, id);
    return { experiment_id: id, artifact_location: location };
  });
};

/** A native row of that id is never overwritten by an import. */
const assertImported = async (
  db: Db,
  kind: 'run' | 'logged-model',
  table: string,
  id: string,
): Promise<void> => {
  const there = await one(db, `SELECT 1 FROM ${table} WHERE id = $1`, [id]);
  if (there !== undefined && (await importedAs(db, kind, id)) === undefined)
    throw taken(`Cannot import ${kind} ${id}: one of that id is here and did not come by an import`);
};

export const importLoggedModel = async (context: Context, input: Input) => {
  const info = part(part(input, 'model'), 'info');
  const data = (part(input, 'model').data ?? {}) as Input;
  const id = text(info, 'model_id', 64);
  if (!/^m-[0-9a-f]{32}$/.test(id))
    throw invalid(`Invalid model_id ${JSON.stringify(id)}: "m-" and 32 hex digits`);
  return transaction(context.pool, async (db) => {
    await assertImported(db, 'logged-model', 'logged_models', id);
    const experiment = await experimentOf(db, text(input, 'experiment_id'));
    const uri = `${String(experiment.location)}/models/${id}/artifacts`;
    await db.query(
      `INSERT INTO logged_models (id, experiment_id, name, model_type, source_run_id, status, artifact_uri, created, updated)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, status = excluded.status, updated = excluded.updated`,
      [
        id,
        experiment.id,
        text(info, 'name', 500),
        optionalText(info, 'model_type') || null,
        optionalText(info, 'source_run_id') || null,
        text(info, 'status'),
        uri,
        time(info, 'creation_timestamp_ms'),
        time(info, 'last_updated_timestamp_ms'),
      ],
    );
    await putTags(db, 'logged_model_params', { model_id: id }, pairs(data, 'params'));
    await putTags(db, 'logged_model_tags', { model_id: id }, tags(info, 100_000));
    await beginImport(db, context, 'logged-model', { source: id, target: id, made: true });
    return { model_id: id, artifact_uri: uri };
  });
};

const RUN_UPSERT = `INSERT INTO runs (id, experiment_id, name, user_id, status, start_time, end_time, stage, artifact_uri, created_by)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
  ON CONFLICT (id) DO UPDATE SET name = excluded.name, status = excluded.status, end_time = excluded.end_time, stage = excluded.stage`;

/** Everything of a run but its metrics' histories and its files. Who imports it is its author here; user_id is what the source said. */
export const importRun = async (context: Context, input: Input) => {
  const run = part(input, 'run');
  const info = part(run, 'info');
  const data = (run.data ?? {}) as Input;
  const id = text(info, 'run_id', 32);
  if (!/^[0-9a-f]{32}$/.test(id))
    throw invalid(`Invalid run_id ${JSON.stringify(id)}: 32 hex digits are required`);
  return transaction(context.pool, async (db) => {
    await assertImported(db, 'run', 'runs', id);
    const experiment = await experimentOf(db, text(input, 'experiment_id'));
    const uri = `${String(experiment.location)}/${id}/artifacts`;
    await db.query(RUN_UPSERT, [
      id,
      experiment.id,
      optionalText(info, 'run_name') ?? '',
      optionalText(info, 'user_id') ?? '',
      text(info, 'status'),
      time(info, 'start_time'),
      int64(info, 'end_time')?.toString() ?? null,
      stageOf(info),
      uri,
      context.caller.subject,
    ]);
    await putTags(db, 'params', { run_id: id }, pairs(data, 'params'));
    await putTags(db, 'run_tags', { run_id: id }, pairs(data, 'tags'));
    await link(db, id, (run.inputs ?? {}) as Input, (run.outputs ?? {}) as Input);
    await beginImport(db, context, 'run', { source: id, target: id, made: true });
    return { run_id: id, artifact_uri: uri };
  });
};

const link = async (db: Db, run: string, inputs: Input, outputs: Input): Promise<void> => {
  for (const d of records(inputs, 'dataset_inputs')) {
    const dataset = part(d, 'dataset');
    await db.query(
      'INSERT INTO run_datasets (run_id, name, digest, dataset, tags) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING',
      [
        run,
        text(dataset, 'name', 500),
        text(dataset, 'digest', 36),
        JSON.stringify(dataset),
        JSON.stringify(records(d, 'tags')),
      ],
    );
  }
  const models = [
    ...records(inputs, 'model_inputs').map((m) => ({ m, kind: 'input' })),
    ...records(outputs, 'model_outputs').map((m) => ({ m, kind: 'output' })),
  ];
  // One that the source has deleted did not come along; the link to it neither
  for (const { m, kind } of models)
    await db.query(
      `INSERT INTO run_models (run_id, model_id, kind, step) SELECT $1, id, $3, $4 FROM logged_models WHERE id = $2 ON CONFLICT DO NOTHING`,
      [run, text(m, 'model_id'), kind, String(int64(m, 'step') ?? 0n)],
    );
};

const importedRun = async (db: Db, id: string): Promise<void> => {
  await runOf(db, id);
  if ((await importedAs(db, 'run', id)) === undefined)
    throw invalid(`Cannot import metrics of run ${id}: the run did not come by an import`);
};

/** Points of a run that an import brings, deleted or not; twice is harmless. */
export const importMetrics = async ({ pool }: Context, input: Input) => {
  const id = text(input, 'run_id');
  const points = records(input, 'metrics').map(point);
  await transaction(pool, async (db) => {
    await importedRun(db, id);
    await putPoints(db, id, points);
  });
  return {};
};

/** Points of logged models as the source answers them: MLflow's server keeps 0 there where the run has NaN. */
export const importScores = async ({ pool }: Context, input: Input) => {
  const id = text(input, 'run_id');
  const points = records(input, 'metrics').map(point);
  await transaction(pool, async (db) => {
    await importedRun(db, id);
    for (const p of points) {
      const [name, digest] = p.dataset;
      await db.query(
        `INSERT INTO logged_model_metrics (model_id, key, run_id, ts, step, value, is_nan, dataset_name, dataset_digest)
         SELECT id, $2, $3, $4, $5, $6, $7, $8, $9 FROM logged_models WHERE id = $1 ON CONFLICT DO NOTHING`,
        [p.modelId, p.key, id, String(p.ts), String(p.step), p.value, p.isNan, name ?? null, digest ?? null],
      );
    }
  });
  return {};
};
