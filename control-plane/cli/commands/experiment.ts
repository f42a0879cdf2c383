import type { ExperimentView } from '@assay/domain/read-models';
import type { Command } from 'commander';
import { apiOf } from '../api.ts';
import { printJson, table } from '../output.ts';

interface Flags {
  readonly state: string;
  readonly json?: true;
}

export function addExperiment(program: Command): void {
  const experiment = program.command('experiment').description('experiments: plans, estimates, verdicts');
  const sub = (usage: string, text: string): Command =>
    experiment
      .command(usage)
      .description(text)
      .option('--state <dir>', 'state folder of the running Assay', '.assay')
      .option('--json', 'print JSON');

  sub('list', 'all experiments').action(async (flags: Flags) => {
    const list = await apiOf(flags.state, 'product-owner').get<ExperimentView[]>('/experiments');
    if (flags.json) return printJson(list);
    const rows = list.map((x) => [
      x.plan.id,
      x.plan.endpoint,
      x.state.kind,
      x.state.kind === 'decided' ? x.state.verdict.kind : '–',
    ]);
    process.stdout.write(`${table(['experiment', 'endpoint', 'state', 'verdict'], rows)}\n`);
  });

  sub('show <id>', 'plan, last estimate and verdict').action(async (id: string, flags: Flags) => {
    const view = await apiOf(flags.state, 'product-owner').get<ExperimentView>(
      `/experiments/${encodeURIComponent(id)}`,
    );
    if (flags.json) return printJson(view);
    const last = view.looks.at(-1);
    const estimate = last
      ? `${last.estimate.toPrecision(4)} [${last.lower.toPrecision(4)}, ${last.upper.toPrecision(4)}] ${view.plan.northStar.unit}`
      : 'no look yet';
    process.stdout.write(
      `${view.plan.id} on ${view.plan.endpoint}: ${view.state.kind}\n${view.plan.hypothesis}\nestimate: ${estimate}\n`,
    );
    if (view.state.kind === 'decided')
      process.stdout.write(`verdict: ${view.state.verdict.kind}: ${view.state.verdict.reasons.join('; ')}\n`);
  });
}
