// One look by the engine, from Parquet to verdicts; prints what it took and found as JSON.
//   node loadtests/stats/our-look.ts DATA STATE [MEMORY]
import { metricLook } from '@assay/adapters/duckdb/metric-look/metric-look';
import { metricVerdicts } from '@assay/analysis/metric-verdicts';
import { SET } from './world.ts';

const [dataDir = '', stateDir = '', memoryLimit = '256MB'] = process.argv.slice(2);
const startedAt = performance.now();
const { moments, read, segments } = await metricLook({ dataDir, stateDir, set: SET, memoryLimit });
const effects = metricVerdicts(SET, moments, 'final').map((verdict) => verdict.effect);
const ms = performance.now() - startedAt;
const { user, system } = process.cpuUsage();
const bits = JSON.stringify(moments, (_, v) => (typeof v === 'bigint' ? v.toString() : v));
console.log(
  JSON.stringify({
    ms,
    cpuMs: (user + system) / 1000,
    peakMiB: process.resourceUsage().maxRSS / 1024,
    effects: effects.map((e) => [e?.estimate, e?.lower, e?.upper]),
    read,
    segments,
    bits,
  }),
);
