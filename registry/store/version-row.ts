import { type Db, one, type Row } from './database.ts';
import { absent, invalid } from './faults.ts';
import { type Input, text } from './input.ts';
import { JsonText, listJson, objectJson, PAIR_JSON, textJson } from './json.ts';

/** MLflow's stages: plain metadata that Assay's own states do not look at. */
export const STAGES = ['None', 'Staging', 'Production', 'Archived'];

export const canonicalStage = (given: string): string => {
  const stage = STAGES.find((known) => known.toLowerCase() === given.toLowerCase());
  if (stage === undefined)
    throw invalid(`Invalid Model Version stage: ${given}. Value must be one of ${STAGES.join(', ')}.`);
  return stage;
};

export const versionNumber = (input: Input): number => {
  const version = text(input, 'version');
  if (!/^-?\d{1,9}$/.test(version))
    throw invalid(`Invalid model version ${JSON.stringify(version)}: an integer is required`);
  return Number(version);
};

const noVersion = (name: string, version: number) =>
  absent(`Model Version (name=${name}, version=${version}) not found`);

export const liveVersion = async (db: Db, name: string, version: number): Promise<Row> => {
  const row = await one(db, 'SELECT * FROM model_versions WHERE name = $1 AND version = $2 AND NOT deleted', [
    name,
    version,
  ]);
  if (row === undefined) throw noVersion(name, version);
  return row;
};

const ofVersion = (table: string) => `${table} b WHERE b.name = v.name AND b.version = v.version`;
const versionJson = (more: Readonly<Record<string, string>>): string =>
  objectJson(
    {
      name: textJson('v.name'),
      version: textJson('v.version::text'),
      creation_timestamp: 'v.created',
      last_updated_timestamp: 'v.updated',
      current_stage: textJson('v.stage'),
      source: textJson('v.source'),
      run_id: textJson('v.run_id'),
      run_link: textJson('v.run_link'),
      status: `'"READY"'`,
    },
    {
      description: textJson('v.description'),
      tags: listJson(PAIR_JSON, 'key', ofVersion('version_tags')),
      ...more,
    },
  );
/** MLflow's model version, of row `v`; lists have it without aliases. */
export const VERSION_JSON = versionJson({});
export const ALIASED_VERSION_JSON = versionJson({
  aliases: listJson('to_json(alias)::text', 'alias', ofVersion('aliases')),
});

const GET = {
  name: 'get-version',
  text: `SELECT ${ALIASED_VERSION_JSON} AS json FROM model_versions v WHERE v.name = $1 AND v.version = $2 AND NOT v.deleted`,
};

/** One version as answer; throws RESOURCE_DOES_NOT_EXIST. */
export const versionAnswer = async (db: Db, name: string, version: number): Promise<JsonText> => {
  const found = await one(db, GET, [name, version]);
  if (found === undefined) throw noVersion(name, version);
  return new JsonText(`{"model_version":${String(found.json)}}`);
};
