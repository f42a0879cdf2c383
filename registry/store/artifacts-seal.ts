import { foldersOf, safePath } from './artifacts-names.ts';
import type { Db } from './database.ts';

/** Any number that nobody else locks. */
const SEAL = `hashtext('assay.registry.artifact-seal')`;
const FOLDER = `hashtext('assay.registry.artifact-folder')`;
export const PROXY = 'mlflow-artifacts:/';

/*
 * A registration seals a folder; whoever writes into it, changes or removes a file asks whether it is sealed. Neither may
 * happen between the other's look and its commit. Two locks, taken in this order and before any row is locked, so that no
 * two wait in a ring: one for deletions, which may take many folders at once, and one for each folder that a file lies in.
 */

/** Registrations do not wait for each other, but for a deletion. */
export const whileSealing = async (db: Db): Promise<void> => {
  await db.query(`SELECT pg_advisory_xact_lock_shared(${SEAL})`);
};

/** A deletion is alone: whoever looks afterwards sees every registration that was answered. */
export const whileUnsealing = async (db: Db): Promise<void> => {
  await db.query(`SELECT pg_advisory_xact_lock(${SEAL})`);
};

/** Waits for the files that are just being named below a version's place, and holds back those to come. */
export const sealFolder = async (db: Db, location: string): Promise<void> => {
  if (!location.startsWith(PROXY)) return;
  const place = safePath(location.slice(PROXY.length).replace(/^\/+/, ''));
  await db.query(`SELECT pg_advisory_xact_lock(${FOLDER}, hashtext($1))`, [place]);
};

/** Files are named side by side; a registration of any folder above the file waits, and is seen by who comes later. */
export const whileNaming = async (db: Db, path: string): Promise<void> => {
  await db.query(
    `SELECT pg_advisory_xact_lock_shared(${FOLDER}, hashtext(place)) FROM unnest($1::text[]) AS place`,
    [[...foldersOf(path), path]],
  );
};
