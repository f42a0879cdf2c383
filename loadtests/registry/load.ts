import {
  type BenchRun,
  benchRun,
  benchVersions,
  FIRST_MS,
  HISTORY_RUN,
  historyValue,
  modelNames,
} from './data.ts';
import type { Sizes } from './scenarios.ts';
import { type Columns, postgresSink, type Sink, sqliteSink, type Value } from './sink.ts';
import type { Target } from './targets.ts';

/** How one product names what a run, a point and a version are stored in. */
interface Schema {
  readonly prefix: string;
  readonly run: readonly [Columns, (run: BenchRun) => Value[]];
  readonly runId: string;
  readonly time: string;
  readonly tags: string;
  /** What a latest metric has beside a point: all of it is 0, as the experiment is. */
  readonly latest: Columns;
  readonly model: readonly [Columns, (name: string) => Value[]];
  readonly version: readonly [Columns, (name: string, version: number, atMs: number) => Value[]];
}

const uri = (id: string) => `mlflow-artifacts:/0/${id}/artifacts`;

const ASSAY: Schema = {
  prefix: 'registry.',
  runId: 'run_id',
  time: 'ts',
  tags: 'run_tags',
  latest: { experiment_id: 'int8' },
  run: [
    {
      id: 'text',
      experiment_id: 'int8',
      name: 'text',
      user_id: 'text',
      status: 'text',
      start_time: 'int8',
      artifact_uri: 'text',
      created_by: 'text',
    },
    (r) => [r.id, 0, r.name, 'ada', 'FINISHED', r.startMs, uri(r.id), 'ada'],
  ],
  model: [
    { name: 'text', created: 'int8', updated: 'int8', last_version: 'int8' },
    (name) => [name, FIRST_MS, FIRST_MS, 100],
  ],
  version: [
    {
      name: 'text',
      version: 'int8',
      created: 'int8',
      updated: 'int8',
      source: 'text',
      location: 'text',
      created_by: 'text',
    },
    (name, version, atMs) => [name, version, atMs, atMs, 's3://bucket/model', 's3://bucket/model', 'ada'],
  ],
};

const MLFLOW: Schema = {
  prefix: '',
  runId: 'run_uuid',
  time: 'timestamp',
  tags: 'tags',
  latest: {},
  run: [
    {
      run_uuid: 'text',
      experiment_id: 'int8',
      name: 'text',
      user_id: 'text',
      status: 'text',
      start_time: 'int8',
      artifact_uri: 'text',
      lifecycle_stage: 'text',
      source_type: 'text',
      source_name: 'text',
      entry_point_name: 'text',
      source_version: 'text',
    },
    (r) => [r.id, 0, r.name, 'ada', 'FINISHED', r.startMs, uri(r.id), 'active', 'UNKNOWN', '', '', ''],
  ],
  model: [
    { workspace: 'text', name: 'text', creation_time: 'int8', last_updated_time: 'int8' },
    (name) => ['default', name, FIRST_MS, FIRST_MS],
  ],
  version: [
    {
      workspace: 'text',
      name: 'text',
      version: 'int8',
      creation_time: 'int8',
      last_updated_time: 'int8',
      source: 'text',
      storage_location: 'text',
      current_stage: 'text',
      status: 'text',
      run_id: 'text',
      run_link: 'text',
    },
    (name, version, atMs) => [
      'default',
      name,
      version,
      atMs,
      atMs,
      's3://bucket/model',
      's3://bucket/model',
      'None',
      'READY',
      '',
      '',
    ],
  ],
};

const pointColumns = ({ runId, time }: Schema): Columns => ({
  [runId]: 'text',
  key: 'text',
  value: 'float8',
  [time]: 'int8',
  step: 'int8',
  is_nan: 'bool',
});

const loadLatest = (sink: Sink, schema: Schema, points: ReadonlyArray<readonly Value[]>): Promise<void> =>
  sink.insert(
    `${schema.prefix}latest_metrics`,
    { ...pointColumns(schema), ...schema.latest },
    points.map((p) => [...p, ...Object.keys(schema.latest).map(() => 0)]),
  );

async function loadRuns(sink: Sink, schema: Schema, runs: readonly BenchRun[]): Promise<void> {
  const { prefix, runId, run, tags } = schema;
  const pairs: Columns = { [runId]: 'text', key: 'text', value: 'text' };
  const points = pointColumns(schema);
  const metrics = runs.flatMap((r) =>
    r.metrics.map(([key, value]) => [r.id, key, value, r.startMs, 0, false] as const),
  );
  await sink.insert(`${prefix}runs`, run[0], runs.map(run[1]));
  await sink.insert(`${prefix}metrics`, points, metrics);
  await loadLatest(sink, schema, metrics);
  const flat = (of: (r: BenchRun) => BenchRun['params']) =>
    runs.flatMap((r) => of(r).map(([key, value]) => [r.id, key, value] as const));
  await sink.insert(
    `${prefix}params`,
    pairs,
    flat((r) => r.params),
  );
  await sink.insert(
    `${prefix}${tags}`,
    pairs,
    flat((r) => r.tags),
  );
}

async function loadHistory(sink: Sink, schema: Schema, points: number): Promise<void> {
  const { prefix, run } = schema;
  const columns = pointColumns(schema);
  const point = (step: number) =>
    [HISTORY_RUN.id, 'curve', historyValue(step), FIRST_MS + step, step, false] as const;
  function* all(): Generator<readonly Value[]> {
    for (let step = 0; step < points; step++) yield point(step);
  }
  await sink.insert(`${prefix}runs`, run[0], [run[1](HISTORY_RUN)]);
  await sink.insert(`${prefix}metrics`, columns, all());
  await loadLatest(sink, schema, [point(points - 1)]);
}

/** Puts the same rows into the target's own tables, past its API: the real server would take minutes for them. */
export async function load({ database, kind }: Target, { runs, versions, history }: Sizes): Promise<void> {
  await using sink = database.startsWith('postgres:') ? await postgresSink(database) : sqliteSink(database);
  const schema = kind === 'assay' ? ASSAY : MLFLOW;
  const { prefix, model, version } = schema;
  const step = 10_000;
  for (let from = 0; from < runs; from += step)
    await loadRuns(
      sink,
      schema,
      Array.from({ length: Math.min(step, runs - from) }, (_, i) => benchRun(from + i)),
    );
  await loadHistory(sink, schema, history);
  await sink.insert(`${prefix}registered_models`, model[0], modelNames(versions).map(model[1]));
  const made = benchVersions(versions).map((v) => version[1](v.model, v.version, v.atMs));
  await sink.insert(`${prefix}model_versions`, version[0], made);
  await sink.settle();
}
