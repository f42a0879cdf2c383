import type { TrackedRun } from '@assay/domain/ports/registry-reader';

/** What an address says of a table of runs. */
export interface RunSearch {
  readonly filter: string;
  readonly orderBy: string;
  /** "metrics.loss", "params.depth"; empty: the page chooses. */
  readonly columns: readonly string[];
}

export const NEWEST_FIRST = 'attributes.start_time DESC';
export const PAGE_SIZE = 50;
/** As many as the page shows without being asked. */
const METRICS_FIRST = 3;
const PARAMS_FIRST = 2;

type Query = Pick<URLSearchParams, 'get' | 'getAll'>;

export const readSearch = (query: Query): RunSearch => ({
  filter: query.get('filter') ?? '',
  orderBy: query.get('order') ?? NEWEST_FIRST,
  columns: query.getAll('column'),
});

/** The address of a search; what is as by default is left out. */
export function searchHref(path: string, { filter, orderBy, columns }: RunSearch): string {
  const pairs = [
    ...(filter === '' ? [] : [['filter', filter]]),
    ...(orderBy === NEWEST_FIRST ? [] : [['order', orderBy]]),
    ...columns.map((column) => ['column', column]),
  ];
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs)}`;
}

/** Every metric and param that the runs have, in the order of their names. */
export function columnsOf(runs: readonly TrackedRun[]): readonly string[] {
  const keys = (part: 'metrics' | 'params') =>
    [...new Set(runs.flatMap((run) => Object.keys(run[part])))].toSorted().map((key) => `${part}.${key}`);
  return [...keys('metrics'), ...keys('params')];
}

/** The chosen ones, or the first of each kind. */
export function shownColumns(chosen: readonly string[], runs: readonly TrackedRun[]): readonly string[] {
  if (chosen.length > 0) return chosen;
  const all = columnsOf(runs);
  return [
    ...all.filter((c) => c.startsWith('metrics.')).slice(0, METRICS_FIRST),
    ...all.filter((c) => c.startsWith('params.')).slice(0, PARAMS_FIRST),
  ];
}

export const columnKey = (column: string): string => column.slice(column.indexOf('.') + 1);

/** A column in MLflow's order_by: keys may hold dots and spaces. */
export function orderTerm(column: string): string {
  const [part = ''] = column.split('.', 1);
  return part === 'attributes' ? column : `${part}.\`${columnKey(column)}\``;
}

export type Sorted = 'ascending' | 'descending' | 'none';

export function sortedBy(column: string, orderBy: string): Sorted {
  const term = orderTerm(column);
  if (orderBy === `${term} DESC`) return 'descending';
  return orderBy === `${term} ASC` || orderBy === term ? 'ascending' : 'none';
}

/** What a press on the column's head asks for: largest first, then smallest first. */
export const nextOrder = (column: string, orderBy: string): string =>
  `${orderTerm(column)} ${sortedBy(column, orderBy) === 'descending' ? 'ASC' : 'DESC'}`;

/** Charts that an address asks for; undefined: it says nothing, so the page chooses. */
export function readCharts(query: Query): readonly string[] | undefined {
  const asked = query.getAll('metric');
  return asked.length === 0 ? undefined : asked.filter((metric) => metric !== '');
}

/** The same address with other charts; none is said too, or the page would choose. */
export function chartsHref(url: Pick<URL, 'pathname' | 'search'>, metrics: readonly string[]): string {
  const query = new URLSearchParams(url.search);
  query.delete('metric');
  for (const metric of metrics.length === 0 ? [''] : metrics) query.append('metric', metric);
  return `${url.pathname}?${query}`;
}
