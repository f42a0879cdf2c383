import { Command, CommanderError } from 'commander';
import { addAudit } from './commands/audit.ts';
import { addDemo } from './commands/demo.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEvidence } from './commands/evidence.ts';
import { addExperiment } from './commands/experiment.ts';
import { addMigrate } from './commands/migrate.ts';
import { addModel } from './commands/model.ts';
import { addRelease } from './commands/release.ts';
import { addServe } from './commands/serve.ts';
import { addStats } from './commands/stats.ts';
import { addUp } from './commands/up.ts';
import { EXIT, reportFailure } from './output.ts';

const program = new Command('assay')
  .description('Assays every model before and while customers depend on it')
  .version('0.1.0')
  .showHelpAfterError('(run the command with --help to see what it takes)')
  .exitOverride();
for (const add of [
  addUp,
  addDemo,
  addServe,
  addDoctor,
  addModel,
  addRelease,
  addExperiment,
  addStats,
  addAudit,
  addEvidence,
  addMigrate,
])
  add(program);

try {
  await program.parseAsync();
} catch (cause) {
  process.exitCode =
    cause instanceof CommanderError
      ? cause.exitCode === 0
        ? EXIT.done
        : EXIT.wrongUse
      : reportFailure(cause, process.argv.includes('--json'));
}
