// One installation at a time in a clone. Plain JavaScript for any Node from 18 on, without dependencies.
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LOOK_MS = 200;

/** The process that a lock file names; undefined: the file is gone. */
function ownerOf(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}

/**
 * Whoever made the file with the highest number may install. It is made whole and at once, by a link to `own`; a number above one
 * of a process that died is free to the first who makes it, unless that process had released it after all. Answers the number, or
 * who has it.
 */
function take(folder, own) {
  const newest = Math.max(0, ...readdirSync(folder).map(Number).filter(Number.isInteger));
  const before = join(folder, String(newest));
  const owner = newest === 0 ? undefined : ownerOf(before);
  if (newest > 0 && (owner === undefined || isAlive(owner))) return { owner };
  const number = newest + 1;
  try {
    linkSync(own, join(folder, String(number)));
  } catch (error) {
    if (error.code === 'EEXIST') return {};
    throw error;
  }
  if (newest === 0 || existsSync(before)) return { number };
  rmSync(join(folder, String(number)));
  return {};
}

/** Its own first: what is left then is of the dead, as it was before. */
function release(folder, number) {
  rmSync(join(folder, String(number)), { force: true });
  for (const name of readdirSync(folder))
    if (Number(name) < number) rmSync(join(folder, name), { force: true });
}

/** Runs `work` while no other process does for this folder, waiting as long as that one lives; one that was killed holds nothing. */
export function alone(folder, work) {
  mkdirSync(folder, { recursive: true });
  const own = join(folder, `process-${process.pid}`);
  writeFileSync(own, String(process.pid));
  let told;
  try {
    for (;;) {
      const { number, owner } = take(folder, own);
      if (number !== undefined) {
        try {
          return work();
        } finally {
          release(folder, number);
        }
      }
      if (owner !== undefined && owner !== told)
        console.error(
          `assay: process ${owner} is installing packages here; waiting for it (if it is something else, delete ${folder})`,
        );
      told = owner ?? told;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS);
    }
  } finally {
    rmSync(own, { force: true });
  }
}
