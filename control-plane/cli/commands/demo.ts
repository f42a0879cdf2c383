import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { AssayError } from '@assay/domain/errors';
import { FAMILY_NAMES, type Family } from '@assay/domain/families/family';
import type { Command } from 'commander';
import { EXIT, printJson, say } from '../output.ts';
import { whole } from './up.ts';

interface DemoFlags {
  readonly state: string;
  readonly seed: number;
  readonly families: string;
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
    .option('--families <list>', 'comma-separated families', FAMILY_NAMES.join(','))
    .option('--timeout <minutes>', 'give up after', whole(1, 600), 20)
    .option('--json', 'print the result as JSON')
    .action(demo);
}

async function demo(flags: DemoFlags): Promise<void> {
  const families = flags.families.split(',').map((name) => {
    if (!(FAMILY_NAMES as readonly string[]).includes(name)) {
      throw new AssayError(
        'REQUEST_INVALID',
        `Cannot run the demo for family "${name}": known are ${FAMILY_NAMES.join(', ')}`,
        { field: 'families' },
      );
    }
    return name as Family;
  });
  const ended = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => ended.abort(new Error(`ended by ${name}`)));
  const { runDemo, demoTable } = await import('../demo/run.ts');
  await using _ = await ownAssay(flags.state);
  const result = await runDemo({
    state: flags.state,
    seed: flags.seed,
    families,
    timeoutMs: flags.timeout * 60_000,
    signal: ended.signal,
    say,
  });
  if (flags.json) printJson(result);
  else process.stdout.write(`${demoTable(result)}\n`);
  process.exitCode = result.ok ? EXIT.done : EXIT.refused;
}

/** Starts an Assay where none runs on the folder; it is stopped when the demo ends. */
async function ownAssay(state: string): Promise<AsyncDisposable | undefined> {
  if (existsSync(resolve(state, 'endpoints.json'))) return undefined;
  const { Supervisor } = await import('../supervisor/supervisor.ts');
  const { supervisor } = await Supervisor.up({
    state,
    servers: 2,
    ports: {},
    auth: 'open',
    sealAfterMs: 1_000,
    say,
  });
  return supervisor;
}
