import { readFileSync, statSync } from 'node:fs';
import type { MetricVerdict } from '@assay/analysis/metric-verdicts';
import { AssayError } from '@assay/domain/errors';
import type { MetricSet } from '@assay/domain/metric-set';
import type { Command } from 'commander';
import { z } from 'zod';
import { EXIT, printJson, table } from '../output.ts';

interface Flags {
  readonly set: string;
  readonly keep: string;
  readonly final?: true;
  readonly json?: true;
}

const name = z.string().min(1);
const setShape = z.strictObject({
  arms: z.array(z.strictObject({ name, weight: z.number().gt(0).lt(1) })),
  columns: z.array(z.strictObject({ name, decimals: z.number() })),
  metrics: z.array(
    z.strictObject({
      name,
      better: z.enum(['higher', 'lower']),
      smallestEffect: z.number().gt(0),
      value: name,
      denominator: name.exactOptional(),
      covariate: name.exactOptional(),
    }),
  ),
  alpha: z.number().gt(0).lt(1),
  minUnits: z.int().min(2),
  tuning: z.int().min(2),
});

function readSet(file: string): MetricSet {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    const why = (cause as Error).message;
    throw new AssayError('EXPERIMENT_INVALID', `Cannot read the metric set "${file}": ${why}`, {
      field: 'set',
      cause,
    });
  }
  const { data, error } = setShape.safeParse(value);
  if (data !== undefined) return data;
  const [issue] = error.issues;
  const field = issue?.path.join('.') ?? '';
  throw new AssayError(
    'EXPERIMENT_INVALID',
    `Cannot use the metric set "${file}": ${field}: ${issue?.message}`,
    {
      field,
    },
  );
}

const digits = (x: number | undefined): string => (x === undefined ? '' : x.toPrecision(4));

const rowOf = ({ metric, kind, effect, reasons }: MetricVerdict): string[] => [
  metric,
  kind,
  digits(effect?.estimate),
  effect ? `${digits(effect.lower)} to ${digits(effect.upper)}` : '',
  reasons.join('; '),
];

async function look(dir: string, flags: Flags): Promise<void> {
  const set = readSet(flags.set);
  if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory())
    throw new AssayError('NOT_FOUND', `Cannot look at evidence: "${dir}" is not a folder`, { field: 'dir' });
  const { metricLook } = await import('@assay/adapters/duckdb/metric-look/metric-look');
  const { metricVerdicts } = await import('@assay/analysis/metric-verdicts');
  const { moments, read, segments } = await metricLook({ dataDir: dir, stateDir: flags.keep, set });
  const verdicts = metricVerdicts(set, moments, flags.final ? 'final' : 'running');
  const units = Object.fromEntries(Object.entries(moments.arms).map(([arm, m]) => [arm, Number(m.units)]));
  const crossed = Number(moments.crossed);
  if (verdicts.some((v) => v.kind === 'refused')) process.exitCode = EXIT.refused;
  if (flags.json) return printJson({ verdicts, units, crossed, read, segments });
  const counts = Object.entries(units).map(([arm, n]) => `${n} in ${arm}`);
  const head = ['metric', 'verdict', 'effect', 'interval', 'why'];
  process.stdout.write(
    `${table(head, verdicts.map(rowOf))}\n${counts.join(', ')}, ${crossed} in both and left out; ${segments} ${read === 'all' ? '' : 'new '}segments read\n`,
  );
}

export function addEvidenceLook(evidence: Command): void {
  evidence
    .command('look <dir>')
    .description(
      'verdicts of a metric set over sealed exposures and outcomes; a later look reads what is new',
    )
    .requiredOption('--set <file>', 'the metric set, as JSON (control-plane/domain/metric-set.ts)')
    .requiredOption('--keep <folder>', 'where sums are kept between looks')
    .option('--final', 'the one look that was planned beforehand; without it, as often as one likes')
    .option('--json', 'print verdicts and counts as JSON')
    .action(look);
}
