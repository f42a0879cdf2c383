import { below, safePath, versionsAt } from './artifacts-names.ts';
import { type Db, one, type Row, rows } from './database.ts';
import { experimentOf } from './experiments.ts';
import { absent, conflict, invalid } from './faults.ts';
import { type Input, text } from './input.ts';
import { loggedModelOf } from './logged-models.ts';
import { runOf } from './runs.ts';
import { versionNumber } from './version-row.ts';

/** What a deletion takes: places of files, and rows that go with them in the same transaction. */
export interface Purge {
  readonly target: string;
  /** Paths of the proxy: a file, or a folder with all below it. */
  readonly places: readonly string[];
  /** Places that are not ours, such as a bucket of the user's own: nothing there is touched. */
  readonly external: readonly string[];
  readonly removeRows?: (db: Db) => Promise<void>;
}

const PROXY = /^mlflow-artifacts:\/+/;
const OF_RUN = [
  'run_tags',
  'params',
  'metrics',
  'latest_metrics',
  'run_datasets',
  'run_models',
  'logged_model_metrics',
];
const OF_MODEL = ['logged_model_tags', 'logged_model_params', 'logged_model_metrics', 'run_models'];

const isUnder = (uri: string, root: string): boolean =>
  `${uri.replace(PROXY, '')}/`.startsWith(`${root.replace(PROXY, '').replace(/\/+$/, '')}/`);

const split = (uris: readonly string[]): Pick<Purge, 'places' | 'external'> => ({
  places: uris
    .filter((u) => PROXY.test(u))
    .map((u) => safePath(u.replace(PROXY, '')))
    .filter((place) => place !== ''),
  external: uris.filter((u) => !PROXY.test(u)),
});

const removeFrom = async (db: Db, tables: readonly string[], column: string, ids: readonly unknown[]) => {
  for (const table of tables) await db.query(`DELETE FROM ${table} WHERE ${column} = ANY($1)`, [ids]);
};

const removeModels = async (db: Db, ids: readonly unknown[]) => {
  await removeFrom(db, OF_MODEL, 'model_id', ids);
  await removeFrom(db, ['logged_models'], 'id', ids);
};

const removeRuns = async (db: Db, ids: readonly unknown[]) => {
  await removeFrom(db, OF_RUN, 'run_id', ids);
  await removeFrom(db, ['runs'], 'id', ids);
};

const uris = (found: readonly Row[]) => found.map((r) => String(r.artifact_uri));

const ofArtifact = async (_db: Db, input: Input): Promise<Purge> => {
  const path = safePath(text(input, 'path'));
  if (path === '') throw invalid('Cannot delete the root of all artifacts');
  return { target: path, places: [path], external: [] };
};

/** A run that was deleted, with the models it logged. */
const ofRun = async (db: Db, input: Input): Promise<Purge> => {
  const id = text(input, 'run_id');
  const run = await runOf(db, id);
  if (run.stage !== 'deleted')
    throw invalid(`Cannot purge run ${id}: it is active. Delete it first (runs/delete)`);
  const models = await rows(db, 'SELECT id, artifact_uri FROM logged_models WHERE source_run_id = $1', [id]);
  return {
    target: id,
    ...split([String(run.artifact_uri), ...uris(models)]),
    removeRows: async (tx) => {
      await removeModels(
        tx,
        models.map((m) => m.id),
      );
      await removeRuns(tx, [id]);
    },
  };
};

const ofLoggedModel = async (db: Db, input: Input): Promise<Purge> => {
  const id = text(input, 'model_id');
  const model = await loggedModelOf(db, id, true);
  if (model.deleted !== true)
    throw invalid(`Cannot purge logged model ${id}: it is active. Delete it first (logged-models/${id})`);
  return {
    target: id,
    ...split([String(model.artifact_uri)]),
    removeRows: (tx) => removeModels(tx, [id]),
  };
};

/** Its own root too, unless another experiment keeps its files there. */
const ofExperiment = async (db: Db, input: Input): Promise<Purge> => {
  const id = text(input, 'experiment_id');
  if (!/^\d{1,18}$/.test(id))
    throw invalid(`Invalid experiment ID ${JSON.stringify(id)}: digits are required`);
  if (BigInt(id) === 0n) throw invalid('Cannot purge experiment 0: runs without an experiment go there');
  const experiment = await experimentOf(db, id);
  if (experiment.stage !== 'deleted')
    throw invalid(`Cannot purge experiment ${id}: it is active. Delete it first (experiments/delete)`);
  const runs = await rows(db, 'SELECT id, artifact_uri FROM runs WHERE experiment_id = $1', [id]);
  const models = await rows(db, 'SELECT id, artifact_uri FROM logged_models WHERE experiment_id = $1', [id]);
  const others = await rows(db, 'SELECT location FROM experiments WHERE id <> $1', [id]);
  const own = String(experiment.location);
  const sharesRoot = others.some((o) => isUnder(String(o.location), own) || isUnder(own, String(o.location)));
  return {
    target: id,
    ...split([...uris(runs), ...uris(models), ...(sharesRoot ? [] : [own])]),
    removeRows: async (tx) => {
      await removeModels(
        tx,
        models.map((m) => m.id),
      );
      await removeRuns(
        tx,
        runs.map((r) => r.id),
      );
      await removeFrom(tx, ['experiment_tags'], 'experiment_id', [id]);
      await removeFrom(tx, ['experiments'], 'id', [id]);
    },
  };
};

/** The files of a deleted version. Its row stays: numbers never come back, and history tells who made it. */
const ofVersion = async (db: Db, input: Input): Promise<Purge> => {
  const [name, version] = [text(input, 'name'), versionNumber(input)];
  const row = await one(db, 'SELECT location, deleted FROM model_versions WHERE name = $1 AND version = $2', [
    name,
    version,
  ]);
  if (row === undefined) throw absent(`Model Version (name=${name}, version=${version}) not found`);
  if (row.deleted !== true)
    throw invalid(
      `Cannot purge version ${version} of model "${name}": it is live. Delete it first (model-versions/delete)`,
    );
  return { target: `${name}/${version}`, ...split([String(row.location)]) };
};

export const PURGES = {
  artifact: ofArtifact,
  run: ofRun,
  'logged-model': ofLoggedModel,
  experiment: ofExperiment,
  'model-version': ofVersion,
} as const satisfies Record<string, (db: Db, input: Input) => Promise<Purge>>;
export type PurgeKind = keyof typeof PURGES;

const NAMES = `FROM artifacts WHERE path = $1 OR (path >= $2 AND path < $3)`;

/** Removes the names at these places and answers them. Throws RESOURCE_CONFLICT where a live version needs a file. */
export const removeNames = async (db: Db, { target, places }: Purge): Promise<Row[]> => {
  const removed: Row[] = [];
  for (const place of new Set(places)) {
    const found = await rows(db, `DELETE ${NAMES} RETURNING path, digest, size`, [place, ...below(place)]);
    if (found.length === 0) continue;
    const versions = await versionsAt(db, place);
    if (versions.length > 0)
      throw conflict(
        `Cannot delete "${target}": its files belong to model version ${versions.join(', ')}. Delete that version first`,
      );
    removed.push(...found);
  }
  return removed;
};
