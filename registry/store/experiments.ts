import { type Context, compact, grouped, isUniqueViolation, putTags } from './context.ts';
import { type Db, one, type Row, rows, transaction } from './database.ts';
import { absent, invalid, taken } from './faults.ts';
import { type Input, key, optionalText, page, pageOffset, pageSize, tags, text, texts } from './input.ts';
import { int } from './json.ts';
import { Bound, conditions, ordering, type Searchable, stageCondition } from './search.ts';

const SEARCH: Searchable = {
  texts: { name: 'e.name', experiment_id: 'e.id::text' },
  numbers: { creation_time: 'e.created', last_update_time: 'e.updated' },
  beside: { tag: { table: 'experiment_tags', on: 'b.experiment_id = e.id' } },
};

const experimentId = (input: Input, name = 'experiment_id'): string => {
  const id = text(input, name);
  if (!/^\d{1,18}$/.test(id))
    throw invalid(`Invalid experiment ID ${JSON.stringify(id)}: digits are required`);
  return id;
};

const render = async (db: Db, found: readonly Row[]): Promise<Row[]> => {
  const tagsOf = await grouped(
    db,
    'SELECT experiment_id AS owner, key, value FROM experiment_tags WHERE experiment_id = ANY($1) ORDER BY key',
    found.map((r) => r.id),
  );
  return found.map((r) =>
    compact({
      experiment_id: r.id,
      name: r.name,
      artifact_location: r.location,
      lifecycle_stage: r.stage,
      creation_time: int(r.created),
      last_update_time: int(r.updated),
      tags: tagsOf.get(String(r.id)),
      workspace: 'default',
    }),
  );
};

export const experimentOf = async (db: Db, id: string, state?: 'active' | 'deleted'): Promise<Row> => {
  const row = await one(db, 'SELECT * FROM experiments WHERE id = $1', [id]);
  if (row === undefined) throw absent(`No Experiment with id=${id} exists`);
  if (state !== undefined && row.stage !== state)
    throw invalid(
      `The experiment ${id} must be in the '${state}' state. Current state is ${String(row.stage)}.`,
    );
  return row;
};

export const createExperiment = async ({ pool, nowMs }: Context, input: Input) => {
  const name = text(input, 'name', 256);
  const location = optionalText(input, 'artifact_location');
  const given = tags(input, 20_000);
  try {
    return await transaction(pool, async (db) => {
      const row = await one(
        db,
        `INSERT INTO experiments (name, location, created, updated) VALUES ($1, $2, $3, $3) RETURNING id`,
        [name, location ?? '', nowMs],
      );
      const id = row?.id;
      if (!location)
        await db.query('UPDATE experiments SET location = $2 WHERE id = $1', [id, `mlflow-artifacts:/${id}`]);
      await putTags(db, 'experiment_tags', { experiment_id: id }, given);
      return { experiment_id: id };
    });
  } catch (error) {
    if (isUniqueViolation(error)) throw taken(`Experiment(name=${name}) already exists`);
    throw error;
  }
};

export const getExperiment = async ({ pool }: Context, input: Input) => ({
  experiment: (await render(pool, [await experimentOf(pool, experimentId(input))]))[0],
});

export const getExperimentByName = async ({ pool }: Context, input: Input) => {
  const name = text(input, 'experiment_name');
  const row = await one(pool, 'SELECT * FROM experiments WHERE name = $1', [name]);
  if (row === undefined) throw absent(`Could not find experiment with name '${name}'`);
  return { experiment: (await render(pool, [row]))[0] };
};

export const searchExperiments = async ({ pool }: Context, input: Input) => {
  if (input.max_results === undefined)
    throw invalid("Invalid value for parameter 'max_results': it must be a positive integer");
  const size = pageSize(input, 1000, 50_000);
  const offset = pageOffset(input);
  const bound = new Bound();
  const where = [
    stageCondition('e.stage', optionalText(input, 'view_type')),
    ...conditions(optionalText(input, 'filter'), SEARCH, bound),
  ];
  const order = [...ordering(texts(input, 'order_by'), SEARCH, bound)];
  if (order.length === 0) order.push('e.updated DESC');
  const sql = `SELECT e.* FROM experiments e WHERE ${where.join(' AND ')} ORDER BY ${order.join(', ')}, e.id LIMIT ${size + 1} OFFSET ${offset}`;
  const { items, next } = page(await rows(pool, sql, bound.values), size, offset);
  return { ...compact({ experiments: await render(pool, items) }), ...next };
};

export const updateExperiment = async ({ pool, nowMs }: Context, input: Input) => {
  const id = experimentId(input);
  const name = optionalText(input, 'new_name', 256);
  await experimentOf(pool, id, 'active');
  if (name === undefined) return {};
  try {
    await pool.query('UPDATE experiments SET name = $2, updated = $3 WHERE id = $1', [id, name, nowMs]);
  } catch (error) {
    if (isUniqueViolation(error)) throw taken(`Experiment(name=${name}) already exists`);
    throw error;
  }
  return {};
};

const move =
  (to: 'active' | 'deleted') =>
  async ({ pool, nowMs }: Context, input: Input) => {
    const id = experimentId(input);
    await transaction(pool, async (db) => {
      const moved = await one(
        db,
        'UPDATE experiments SET stage = $2, updated = $3 WHERE id = $1 AND stage <> $2 RETURNING id',
        [id, to, nowMs],
      );
      if (moved === undefined) throw absent(`No Experiment with id=${id} that is not ${to} exists`);
      await db.query('UPDATE runs SET stage = $2 WHERE experiment_id = $1', [id, to]);
    });
    return {};
  };
export const deleteExperiment = move('deleted');
export const restoreExperiment = move('active');

export const setExperimentTag = async ({ pool }: Context, input: Input) => {
  const id = experimentId(input);
  const tag = { key: key(input), value: optionalText(input, 'value', 20_000) ?? '' };
  await experimentOf(pool, id, 'active');
  await putTags(pool, 'experiment_tags', { experiment_id: id }, [tag]);
  return {};
};

export const deleteExperimentTag = async ({ pool }: Context, input: Input) => {
  const id = experimentId(input);
  const name = key(input);
  await experimentOf(pool, id, 'active');
  const gone = await one(
    pool,
    'DELETE FROM experiment_tags WHERE experiment_id = $1 AND key = $2 RETURNING key',
    [id, name],
  );
  if (gone === undefined) throw absent(`No tag with name: ${name} in experiment ${id}`);
  return {};
};
