import { accessSync, constants, mkdirSync, statfsSync } from 'node:fs';
import { freemem } from 'node:os';
import { examinePython } from '@assay/adapters/trainer/environment';
import { AssayError } from '@assay/domain/errors';
import type { Command } from 'commander';
import pc from 'picocolors';
import { EXIT, printJson, table } from '../output.ts';
import { cacheFolder } from '../supervisor/cache.ts';
import { postgresUser } from '../supervisor/os-user.ts';
import { isAlive, readProcesses } from '../supervisor/process-table.ts';
import { openStateFolder, type StateFolder } from '../supervisor/state-folder.ts';
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
    examine('Python', examinePython),
    examine(
      'Temporal',
      async () => process.env.TEMPORAL_ADDRESS ?? (await findTemporal(cache, () => undefined)),
    ),
    examine('processes', () => processesOn(openStateFolder(state))),
  ]);
}

function processesOn(folder: StateFolder): string {
  const rows = readProcesses(folder);
  if (rows.length === 0) return 'none runs on this folder';
  const gone = rows.filter((r) => !isAlive(r));
  if (gone.length === rows.length) return 'none runs on this folder; its last Assay was killed';
  if (gone.length > 0) refuse(`${gone.map((r) => r.name).join(', ')} should run and does not`);
  const restarted = (n: number): string => (n > 0 ? ` (${n} restarts)` : '');
  return rows.map((r) => `${r.name} ${r.state}${restarted(r.restarts)}`).join(', ');
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
