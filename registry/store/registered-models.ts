import { actAs, refuseServed } from './alias-ledger.ts';
import { type Context, compact, grouped, isUniqueViolation, putTags } from './context.ts';
import { type Db, one, type Row, rows, transaction } from './database.ts';
import { absent, invalid, taken } from './faults.ts';
import { parseFilter } from './filter.ts';
import { type Input, key, optionalText, page, pageOffset, pageSize, tags, text, texts } from './input.ts';
import { int } from './json.ts';
import { renderVersions } from './model-versions.ts';
import { Bound, conditions, ordering, type Searchable } from './search.ts';

const SEARCH: Searchable = {
  texts: { name: 'm.name' },
  numbers: { timestamp: 'm.updated', last_updated_timestamp: 'm.updated', creation_timestamp: 'm.created' },
  beside: { tag: { table: 'model_tags', on: 'b.name = m.name' } },
};
const PROMPT = 'mlflow.prompt.is_prompt';

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
    `SELECT DISTINCT ON (name, stage) * FROM model_versions WHERE name = ANY($1) AND NOT deleted ORDER BY name, stage, version DESC`,
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

export const searchModels = async ({ pool }: Context, input: Input) => {
  const size = pageSize(input, 100, 1000);
  const offset = pageOffset(input);
  const bound = new Bound();
  const filter = optionalText(input, 'filter') ?? '';
  // The client asks for `is_prompt != 'true'` in every search and means "or absent"; prompts are hidden unless asked for
  const asksPrompts = parseFilter(filter).some((c) => c.key === PROMPT && c.op === '=');
  const isPrompt = `EXISTS (SELECT 1 FROM model_tags p WHERE p.name = m.name AND p.key = '${PROMPT}' AND p.value = 'true')`;
  const plain = filter.replace(
    /(\s+AND\s+)?tags?\.`mlflow\.prompt\.is_prompt`\s*!=\s*'true'(\s+AND\s+)?/i,
    (_, before?: string, after?: string) => (before && after ? ' AND ' : ''),
  );
  const where = [asksPrompts ? 'true' : `NOT ${isPrompt}`, ...conditions(plain, SEARCH, bound)];
  const order = [...ordering(texts(input, 'order_by'), SEARCH, bound), 'm.name'];
  const sql = `SELECT m.* FROM registered_models m WHERE ${where.join(' AND ')} ORDER BY ${order.join(', ')} LIMIT ${size + 1} OFFSET ${offset}`;
  const { items, next } = page(await rows(pool, sql, bound.values), size, offset);
  return { ...compact({ registered_models: await render(pool, items) }), ...next };
};

const STAGES = ['None', 'Staging', 'Production', 'Archived'];
export const getLatestVersions = async ({ pool }: Context, input: Input) => {
  const name = modelName(input);
  await modelOf(pool, name);
  const asked = texts(input, 'stages').map((s) => {
    const stage = STAGES.find((known) => known.toLowerCase() === s.toLowerCase());
    if (stage === undefined)
      throw invalid(`Invalid Model Version stage: ${s}. Value must be one of ${STAGES.join(', ')}.`);
    return stage;
  });
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
