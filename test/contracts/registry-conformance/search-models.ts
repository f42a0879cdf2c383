import { type Clauses, COMPARE, named, queries, TEXTS } from './queries.ts';
import { inParallel, tick } from './random.ts';
import type { Scenario } from './session.ts';

export const searchExperiments: Scenario = async (s) => {
  const names = ['found a', 'found B', 'found_c', 'Found d', 'lost'];
  const ids: string[] = [];
  for (const [i, name] of names.entries()) {
    await tick();
    const tags = i % 2 === 0 ? [{ key: 'search', value: `v${i}` }] : [{ key: 'a b', value: 'V1' }];
    ids.push((await s.post(`create ${name}`, 'experiments/create', { name, tags })).experiment_id);
  }
  await tick();
  await s.post('rename', 'experiments/update', { experiment_id: ids[1], new_name: 'found B2' });
  await s.post('delete', 'experiments/delete', { experiment_id: ids[4] });
  const mine = `name ILIKE '%found%'`;
  const clauses: Clauses = [
    (r) =>
      `${r.pick(['name', 'attribute.name'])} ${r.pick(TEXTS)} ${r.pick(["'found a'", "'%ound%'", "'found_c'", "'FOUND%'"])}`,
    (r) => `${r.pick(['tags', 'tag'])}.search ${r.pick(TEXTS)} ${r.pick(["'v0'", "'V_'"])}`,
    (r) => `tags.\`a b\` ${r.pick(TEXTS)} 'v1'`,
    (r) => `tags.search ${r.pick(['IS NULL', 'IS NOT NULL'])}`,
    (r) => `creation_time ${r.pick(COMPARE)} ${r.pick(['0', '99999999999999'])}`,
    (r) => `attribute.last_update_time ${r.pick(COMPARE)} 1`,
    (r) => `experiment_id ${r.pick(['=', '!='])} '{0}'`,
    (r) => `experiment_id ${r.pick(['IN', 'NOT IN'])} ('{0}', '{2}')`,
  ];
  const fields = ['name', 'attribute.name', 'experiment_id', 'creation_time', 'last_update_time'];
  const odd = [
    'creation_time > 1.5',
    "creation_time > '5'",
    'name > 5',
    "name IN ('a')",
    'name IS NULL',
    "attributes.name = 'a'",
    'metrics.a > 1',
    "experiment_id = 'abc'",
    "experiment_id LIKE '1%'",
    "tags.a IN ('x')",
    "colour = 'x'",
  ];
  const fill = (filter: string) => filter.replace(/\{(\d)\}/g, (_, i: string) => ids[Number(i)] ?? '');
  await inParallel(queries(11, 30, clauses, fields, odd), (q, i) => {
    const filter = fill(q.filter === '' ? mine : `${q.filter} AND ${mine}`);
    return s.post(named(q, i), 'experiments/search', { ...q, filter, max_results: 100 });
  });
  const post = (name: string, body: object) =>
    s.post(name, 'experiments/search', { filter: mine, max_results: 100, ...body });
  await post('deleted ones', { view_type: 'DELETED_ONLY', filter: "name = 'lost'" });
  await post('all by number', { view_type: 3, filter: "name IN ('lost') " });
  await post('all', { view_type: 'ALL', filter: "name LIKE 'l%'" });
  await post('lower case', { filter: "name ilike 'nobody'" });
  await post('twice', { order_by: ['name', 'name DESC'] });
  await post('by tag', { order_by: ['tags.search'] });
  await post('page of none', { max_results: 0 });
  await s.post('without a size', 'experiments/search', {});
  await s.get('by GET', 'experiments/search', { filter: mine, max_results: 2, order_by: ['name DESC'] });
  let page_token: string | undefined;
  for (let page = 0; page < 4; page += 1)
    ({ next_page_token: page_token } = await post(`page ${page}`, {
      max_results: 1,
      page_token,
      order_by: ['name'],
    }));
};

export const searchModels: Scenario = async (s) => {
  const names = ['srch-a', 'srch-B', 'srch_c', 'SRCH-d', 'srch e'];
  for (const [i, name] of names.entries()) {
    await tick();
    await s.post(`create ${name}`, 'registered-models/create', {
      name,
      tags: i % 2 === 0 ? [{ key: 'team', value: i === 0 ? 'ads' : 'Pricing' }] : [],
    });
    for (let v = 0; v < 3; v += 1) {
      await tick();
      await s.post(`version ${v} of ${name}`, 'model-versions/create', {
        name,
        source: `s3://b/${name}/${v}`,
        run_id: v === 0 ? '' : String(v).repeat(32),
        tags: v === 1 ? [{ key: 'a b', value: `x${i}` }] : [],
      });
    }
  }
  await s.post('prompt', 'registered-models/create', {
    name: 'srch prompt',
    tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }],
  });
  await s.delete('delete a version', 'model-versions/delete', { name: 'srch-a', version: '2' });
  await ofModels(s);
  await ofVersions(s);
};

