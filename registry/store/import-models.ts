import { isGated } from '@assay/domain/gated-alias';
import { setAlias } from './aliases.ts';
import { sealFolder, whileSealing } from './artifacts-seal.ts';
import { type Context, putTags } from './context.ts';
import { type Db, one, transaction } from './database.ts';
import { invalid, taken } from './faults.ts';
import { part, time } from './import-input.ts';
import { beginImport, importedAs } from './import-ledger.ts';
import { type Input, optionalText, tags, text } from './input.ts';
import { FAMILY_TAG, queueCheck } from './model-checks.ts';
import { liveVersion, versionNumber } from './version-row.ts';

/** A model that was here before keeps its own description and times; only its tags are added to. */
export const importRegisteredModel = async (context: Context, input: Input) => {
  const model = part(input, 'registered_model');
  const [sourceId, name] = [text(input, 'source_id'), text(model, 'name', 256)];
  return transaction(context.pool, async (db) => {
    const before = await importedAs(db, 'registered-model', sourceId);
    const inserted = await one(
      db,
      'INSERT INTO registered_models (name, description, created, updated) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING name',
      [
        name,
        optionalText(model, 'description') ?? null,
        time(model, 'creation_timestamp'),
        time(model, 'last_updated_timestamp'),
      ],
    );
    const made = before?.made ?? inserted !== undefined;
    if (made && inserted === undefined)
      await db.query('UPDATE registered_models SET description = $2, updated = $3 WHERE name = $1', [
        name,
        optionalText(model, 'description') ?? null,
        time(model, 'last_updated_timestamp'),
      ]);
    await putTags(db, 'model_tags', { name }, tags(model, 100_000));
    await beginImport(db, context, 'registered-model', { source: sourceId, target: name, made });
    return {};
  });
};

const VERSION_UPSERT = `INSERT INTO model_versions (name, version, created, updated, stage, description, source, location, run_id, run_link, model_id, created_by)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
  ON CONFLICT (name, version) DO UPDATE SET updated = excluded.updated, stage = excluded.stage, description = excluded.description`;

/** Keeps its number. A version of that number that came from elsewhere is a conflict, never overwritten. */
export const importVersion = async (context: Context, input: Input) => {
  const source = part(input, 'model_version');
  const [sourceId, name, version] = [
    text(input, 'source_id'),
    text(source, 'name', 256),
    versionNumber(source),
  ];
  if (version < 1) throw invalid(`Invalid model version ${version}: it must be 1 or more`);
  return transaction(context.pool, async (db) => {
    await whileSealing(db);
    await sealFolder(db, text(input, 'location'));
    const isNew = await assertFree(db, sourceId, name, version);
    await db.query(VERSION_UPSERT, [
      name,
      version,
      time(source, 'creation_timestamp'),
      time(source, 'last_updated_timestamp'),
      optionalText(source, 'current_stage') ?? 'None',
      optionalText(source, 'description') ?? null,
      text(source, 'source'),
      text(input, 'location'),
      optionalText(source, 'run_id') ?? '',
      optionalText(source, 'run_link') ?? '',
      optionalText(source, 'model_id') || null,
      context.caller.subject,
    ]);
    await db.query('UPDATE registered_models SET last_version = greatest(last_version, $2) WHERE name = $1', [
      name,
      version,
    ]);
    const given = tags(source, 100_000);
    await putTags(db, 'version_tags', { name, version }, given);
    // Its files are here already, and are looked at like those of any other registration
    if (isNew)
      await queueCheck(
        db,
        name,
        version,
        given.some((t) => t.key === FAMILY_TAG),
      );
    await beginImport(db, context, 'model-version', {
      source: sourceId,
      target: `${name}/${version}`,
      made: true,
    });
    return {};
  });
};

const assertFree = async (db: Db, sourceId: string, name: string, version: number): Promise<boolean> => {
  // The model's row is the lock against a registration that takes the same number
  await one(db, 'SELECT 1 FROM registered_models WHERE name = $1 FOR UPDATE', [name]);
  const there = await one(db, 'SELECT 1 FROM model_versions WHERE name = $1 AND version = $2', [
    name,
    version,
  ]);
  if (there !== undefined && (await importedAs(db, 'model-version', sourceId)) === undefined)
    throw taken(
      `Cannot import version ${version} of model ${JSON.stringify(name)}: another version has that number here`,
    );
  return there === undefined;
};

/**
 * An alias as the source has it. `champion` and `challenger` are kept as what the source said and change nothing that is
 * served: only a release moves them.
 */
export const importAlias = async (context: Context, input: Input) => {
  const [name, alias, version] = [text(input, 'name'), text(input, 'alias', 255), versionNumber(input)];
  if (!isGated(alias)) {
    const { rowCount } = await context.pool.query(
      'SELECT 1 FROM aliases WHERE name = $1 AND alias = $2 AND version = $3',
      [name, alias, version],
    );
    if (rowCount === 0) await setAlias(context, { name, alias, version: String(version) });
    return { recorded: 'live', changed: rowCount === 0 };
  }
  await liveVersion(context.pool, name, version);
  const added = await one(
    context.pool,
    'INSERT INTO imported_aliases (name, alias, version, imported_by, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING name',
    [name, alias, version, context.caller.subject, context.nowMs],
  );
  return { recorded: 'history', changed: added !== undefined };
};
