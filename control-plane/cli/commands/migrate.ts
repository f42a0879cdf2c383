import { AssayError } from '@assay/domain/errors';
import { mlflowServer } from '@assay/domain/registry-choice';
import { AssayTarget } from '@assay/registry-migration/assay-target';
import { copyAll } from '@assay/registry-migration/copy';
import { MlflowSource } from '@assay/registry-migration/mlflow-source';
import { MlflowTarget } from '@assay/registry-migration/mlflow-target';
import { Report } from '@assay/registry-migration/report';
import type { MigrationTarget } from '@assay/registry-migration/target';
import type { Command } from 'commander';
import { whole } from '../options.ts';
import { EXIT, printJson, say, table } from '../output.ts';
import { type RegistryFlags, registryOf, withRegistry } from '../registry.ts';

interface Flags extends RegistryFlags {
  readonly verify?: true;
  readonly width: number;
  readonly json?: true;
}

const TELL_EVERY_MS = 1_000;

const verb = (parent: Command, text: string): Command =>
  withRegistry(parent.command('mlflow <uri>').description(text))
    .option('--verify', 'compare the digests of files that came before, too')
    .option('--width <n>', 'runs and models under way at a time', whole(1, 64), 8)
    .option('--json', 'print a report as JSON');

const ABOUT = `
Killed and started again it goes on; started twice it copies nothing. Exit 1 when something could not be copied.
Credentials of the MLflow server: MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.
Not copied: traces, evaluation data sets, scorers, webhooks, permissions; logged models that the source has deleted.`;

export function addImport(program: Command): void {
  const from = program.command('import').description('bring what another system keeps into Assay');
  verb(from, 'copy experiments, runs, models, versions, aliases and artifacts from an MLflow 3 server')
    .addHelpText('after', ABOUT)
    .action(async (uri: string, flags: Flags) => {
      const source = new MlflowSource(mlflowServer(uri, process.env, 'URI'));
      await copy(source, new AssayTarget(registryOf(flags, 'admin', process.env)), flags);
    });
}

export function addExport(program: Command): void {
  const to = program.command('export').description('bring what Assay keeps into another system');
  verb(to, 'copy everything in the registry to an MLflow 3 server; old ids are kept there in tags')
    .addHelpText('after', ABOUT)
    .action(async (uri: string, flags: Flags) => {
      const source = new MlflowSource(registryOf(flags, 'admin', process.env));
      await copy(source, new MlflowTarget(mlflowServer(uri, process.env, 'URI'), source), flags);
    });
}

async function copy(source: MlflowSource, target: MigrationTarget, flags: Flags): Promise<void> {
  if (source.url === target.url)
    throw new AssayError('REQUEST_INVALID', `Cannot copy "${source.url}" onto itself: name another server`, {
      field: 'uri',
    });
  const report = new Report();
  const startedAt = Date.now();
  let told = '';
  const tell = (): void => {
    if (report.line() !== told) say(report.line());
    told = report.line();
  };
  const timer = setInterval(tell, TELL_EVERY_MS);
  try {
    await copyAll({ source, target, report, verify: flags.verify === true, width: flags.width });
  } finally {
    clearInterval(timer);
    tell();
  }
  const seconds = Math.round((Date.now() - startedAt) / 100) / 10;
  if (flags.json) printJson(report.asJson({ source: source.url, target: target.url, seconds }));
  else process.stdout.write(`${summary(report)}\n`);
  if (report.failures.length > 0) process.exitCode = EXIT.refused;
}

function summary(report: Report): string {
  const rows = Object.entries(report.counts).map(([kind, t]) => [
    kind,
    String(t.copied),
    String(t.updated),
    String(t.unchanged),
  ]);
  const { artifacts, notLive, notCopied, failures } = report;
  return [
    table(['what', 'copied', 'updated', 'were there'], rows),
    `${artifacts.copied} files (${artifacts.bytesCopied} bytes), ${report.metricPoints} metric points; ${artifacts.digestsCompared} digests compared`,
    ...notLive.map(
      (a) => `not live: ${a.alias} of ${a.model} was ${a.version}; request its release to make it so`,
    ),
    ...notCopied.map((n) => `not copied: ${n.what}: ${n.why}`),
    ...failures.map((f) => `refused: ${f.what}: ${f.code}: ${f.why}`),
    ...(report.nothingToCopy ? ['Nothing to copy: everything had come before.'] : []),
  ].join('\n');
}
