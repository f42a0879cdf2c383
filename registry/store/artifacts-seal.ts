import type { Db } from './database.ts';

/** Any number that nobody else locks. */
const SEAL = `hashtext('assay.registry.artifact-seal')`;

/**
 * A registration seals files, an overwrite or a deletion asks whether they are sealed: neither may happen between the other's
 * look and its commit. Registrations share the lock, so that they do not wait for each other; what changes or removes a
 * name that is there takes it alone, which is rare and short. Taken before any row is locked, so that no two wait in a ring.
 */
export const whileSealing = async (db: Db): Promise<void> => {
  await db.query(`SELECT pg_advisory_xact_lock_shared(${SEAL})`);
};

/** Whoever looks afterwards sees every registration that was answered. */
export const whileUnsealing = async (db: Db): Promise<void> => {
  await db.query(`SELECT pg_advisory_xact_lock(${SEAL})`);
};
