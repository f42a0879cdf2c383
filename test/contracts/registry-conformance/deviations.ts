import type { Answer } from './session.ts';

export interface Deviation {
  readonly ours: Answer;
  readonly why: string;
}

const refused: Answer = { status: 400, code: 'INVALID_PARAMETER_VALUE' };
const VALUE =
  'a wrong value is refused, where MLflow keeps a default or fails with a 500 that clients retry for minutes';
const LENIENT = 'what is no clause of the grammar is refused, never guessed';
const TOKEN = 'MLflow fails with a 500 that clients retry for minutes';
const NAMELESS = 'a dataset without name and digest can be found by nobody';

/** Where Assay answers better than MLflow on purpose ("Ours" in the reference); everything else must be equal. */
export const DEVIATIONS: Readonly<Record<string, Deviation>> = {
  'experiments: rename to a taken name': {
    ours: { status: 400, code: 'RESOURCE_ALREADY_EXISTS' },
    why: 'MLflow leaks the database error',
  },
  'runs: create without anything': { ours: refused, why: 'MLflow leaks the database error as BAD_REQUEST' },
  'runs: update unknown status': { ours: refused, why: VALUE },
  'batches: metric is a text': { ours: refused, why: VALUE },
  'inputs: dataset without name': { ours: refused, why: NAMELESS },
  'inputs: dataset without digest': { ours: refused, why: NAMELESS },
  'inputs: no dataset inside': { ours: refused, why: NAMELESS },
  'inputs: outputs again': {
    ours: { status: 200, body: {} },
    why: 'every write may arrive twice; MLflow leaks the database error',
  },
  'metrics: refused: list': { ours: refused, why: VALUE },
  'logged models: finalize by nonsense': { ours: refused, why: VALUE },
  'model versions: stage archive into Archived': { ours: refused, why: 'MLflow fails with a 500' },
  'artifacts: get folder': { ours: refused, why: 'MLflow answers 400 without a code' },
  'artifacts: refused: with backslashes': {
    ours: refused,
    why: 'a name must mean the same file on every system that downloads it',
  },
  'client.py: copied download uri': {
    ours: { status: 200, body: 'mlflow-artifacts:/<experiment1>/<run2>/artifacts/folder' },
    why: 'a copy answers where the bytes are, also when the run it came from is gone',
  },
  'histories: bulk with NaN': {
    ours: {
      status: 200,
      body: {
        metrics: [
          [0, 1, 1],
          [3, 4, 9],
          [3, 5, 'NaN'],
          [3, 5, 2],
          [3, 5, 7],
          [1, 9, 3],
          [2, 99, 50],
        ].map(([step, timestamp, value]) => ({ key: 'loss', value, timestamp, step, run_id: '<run1>' })),
      },
    },
    why: 'a bare NaN is no JSON',
  },
  'search of runs: odd: metrics.loss > 0 metrics.loss < 1': { ours: refused, why: LENIENT },
  'search of runs: twice': { ours: refused, why: TOKEN },
  'search of runs: token W10=': { ours: refused, why: TOKEN },
  'search of experiments: lower case': {
    ours: { status: 200, body: {} },
    why: 'keywords have no case elsewhere',
  },
  'search of models and versions: models, page of 0': { ours: refused, why: 'a page of none has no end' },
  'search of models and versions: models, page of -1': { ours: refused, why: 'a page of none has no end' },
  'search of models and versions: models 30: tags.team IS NULL by ': { ours: refused, why: TOKEN },
  'search of models and versions: versions 41: tags.a IS NULL by ': { ours: refused, why: TOKEN },
  'search of logged models: forged token': { ours: refused, why: TOKEN },
  'webhooks: refused: entity unknown': { ours: refused, why: VALUE },
  'webhooks: refused: action unknown': { ours: refused, why: VALUE },
  'webhooks: refused: event without action': { ours: refused, why: VALUE },
  'webhooks: refused: status unknown': { ours: refused, why: VALUE },
  'webhooks: test unknown': { ours: refused, why: VALUE },
  'webhooks: refused: budgets': { ours: refused, why: 'it would wait for ever: there is no gateway here' },
};
