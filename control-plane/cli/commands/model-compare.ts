import type { VersionComparison } from '@assay/domain/read-models';
import type { Command } from 'commander';
import pc from 'picocolors';
import { apiOf } from '../api.ts';
import { printJson, table } from '../output.ts';

interface Flags {
  readonly state: string;
  readonly json?: true;
}

/** Two versions side by side; what differs is marked. */
export function addModelCompare(model: Command): void {
  model
    .command('compare <model> <version> <other>')
    .description('two versions side by side: params, metrics, digests, signature, release states')
    .option('--state <dir>', 'state folder of the running Assay', '.assay')
    .option('--json', 'print JSON')
    .action(async (name: string, version: string, other: string, flags: Flags) => {
      const asked = new URLSearchParams({ version, other });
      const compared = await apiOf(flags.state, 'admin').get<VersionComparison>(
        `/models/${encodeURIComponent(name)}/compare?${asked}`,
      );
      const { rows, ...rest } = compared;
      if (flags.json)
        return printJson({ ...rest, differs: rows.filter((r) => r.differs).map((r) => r.what) });
      process.stdout.write(`${printed(version, other, rows)}\n`);
    });
}

const LONGEST = 48;
const short = (text: string | null): string =>
  text === null ? '–' : text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;

const printed = (version: string, other: string, rows: VersionComparison['rows']): string =>
  table(
    ['', 'what', version, other],
    rows.map((r) => [r.differs ? pc.yellow('≠') : '=', r.what, short(r.a), short(r.b)]),
  );
