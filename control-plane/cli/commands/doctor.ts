import { accessSync, constants, mkdirSync, statfsSync } from 'node:fs';
import { freemem } from 'node:os';
import { AssayError } from '@assay/domain/errors';
import type { Command } from 'commander';
import pc from 'picocolors';
import { EXIT, printJson, table } from '../output.ts';
import { cacheFolder } from '../supervisor/cache.ts';
import { postgresUser } from '../supervisor/os-user.ts';
import { readProcesses } from '../supervisor/process-table.ts';
import { openStateFolder } from '../supervisor/state-folder.ts';
import { findTemporal } from '../supervisor/temporal.ts';

interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly found: string;
}

const GIB = 2 ** 30;

async function examine(what: string, look: () => string | Promise<string>): Promise<Finding> {
  try {
    return { what, ok: true, found: await look() };
  } catch (cause) {
    return {
      what,
      ok: false,
      found: cause instanceof AssayError ? `${cause.message}. ${cause.remedy}` : (cause as Error).message,
    };
  }
}

const refuse = (text: string): never => {
  throw new AssayError('CONFIG_INVALID', text);
};

async function findings(state: string): Promise<readonly Finding[]> {
  const cache = cacheFolder(process.env);
  return Promise.all([
    examine('Node', () =>
      Number(process.versions.node.split('.')[0]) >= 24
        ? process.version
        : refuse(`${process.version} is older than 24`),
    ),
    examine('memory', () =>
      freemem() > GIB
        ? `${(freemem() / GIB).toFixed(1)} GiB free`
        : refuse(`only ${(freemem() / GIB).toFixed(1)} GiB free; 4 GiB are wanted`),
    ),
    examine('state folder', () => {
      mkdirSync(state, { recursive: true });
      accessSync(state, constants.W_OK);
      const { bavail, bsize } = statfsSync(state);
      const free = (bavail * bsize) / GIB;
      return free > 2
        ? `${state}: ${free.toFixed(0)} GiB free`
        : refuse(`${state}: only ${free.toFixed(1)} GiB free; 2 GiB are wanted`);
    }),
    examine('PostgreSQL', () => {
      if (process.env.DATABASE_URL) return 'DATABASE_URL is set';
      const user = postgresUser();
      return user ? `embedded, as uid ${user.uid}` : 'embedded';
    }),
    examine(
      'Temporal',
      async () => process.env.TEMPORAL_ADDRESS ?? (await findTemporal(cache, () => undefined)),
    ),
    examine('processes', () => {
      const rows = readProcesses(openStateFolder(state));
      return rows.length === 0
        ? 'none runs on this folder'
        : rows
            .map((r) => `${r.name} ${r.state}${r.restarts > 0 ? ` (${r.restarts} restarts)` : ''}`)
            .join(', ');
    }),
  ]);
}

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check what this machine needs to run Assay, and what runs now')
    .option('--state <dir>', 'state folder', '.assay')
    .option('--json', 'print JSON')
    .action(async (flags: { state: string; json?: true }) => {
      const found = await findings(flags.state);
      if (found.some((f) => !f.ok)) process.exitCode = EXIT.refused;
      if (flags.json) return printJson({ ok: found.every((f) => f.ok), findings: found });
      process.stdout.write(
        `${table(
          ['what', '', 'found'],
          found.map((f) => [f.what, f.ok ? pc.green('ok') : pc.red('bad'), f.found]),
        )}\n`,
      );
    });
}
