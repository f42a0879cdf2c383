// The same sums by plain SQL, partition by partition, without keeping anything; prints what it took as JSON.
//   node loadtests/stats/raw-look.ts DATA
import { Database } from '@assay/adapters/duckdb/database';
import { PARTS } from './generate.ts';
import { sumsSql } from './per-unit-sql.ts';

const [dataDir = ''] = process.argv.slice(2);
const startedAt = performance.now();
await using database = await Database.open({ threads: 2, memoryLimit: '16GB', spillDir: dataDir });
let units = 0;
for (let p = 0; p < PARTS; p++)
  for (const row of await database.rows(sumsSql(dataDir, String(p).padStart(2, '0'))))
    units += Number(row.units);
const ms = performance.now() - startedAt;
const { user, system } = process.cpuUsage();
console.log(
  JSON.stringify({
    ms,
    cpuMs: (user + system) / 1000,
    peakMiB: process.resourceUsage().maxRSS / 1024,
    units,
  }),
);
