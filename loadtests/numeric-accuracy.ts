// Question: how far are our distributions and linear systems from 60 digits, and how far are the libraries that could do them?
// Budget: relative error at most 1e-12 over the grid (Kolmogorov's law beyond 140 values: 1e-6, as scipy approximates it), linear
// systems 1e-15 of their condition number; exit 1 when it is missed. The grid: test/reference/stats/make-accuracy-grid.py.
//   npm run bench:accuracy
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FUNCTIONS, type Grid, type Numeric, solveError, worst } from '@assay/analysis/numeric/accuracy';
import { type Candidate, candidates } from './numeric/candidates.ts';

const BUDGET = 1e-12;
const grid = JSON.parse(
  readFileSync(new URL('../test/reference/stats/accuracy-grid.json', import.meta.url), 'utf8'),
) as Grid;
const cacheDir = process.env.ASSAY_CACHE ?? fileURLToPath(new URL('../.assay/cache', import.meta.url));
const others = candidates(cacheDir);
const shown = (error: number | undefined): string =>
  error === undefined ? '–' : Number.isFinite(error) ? error.toExponential(0) : 'infinite';

const errorOf = (f: Numeric | undefined, rows: readonly (readonly number[])[]): number | undefined =>
  f && worst(f, rows).error;

console.log(`| function | points | ours | ${others.map(({ name }) => name).join(' | ')} |`);
console.log(`|${' --- |'.repeat(3 + others.length)}`);
for (const [name, rows] of Object.entries(grid.functions)) {
  const parts =
    name === 'kolmogorovUpper'
      ? [
          { name: `${name}, to 140 values`, rows: rows.filter(([n = 0]) => n <= 140), budget: BUDGET },
          { name: `${name}, 300 values`, rows: rows.filter(([n = 0]) => n > 140), budget: 1e-6 },
        ]
      : [{ name, rows, budget: BUDGET }];
  for (const part of parts) {
    const ours = errorOf(FUNCTIONS[name], part.rows) ?? Infinity;
    if (!(ours <= part.budget)) process.exitCode = 1;
    const beside = others.map(({ functions }) => shown(errorOf(functions[name], part.rows)));
    console.log(`| ${part.name} | ${part.rows.length} | ${shown(ours)} | ${beside.join(' | ')} |`);
  }
}
for (const system of grid.systems) {
  const ours = solveError(system);
  if (!(ours <= 1e-15)) process.exitCode = 1;
  const beside = others.map(({ solve }: Candidate) => shown(solve && solveError(system, solve)));
  const label = `${system.name} of ${system.n}, condition ${system.condition.toPrecision(2)}`;
  console.log(`| ${label}, error over condition | ${system.n} | ${shown(ours)} | ${beside.join(' | ')} |`);
}
