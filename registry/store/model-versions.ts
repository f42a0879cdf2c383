import { RELEASE_TAG } from '@assay/domain/alias-request';
import { actAs, noteEdit, refuseServed } from './alias-ledger.ts';
import { safePath } from './artifacts-names.ts';
import { type Caller, type Context, compact, grouped, putTags } from './context.ts';
import { type Db, one, type Row, rows, transaction } from './database.ts';
import { absent, invalid, RegistryFault } from './faults.ts';
import {
  bool,
  type Input,
  key,
  optionalText,
  page,
  pageOffset,
  pageSize,
  tags,
  text,
  texts,
} from './input.ts';
import { int } from './json.ts';
import { loggedModelOf } from './logged-models.ts';
import { CHECK_TAG, FAMILY_TAG, queueCheck, requeueCheck } from './model-checks.ts';
import { Bound, conditions, ordering, type Searchable } from './search.ts';

export const PROXY = 'mlflow-artifacts:/';
const STAGES = ['None', 'Staging', 'Production', 'Archived'];
const SEARCH: Searchable = {
  texts: { name: 'v.name', run_id: 'v.run_id', source_path: 'v.source' },
  numbers: {
    version_number: 'v.version',
    creation_timestamp: 'v.created',
    last_updated_timestamp: 'v.updated',
  },
  beside: { tag: { table: 'version_tags', on: 'b.name = v.name AND b.version = v.version' } },
};

export const versionNumber = (input: Input): number => {
  const version = text(input, 'version');
  if (!/^-?\d{1,9}$/.test(version))
    throw invalid(`Invalid model version ${JSON.stringify(version)}: an integer is required`);
  return Number(version);
};

const ids = (found: readonly Row[]) => found.map((r) => `${String(r.version)}/${String(r.name)}`);

export const renderVersions = async (db: Db, found: readonly Row[], withAliases = false): Promise<Row[]> => {
  const owner = `version || '/' || name`;
  const tagsOf = await grouped(
    db,
    `SELECT ${owner} AS owner, key, value FROM version_tags WHERE ${owner} = ANY($1) ORDER BY key`,
    ids(found),
  );
  const aliases = withAliases
    ? await grouped(
        db,
        `SELECT ${owner} AS owner, alias FROM aliases WHERE ${owner} = ANY($1) ORDER BY alias`,
        ids(found),
      )
    : new Map<string, Row[]>();
  return found.map((r) => {
    const id = `${String(r.version)}/${String(r.name)}`;
    return compact({
      name: r.name,
      version: String(r.version),
      creation_timestamp: int(r.created),
      last_updated_timestamp: int(r.updated),
      current_stage: r.stage,
      description: r.description ?? '',
      source: r.source,
      run_id: r.run_id,
      run_link: r.run_link,
      status: 'READY',
      model_id: r.model_id,
      user_id: '',
      tags: tagsOf.get(id),
      aliases: aliases.get(id)?.map((a) => a.alias),
    });
  });
};

export const liveVersion = async (db: Db, name: string, version: number): Promise<Row> => {
  const row = await one(db, 'SELECT * FROM model_versions WHERE name = $1 AND version = $2 AND NOT deleted', [
    name,
    version,
  ]);
  if (row === undefined) throw absent(`Model Version (name=${name}, version=${version}) not found`);
  return row;
};

interface Resolved {
  readonly location: string;
  readonly runId: string;
  readonly modelId: string | undefined;
}

const refused = (source: string, why: string) => invalid(`Invalid model version source: '${source}'. ${why}`);

const resolveModel = async (
  db: Db,
  source: string,
  runId: string,
  modelId: string | undefined,
): Promise<Resolved> => {
  const path = source.slice('models:/'.length);
  if (path.startsWith('m-')) {
    const model = await loggedModelOf(db, path);
    if (modelId !== undefined && modelId !== path) throw refused(source, 'It must equal model_id');
    return {
      location: String(model.artifact_uri),
      runId: runId || String(model.source_run_id ?? ''),
      modelId: path,
    };
  }
  const slash = path.lastIndexOf('/');
  const other = await liveVersion(
    db,
    path.slice(0, slash),
    versionNumber({ version: path.slice(slash + 1) }),
  );
  return {
    location: String(other.location),
    runId: String(other.run_id),
    modelId: (other.model_id as string | null) ?? undefined,
  };
};

const resolveRun = async (
  db: Db,
  source: string,
  runId: string,
  modelId: string | undefined,
): Promise<Resolved> => {
  const [id = '', ...rest] = safePath(source.slice('runs:/'.length)).split('/');
  const run = await one(db, 'SELECT artifact_uri FROM runs WHERE id = $1', [runId]);
  if (run === undefined || id !== runId) throw refused(source, 'run_id must name the run of the source');
  return { location: `${String(run.artifact_uri)}/${rest.join('/')}`, runId, modelId };
};

