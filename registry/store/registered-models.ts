import { actAs, refuseServed } from './alias-ledger.ts';
import { type Context, compact, grouped, isUniqueViolation, putTags } from './context.ts';
import { type Db, one, type Row, rows, transaction } from './database.ts';
import { absent, invalid, taken } from './faults.ts';
import { parseFilter, parseOrder } from './filter.ts';
import { type Input, key, optionalText, pageSize, tags, text, texts } from './input.ts';
import { int } from './json.ts';
import { renderVersions } from './model-versions.ts';
import { withoutPrompts } from './prompts.ts';
import { ascending, Bound, conditions, LIST_OPS, ordering, type Searchable, TEXT_OPS } from './search.ts';
import { searchPage } from './search-page.ts';
import { canonicalStage } from './version-row.ts';

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

const newestOfStages = (db: Db, names: readonly unknown[]) =>
  rows(
    db,
    // Stages in the order in which the model's versions first show them, as MLflow answers them
    `SELECT * FROM (SELECT DISTINCT ON (name, stage) *, min(version) OVER (PARTITION BY name, stage) AS first
       FROM model_versions WHERE name = ANY($1) AND NOT deleted ORDER BY name, stage, version DESC) v ORDER BY name, first`,
    [names],
  );

const render = async (db: Db, found: readonly Row[]): Promise<Row[]> => {
  const names = found.map((r) => r.name);
  const tagsOf = await grouped(
    db,
    'SELECT name AS owner, key, value FROM model_tags WHERE name = ANY($1) ORDER BY key',
    names,
  );
  const aliases = await grouped(
    db,
    'SELECT name AS owner, alias, version::text FROM aliases WHERE name = ANY($1) ORDER BY alias',
    names,
  );
  const latest = await renderVersions(db, await newestOfStages(db, names));
  return found.map((r) =>
    compact({
      name: r.name,
      creation_timestamp: int(r.created),
      last_updated_timestamp: int(r.updated),
      description: r.description,
      latest_versions: latest.filter((v) => v.name === r.name),
      tags: tagsOf.get(String(r.name)),
      aliases: aliases.get(String(r.name)),
    }),
  );
};

export const modelOf = async (db: Db, name: string): Promise<Row> => {
  const row = await one(db, 'SELECT * FROM registered_models WHERE name = $1', [name]);
  if (row === undefined) throw absent(`Registered Model with name=${name} not found`);
  return row;
};

export const createModel = async ({ pool, nowMs }: Context, input: Input) => {
  const name = modelName(input);
  const given = tags(input, 100_000);
  try {
    return await transaction(pool, async (db) => {
      const row = await one(
        db,
        'INSERT INTO registered_models (name, description, created, updated) VALUES ($1, $2, $3, $3) RETURNING *',
        [name, optionalText(input, 'description') ?? null, nowMs],
      );
      await putTags(db, 'model_tags', { name }, given);
      return { registered_model: (await render(db, [row ?? {}]))[0] };
    });
  } catch (error) {
    if (isUniqueViolation(error)) throw taken(`Registered Model (name=${name}) already exists.`);
    throw error;
  }
};

const answer = async (db: Db, name: string) => ({
  registered_model: (await render(db, [await modelOf(db, name)]))[0],
});

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
    if (gone === undefined) throw absent(`Registered Model with name=${name} not found`);
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
  const { items, next } = await searchPage(pool, SEARCH, bound, {
    where: [...where, ...conditions(clauses, SEARCH, bound)],
    order: { joins, terms: named.has('m.name') ? terms : [...terms, ascending('m.name', 'text')] },
    size: pageSize(input, 100, 1000),
    token: optionalText(input, 'page_token'),
    scope: ['models', filter, orderBy],
  });
  return { ...compact({ registered_models: await render(pool, items) }), ...next };
};

export const getLatestVersions = async ({ pool }: Context, input: Input) => {
  const name = modelName(input);
  await modelOf(pool, name);
  const asked = texts(input, 'stages').map(canonicalStage);
  const found = (await newestOfStages(pool, [name])).filter(
    (r) => asked.length === 0 || asked.includes(String(r.stage)),
  );
  return compact({ model_versions: await renderVersions(pool, found, true) });
};

export const setModelTag = async ({ pool }: Context, input: Input) => {
  const name = modelName(input);
  const tag = { key: key(input), value: optionalText(input, 'value', 100_000) ?? '' };
  await modelOf(pool, name);
  await putTags(pool, 'model_tags', { name }, [tag]);
  return {};
};

export const deleteModelTag = async ({ pool }: Context, input: Input) => {
  const [name, tag] = [modelName(input), key(input)];
  await modelOf(pool, name);
  await pool.query('DELETE FROM model_tags WHERE name = $1 AND key = $2', [name, tag]);
  return {};
};
