import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Numeric } from '@assay/analysis/numeric/accuracy';

/** Pure JavaScript libraries that could do the same, at the versions that were measured. */
const PACKAGES = {
  jstat: '1.9.6',
  'ml-matrix': '6.15.1',
  '@stdlib/math-base-special-betainc': '0.2.3',
  '@stdlib/math-base-special-betaln': '0.3.1',
  '@stdlib/math-base-special-erfc': '0.2.5',
  '@stdlib/math-base-special-gammainc': '0.3.1',
  '@stdlib/math-base-special-gammaln': '0.3.1',
  '@stdlib/stats-base-dists-normal-quantile': '0.3.1',
  '@stdlib/stats-base-dists-t-cdf': '0.2.3',
};

export type Solver = (matrix: number[][], b: number[]) => readonly number[];

export interface Candidate {
  readonly name: string;
  readonly functions: Readonly<Record<string, Numeric>>;
  readonly solve?: Solver;
}

interface JStat {
  readonly normal: {
    cdf(x: number, mean: number, sd: number): number;
    inv(p: number, mean: number, sd: number): number;
  };
  readonly studentt: { cdf(t: number, df: number): number };
  readonly noncentralt: { cdf(t: number, df: number, shift: number): number };
  ibeta(x: number, a: number, b: number): number;
  lowRegGamma(a: number, x: number): number;
  gammaln(x: number): number;
  betaln(a: number, b: number): number;
}

function stdlib(load: NodeJS.Require): Candidate {
  const of = <F>(name: string): F => load(`@stdlib/${name}`) as F;
  const erfc = of<(x: number) => number>('math-base-special-erfc');
  const betainc =
    of<(x: number, a: number, b: number, regularized: boolean, upper: boolean) => number>(
      'math-base-special-betainc',
    );
  const gammainc = of<(x: number, s: number, regularized: boolean, upper: boolean) => number>(
    'math-base-special-gammainc',
  );
  const quantile = of<(p: number, mean: number, sd: number) => number>('stats-base-dists-normal-quantile');
  const tCdf = of<(t: number, df: number) => number>('stats-base-dists-t-cdf');
  return {
    name: '@stdlib',
    functions: {
      normalUpper: (x = 0) => erfc(x / Math.SQRT2) / 2,
      logNormalUpper: (x = 0) => Math.log(erfc(x / Math.SQRT2) / 2),
      normalUpperQuantile: (p = 0.5) => -quantile(p, 0, 1),
      tUpper: (t = 0, df = 1) => tCdf(-t, df),
      chiSquareUpper: (x = 0, df = 1) => gammainc(x / 2, df / 2, true, true),
      gammaLower: (a = 1, x = 0) => gammainc(x, a, true, false),
      betaLower: (a = 1, b = 1, x = 0) => betainc(x, a, b, true, false),
      betaUpper: (a = 1, b = 1, x = 0) => betainc(x, a, b, true, true),
      logGamma: of<Numeric>('math-base-special-gammaln'),
      logBeta: of<Numeric>('math-base-special-betaln'),
    },
  };
}

function jstat({ jStat }: { jStat: JStat }): Candidate {
  return {
    name: 'jstat',
    functions: {
      normalUpper: (x = 0) => jStat.normal.cdf(-x, 0, 1),
      logNormalUpper: (x = 0) => Math.log(jStat.normal.cdf(-x, 0, 1)),
      normalUpperQuantile: (p = 0.5) => -jStat.normal.inv(p, 0, 1),
      tUpper: (t = 0, df = 1) => jStat.studentt.cdf(-t, df),
      chiSquareUpper: (x = 0, df = 1) => 1 - jStat.lowRegGamma(df / 2, x / 2),
      gammaLower: (a = 1, x = 0) => jStat.lowRegGamma(a, x),
      betaLower: (a = 1, b = 1, x = 0) => jStat.ibeta(x, a, b),
      betaUpper: (a = 1, b = 1, x = 0) => jStat.ibeta(1 - x, b, a),
      noncentralTUpper: (t = 0, df = 1, shift = 0) => 1 - jStat.noncentralt.cdf(t, df, shift),
      logGamma: (x = 1) => jStat.gammaln(x),
      logBeta: (a = 1, b = 1) => jStat.betaln(a, b),
    },
  };
}

interface MlMatrix {
  readonly Matrix: { new (rows: number[][]): object; columnVector(values: number[]): object };
  readonly CholeskyDecomposition: new (m: object) => { solve(b: object): { to1DArray(): number[] } };
}

const mlMatrix = ({ Matrix, CholeskyDecomposition }: MlMatrix): Candidate => ({
  name: 'ml-matrix',
  functions: {},
  solve: (m, b) => new CholeskyDecomposition(new Matrix(m)).solve(Matrix.columnVector(b)).to1DArray(),
});

/** Installs them once in a folder of the cache; they are no dependencies of the project. */
export function candidates(cacheDir: string): Candidate[] {
  const folder = join(cacheDir, `npm-numeric-${Object.values(PACKAGES).join('-')}`);
  if (!existsSync(folder)) {
    const making = `${folder}.${process.pid}`;
    mkdirSync(making, { recursive: true });
    writeFileSync(join(making, 'package.json'), JSON.stringify({ private: true, dependencies: PACKAGES }));
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: making,
      stdio: 'inherit',
    });
    renameSync(making, folder);
  }
  const load = createRequire(join(folder, 'package.json'));
  return [stdlib(load), jstat(load('jstat') as { jStat: JStat }), mlMatrix(load('ml-matrix') as MlMatrix)];
}
