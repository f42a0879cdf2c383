import { type Context, isUniqueViolation, putTags } from './context.ts';
import { type Db, one, type Row, transaction } from './database.ts';
import { absent, invalid, RegistryFault, taken } from './faults.ts';
import { parseFilter, parseOrder } from './filter.ts';
import { choice, type Input, key, optionalText, pageSize, tags, text, texts } from './input.ts';
import { JsonText, listJson, objectJson, PAIR_JSON, textJson } from './json.ts';
import {
  ascending,
  Bound,
  conditions,
  descending,
  LIST_OPS,
  NULL_OPS,
  NUMBER_OPS,
  ordering,
  type Searchable,
  stageCondition,
  TEXT_OPS,
} from './search.ts';
import { pageJson, searchPage } from './search-page.ts';

const TIME = { type: 'integer', ops: NUMBER_OPS } as const;
const COLUMNS = {
  name: { sql: 'e.name', type: 'text', ops: TEXT_OPS },
  experiment_id: { sql: 'e.id', type: 'ids', ops: ['=', '!=', ...LIST_OPS] },
  creation_time: { sql: 'e.created', ...TIME },
  last_update_time: { sql: 'e.updated', ...TIME },
} as const;
const SEARCH: Searchable = {
  from: 'experiments e',
  repeats: true,
  entities: { attribute: 'attribute', tag: 'tag', tags: 'tag' },
  filters: COLUMNS,
  orders: COLUMNS,
  beside: {
    tag: {
      table: 'experiment_tags',
      on: (alias) => `${alias}.experiment_id = e.id`,
      ops: [...TEXT_OPS, ...NULL_OPS],
    },
  },
};

/** Ids are counted from 0 in an int8; what is no integer is refused, what is out of range is merely absent. */
export const experimentId = (input: Input): string => {
  const id = text(input, 'experiment_id');
  if (!/^-?\d+$/.test(id)) throw invalid(`Invalid experiment ID ${JSON.stringify(id)}: digits are required`);
  return /^\d{1,18}$/.test(id) ? id : '-1';
};

/** MLflow's experiment, of row `e`. */
const EXPERIMENT_JSON = objectJson(
  {
    experiment_id: textJson('e.id::text'),
    name: textJson('e.name'),
    artifact_location: textJson('e.location'),
    lifecycle_stage: textJson('e.stage'),
    creation_time: 'e.created',
    last_update_time: 'e.updated',
    workspace: `'"default"'`,
  },
  { tags: listJson(PAIR_JSON, 'key', 'experiment_tags WHERE experiment_id = e.id') },
);
const get = (column: 'id' | 'name') => ({
  name: `experiment-by-${column}`,
  text: `SELECT ${EXPERIMENT_JSON} AS experiment FROM experiments e WHERE e.${column} = $1`,
});
const [BY_ID, BY_NAME] = [get('id'), get('name')];

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

const answer = (found: Row | undefined, missing: string): JsonText => {
  if (found === undefined) throw absent(missing);
  return new JsonText(`{"experiment":${String(found.experiment)}}`);
};

export const getExperiment = async ({ pool }: Context, input: Input) => {
  const id = experimentId(input);
  return answer(await one(pool, BY_ID, [id]), `No Experiment with id=${id} exists`);
};

export const getExperimentByName = async ({ pool }: Context, input: Input) => {
  const name = text(input, 'experiment_name');
  return answer(await one(pool, BY_NAME, [name]), `Could not find experiment with name '${name}'`);
};

export const searchExperiments = async ({ pool }: Context, input: Input) => {
  if (input.max_results === undefined)
    throw invalid("Invalid value for parameter 'max_results': it must be a positive integer");
  const bound = new Bound();
  const filter = optionalText(input, 'filter') ?? '';
  const orderBy = texts(input, 'order_by');
  const view = choice(input, 'view_type');
  const { joins, terms, named } = ordering(orderBy.map(parseOrder), SEARCH, bound);
  const tail =
    terms.length === 0
      ? [descending('e.created', 'int8'), ascending('e.id', 'int8')]
      : named.has('e.id')
        ? []
        : [descending('e.id', 'int8')];
  const page = await searchPage(pool, SEARCH, bound, {
    where: [stageCondition('e.stage', view), ...conditions(parseFilter(filter), SEARCH, bound)],
    order: { joins, terms: [...terms, ...tail] },
    size: pageSize(input, 1000, 50_000),
    token: optionalText(input, 'page_token'),
    scope: ['experiments', filter, orderBy, view],
    shown: EXPERIMENT_JSON,
  });
  return pageJson('experiments', page);
};

export const updateExperiment = async ({ pool, nowMs }: Context, input: Input) => {
  const id = experimentId(input);
  const name = text(input, 'new_name', 256);
  const { stage } = await experimentOf(pool, id);
  if (stage !== 'active') throw new RegistryFault('INVALID_STATE', 'Cannot rename a non-active experiment.');
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
