import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, type TestContext, test } from 'vitest';
import { type GoModule, goTool } from '../plane/go-tool.ts';
import { ModelServerProcess } from './inference-server.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PLAN = join(ROOT, 'loadtests/k6/plan.json');
const K6: GoModule = { name: 'k6', path: 'go.k6.io/k6', version: 'v1.8.1' };
const GHZ: GoModule = { name: 'ghz', path: 'github.com/bojand/ghz/cmd/ghz', version: 'v0.93.0' };

async function programOf(module: GoModule, context: TestContext): Promise<string> {
  const tool = await goTool(module);
  return 'file' in tool ? tool.file : context.skip(tool.missing);
}

/** The scripts' own plan, its paths made absolute. */
function endpoints(): readonly object[] {
  const text = readFileSync(PLAN, 'utf8').replaceAll(/"path": "([^"]+)"/g, (_, path: string) =>
    JSON.stringify({ path: join(dirname(PLAN), path) }).slice(1, -1),
  );
  return (JSON.parse(text) as { endpoints: object[] }).endpoints;
}

// As short as k6 allows (a scenario lasts at least 1 s), and with limits for a machine that does other things too: what is tested is that the scripts run, and that they can fail.
const SHORT = ['-e', 'RATE=40', '-e', 'VUS=4', '-e', 'SECONDS=3', '-e', 'P99_MS=5000'];

test.for(['closed', 'open', 'ramp', 'soak', 'spike'])(
  'k6: %s keeps its thresholds',
  async (script, context) => {
    const k6 = await programOf(K6, context);
    await using server = await ModelServerProcess.start(endpoints());
    const file = `loadtests/k6/${script}.js`;
    const args = ['run', '--quiet', '--no-usage-report', '-e', `GRPC=${server.grpc}`, ...SHORT, file];
    const { stdout } = await run(k6, args, { cwd: ROOT });
    expect(stdout).toMatch(/wrong[ .]*: 0\.00%/);
    expect(stdout).toMatch(/answered_ms[ .]*: avg=/);
  },
);

test('k6: a threshold that is missed is an exit code', async (context) => {
  const k6 = await programOf(K6, context);
  await using server = await ModelServerProcess.start(endpoints());
  const args = ['run', '--quiet', '--no-usage-report', '-e', `GRPC=${server.grpc}`, ...SHORT.slice(0, -1)];
  const missed = run(k6, [...args, 'P99_MS=0', 'loadtests/k6/closed.js'], { cwd: ROOT });
  await expect(missed).rejects.toMatchObject({ code: 99 });
});

test.for(['closed', 'open'])('ghz: %s, every call answered', async (config, context) => {
  const ghz = await programOf(GHZ, context);
  await using server = await ModelServerProcess.start(endpoints());
  const short = config === 'closed' ? ['--total', '400'] : ['--rps', '40', '--duration', '2s'];
  const args = ['--config', `loadtests/ghz/${config}.json`, '--format', 'json', ...short, server.grpc];
  const { stdout } = await run(ghz, args, { cwd: ROOT });
  const { count, statusCodeDistribution } = JSON.parse(stdout);
  expect(count).toBeGreaterThan(50);
  expect(statusCodeDistribution).toEqual({ OK: count });
});
