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

/** Columns of a table, each with its type and what an item has in it. */
type Table<Item> = Readonly<Record<string, readonly [Columns[string], (item: Item) => Value]>>;
type Version = ReturnType<typeof benchVersions>[number];

/** How one product names what a run, a point and a version are stored in. */
interface Schema {
  readonly prefix: string;
  readonly run: Table<BenchRun>;
  readonly runId: string;
  readonly time: string;
  readonly tags: string;
  /** What a latest metric has beside a point: all of it is 0, as the experiment is. */
  readonly latest: Columns;
  readonly model: Table<string>;
  readonly version: Table<Version>;
}

const text = (value: string) => ['text', () => value] as const;
const same = <Item>(columns: readonly string[], cell: Table<Item>[string]): Table<Item> =>
  Object.fromEntries(columns.map((name) => [name, cell]));

const RUN: Table<BenchRun> = {
  experiment_id: ['int8', () => 0],
  name: ['text', (r) => r.name],
  user_id: text('ada'),
  status: text('FINISHED'),
  start_time: ['int8', (r) => r.startMs],
  artifact_uri: ['text', (r) => `mlflow-artifacts:/0/${r.id}/artifacts`],
};
const VERSION: Table<Version> = {
  name: ['text', (v) => v.model],
  version: ['int8', (v) => v.version],
  source: text('s3://bucket/model'),
};

const ASSAY: Schema = {
  prefix: 'registry.',
  runId: 'run_id',
  time: 'ts',
  tags: 'run_tags',
  latest: { experiment_id: 'int8' },
  run: { id: ['text', (r) => r.id], ...RUN, created_by: text('ada') },
  model: {
    name: ['text', (name) => name],
    ...same(['created', 'updated'], ['int8', () => FIRST_MS]),
    last_version: ['int8', () => 100],
  },
  version: {
    ...VERSION,
    ...same(['created', 'updated'], ['int8', (v) => v.atMs]),
    location: text('s3://bucket/model'),
    created_by: text('ada'),
  },
};

const MLFLOW: Schema = {
  prefix: '',
  runId: 'run_uuid',
  time: 'timestamp',
  tags: 'tags',
  latest: {},
  run: {
    run_uuid: ['text', (r) => r.id],
    ...RUN,
    lifecycle_stage: text('active'),
    source_type: text('UNKNOWN'),
    ...same(['source_name', 'entry_point_name', 'source_version'], text('')),
  },
  model: {
    workspace: text('default'),
    name: ['text', (name) => name],
    ...same(['creation_time', 'last_updated_time'], ['int8', () => FIRST_MS]),
  },
  version: {
    ...VERSION,
    workspace: text('default'),
    ...same(['creation_time', 'last_updated_time'], ['int8', (v) => v.atMs]),
    storage_location: text('s3://bucket/model'),
    current_stage: text('None'),
    status: text('READY'),
    ...same(['run_id', 'run_link'], text('')),
  },
};

const insert = <Item>(sink: Sink, name: string, table: Table<Item>, items: readonly Item[]): Promise<void> =>
  sink.insert(
    name,
    Object.fromEntries(Object.entries(table).map(([column, [type]]) => [column, type])),
    items.map((item) => Object.values(table).map(([, value]) => value(item))),
  );

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
  await insert(sink, `${prefix}runs`, run, runs);
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
  await insert(sink, `${prefix}runs`, run, [HISTORY_RUN]);
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
  await insert(sink, `${prefix}registered_models`, model, modelNames(versions));
  await insert(sink, `${prefix}model_versions`, version, benchVersions(versions));
  await sink.settle();
}
