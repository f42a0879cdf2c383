import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@assay/cli/supervisor/free-port';
import { expect, test } from 'vitest';
import { CRASH_ENV, crash } from '../../loadtests/lib/registry-crashes.ts';
import { startTestPostgres } from '../plane/postgres.ts';
import { startRegistryProcess } from '../plane/registry-process.ts';

/** A few of the hundred rounds that `npm run bench:crashes` does. */
const ROUNDS = 6;

test('kill -9 during uploads, registrations and alias moves: nothing half, nothing lost, no orphan after the sweep', async () => {
  await using postgres = await startTestPostgres();
  const dir = await mkdtemp(join(tmpdir(), 'assay-crashes-'));
  try {
    // One port for all rounds: an upload in parts goes on where it was after each kill
    const env = { ...CRASH_ENV, ASSAY_REGISTRY_PORT: String(await freePort()) };
    const report = await crash(
      () => startRegistryProcess(dir, postgres.url, env),
      join(dir, 'artifacts'),
      ROUNDS,
    );
    expect(report.broken).toEqual([]);
    expect(report.filesAcknowledged).toBeGreaterThan(0);
    expect(report.answersLost).toBeGreaterThanOrEqual(ROUNDS);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
