import { spawn } from 'node:child_process';
import { type Command, Option } from 'commander';
import pc from 'picocolors';
import { whole } from '../options.ts';
import { printJson, say, table } from '../output.ts';
import { aborted, stopSignal } from '../stop-signal.ts';
import type { Endpoints } from '../supervisor/state-folder.ts';
import { Supervisor } from '../supervisor/supervisor.ts';

interface UpFlags {
  readonly state: string;
  readonly demo?: true;
  readonly servers: number;
  readonly port?: number;
  readonly registryPort?: number;
  readonly inferencePort?: number;
  readonly auth: 'open' | 'required';
  readonly sealAfter: number;
  readonly json?: true;
}

export function addUp(program: Command): void {
  program
    .command('up')
    .description(
      'start everything: PostgreSQL, Temporal, registry, control plane with UI, worker, model servers',
    )
    .option('--state <dir>', 'folder that keeps all state', '.assay')
    .option('--demo', 'then bring the sample world through its lifecycles')
    .option('--servers <n>', 'model servers', whole(1, 16), 2)
    .option('--port <port>', 'port of control plane and UI (default: a free one)', whole(1, 65_535))
    .option('--registry-port <port>', 'port of the registry (default: a free one)', whole(1, 65_535))
    .option(
      '--inference-port <port>',
      'gRPC port of the first model server (default: a free one)',
      whole(1, 65_535),
    )
    .addOption(
      new Option('--auth <mode>', '"open": a request without a token is the local operator\'s')
        .choices(['open', 'required'])
        .default('open'),
    )
    .option('--seal-after <ms>', 'age at which an evidence segment is sealed', whole(100, 3_600_000), 1_000)
    .option('--json', 'print endpoints.json when everything is up')
    .action(up);
}

async function up(flags: UpFlags): Promise<void> {
  const startedAt = Date.now();
  const signal = stopSignal();
  const ports = {
    ...(flags.port !== undefined && { controlPlane: flags.port }),
    ...(flags.registryPort !== undefined && { registry: flags.registryPort }),
    ...(flags.inferencePort !== undefined && { inference: flags.inferencePort }),
  };
  const { supervisor, endpoints } = await Supervisor.up({
    state: flags.state,
    servers: flags.servers,
    ports,
    auth: flags.auth,
    sealAfterMs: flags.sealAfter,
    say,
    signal,
  });
  await using _ = supervisor;
  say(pc.green(`everything is up after ${((Date.now() - startedAt) / 1000).toFixed(1)} s`));
  if (flags.json) printJson(endpoints);
  else process.stdout.write(`${addresses(endpoints)}\n`);
  const demo = flags.demo ? startDemo(flags.state) : undefined;
  await aborted(signal);
  say('stopping …');
  demo?.kill('SIGTERM');
}

function startDemo(state: string): ReturnType<typeof spawn> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', process.argv[1] ?? '', 'demo', '--state', state],
    { stdio: 'inherit', detached: true },
  );
  child.once('exit', (code) =>
    say(
      code === 0
        ? 'The demo ended as expected; everything keeps running until Ctrl-C.'
        : pc.yellow(`The demo ended with exit ${code}; everything keeps running until Ctrl-C.`),
    ),
  );
  return child;
}

const addresses = (e: Endpoints): string =>
  table(
    ['what', 'where'],
    [
      ['UI', pc.cyan(e.ui)],
      ['API', `${e.controlPlane}/api/v1/openapi.json`],
      ['MLflow clients', `MLFLOW_TRACKING_URI=${e.registry}`],
      ['gRPC inference', e.inference.join(', ')],
      ['REST inference', e.inferenceHttp.join(', ')],
      ['state, tokens', `${e.state}/endpoints.json`],
    ],
  );
