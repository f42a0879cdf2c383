import { isMlflowEvent } from '@assay/domain/webhook-events';

const by = { by: 'ada', role: 'data-scientist' };
const tags = { example_key: 'example_value' };
const [model, prompt] = ['example_model', 'example_prompt'];
const lifecycle = {
  name: model,
  version: '1',
  by: 'release',
  role: 'workflow',
  why: 'an example',
  audit_event: 'release.shipped',
  audit_sequence: 1,
};
const release = {
  ...lifecycle,
  release: `release/${model}/1`,
  endpoint: 'example-endpoint',
  state: 'champion',
  standing: 'champion (decided at ship)',
  gate: 'ship',
};

/** MLflow's own examples (mlflow/webhooks/types.py), with what Assay says besides. */
const EXAMPLES: Readonly<Record<string, object>> = {
  'registered_model.created': { name: model, tags, description: 'An example registered model', ...by },
  'model_version.created': {
    name: model,
    version: '1',
    source: 'models:/123',
    run_id: 'abcd1234abcd5678',
    tags,
    description: 'An example model version',
    ...by,
  },
  'model_version_tag.set': { name: model, version: '1', key: 'example_key', value: 'example_value', ...by },
  'model_version_tag.deleted': { name: model, version: '1', key: 'example_key', ...by },
  'model_version_alias.created': {
    name: model,
    alias: 'example_alias',
    version: '1',
    ...by,
    why: 'an example',
    origin: 'assay',
  },
  'model_version_alias.deleted': {
    name: model,
    alias: 'example_alias',
    ...by,
    why: 'an example',
    origin: 'assay',
  },
  'prompt.created': { name: prompt, tags, description: 'An example prompt', ...by },
  'prompt_version.created': {
    name: prompt,
    version: '1',
    template: 'Hello {{name}}!',
    tags,
    description: 'An example prompt version',
    ...by,
  },
  'prompt_tag.set': { name: prompt, key: 'example_key', value: 'example_value', ...by },
  'prompt_tag.deleted': { name: prompt, key: 'example_key', ...by },
  'prompt_version_tag.set': { name: prompt, version: '1', key: 'example_key', value: 'example_value', ...by },
  'prompt_version_tag.deleted': { name: prompt, version: '1', key: 'example_key', ...by },
  'prompt_alias.created': { name: prompt, alias: 'example_alias', version: '1', ...by },
  'prompt_alias.deleted': { name: prompt, alias: 'example_alias', ...by },
  'model_version_state.changed': {
    ...lifecycle,
    state: 'champion',
    previous_state: 'canary',
    quarantined: false,
  },
  'model_version.quarantined': {
    ...lifecycle,
    state: 'rolled-back',
    previous_state: 'canary',
    quarantined: true,
  },
  'model_version.unquarantined': {
    ...lifecycle,
    state: 'registered',
    previous_state: 'rolled-back',
    quarantined: false,
  },
  'release.changed': release,
  'release.finished': release,
};

/** A whole CloudEvent as migrations/060 makes them, about something that does not exist. */
export const exampleOf = (event: string, id: string, time: string): object => {
  const origin = isMlflowEvent(event) ? 'registry' : 'lifecycle';
  const [entity, action] = event.split('.');
  const data = EXAMPLES[event] as { name: string };
  return {
    specversion: '1.0',
    id,
    source: `/assay/${origin}`,
    type: `dev.assay.${origin}.${event.replaceAll('_', '-')}`,
    subject: data.name,
    time,
    datacontenttype: 'application/json',
    assaytest: true,
    entity,
    action,
    timestamp: time,
    data,
  };
};
