import type { StoredExperiment } from '@assay/domain/ports/control-store';
import type { ExperimentView } from '@assay/domain/read-models';
import type { Command } from 'commander';
import { apiOf } from '../api.ts';
import { asRole, remote } from '../options.ts';
import { printJson, table } from '../output.ts';

interface Flags {
  readonly state: string;
  readonly as: string;
  readonly json?: true;
}

export function addExperiment(program: Command): void {
  const experiment = program.command('experiment').description('experiments: plans, estimates, verdicts');
  const sub = (usage: string, text: string): Command =>
    remote(experiment.command(usage).description(text)).addOption(asRole('product-owner'));

  sub('list', 'all experiments').action(async (flags: Flags) => {
    const list = await apiOf(flags.state, flags.as).get<ExperimentView[]>('/experiments');
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
    const view = await apiOf(flags.state, flags.as).get<ExperimentView>(
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

  sub('stop <id>', 'end a running experiment now; it is decided on what was seen')
    .requiredOption('--reason <text>', 'why')
    .action(async (id: string, flags: Flags & { reason: string }) => {
      const stopped = await apiOf(flags.state, flags.as).post<StoredExperiment>(
        `/experiments/${encodeURIComponent(id)}/stop`,
        { reason: flags.reason },
      );
      if (flags.json) return printJson(stopped);
      process.stdout.write(
        stopped.state.kind === 'decided'
          ? `${id} was decided before: nothing to stop\n`
          : `${id} is asked to stop; see "assay experiment show ${id}"\n`,
      );
    });
}