const resolveProxied = async (
  db: Db,
  source: string,
  runId: string,
  modelId: string | undefined,
): Promise<Resolved> => {
  safePath(source.slice('mlflow-artifacts:'.length).replace(/^\/+/, ''));
  const run = await one(db, 'SELECT artifact_uri FROM runs WHERE id = $1', [runId]);
  const model = modelId === undefined ? undefined : await loggedModelOf(db, modelId);
  const roots = [run?.artifact_uri, model?.artifact_uri].filter((r) => r !== undefined).map(String);
  if (!roots.some((root) => source === root || source.startsWith(`${root}/`))) {
    throw refused(source, 'It must lie under the artifacts of its run_id or model_id');
  }
  return { location: source, runId, modelId };
};

/** Where the bytes are, checked so that nobody registers what lies outside the run or logged model named. */
const resolve = async (
  db: Db,
  source: string,
  runId: string,
  modelId: string | undefined,
): Promise<Resolved> => {
  switch (/^([a-z][a-z0-9+.-]*):/i.exec(source)?.[1]?.toLowerCase() ?? 'file') {
    case 'models':
      return resolveModel(db, source, runId, modelId);
    case 'runs':
      return resolveRun(db, source, runId, modelId);
    case 'mlflow-artifacts':
      return resolveProxied(db, source, runId, modelId);
    case 'file':
    case 'http':
    case 'https':
      throw refused(source, 'Only artifacts of this registry or an object store can be registered');
    default:
      return { location: source, runId, modelId };
  }
};

export const createVersion = async ({ pool, caller, nowMs }: Context, input: Input) => {
  const [name, source] = [text(input, 'name', 256), text(input, 'source')];
  const given = tags(input, 100_000);
  for (const tag of given) refuseReserved(caller, tag.key);
  return transaction(pool, async (db) => {
    const asked = await resolve(
      db,
      source,
      optionalText(input, 'run_id') ?? '',
      optionalText(input, 'model_id') || undefined,
    );
    // Updating the model's row is the lock: two callers get consecutive numbers
    const model = await one(
      db,
      'UPDATE registered_models SET last_version = last_version + 1, updated = $2 WHERE name = $1 RETURNING last_version',
      [name, nowMs],
    );
    if (model === undefined) throw absent(`Registered Model with name=${name} not found`);
    const version = Number(model.last_version);
    const row = await one(
      db,
      `INSERT INTO model_versions (name, version, created, updated, description, source, location, run_id, run_link, model_id, created_by) VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING *`,
      [
        name,
        version,
        nowMs,
        optionalText(input, 'description') ?? null,
        source,
        asked.location,
        asked.runId,
        optionalText(input, 'run_link') ?? '',
        asked.modelId ?? null,
        caller.subject,
      ],
    );
    await putTags(
      db,
      'version_tags',
      { name, version },
      given.filter((t) => t.key !== CHECK_TAG),
    );
    if (asked.location.startsWith(PROXY))
      await queueCheck(
        db,
        name,
        version,
        given.some((t) => t.key === FAMILY_TAG),
      );
    if (asked.modelId !== undefined) await noteVersion(db, asked.modelId, name, version);
    return { model_version: (await renderVersions(db, [row ?? {}], true))[0] };
  });
};

/** The logged model's tag lists its registrations, as clients expect. */
const noteVersion = async (db: Db, modelId: string, name: string, version: number): Promise<void> => {
  const old = await one(
    db,
    `SELECT value FROM logged_model_tags WHERE model_id = $1 AND key = 'mlflow.modelVersions' FOR UPDATE`,
    [modelId],
  );
  const known = JSON.parse(String(old?.value ?? '[]')) as unknown[];
  await putTags(db, 'logged_model_tags', { model_id: modelId }, [
    { key: 'mlflow.modelVersions', value: JSON.stringify([...known, { name, version }]) },
  ]);
};

const answer = async (db: Db, row: Row) => ({ model_version: (await renderVersions(db, [row], true))[0] });

export const getVersion = async ({ pool }: Context, input: Input) =>
  answer(pool, await liveVersion(pool, text(input, 'name'), versionNumber(input)));

export const updateVersion = async ({ pool, caller, nowMs }: Context, input: Input) => {
  const [name, version] = [text(input, 'name'), versionNumber(input)];
  return transaction(pool, async (db) => {
    await liveVersion(db, name, version);
    const row = await one(
      db,
      'UPDATE model_versions SET description = $3 WHERE name = $1 AND version = $2 RETURNING *',
      [name, version, optionalText(input, 'description') ?? null],
    );
    await noteEdit(db, caller, { name, version, nowMs, what: 'description' });
    return answer(db, row ?? {});
  });
};

