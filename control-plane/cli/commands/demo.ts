import { FAMILY_NAMES, type Family } from '@assay/domain/families/family';
import type { Command } from 'commander';
import { families, whole } from '../options.ts';
import { EXIT, printJson, say } from '../output.ts';
import { stopSignal } from '../stop-signal.ts';
import { runsOn } from '../supervisor/process-table.ts';
import { openStateFolder } from '../supervisor/state-folder.ts';

interface DemoFlags {
  readonly state: string;
  readonly seed: number;
  readonly families: readonly Family[];
  readonly timeout: number;
  readonly json?: true;
}

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description(
      "bring the sample world through every family's lifecycle; uses the Assay that runs on the state folder, or starts one",
    )
    .option('--state <dir>', 'state folder', '.assay')
    .option('--seed <n>', 'seed of data, training and traffic', whole(0, 2 ** 31), 7)
    .option('--families <list>', 'comma-separated families', families, FAMILY_NAMES)
    .option('--timeout <minutes>', 'give up after', whole(1, 600), 20)
    .option('--json', 'print the result as JSON')
    .action(demo);
}

async function demo(flags: DemoFlags): Promise<void> {
  const signal = stopSignal();
  const { runDemo, demoTable } = await import('../demo/run.ts');
  await using _ = await ownAssay(flags.state, signal);
  const result = await runDemo({
    state: flags.state,
    seed: flags.seed,
    families: flags.families,
    timeoutMs: flags.timeout * 60_000,
    signal,
    say,
  });
  if (flags.json) printJson(result);
  else process.stdout.write(`${demoTable(result)}\n`);
  process.exitCode = result.ok ? EXIT.done : EXIT.refused;
}

/** Starts an Assay where none runs on the folder; it is stopped when the demo ends. */
async function ownAssay(state: string, signal: AbortSignal): Promise<AsyncDisposable | undefined> {
  if (runsOn(openStateFolder(state))) return undefined;
  const { Supervisor } = await import('../supervisor/supervisor.ts');
  const { supervisor } = await Supervisor.up({
    state,
    servers: 2,
    ports: {},
    auth: 'open',
    sealAfterMs: 1_000,
    say,
    signal,
  });
  return supervisor;
}
