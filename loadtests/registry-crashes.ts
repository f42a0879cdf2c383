// Question: after 100 times kill -9 in the middle of uploads, registrations and alias moves, is there a half version, a
// lost acknowledged write or an orphan file after the sweep? Budget: none of each.
//   node loadtests/registry-crashes.ts [--rounds 100]
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort } from '@assay/cli/supervisor/free-port';
import { startTestPostgres } from '../test/plane/postgres.ts';
import { startRegistryProcess } from '../test/plane/registry-process.ts';
import { CRASH_ENV, crash } from './lib/registry-crashes.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '100' } } });
const dir = await mkdtemp(join(tmpdir(), 'assay-crashes-'));
await using postgres = await startTestPostgres();
const env = { ...CRASH_ENV, ASSAY_REGISTRY_PORT: String(await freePort()) };
const report = await crash(
  () => startRegistryProcess(dir, postgres.url, env),
  join(dir, 'artifacts'),
  Number(values.rounds),
  (round) => {
    if (round % 10 === 0) console.error(`${round} kills`);
  },
);
await rm(dir, { recursive: true, force: true });
console.log(JSON.stringify(report, null, 2));
if (report.broken.length > 0 || report.filesAcknowledged === 0) process.exitCode = 1;
