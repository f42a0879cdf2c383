import { type Db, one, type Row } from './database.ts';
import { absent, invalid } from './faults.ts';
import { type Input, text } from './input.ts';

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

export const liveVersion = async (db: Db, name: string, version: number): Promise<Row> => {
  const row = await one(db, 'SELECT * FROM model_versions WHERE name = $1 AND version = $2 AND NOT deleted', [
    name,
    version,
  ]);
  if (row === undefined) throw absent(`Model Version (name=${name}, version=${version}) not found`);
  return row;
};
