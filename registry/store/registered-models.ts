import { actAs, refuseServed } from './alias-ledger.ts';
import { type Context, isUniqueViolation, putTags } from './context.ts';
import { type Db, one, type Row, transaction } from './database.ts';
import { absent, invalid, taken } from './faults.ts';
import { parseFilter, parseOrder } from './filter.ts';
import { type Input, key, optionalText, pageSize, tags, text, texts } from './input.ts';
import { JsonText, listJson, objectJson, PAIR_JSON, textJson } from './json.ts';
import { withoutPrompts } from './prompts.ts';
import { ascending, Bound, conditions, LIST_OPS, ordering, type Searchable, TEXT_OPS } from './search.ts';
import { pageJson, searchPage } from './search-page.ts';
import { ALIASED_VERSION_JSON, canonicalStage, STAGES, VERSION_JSON } from './version-row.ts';
import { tellModelCreated, tellModelTag } from './webhook-outbox.ts';

const UPDATED = { sql: 'm.updated', type: 'integer' } as const;
const SEARCH: Searchable = {
  from: 'registered_models m',
  entities: { attribute: 'attribute', tag: 'tag', tags: 'tag' },
  filters: { name: { sql: 'm.name', type: 'text', ops: [...TEXT_OPS, ...LIST_OPS] } },
  orders: { name: { sql: 'm.name', type: 'text' }, timestamp: UPDATED, last_updated_timestamp: UPDATED },
  beside: { tag: { table: 'model_tags', on: (alias) => `${alias}.name = m.name`, ops: TEXT_OPS } },
};

export const modelName = (input: Input, field = 'name'): string => {
  const name = text(input, field, 256);
  const bad = name.trim() === '' || /[/:]/.test(name) || name === '.' || name === '..';
  if (bad)
    throw invalid(
      `Invalid model name ${JSON.stringify(name)}: it must not be blank, "." or "..", nor hold "/" or ":"`,
    );
  return name;
};

/** The newest version of each stage, in the order in which the model's versions first show them, as MLflow answers them. */
const newestOfStages = (json: string, model: string, among = '') =>
  listJson(
    json,
    'first',
    `unnest(ARRAY['${STAGES.join("', '")}']) AS s(of_stage), LATERAL (
      SELECT *, (SELECT min(version) FROM model_versions WHERE name = ${model} AND stage = of_stage AND NOT deleted) AS first
      FROM model_versions WHERE name = ${model} AND stage = of_stage AND NOT deleted ORDER BY version DESC LIMIT 1) v${among}`,
  );

/** MLflow's registered model, of row `m`. */
const MODEL_JSON = objectJson(
  {
    name: textJson('m.name'),
    creation_timestamp: 'm.created',
    last_updated_timestamp: 'm.updated',
  },
  {
    description: textJson('m.description'),
    latest_versions: newestOfStages(VERSION_JSON, 'm.name'),
    tags: listJson(PAIR_JSON, 'key', 'model_tags b WHERE b.name = m.name'),
    aliases: listJson(
      objectJson({ alias: textJson('alias'), version: textJson('version::text') }),
      'alias',
      'aliases b WHERE b.name = m.name',
    ),
  },
);
const GET = {
  name: 'get-model',
  text: `SELECT ${MODEL_JSON} AS json FROM registered_models m WHERE m.name = $1`,
};
const LATEST = {
  name: 'latest-versions',
  text: `SELECT coalesce(${newestOfStages(ALIASED_VERSION_JSON, '$1', ' WHERE cardinality($2::text[]) = 0 OR of_stage = ANY($2)')}, '[]') AS json`,
};

const noModel = (name: string) => absent(`Registered Model with name=${name} not found`);

export const modelOf = async (db: Db, name: string): Promise<Row> => {
  const row = await one(db, 'SELECT * FROM registered_models WHERE name = $1', [name]);
  if (row === undefined) throw noModel(name);
  return row;
};

export const createModel = async (context: Context, input: Input) => {
  const { pool, nowMs } = context;
  const name = modelName(input);
  const given = tags(input, 100_000);
  const description = optionalText(input, 'description');
  try {
    return await transaction(pool, async (db) => {
      await db.query(
        'INSERT INTO registered_models (name, description, created, updated) VALUES ($1, $2, $3, $3)',
        [name, description ?? null, nowMs],
      );
      await putTags(db, 'model_tags', { name }, given);
      await tellModelCreated(db, context, { name, tags: given, description: description ?? '' });
      return await answer(db, name);
    });
  } catch (error) {
    if (isUniqueViolation(error)) throw taken(`Registered Model (name=${name}) already exists.`);
    throw error;
  }
};

