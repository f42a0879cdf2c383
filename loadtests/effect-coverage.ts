// Question: does every effect's 95 % interval contain the simulator's truth in at least 9 of 10 runs over seeds?
// Runs `assay demo --json` once a seed, each in a state folder of its own, and counts by family and case.
//   node loadtests/effect-coverage.ts [--seeds 10] [--first 1] [--families ranking,pricing] [--out coverage.json]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { DemoResult } from '@assay/cli/demo/plan';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10' },
    first: { type: 'string', default: '1' },
    families: { type: 'string' },
    out: { type: 'string' },
  },
});

interface Count {
  runs: number;
  covered: number;
  asExpected: number;
}

const assay = fileURLToPath(new URL('../control-plane/cli/bin/assay.mjs', import.meta.url));

function runSeed(seed: number): DemoResult | undefined {
  const state = mkdtempSync(join(tmpdir(), `assay-seed-${seed}-`));
  const families = values.families === undefined ? [] : ['--families', values.families];
  const child = spawnSync(
    process.execPath,
    [assay, 'demo', '--json', '--state', state, '--seed', String(seed), ...families],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 2 ** 26,
    },
  );
  rmSync(state, { recursive: true, force: true });
  const text = child.stdout.toString().trim();
  return text.startsWith('{') ? (JSON.parse(text) as DemoResult) : undefined;
}

const counts = new Map<string, Count>();
const runs: { seed: number; result: DemoResult | null }[] = [];
/** After each seed: a run that is cut short has told what it saw. */
function save(): void {
  if (values.out !== undefined)
    writeFileSync(values.out, `${JSON.stringify({ counts: Object.fromEntries(counts), runs }, null, 2)}\n`);
}

const first = Number(values.first);
for (let seed = first; seed < first + Number(values.seeds); seed++) {
  const result = runSeed(seed);
  runs.push({ seed, result: result ?? null });
  for (const line of result?.lines ?? []) {
    const key = `${line.family} ${line.case}`;
    const count = counts.get(key) ?? { runs: 0, covered: 0, asExpected: 0 };
    counts.set(key, count);
    if (line.ok) count.asExpected += 1;
    const e = line.effect;
    if (e === null || e.truth === null) continue;
    count.runs += 1;
    if (e.lower <= e.truth && e.truth <= e.upper) count.covered += 1;
  }
  console.log(
    `seed ${seed}: ${result === undefined ? 'no result' : `${result.ok ? 'as expected' : 'NOT as expected'} in ${result.seconds} s`}`,
  );
  save();
}

console.log('\n| family, case | effects | interval holds the truth | ended as expected |\n|---|---|---|---|');
let ok = runs.every((r) => r.result !== null);
for (const [key, c] of [...counts].sort()) {
  console.log(`| ${key} | ${c.runs} | ${c.covered} | ${c.asExpected} of ${runs.length} |`);
  if (c.runs > 0 && c.covered < Math.floor(0.9 * c.runs)) ok = false;
}
process.exitCode = ok ? 0 : 1;
