import type { Context } from './context.ts';
import { experimentId } from './experiments.ts';
import { invalid } from './faults.ts';
import { parseFilter } from './filter.ts';
import { bool, type Input, list, optionalText, pageSize, records, text, texts } from './input.ts';
import { LOGGED_MODEL_JSON } from './logged-models.ts';
import {
  ascending,
  type Beside,
  Bound,
  conditions,
  descending,
  LIST_OPS,
  NUMBER_OPS,
  ordering,
  type Searchable,
  TEXT_OPS,
} from './search.ts';
import { pageJson, searchPage } from './search-page.ts';

const TEXT = { type: 'text', ops: [...TEXT_OPS, ...LIST_OPS] } as const;
const CREATED = { sql: 'm.created', type: 'number', ops: NUMBER_OPS } as const;
const UPDATED = { sql: 'm.updated', type: 'number', ops: NUMBER_OPS } as const;
const COLUMNS = {
  name: { sql: 'm.name', ...TEXT },
  model_id: { sql: 'm.id', ...TEXT },
  model_type: { sql: `coalesce(m.model_type, '')`, ...TEXT },
  status: { sql: 'm.status', ...TEXT },
  source_run_id: { sql: `coalesce(m.source_run_id, '')`, ...TEXT },
  experiment_id: { sql: 'm.experiment_id', type: 'ids', ops: ['=', '!=', ...LIST_OPS] },
  creation_timestamp: CREATED,
  creation_time: CREATED,
  creation_timestamp_ms: CREATED,
  last_updated_timestamp: UPDATED,
  last_updated_timestamp_ms: UPDATED,
} as const;
const ofModel = (alias: string) => `${alias}.model_id = m.id`;

interface Dataset {
  readonly name: string;
  readonly digest: string | undefined;
}
const datasetOf = (input: Input): Dataset | undefined => {
  const name = optionalText(input, 'dataset_name') || undefined;
  return name === undefined
    ? undefined
    : { name, digest: optionalText(input, 'dataset_digest') || undefined };
};
const measuredOn = (datasets: readonly Dataset[], bound: Bound): string =>
  datasets
    .map(({ name, digest }) => {
      const named = `dataset_name = ${bound.add(name)}`;
      return digest === undefined ? `(${named})` : `(${named} AND dataset_digest = ${bound.add(digest)})`;
    })
    .join(' OR ');

/** A metric of a logged model counts when any of its points does, by default on any dataset. */
const metricsOn = (datasets: readonly Dataset[], bound: Bound): Beside => ({
  table:
    datasets.length === 0
      ? 'logged_model_metrics'
      : `(SELECT * FROM logged_model_metrics WHERE ${measuredOn(datasets, bound)})`,
  on: ofModel,
  ops: NUMBER_OPS,
  numeric: true,
});

/** The newest point of a metric, to order by. */
const newest = (dataset: Dataset | undefined, bound: Bound) => (alias: string, key: string) =>
  `LEFT JOIN LATERAL (SELECT value, is_nan FROM logged_model_metrics n WHERE n.model_id = m.id AND n.key = ${key}
    ${dataset === undefined ? '' : `AND (${measuredOn([dataset], bound)})`} ORDER BY n.ts DESC, n.step DESC, n.run_id LIMIT 1) ${alias} ON true`;

const searchable = (datasets: readonly Dataset[], bound: Bound): Searchable => {
  const pairs = (table: string): Beside => ({ table, on: ofModel, ops: [...TEXT_OPS, ...LIST_OPS] });
  return {
    from: 'logged_models m',
    repeats: true,
    entities: { attributes: 'attribute', metrics: 'metric', params: 'param', tags: 'tag' },
    filters: COLUMNS,
    orders: COLUMNS,
    beside: {
      metric: metricsOn(datasets, bound),
      param: pairs('logged_model_params'),
      tag: pairs('logged_model_tags'),
    },
  };
};

/** Fields come as objects here, and only metrics among what lies beside the model. */
const orderOf = (input: Input, what: Searchable, bound: Bound) => {
  const field = text(input, 'field_name');
  const dot = field.indexOf('.');
  const entity = dot < 0 ? undefined : field.slice(0, dot);
  if (entity !== undefined && entity !== 'metrics')
    throw invalid(`Invalid order by field name: ${field}. Only metrics are supported.`);
  return {
    entity,
    key: field.slice(dot + 1).replace(/^`(.*)`$/s, '$1'),
    descending: input.ascending !== undefined && !bool(input, 'ascending'),
    ...(entity !== undefined && {
      place: { ...(what.beside.metric as Beside), ordered: newest(datasetOf(input), bound) },
    }),
  };
};

export const searchLoggedModels = async ({ pool }: Context, input: Input) => {
  const bound = new Bound();
  if (list(input, 'experiment_ids').length === 0)
    throw invalid("Missing value for required parameter 'experiment_ids'.");
  const ids = texts(input, 'experiment_ids').map((id) => experimentId({ experiment_id: id }));
  const filter = optionalText(input, 'filter') ?? '';
  const datasets = records(input, 'datasets').map((d) => {
    const dataset = datasetOf(d);
    if (dataset === undefined) throw invalid('`dataset_name` in the `datasets` clause must be specified.');
    return dataset;
  });
  const clauses = parseFilter(filter);
  const onMetrics = clauses.some((c) => c.entity === 'metrics');
  const what = searchable(onMetrics ? datasets : [], bound);
  const where = ['NOT m.deleted', `m.experiment_id = ANY(${bound.add(ids)}::int8[])`];
  if (datasets.length > 0 && !onMetrics)
    where.push(
      `EXISTS (SELECT 1 FROM logged_model_metrics b WHERE b.model_id = m.id AND (${measuredOn(datasets, bound)}))`,
    );
  const orderBy = records(input, 'order_by');
  const orders = orderBy.map((order) => orderOf(order, what, bound));
  const { joins, terms, named } = ordering(orders, what, bound);
  const tail = [
    ...(named.has(CREATED.sql) ? [] : [descending(CREATED.sql, 'int8')]),
    ...(named.has('m.id') ? [] : [ascending('m.id', 'text')]),
  ];
  const page = await searchPage(pool, what, bound, {
    where: [...where, ...conditions(clauses, what, bound)],
    order: { joins, terms: [...terms, ...tail] },
    size: pageSize(input, 50, 1000),
    token: optionalText(input, 'page_token'),
    scope: ['logged models', ids, filter, orderBy, datasets],
    shown: LOGGED_MODEL_JSON,
  });
  return pageJson('models', page);
};
