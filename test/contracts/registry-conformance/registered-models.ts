import type { Scenario } from './session.ts';

type S = Parameters<Scenario>[0];

export const registeredModels: Scenario = async (s) => {
  const name = 'ranker & co 🙂 100%';
  await s.post('create', 'registered-models/create', {
    name,
    description: 'ranks',
    tags: [{ key: 'team', value: 'ads' }],
  });
  await s.post('create again', 'registered-models/create', { name });
  await s.post('create bare', 'registered-models/create', { name: 'bare' });
  await s.get('get', 'registered-models/get', { name });
  await s.get('get bare', 'registered-models/get', { name: 'bare' });
  await s.get('unknown', 'registered-models/get', { name: 'nobody' });
  await s.get('other case', 'registered-models/get', { name: 'BARE' });
  for (const bad of ['', ' ', '.', '..', 'a/b', 'a:b', 'a//b', '../a', '/', 'a/../b'])
    await s.post(`create ${JSON.stringify(bad)}`, 'registered-models/create', { name: bad });
  for (const good of ['a b', 'a%2Fb', 'a+b', 'a#b', "a'b", 'a"b', 'a\\b', '…', '.a', 'a..b', '\u202Eabc'])
    await s.post(`create ${JSON.stringify(good)}`, 'registered-models/create', { name: good });
  for (const good of ['a%2Fb', 'a+b', 'a#b'])
    await s.get(`get ${good}`, 'registered-models/get', { name: good });
  await s.patch('update', 'registered-models/update', { name, description: 'better' });
  await s.patch('update without description', 'registered-models/update', { name });
  await s.patch('update unknown', 'registered-models/update', { name: 'nobody', description: 'x' });
  const tag = (step: string, key: unknown, value?: unknown) =>
    s.post(`tag ${step}`, 'registered-models/set-tag', { name, key, value });
  await tag('new', 'lang', 'en');
  await tag('overwritten', 'lang', 'de');
  await tag('without value', 'bare');
  await tag('key too long', 'k'.repeat(251), 'x');
  await tag('key of emoji', '🙂', 'x');
  await tag('long value', 'long', 'v'.repeat(5000));
  await s.post('tag of unknown', 'registered-models/set-tag', { name: 'nobody', key: 'a', value: 'b' });
  await s.delete('delete tag', 'registered-models/delete-tag', { name, key: 'long' });
  await s.delete('delete tag again', 'registered-models/delete-tag', { name, key: 'long' });
  await s.get('after tags', 'registered-models/get', { name });
  await renames(s, name);
};

const renames = async (s: S, name: string) => {
  const version = (step: string, model: string) =>
    s.post(step, 'model-versions/create', {
      name: model,
      source: 's3://b/m',
      tags: [{ key: 'v', value: '1' }],
    });
  await version('version', name);
  await s.post('alias', 'registered-models/alias', { name, alias: 'mine', version: '1' });
  await s.post('rename to a taken name', 'registered-models/rename', { name, new_name: 'bare' });
  await s.post('rename without new name', 'registered-models/rename', { name });
  await s.post('rename to a bad name', 'registered-models/rename', { name, new_name: 'a/b' });
  await s.post('rename unknown', 'registered-models/rename', { name: 'nobody', new_name: 'x' });
  await s.post('rename', 'registered-models/rename', { name, new_name: 'renamed' });
  await s.get('old name', 'registered-models/get', { name });
  await s.get('new name', 'registered-models/get', { name: 'renamed' });
  await s.get('its version', 'model-versions/get', { name: 'renamed', version: '1' });
  await s.get('its alias', 'registered-models/alias', { name: 'renamed', alias: 'mine' });
  await s.delete('delete', 'registered-models/delete', { name: 'renamed' });
  await s.delete('delete again', 'registered-models/delete', { name: 'renamed' });
  await s.get('its version is gone', 'model-versions/get', { name: 'renamed', version: '1' });
  await s.post('create after delete', 'registered-models/create', { name: 'renamed' });
  await version('counts from 1 again', 'renamed');
};

export const aliases: Scenario = async (s) => {
  const name = 'aliased';
  await s.post('create', 'registered-models/create', { name });
  for (const n of ['1', '2', '3'])
    await s.post(`version ${n}`, 'model-versions/create', { name, source: `s3://b/${n}` });
  const set = (step: string, alias: unknown, version: unknown = '1') =>
    s.post(`set ${step}`, 'registered-models/alias', { name, alias, version });
  const get = (step: string, alias: string, model = name) =>
    s.get(`get ${step}`, 'registered-models/alias', { name: model, alias });
  await set('plain', 'mine');
  await set('moved', 'mine', '2');
  await set('in other case', 'MINE', '3');
  await get('plain', 'mine');
  await get('other case', 'MINE');
  await get('unknown', 'nothing');
  await get('of unknown model', 'mine', 'nobody');
  await get('latest', 'latest');
  await get('Latest', 'Latest');
  for (const bad of ['latest', 'LATEST', 'v1', 'V23', 'a b', 'a.b', 'a/b', '', 'x'.repeat(256), '🙂', '1'])
    await set(`alias ${JSON.stringify(bad)}`, bad);
  for (const good of ['größe', 'a_b-c', 'v1a', 'x'.repeat(255), 'ver1', '学习'])
    await set(`alias ${good}`, good);
  await set('unknown version', 'a', '99');
  await set('version of letters', 'a', 'abc');
  await set('version 01', 'padded', '01');
  await set('version as a number', 'a', 1);
  await s.get('all of them', 'registered-models/get', { name });
  await s.get('version with aliases', 'model-versions/get', { name, version: '1' });
  await s.get('search hit has none', 'model-versions/search', { filter: `name = '${name}'` });
  await s.delete('delete', 'registered-models/alias', { name, alias: 'padded' });
  await s.delete('delete again', 'registered-models/alias', { name, alias: 'padded' });
  await s.delete('delete of unknown model', 'registered-models/alias', { name: 'nobody', alias: 'x' });
  await s.delete('version', 'model-versions/delete', { name, version: '3' });
  await get('of a deleted version', 'MINE');
  await get('latest after delete', 'latest');
};