export const deleteVersion = async ({ pool, caller, nowMs }: Context, input: Input) => {
  const [name, version] = [text(input, 'name'), versionNumber(input)];
  await transaction(pool, async (db) => {
    await liveVersion(db, name, version);
    await refuseServed(db, caller, name, version);
    await actAs(db, caller, `version ${version} was deleted`);
    await db.query('DELETE FROM aliases WHERE name = $1 AND version = $2', [name, version]);
    await db.query('UPDATE model_versions SET deleted = true WHERE name = $1 AND version = $2', [
      name,
      version,
    ]);
    await db.query('UPDATE registered_models SET updated = $2 WHERE name = $1', [name, nowMs]);
  });
  return {};
};

/** Stages are plain metadata that Assay's own states do not look at. */
export const transitionStage = async ({ pool, nowMs }: Context, input: Input) => {
  const [name, version, asked] = [text(input, 'name'), versionNumber(input), text(input, 'stage')];
  const stage = STAGES.find((s) => s.toLowerCase() === asked.toLowerCase());
  if (stage === undefined)
    throw invalid(`Invalid Model Version stage: ${asked}. Value must be one of ${STAGES.join(', ')}.`);
  const archive = bool(input, 'archive_existing_versions');
  if (archive && !['Staging', 'Production'].includes(stage))
    throw invalid(`Cannot archive existing versions: stage ${stage} is neither Staging nor Production`);
  return transaction(pool, async (db) => {
    await liveVersion(db, name, version);
    if (archive)
      await db.query(
        `UPDATE model_versions SET stage = 'Archived', updated = $4 WHERE name = $1 AND stage = $2 AND version <> $3 AND NOT deleted`,
        [name, stage, version, nowMs],
      );
    const row = await one(
      db,
      'UPDATE model_versions SET stage = $3, updated = $4 WHERE name = $1 AND version = $2 RETURNING *',
      [name, version, stage, nowMs],
    );
    await db.query('UPDATE registered_models SET updated = $2 WHERE name = $1', [name, nowMs]);
    return answer(db, row ?? {});
  });
};

export const searchVersions = async ({ pool }: Context, input: Input) => {
  const size = pageSize(input, 200_000, 200_000);
  const offset = pageOffset(input);
  const bound = new Bound();
  const where = ['NOT v.deleted', ...conditions(optionalText(input, 'filter'), SEARCH, bound)];
  const given = ordering(texts(input, 'order_by'), SEARCH, bound);
  const order = [...(given.length === 0 ? ['v.updated DESC'] : given), 'v.name', 'v.version DESC'];
  const sql = `SELECT v.* FROM model_versions v WHERE ${where.join(' AND ')} ORDER BY ${order.join(', ')} LIMIT ${size + 1} OFFSET ${offset}`;
  const { items, next } = page(await rows(pool, sql, bound.values), size, offset);
  return { ...compact({ model_versions: await renderVersions(pool, items) }), ...next };
};

export const getDownloadUri = async ({ pool }: Context, input: Input) => ({
  artifact_uri: (await liveVersion(pool, text(input, 'name'), versionNumber(input))).location,
});

/** Tags that Assay itself keeps: a forged one would lie to whoever reads it. */
const RESERVED = new Map([
  [RELEASE_TAG, 'it says where the release stands'],
  [CHECK_TAG, 'it says how the check of the files ended'],
]);

const refuseReserved = ({ role }: Caller, tag: string): void => {
  const why = RESERVED.get(tag);
  if (why === undefined || role === 'service') return;
  throw new RegistryFault('PERMISSION_DENIED', `Cannot change tag "${tag}": Assay itself keeps it, ${why}`);
};

export const setVersionTag = async ({ pool, caller, nowMs }: Context, input: Input) => {
  const [name, version] = [text(input, 'name'), versionNumber(input)];
  const tag = { key: key(input), value: optionalText(input, 'value', 100_000) ?? '' };
  refuseReserved(caller, tag.key);
  await transaction(pool, async (db) => {
    await liveVersion(db, name, version);
    await putTags(db, 'version_tags', { name, version }, [tag]);
    if (tag.key === FAMILY_TAG) await requeueCheck(db, name, version);
    await noteEdit(db, caller, { name, version, nowMs, what: `tag ${tag.key}` });
  });
  return {};
};

export const deleteVersionTag = async ({ pool, caller, nowMs }: Context, input: Input) => {
  const [name, version, tag] = [text(input, 'name'), versionNumber(input), key(input)];
  refuseReserved(caller, tag);
  await transaction(pool, async (db) => {
    await liveVersion(db, name, version);
    const sql = 'DELETE FROM version_tags WHERE name = $1 AND version = $2 AND key = $3';
    await db.query(sql, [name, version, tag]);
    await noteEdit(db, caller, { name, version, nowMs, what: `tag ${tag}` });
  });
  return {};
};
