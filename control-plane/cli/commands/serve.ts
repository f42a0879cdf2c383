import type { Command } from 'commander';
import { whole } from '../options.ts';
import { printJson, say } from '../output.ts';
import { aborted, stopSignal } from '../stop-signal.ts';

interface ServeFlags {
  readonly plan?: string;
  readonly schema?: true;
  readonly port: number;
  readonly httpPort: number;
  readonly evidence: string;
  readonly processes: number;
  readonly json?: true;
}

export function addServe(program: Command): void {
  program
    .command('serve')
    .description('a model server alone, from a plan file; no control plane needed')
    .option(
      '--plan <file>',
      'route plan (JSON), its paths relative to it; reloaded as a whole when it changes and on SIGHUP, a bad one is refused and the old one stays',
    )
    .option('--schema', 'print the JSON Schema of route plans and end')
    .option('--port <port>', 'gRPC port (0: a free one)', whole(0, 65_535), 0)
    .option('--http-port <port>', 'REST and metrics port (0: a free one)', whole(0, 65_535), 0)
    .option('--evidence <dir>', 'folder for evidence', 'evidence')
    .option(
      '--processes <n>',
      'processes that share the ports; each writes its own evidence',
      whole(1, 256),
      1,
    )
    .option('--json', 'print the addresses as JSON')
    .action(async (flags: ServeFlags, command: Command) => {
      if (flags.schema) return printSchema();
      const { plan } = flags;
      if (plan === undefined) return command.error("error: required option '--plan <file>' not specified");
      // SIGHUP reloads the plan
      const signal = stopSignal(['SIGINT', 'SIGTERM']);
      const { serveStandalone } = await import('@assay/model-servers/server/stand-alone');
      await using server = await serveStandalone({
        plan,
        port: flags.port,
        httpPort: flags.httpPort,
        evidence: flags.evidence,
        processes: flags.processes,
      });
      if (flags.json) printJson({ grpc: server.grpc, http: server.http });
      else say(`serving: gRPC ${server.grpc}, REST ${server.http}`);
      await aborted(signal);
      say('draining …');
    });
}

async function printSchema(): Promise<void> {
  const { ROUTE_PLAN_SCHEMA } = await import('@assay/domain/route-plan-schema');
  printJson(ROUTE_PLAN_SCHEMA);
}
