// Question: what do the statistics say about real experiments: 78 of ASOS replayed look by look, 4,873 headline tests of
// Upworthy, GeoLift's example? Prints tables; exit 1 when a published number is missed, 0 with the reason when the data is absent.
//   node loadtests/real-data.ts [--seed 7]
import { parseArgs } from 'node:util';
import { choose, halves, type Replay, readSeries, replay } from './real-data/asos.ts';
import { missing } from './real-data/csv.ts';
import { geolift } from './real-data/geolift.ts';
import { prop99 } from './real-data/prop99.ts';
import { readTests, splitChecks, winnersCurse } from './real-data/upworthy.ts';

const { values } = parseArgs({ options: { seed: { type: 'string', default: '7' } } });
const seed = Number(values.seed);
const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;
const missed: string[] = [];

/** A number that others have published for this data, within what they leave open. */
function holds(name: string, got: number, published: number, within: number): void {
  if (!(Math.abs(got - published) <= within)) missed.push(`${name}: ${got}, published ${published}`);
}

function asos(): void {
  const series = readSeries();
  const [first, rest] = halves(series);
  const tuning = choose(first);
  const line = (name: string, r: Replay): string =>
    `| ${[name, r.series, r.looks, r.atTheEnd, r.everPeeking, r.byMixture, r.bySequence, r.onlyBySequence, r.benjaminiHochberg].join(' | ')} |`;
  const whole = replay(series, tuning);
  console.log(`\n### ASOS, sequence tightest at ${tuning} users (chosen on the first 39 experiments)\n`);
  console.log(
    '| experiments | series | looks | significant at the end | ever, peeking | ever, mixture of 1 % | ever, our sequence | of these not at the end | end, Benjamini-Hochberg |',
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |');
  console.log(line('all 78', whole));
  console.log(line('the last 39', replay(rest, tuning)));
  holds('ASOS series', whole.series, 381, 0);
  holds('ASOS at the end', whole.atTheEnd, 105, 1);
  holds('ASOS ever under peeking', whole.everPeeking, 225, 1);
  holds('ASOS mixture', whole.byMixture, 105, 0);
  if (whole.bySequence > whole.atTheEnd + 0.1 * whole.series)
    missed.push('ASOS: the sequence calls far more than the end');
}

function upworthy(): void {
  const tests = readTests();
  const s = splitChecks(tests);
  const w = winnersCurse(tests, seed);
  console.log('\n### Upworthy\n\n| what | value |\n| --- | --- |');
  console.log(
    `| refused for the split, in the broken window (${s.inWindow} of ${s.tests} tests) | ${percent(s.failInWindow)} |`,
  );
  console.log(`| the same, outside of it | ${percent(s.failOutside)} |`);
  console.log(
    `| arms differ at 5 %; after Benjamini-Hochberg; after Bonferroni | ${percent(s.armsDiffer)}; ${percent(s.afterBenjaminiHochberg)}; ${percent(s.afterBonferroni)} |`,
  );
  console.log(`| winners chosen by one half of the impressions, tests after 2014 week 20 | ${w.winners} |`);
  console.log(
    `| their lead over their test's mean click rate, as measured by that half | ${percent(Math.expm1(w.naive))} |`,
  );
  console.log(
    `| the same, shrunk (prior sd ${w.priorSd.toFixed(3)} from the earlier tests) | ${percent(Math.expm1(w.shrunk))} |`,
  );
  console.log(
    `| the lead in the other half, which did not choose them | ${percent(Math.expm1(w.fresh))} ± ${percent(w.gapError)} |`,
  );
  holds('Upworthy tests', s.tests, 4873, 0);
  holds('Upworthy split failures in the window', s.failInWindow, 0.671, 0.001);
  holds('Upworthy split failures outside', s.failOutside, 0.012, 0.001);
  holds('Upworthy arms differ', s.armsDiffer, 0.452, 0.001);
  if (!(Math.abs(w.shrunk - w.fresh) < Math.abs(w.naive - w.fresh) / 4))
    missed.push('Upworthy: shrinkage leaves a quarter of the curse');
}

function geo(): void {
  const g = geolift(seed);
  console.log('\n### GeoLift\n\n| what | value |\n| --- | --- |');
  console.log(
    `| effect a city and day; lift; incremental units | ${g.att.toFixed(3)}; ${(100 * g.lift).toFixed(2)} %; ${g.incremental.toFixed(1)} |`,
  );
  console.log(
    `| p by permuting days; by moving blocks | ${g.pPermutation.toFixed(4)}; ${g.pMovingBlock.toFixed(3)} |`,
  );
  console.log(
    `| smallest effect found with 80 %, from the days before | ${g.detectable?.toFixed(1) ?? 'too few placebos'} |`,
  );
  console.log(
    `| weights | ${g.weights.map(({ city, weight }) => `${city} ${weight.toFixed(3)}`).join(', ')} |`,
  );
  holds('GeoLift effect', g.att, 155.556, 0.01);
  holds('GeoLift units', g.incremental, 4666.7, 0.3);
  holds('GeoLift p', g.pPermutation, 0.011, 0.005);
  holds('GeoLift moving block p', g.pMovingBlock, 0.048, 0.001);
}

function tobacco(): void {
  console.log(
    '\n### Proposition 99 with its seven predictors, nested search from five sets of starts\n\n| starts | mean square before 1989 | weights | near-ties |\n| --- | --- | --- | --- |',
  );
  for (let i = 1; i <= 5; i++) {
    const { meanSquare, weights, nearTies } = prop99(`prop99/${seed}/${i}`);
    console.log(`| ${i} | ${meanSquare.toFixed(5)} | ${weights} | ${nearTies.join('; ') || 'none'} |`);
    if (!(meanSquare <= 3.08)) missed.push(`Proposition 99 from starts ${i}: ${meanSquare}, at most 3.08`);
  }
}

if (missing !== null) console.log(`Skipped: ${missing}`);
else {
  asos();
  upworthy();
  geo();
  tobacco();
}
for (const line of missed) console.error(`missed: ${line}`);
process.exitCode = missed.length > 0 ? 1 : 0;
