type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

const TIMES = new Set([
  'creation_time',
  'last_update_time',
  'creation_timestamp',
  'last_updated_timestamp',
  'creation_timestamp_ms',
  'last_updated_timestamp_ms',
]);
/** Lists whose order no server promises. */
const SETS = new Set(['tags', 'params', 'aliases', 'latest_versions']);
const ID = /\bm-[0-9a-f]{32}\b|\b[0-9a-f]{32}\b/g;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const RECEIVER = /http:\/\/127\.0\.0\.1:\d+\/hook/g;
const MADE_UP = /^[a-z]+-[a-z]+-\d+$/;

const byText = (list: Json[]): Json[] =>
  list.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

/** Replaces ids by labels in order of first appearance, and times by a mark, so that two servers' answers compare. */
export function normaliser(): (body: unknown) => unknown {
  const labels = new Map<string, string>();
  const label = (kind: string, id: string): string => {
    const known = labels.get(`${kind}${id}`);
    if (known !== undefined) return known;
    const made = `<${kind}${labels.size + 1}>`;
    labels.set(`${kind}${id}`, made);
    return made;
  };
  const text = (key: string, value: string): string => {
    if (key === 'experiment_id' && value !== '0') return label('experiment', value);
    if (key === 'next_page_token') return '<token>';
    if ((key === 'run_name' || key === 'name') && MADE_UP.test(value)) return '<made up>';
    if (UUID.test(value)) return label('id', value);
    return value
      .replace(RECEIVER, '<receiver>')
      .replace(ID, (id) => label(id.startsWith('m-') ? 'model' : 'run', id))
      .replace(
        /(mlflow-artifacts:\/)([1-9]\d*)/,
        (_, scheme: string, id: string) => scheme + label('experiment', id),
      );
  };
  const record = (value: Record<string, Json>): Json => {
    const made: Record<string, Json> = Object.fromEntries(
      Object.entries(value).map(([k, v]): [string, Json] => [k, walk(k, v)]),
    );
    if (made.key === 'mlflow.runName' && MADE_UP.test(String(made.value))) made.value = '<made up>';
    if (Array.isArray(made.metrics) && 'tags' in made) made.metrics = byText(made.metrics);
    return made;
  };
  const walk = (key: string, value: Json): Json => {
    if (typeof value === 'string') return text(key, value);
    // SQLite has no -0, so the server compared with has lost its sign
    if (typeof value === 'number') return TIMES.has(key) ? '<time>' : value + 0;
    if (Array.isArray(value)) {
      const items = value.map((item) => walk(key, item));
      return SETS.has(key) ? byText(items) : items;
    }
    return typeof value === 'object' && value !== null ? record(value) : value;
  };
  // An empty answer is {} or nothing at all, which no client tells apart
  return (body) => walk('', body === '' ? {} : (body as Json));
}
