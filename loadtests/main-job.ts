// Question: does the main job keep its budgets? From the start to endpoints.json ≤ 60 s, the page usable within the first
// minute, the whole demo ≤ 10 min with five trainings, all processes together ≤ 4 GiB.
//   node loadtests/main-job.ts [--cold] [--seed 7] [--out main-job.json]
// --cold: nothing in the cache (Temporal CLI, Python environments, data); in a fresh clone the pages are built too.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { DemoResult } from '@assay/cli/demo/plan';
import { memoryMiB } from './lib/process-tree.ts';

const { values } = parseArgs({
  options: {
    cold: { type: 'boolean', default: false },
    seed: { type: 'string', default: '7' },
    out: { type: 'string' },
  },
});
const BUDGET = { startSeconds: 60, pageSeconds: 60, demoSeconds: 600, peakMiB: 4096 } as const;
const START_LIMIT_MS = 600_000;
const SAMPLE_MS = 1_000;

const main = fileURLToPath(new URL('../control-plane/cli/main.ts', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'assay-main-job-'));
const state = join(work, 'state');
const env = { ...process.env, ...(values.cold && { ASSAY_CACHE: join(work, 'cache') }) };
const assay = (args: readonly string[]): ChildProcess =>
  spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });

/** Seconds since the start at which `there` first held. */
async function secondsUntil(
  startedAt: number,
  up: ChildProcess,
  there: () => Promise<boolean>,
): Promise<number> {
  while (!(await there())) {
    if (up.exitCode !== null) throw new Error(`assay up ended with exit ${up.exitCode}`);
    if (Date.now() - startedAt > START_LIMIT_MS) throw new Error('assay up is not ready after ten minutes');
    await delay(50);
  }
  return (Date.now() - startedAt) / 1000;
}

/** The page itself, and what it shows: the endpoints. */
async function pageAnswers(): Promise<boolean> {
  const { ui, controlPlane, tokens } = JSON.parse(readFileSync(join(state, 'endpoints.json'), 'utf8')) as {
    ui: string;
    controlPlane: string;
    tokens: Record<string, string>;
  };
  const page = await (await fetch(ui)).text();
  const headers = { authorization: `Bearer ${tokens['product-owner']}` };
  return page.includes('_app/') && (await fetch(`${controlPlane}/api/v1/endpoints`, { headers })).ok;
}

async function demo(sample: () => void): Promise<DemoResult> {
  const child = assay(['demo', '--json', '--state', state, '--seed', values.seed]);
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  pids.push(child.pid ?? 0);
  const timer = setInterval(sample, SAMPLE_MS);
  await once(child, 'close');
  clearInterval(timer);
  return JSON.parse(text) as DemoResult;
}

const startedAt = Date.now();
const up = assay(['up', '--state', state]);
const pids = [up.pid ?? 0];
try {
  const startSeconds = await secondsUntil(startedAt, up, async () =>
    existsSync(join(state, 'endpoints.json')),
  );
  const pageSeconds = await secondsUntil(startedAt, up, pageAnswers);
  let peakMiB = 0;
  const { ok, seconds: demoSeconds } = await demo(() => {
    peakMiB = Math.max(peakMiB, memoryMiB(pids));
  });
  const measured = { startSeconds, pageSeconds, demoSeconds, peakMiB };
  console.log('| what | measured | budget |\n|---|---|---|');
  for (const [what, budget] of Object.entries(BUDGET))
    console.log(`| ${what} | ${measured[what as keyof typeof BUDGET].toFixed(1)} | ${budget} |`);
  console.log(`\nthe demo ended ${ok ? 'as expected' : 'NOT as expected'}`);
  if (values.out !== undefined)
    writeFileSync(values.out, `${JSON.stringify({ ok, ...measured }, null, 2)}\n`);
  const kept = Object.entries(BUDGET).every(([k, budget]) => measured[k as keyof typeof BUDGET] <= budget);
  process.exitCode = ok && kept ? 0 : 1;
} finally {
  if (up.exitCode === null) {
    up.kill('SIGTERM');
    await once(up, 'exit');
  }
  rmSync(work, { recursive: true, force: true });
}
