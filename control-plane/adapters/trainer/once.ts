import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const BEAT_MS = 1_000;
/** A lock whose owner has not touched it for so long is dead. */
const STALE_MS = 15_000;
const POLL_MS = 250;

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** True when this process owns the lock file now. */
async function take(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx')).close();
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  }
  const age = await stat(lock).then(
    (s) => Date.now() - s.mtimeMs,
    () => 0,
  );
  if (age < STALE_MS) return false;
  // Whoever moves the dead lock away may try again; for the others it is gone.
  const grave = `${lock}.${randomUUID()}`;
  await rename(lock, grave).catch(() => undefined);
  await rm(grave, { force: true });
  return false;
}

/**
 * Makes a folder once on this machine: `make` fills a draft that is moved to `dir` when it is whole, so a folder that is
 * there is whole. A second process waits for the first; the lock of one that died is broken.
 */
export async function once(
  dir: string,
  make: (draft: string) => Promise<void>,
  onWait: () => void = () => undefined,
): Promise<void> {
  await mkdir(dirname(dir), { recursive: true });
  const lock = `${dir}.lock`;
  while (!(await isThere(dir))) {
    if (!(await take(lock))) {
      onWait();
      await delay(POLL_MS);
      continue;
    }
    await filled(dir, lock, make);
  }
}

async function filled(dir: string, lock: string, make: (draft: string) => Promise<void>): Promise<void> {
  const draft = `${dir}.draft`;
  const beat = setInterval(() => void utimes(lock, new Date(), new Date()).catch(() => undefined), BEAT_MS);
  try {
    if (await isThere(dir)) return;
    // What a dead owner had begun.
    await rm(draft, { recursive: true, force: true });
    await make(draft);
    await rename(draft, dir);
  } finally {
    clearInterval(beat);
    await rm(draft, { recursive: true, force: true });
    await rm(lock, { force: true });
  }
}
