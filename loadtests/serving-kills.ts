// Question: after kill -9 in the middle of a load, again and again, is every answer that a client got in the evidence, and none twice?
// Budget: 50 kills, no answer missing, none twice, by what `assay evidence cat` prints.
//   npm run bench:kills [-- --rounds 50 --in-flight 32 --seed assay]
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { prng } from '@assay/domain/prng';
import { ModelServerProcess } from '../test/contracts/inference-server.ts';
import { askUntilGone } from './serving/answered-ids.ts';
import { requests } from './serving/frames.ts';
import { FEATURES, planOf } from './serving/plan.ts';

const CLI = fileURLToPath(new URL('../control-plane/cli/main.ts', import.meta.url));
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '50' },
    'in-flight': { type: 'string', default: '32' },
    seed: { type: 'string', default: 'assay' },
  },
});
const rounds = Number(values.rounds);
const random = prng(`kills/${values.seed}`);
/** Segments end often, so that kills also come while one is sealed. */
const SEAL_AFTER_MS = 150;
/** From the first answer to the kill. */
const LONGEST_LIFE_MS = 800;
const ANSWER_MS = 30_000;
const LISTED = 5;

/** How often each served decision id is in the evidence, as the command line prints it. */
async function decisionsIn(dir: string): Promise<Map<string, number>> {
  const cat = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', CLI, 'evidence', 'cat', dir],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const found = new Map<string, number>();
  for await (const line of createInterface({ input: cat.stdout })) {
    const { kind, role, decision_id: id } = JSON.parse(line) as Record<string, string>;
    if (kind === 'predictions' && role === 'served' && id !== undefined)
      found.set(id, (found.get(id) ?? 0) + 1);
  }
  if (cat.exitCode === null) await new Promise((resolve) => cat.once('exit', resolve));
  if (cat.exitCode !== 0) throw new Error(`assay evidence cat ended with ${cat.exitCode}`);
  return found;
}

async function killed(server: ModelServerProcess, messages: readonly Buffer[]): Promise<readonly string[]> {
  const { answered, ended } = askUntilGone(server.grpc, messages, Number(values['in-flight']));
  for (const end = Date.now() + ANSWER_MS; answered.length === 0; await delay(1))
    if (Date.now() > end) throw new Error(`no answer within ${ANSWER_MS} ms: ${server.log}`);
  await delay(random.int(LONGEST_LIFE_MS));
  await server.stop('SIGKILL');
  await ended;
  return answered;
}

async function run(): Promise<number> {
  const dir = await mkdtemp(join(tmpdir(), 'assay-kills-'));
  const { endpoints } = planOf(FEATURES) as { endpoints: readonly object[] };
  const messages = requests(512, 1);
  const answered: string[] = [];
  try {
    const env = { ASSAY_SEAL_AFTER_MS: String(SEAL_AFTER_MS) };
    await using server = await ModelServerProcess.start(endpoints, { dir, env });
    for (let round = 1; round <= rounds; round++) {
      answered.push(...(await killed(server, messages)));
      if (round % 10 === 0) console.error(`  ${round} kills, ${answered.length} answers`);
      await server.start();
    }
    await server.stop();
    const evidence = await decisionsIn(server.evidence);
    const missing = answered.filter((id) => !evidence.has(id));
    const twice = [...evidence].filter(([, count]) => count > 1).map(([id]) => id);
    console.log(
      `${rounds} kills: ${answered.length} answers, ${evidence.size} decisions in the evidence, ${missing.length} answers missing, ${twice.length} decisions twice`,
    );
    for (const [name, ids] of Object.entries({ missing, twice }))
      if (ids.length > 0) console.log(`${name}: ${ids.slice(0, LISTED).join(', ')} …`);
    return missing.length === 0 && twice.length === 0 && answered.length > 0 ? 0 : 1;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

process.exitCode = await run();
