import { type Context, putTags } from './context.ts';
import { type Db, one } from './database.ts';
import { absent, invalid } from './faults.ts';
import { type Input, int64, list, optionalText, records, text } from './input.ts';
import { runId, write } from './runs.ts';

const SIZES = { source_type: 36, source: 65_535, schema: 1_048_575, profile: 16_777_215 } as const;

const datasetOf = (input: Input) => {
  const dataset = records(input, 'dataset')[0] ?? {};
  const optional = Object.entries(SIZES).map(([name, limit]) => [name, optionalText(dataset, name, limit)]);
  const made = { name: text(dataset, 'name', 500), digest: text(dataset, 'digest', 36) };
  const tags = records(input, 'tags').map((tag) => ({
    key: text(tag, 'key', 255),
    value: optionalText(tag, 'value', 500) ?? '',
  }));
  return { ...made, dataset: { ...made, ...Object.fromEntries(optional) }, tags };
};

export const logInputs = async (context: Context, input: Input) => {
  const id = runId(input);
  const datasets = records(input, 'datasets').map(datasetOf);
  const models = records(input, 'models').map((m) => text(m, 'model_id'));
  return write(context, id, async (db) => {
    for (const d of datasets) {
      await db.query('INSERT INTO run_datasets VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING', [
        id,
        d.name,
        d.digest,
        JSON.stringify(d.dataset),
        JSON.stringify(d.tags),
      ]);
    }
    for (const model of models) await linkModel(db, id, model, 'input', 0n);
  });
};

const linkModel = async (db: Db, id: string, model: string, kind: string, step: bigint): Promise<void> => {
  if ((await one(db, 'SELECT 1 FROM logged_models WHERE id = $1', [model])) === undefined)
    throw absent(`Logged model with ID '${model}' not found.`);
  await db.query('INSERT INTO run_models VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING', [
    id,
    model,
    kind,
    String(step),
  ]);
};

export const logOutputs = async (context: Context, input: Input) => {
  const id = runId(input);
  if (list(input, 'models').length === 0) throw invalid("Missing value for required parameter 'models'.");
  const models = records(input, 'models').map((m) => ({
    model: text(m, 'model_id'),
    step: int64(m, 'step') ?? 0n,
  }));
  return write(context, id, async (db) => {
    for (const { model, step } of models) await linkModel(db, id, model, 'output', step);
  });
};

const MODEL_FIELDS = ['artifact_path', 'flavors', 'utc_time_created', 'run_id'];

const parseModel = (json: string): object => {
  let model: unknown;
  try {
    model = JSON.parse(json);
  } catch (cause) {
    throw invalid(`Malformed model info: model_json is no JSON (${String(cause)})`);
  }
  const missing = MODEL_FIELDS.filter((f) => typeof model !== 'object' || !(f in (model ?? {})));
  if (missing.length > 0) throw invalid(`Model json is missing mandatory fields: ${missing.join(', ')}`);
  return model as object;
};

/** Call of 2.x clients: the model's description is appended to the run's tag. */
export const logModel = async (context: Context, input: Input) => {
  const id = runId(input);
  const model = parseModel(text(input, 'model_json'));
  return write(context, id, async (db) => {
    const old = await one(
      db,
      `SELECT value FROM run_tags WHERE run_id = $1 AND key = 'mlflow.log-model.history' FOR UPDATE`,
      [id],
    );
    const history = JSON.parse(String(old?.value ?? '[]')) as unknown[];
    await putTags(db, 'run_tags', { run_id: id }, [
      { key: 'mlflow.log-model.history', value: JSON.stringify([...history, model]) },
    ]);
  });
};
