import { RELEASE_TAG } from '@assay/domain/alias-request';
import { actAs, noteEdit, refuseServed } from './alias-ledger.ts';
import { PROXY, sealFolder, whileSealing } from './artifacts-seal.ts';
import { type Caller, type Context, putTags } from './context.ts';
import { type Db, one, transaction } from './database.ts';
import { absent, invalid, RegistryFault } from './faults.ts';
import { parseFilter, parseOrder } from './filter.ts';
import { bool, type Input, key, optionalText, pageSize, tags, text, texts } from './input.ts';
import { CHECK_TAG, FAMILY_TAG, isAsked, queueCheck, requeueCheck } from './model-checks.ts';
import { isPromptTag, withoutPrompts } from './prompts.ts';
import {
  ascending,
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
import { canonicalStage, liveVersion, VERSION_JSON, versionAnswer, versionNumber } from './version-row.ts';
import { resolveSource } from './version-source.ts';
import { tellVersionCreated, tellVersionTag } from './webhook-outbox.ts';

const TIME = { type: 'integer' } as const;
const SEARCH: Searchable = {
  from: 'model_versions v',
  entities: { attribute: 'attribute', tag: 'tag', tags: 'tag' },
  filters: {
    name: { sql: 'v.name', type: 'text', ops: [...TEXT_OPS, ...LIST_OPS] },
    run_id: { sql: 'v.run_id', type: 'text', ops: [...TEXT_OPS, ...LIST_OPS] },
    source_path: { sql: 'v.source', type: 'text', ops: TEXT_OPS },
    version_number: { sql: 'v.version', type: 'integer', ops: NUMBER_OPS, quotable: true },
  },
  orders: {
    name: { sql: 'v.name', type: 'text' },
    version_number: { sql: 'v.version', ...TIME },
    creation_timestamp: { sql: 'v.created', ...TIME },
    last_updated_timestamp: { sql: 'v.updated', ...TIME },
  },
  beside: {
    tag: {
      table: 'version_tags',
      on: (alias) => `${alias}.name = v.name AND ${alias}.version = v.version`,
      ops: TEXT_OPS,
    },
  },
};

export const createVersion = async (context: Context, input: Input) => {
  const { pool, caller, nowMs } = context;
  const [name, given] = [text(input, 'name', 256), text(input, 'source')];
  const wanted = tags(input, 100_000);
  const description = optionalText(input, 'description') ?? '';
  for (const tag of wanted) refuseReserved(caller, tag.key);
  return transaction(pool, async (db) => {
    await whileSealing(db);
    const asked = await resolveSource(db, {
      source: given,
      runId: optionalText(input, 'run_id'),
      modelId: optionalText(input, 'model_id') || undefined,
      isPrompt: wanted.some(isPromptTag),
    });
    await sealFolder(db, asked.location);
    // Updating the model's row is the lock: two callers get consecutive numbers
    const model = await one(
      db,
      'UPDATE registered_models SET last_version = last_version + 1, updated = $2 WHERE name = $1 RETURNING last_version',
      [name, nowMs],
    );
    if (model === undefined) throw absent(`Registered Model with name=${name} not found`);
    const version = Number(model.last_version);
    await db.query(
      `INSERT INTO model_versions (name, version, created, updated, description, source, location, run_id, run_link, model_id, created_by) VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        name,
        version,
        nowMs,
        description,
        asked.source,
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
      wanted.filter((t) => t.key !== CHECK_TAG),
    );
    if (asked.location.startsWith(PROXY))
      await queueCheck(
        db,
        name,
        version,
        wanted.some((t) => t.key === FAMILY_TAG),
      );
    if (asked.note) await noteVersion(db, String(asked.modelId), name, version);
    const { source, runId } = asked;
    await tellVersionCreated(db, context, { name, version, source, runId, tags: wanted, description });
    return versionAnswer(db, name, version);
  });
};

/** In the spelling of Python's json.dumps, which clients compare as text. */
const listed = (known: readonly { name: string; version: number | string }[]): string =>
  `[${known.map((v) => `{"name": ${JSON.stringify(v.name)}, "version": ${JSON.stringify(v.version)}}`).join(', ')}]`;

/** The logged model's tag lists its registrations, as clients expect. */
const noteVersion = async (db: Db, modelId: string, name: string, version: number): Promise<void> => {
  const old = await one(
    db,
    `SELECT value FROM logged_model_tags WHERE model_id = $1 AND key = 'mlflow.modelVersions' FOR UPDATE`,
    [modelId],
  );
  const known = JSON.parse(String(old?.value ?? '[]')) as { name: string; version: number }[];
  await putTags(db, 'logged_model_tags', { model_id: modelId }, [
    { key: 'mlflow.modelVersions', value: listed([...known, { name, version }]) },
  ]);
};

export const getVersion = async ({ pool }: Context, input: Input) =>
  versionAnswer(pool, text(input, 'name'), versionNumber(input));

export const updateVersion = async ({ pool, caller, nowMs }: Context, input: Input) => {
  const [name, version] = [text(input, 'name'), versionNumber(input)];
  return transaction(pool, async (db) => {
    await liveVersion(db, name, version);
    await db.query('UPDATE model_versions SET description = $3 WHERE name = $1 AND version = $2', [
      name,
      version,
      optionalText(input, 'description') ?? null,
    ]);
    await noteEdit(db, caller, { name, version, nowMs, what: 'description' });
    return versionAnswer(db, name, version);
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
  const stage = canonicalStage(asked);
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
    await db.query('UPDATE model_versions SET stage = $3, updated = $4 WHERE name = $1 AND version = $2', [
      name,
      version,
      stage,
      nowMs,
    ]);
    await db.query('UPDATE registered_models SET updated = $2 WHERE name = $1', [name, nowMs]);
    return versionAnswer(db, name, version);
  });
};

export const searchVersions = async ({ pool }: Context, input: Input) => {
  const bound = new Bound();
  const filter = optionalText(input, 'filter') ?? '';
  const orderBy = texts(input, 'order_by');
  const { clauses, where } = withoutPrompts(parseFilter(filter), 'v');
  const { joins, terms, named } = ordering(orderBy.map(parseOrder), SEARCH, bound);
  const page = await searchPage(pool, SEARCH, bound, {
    where: ['NOT v.deleted', ...where, ...conditions(clauses, SEARCH, bound)],
    order: {
      joins,
      terms: [
        ...(terms.length === 0 ? [descending('v.updated', 'int8')] : terms),
        ...(named.has('v.name') ? [] : [ascending('v.name', 'text')]),
        ...(named.has('v.version') ? [] : [descending('v.version', 'int8')]),
      ],
    },
    size: pageSize(input, 200_000, 200_000),
    token: optionalText(input, 'page_token'),
    scope: ['versions', filter, orderBy],
    shown: VERSION_JSON,
  });
  return pageJson('model_versions', page);
};

/** Where the bytes are; a client resolves `runs:/` itself. */
export const getDownloadUri = async ({ pool }: Context, input: Input) => {
  const row = await liveVersion(pool, text(input, 'name'), versionNumber(input));
  return { artifact_uri: String(row.source).startsWith('runs:/') ? row.source : row.location };
};

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

export const setVersionTag = async (context: Context, input: Input) => {
  const { pool, caller, nowMs } = context;
  const [name, version] = [text(input, 'name'), versionNumber(input)];
  const tag = { key: key(input), value: optionalText(input, 'value', 100_000) ?? '' };
  refuseReserved(caller, tag.key);
  await transaction(pool, async (db) => {
    await liveVersion(db, name, version);
    await putTags(db, 'version_tags', { name, version }, [tag]);
    await tellVersionTag(db, context, { name, version, ...tag });
    if (isAsked(tag.key)) await requeueCheck(db, { name, version, nowMs });
    await noteEdit(db, caller, { name, version, nowMs, what: `tag ${tag.key}` });
  });
  return {};
};

export const deleteVersionTag = async (context: Context, input: Input) => {
  const { pool, caller, nowMs } = context;
  const [name, version, tag] = [text(input, 'name'), versionNumber(input), key(input)];
  refuseReserved(caller, tag);
  await transaction(pool, async (db) => {
    await liveVersion(db, name, version);
    const sql = 'DELETE FROM version_tags WHERE name = $1 AND version = $2 AND key = $3 RETURNING key';
    const gone = await one(db, sql, [name, version, tag]);
    if (gone !== undefined) await tellVersionTag(db, context, { name, version, key: tag });
    if (isAsked(tag)) await requeueCheck(db, { name, version, nowMs });
    await noteEdit(db, caller, { name, version, nowMs, what: `tag ${tag}` });
  });
  return {};
};