const ofModels: Scenario = async (s) => {
  const clauses: Clauses = [
    (r) =>
      `${r.pick(['name', 'attribute.name'])} ${r.pick(TEXTS)} ${r.pick(["'srch-a'", "'srch%'", "'SRCH%'", "'srch_c'"])}`,
    (r) => `name ${r.pick(['IN', 'NOT IN'])} ('srch-a', 'srch e')`,
    (r) => `${r.pick(['tags', 'tag'])}.team ${r.pick(TEXTS)} ${r.pick(["'ads'", "'pric%'", "'%'"])}`,
    (r) => `tags.\`mlflow.prompt.is_prompt\` ${r.pick(['=', '!='])} ${r.pick(["'true'", "'false'"])}`,
  ];
  const fields = ['name', 'timestamp', 'last_updated_timestamp'];
  const odd = [
    'tags.team IS NULL',
    "run_id = 'x'",
    'name = 5',
    "name = 'a' OR name = 'b'",
    "attributes.name = 'a'",
    "name > 'a'",
    'creation_timestamp > 5',
  ];
  const send = (name: string, query: object) =>
    s.get(name, 'registered-models/search', query as Record<string, string>);
  await inParallel(queries(12, 30, clauses, fields, odd), (q, i) =>
    send(`models ${named(q, i)}`, {
      ...q,
      filter: q.filter === '' ? "name ILIKE 'srch%'" : `${q.filter} AND name ILIKE 'srch%'`,
    }),
  );
  for (const by of ['creation_timestamp', 'attribute.name', 'tags.team', 'name sideways', 'description'])
    await send(`models by ${by}`, { filter: "name LIKE 'srch%'", order_by: [by] });
  for (const max_results of ['0', '1001', '-1'])
    await send(`models, page of ${max_results}`, { max_results });
  let page_token = '';
  for (let page = 0; page < 3; page += 1) {
    const query = { max_results: 2, order_by: ['timestamp DESC'], filter: "name ILIKE 'srch%'", page_token };
    ({ next_page_token: page_token = '' } = await send(`models, page ${page}`, query));
  }
};

const ofVersions: Scenario = async (s) => {
  const clauses: Clauses = [
    (r) => `name ${r.pick(TEXTS)} ${r.pick(["'srch-a'", "'srch%'", "'SRCH%'"])}`,
    (r) => `name ${r.pick(['IN', 'NOT IN'])} ('srch-a', 'srch e')`,
    (r) => `run_id ${r.pick(['=', '!='])} ${r.pick(["''", `'${'1'.repeat(32)}'`])}`,
    (r) => `run_id ${r.pick(['IN', 'NOT IN'])} ('${'1'.repeat(32)}', '${'2'.repeat(32)}')`,
    (r) => `source_path ${r.pick(TEXTS)} ${r.pick(["'s3://b/srch-a/0'", "'%/2'"])}`,
    (r) => `version_number ${r.pick(COMPARE)} ${r.pick(['1', '2', '3'])}`,
    (r) => `tags.\`a b\` ${r.pick(TEXTS)} ${r.pick(["'x1'", "'X%'"])}`,
  ];
  const fields = ['name', 'version_number', 'creation_timestamp', 'last_updated_timestamp', 'attribute.name'];
  const odd = [
    'version_number = 1.5',
    "version_number = '1'",
    'creation_timestamp > 5',
    'last_updated_timestamp < 5',
    "source_path IN ('a')",
    "version = '1'",
    'tags.a IS NULL',
    "stage = 'x'",
  ];
  const send = (name: string, query: object) =>
    s.get(name, 'model-versions/search', query as Record<string, string>);
  await inParallel(queries(13, 35, clauses, fields, odd), (q, i) =>
    send(`versions ${named(q, i)}`, {
      ...q,
      filter: q.filter === '' ? "name ILIKE 'srch%'" : `${q.filter} AND name ILIKE 'srch%'`,
    }),
  );
  for (const max_results of ['0', '200001', '-1'])
    await send(`versions, page of ${max_results}`, { max_results });
  let page_token = '';
  for (let page = 0; page < 5; page += 1) {
    const query = { max_results: 3, filter: "name ILIKE 'srch%'", page_token };
    ({ next_page_token: page_token = '' } = await send(`versions, page ${page}`, query));
  }
};
