import { Command, CommanderError } from 'commander';
import { EXIT, reportFailure } from './output.ts';

type Add = (program: Command) => void;

/** In the order of the help. Each loads what it needs: one verb must not wait for the others' drivers. */
const VERBS: ReadonlyMap<string, () => Promise<Add>> = new Map([
  ['up', async () => (await import('./commands/up.ts')).addUp],
  ['demo', async () => (await import('./commands/demo.ts')).addDemo],
  ['serve', async () => (await import('./commands/serve.ts')).addServe],
  ['doctor', async () => (await import('./commands/doctor.ts')).addDoctor],
  ['model', async () => (await import('./commands/model.ts')).addModel],
  ['release', async () => (await import('./commands/release.ts')).addRelease],
  ['experiment', async () => (await import('./commands/experiment.ts')).addExperiment],
  ['stats', async () => (await import('./commands/stats.ts')).addStats],
  ['audit', async () => (await import('./commands/audit.ts')).addAudit],
  ['evidence', async () => (await import('./commands/evidence.ts')).addEvidence],
  ['import', async () => (await import('./commands/migrate.ts')).addImport],
  ['export', async () => (await import('./commands/migrate.ts')).addExport],
  ['webhook', async () => (await import('./commands/webhook.ts')).addWebhook],
]);

const program = new Command('assay')
  .description('Assays every model before and while customers depend on it')
  .version('0.1.0')
  .showHelpAfterError('(run the command with --help to see what it takes)')
  .exitOverride();
const named = VERBS.get(process.argv[2] ?? '');
for (const load of named ? [named] : VERBS.values()) (await load())(program);

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