const answer = async (db: Db, name: string): Promise<JsonText> => {
  const found = await one(db, GET, [name]);
  if (found === undefined) throw noModel(name);
  return new JsonText(`{"registered_model":${String(found.json)}}`);
};

export const getModel = ({ pool }: Context, input: Input) => answer(pool, modelName(input));

export const updateModel = async ({ pool, nowMs }: Context, input: Input) => {
  const name = modelName(input);
  await pool.query('UPDATE registered_models SET description = $2, updated = $3 WHERE name = $1', [
    name,
    optionalText(input, 'description') ?? null,
    nowMs,
  ]);
  return answer(pool, name);
};

export const renameModel = async ({ pool, caller, nowMs }: Context, input: Input) => {
  const name = modelName(input);
  const to = modelName(input, 'new_name');
  try {
    await transaction(pool, async (db) => {
      await modelOf(db, name);
      await refuseServed(db, caller, name);
      await actAs(db, caller, `model "${name}" was renamed to "${to}"`);
      const sql = 'UPDATE registered_models SET name = $2, updated = $3 WHERE name = $1';
      await db.query(sql, [name, to, nowMs]);
    });
  } catch (error) {
    if (isUniqueViolation(error)) throw taken(`Registered Model (name=${to}) already exists.`);
    throw error;
  }
  return answer(pool, to);
};

export const deleteModel = async ({ pool, caller }: Context, input: Input) => {
  const name = modelName(input);
  await transaction(pool, async (db) => {
    await refuseServed(db, caller, name);
    await actAs(db, caller, `model "${name}" was deleted`);
    const gone = await one(db, 'DELETE FROM registered_models WHERE name = $1 RETURNING name', [name]);
    if (gone === undefined) throw noModel(name);
  });
  return {};
};

/** Orders models by bare names of fields, as MLflow does here alone. */
const modelOrder = (given: string) => {
  const order = parseOrder(given);
  if (order.entity !== undefined)
    throw invalid(`Invalid order by key ${JSON.stringify(given)}: name or timestamp`);
  return order;
};

export const searchModels = async ({ pool }: Context, input: Input) => {
  const bound = new Bound();
  const filter = optionalText(input, 'filter') ?? '';
  const orderBy = texts(input, 'order_by');
  const { clauses, where } = withoutPrompts(parseFilter(filter), 'm');
  const { joins, terms, named } = ordering(orderBy.map(modelOrder), SEARCH, bound);
  const page = await searchPage(pool, SEARCH, bound, {
    where: [...where, ...conditions(clauses, SEARCH, bound)],
    order: { joins, terms: named.has('m.name') ? terms : [...terms, ascending('m.name', 'text')] },
    size: pageSize(input, 100, 1000),
    token: optionalText(input, 'page_token'),
    scope: ['models', filter, orderBy],
    shown: MODEL_JSON,
  });
  return pageJson('registered_models', page);
};

export const getLatestVersions = async ({ pool }: Context, input: Input) => {
  const name = modelName(input);
  await modelOf(pool, name);
  const asked = texts(input, 'stages').map(canonicalStage);
  const found = String((await one(pool, LATEST, [name, asked]))?.json);
  return new JsonText(found === '[]' ? '{}' : `{"model_versions":${found}}`);
};

export const setModelTag = async (context: Context, input: Input) => {
  const name = modelName(input);
  const tag = { key: key(input), value: optionalText(input, 'value', 100_000) ?? '' };
  await transaction(context.pool, async (db) => {
    await modelOf(db, name);
    await putTags(db, 'model_tags', { name }, [tag]);
    await tellModelTag(db, context, { name, ...tag });
  });
  return {};
};

export const deleteModelTag = async (context: Context, input: Input) => {
  const [name, tag] = [modelName(input), key(input)];
  await transaction(context.pool, async (db) => {
    await modelOf(db, name);
    const sql = 'DELETE FROM model_tags WHERE name = $1 AND key = $2 RETURNING key';
    const gone = await one(db, sql, [name, tag]);
    if (gone !== undefined) await tellModelTag(db, context, { name, key: tag });
  });
  return {};
};
