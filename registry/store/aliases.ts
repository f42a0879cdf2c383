import { isGated } from '@assay/domain/gated-alias';
import { actAs, carriedOutBy, carriesOutReleases, refuseGated } from './alias-ledger.ts';
import type { Context } from './context.ts';
import { one, transaction } from './database.ts';
import { invalid } from './faults.ts';
import { type Input, text } from './input.ts';
import { modelName, modelOf } from './registered-models.ts';
import { requestRelease } from './release-requests.ts';
import { filesOf } from './version-description.ts';
import { liveVersion, versionAnswer, versionNumber } from './version-row.ts';

const aliasName = (input: Input): string => {
  const alias = text(input, 'alias', 255);
  if (!/^[\p{L}\p{N}_-]+$/u.test(alias) || /^v\d+$/i.test(alias))
    throw invalid(
      `Invalid alias ${JSON.stringify(alias)}: letters, digits, "_" and "-" only, and not a version number`,
    );
  return alias;
};

/** Moves an alias; `champion` and `challenger` become a release request instead, or a refusal. */
export const setAlias = async (context: Context, input: Input) => {
  const { pool, caller } = context;
  const [name, alias] = [modelName(input), aliasName(input)];
  if (alias.toLowerCase() === 'latest') throw invalid("'latest' alias name (case insensitive) is reserved.");
  const version = versionNumber(input);
  const row = await liveVersion(pool, name, version);
  if (isGated(alias) && !carriesOutReleases(caller)) {
    const held = await one(pool, 'SELECT version FROM aliases WHERE name = $1 AND alias = $2', [name, alias]);
    if (Number(held?.version) === version) return {};
    const hasOnnx = (await filesOf(context, row)).onnx !== undefined;
    await transaction(pool, (db) => requestRelease(db, context, { name, version, alias, hasOnnx }));
    return {};
  }
  await transaction(pool, async (db) => {
    await liveVersion(db, name, version);
    await actAs(db, caller, (await carriedOutBy(db, context, name, alias)) ?? 'set through the API');
    await db.query(
      'INSERT INTO aliases VALUES ($1, $2, $3) ON CONFLICT (name, alias) DO UPDATE SET version = excluded.version',
      [name, alias, version],
    );
  });
  return {};
};

export const deleteAlias = async (context: Context, input: Input) => {
  const { pool, caller } = context;
  const [name, alias] = [modelName(input), aliasName(input)];
  if (isGated(alias) && !carriesOutReleases(caller)) refuseGated(alias, name);
  await transaction(pool, async (db) => {
    await modelOf(db, name);
    await actAs(db, caller, (await carriedOutBy(db, context, name, alias)) ?? 'deleted through the API');
    await db.query('DELETE FROM aliases WHERE name = $1 AND alias = $2', [name, alias]);
  });
  return {};
};

export const getByAlias = async ({ pool }: Context, input: Input) => {
  const [name, alias] = [modelName(input), text(input, 'alias', 255)];
  await modelOf(pool, name);
  const sql =
    alias.toLowerCase() === 'latest'
      ? "SELECT max(version) AS version FROM model_versions WHERE name = $1 AND NOT deleted AND $2 <> ''"
      : 'SELECT version FROM aliases WHERE name = $1 AND alias = $2';
  const version = (await one(pool, sql, [name, alias]))?.version;
  if (version === undefined || version === null) throw invalid(`Registered model alias ${alias} not found.`);
  return versionAnswer(pool, name, Number(version));
};
