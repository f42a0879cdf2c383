import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AssayError } from '@assay/domain/errors';
import type { Role } from '@assay/domain/roles';

/** Where everything that Assay keeps lies; one folder is one Assay. */
export interface StateFolder {
  readonly root: string;
  readonly postgres: string;
  readonly temporal: string;
  readonly artifacts: string;
  readonly evidence: string;
  readonly logs: string;
  readonly run: string;
  readonly servers: string;
  readonly endpoints: string;
}

export function openStateFolder(dir: string): StateFolder {
  const root = resolve(dir);
  const at = (name: string): string => join(root, name);
  const state = {
    root,
    postgres: at('postgres'),
    temporal: at('temporal'),
    artifacts: at('artifacts'),
    evidence: at('evidence'),
    logs: at('logs'),
    run: at('run'),
    servers: at('servers'),
    endpoints: at('endpoints.json'),
  };
  try {
    for (const d of [
      root,
      state.temporal,
      state.artifacts,
      state.evidence,
      state.logs,
      state.run,
      state.servers,
    ])
      makeFolder(d);
    assertWritable(root);
  } catch (cause) {
    throw new AssayError('CONFIG_INVALID', `Cannot use state folder "${root}": ${(cause as Error).message}`, {
      cause,
    });
  }
  return state;
}

/** Not by Node's own recursive mkdir: that never ends where a file system answers ENOENT below a folder that is there (/proc). */
function makeFolder(dir: string): void {
  try {
    mkdirSync(dir);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(dir).isDirectory()) return;
    const parent = dirname(dir);
    if (code !== 'ENOENT' || existsSync(parent)) throw cause;
    makeFolder(parent);
    mkdirSync(dir);
  }
}

/** By writing: permission bits say nothing of read-only file systems, or to root. */
function assertWritable(root: string): void {
  const probe = join(root, `.writable.${process.pid}`);
  writeFileSync(probe, '');
  rmSync(probe);
}

/** Writes a file whole or not at all; readers never see half of it. */
export function writeAtomically(file: string, text: string, mode = 0o600): void {
  const scratch = `${file}.${process.pid}.tmp`;
  writeFileSync(scratch, text, { mode });
  renameSync(scratch, file);
}

export const TOKEN_ROLES = [
  'admin',
  'data-scientist',
  'product-owner',
  'serving-client',
  'auditor',
  'service',
] as const satisfies readonly Role[];
export type Tokens = Readonly<Record<(typeof TOKEN_ROLES)[number], string>>;

/** One random token a role, made on first use and kept. */
export function tokensOf(state: StateFolder): Tokens {
  const file = join(state.root, 'tokens.json');
  if (!existsSync(file)) {
    const made = Object.fromEntries(
      TOKEN_ROLES.map((role) => [role, `assay_${role}_${randomBytes(24).toString('base64url')}`]),
    );
    writeAtomically(file, JSON.stringify(made, null, 2));
  }
  return JSON.parse(readFileSync(file, 'utf8')) as Tokens;
}

/** What every process is told about who a token is: token → subject and role. */
export const tokenTable = (tokens: Tokens): string =>
  JSON.stringify(
    Object.fromEntries(
      TOKEN_ROLES.map((role) => [
        tokens[role],
        { subject: role === 'service' ? 'assay' : `demo-${role}`, role },
      ]),
    ),
  );

/** endpoints.json: what tools and tests read; keys are fixed by design.md. */
export interface Endpoints {
  readonly version: 1;
  readonly controlPlane: string;
  readonly ui: string;
  readonly registry: string;
  /** `mlflow`: another server, which takes no token of ours. */
  readonly registryKind: 'assay' | 'mlflow';
  readonly inference: readonly string[];
  readonly inferenceHttp: readonly string[];
  readonly metrics: readonly string[];
  readonly temporal: string;
  readonly database: string;
  readonly tokens: Readonly<Record<string, string>>;
  readonly state: string;
  readonly supervisorPid: number;
}

/** Reads endpoints.json. Throws CONFIG_INVALID when no Assay wrote one there, or it is not ours to read. */
export function readEndpoints(dir: string): Endpoints {
  const file = join(resolve(dir), 'endpoints.json');
  if (!existsSync(file)) {
    throw new AssayError(
      'CONFIG_INVALID',
      `Cannot find a running Assay: there is no "${file}"; start one with "assay up --state ${dir}", or name its folder with --state`,
    );
  }
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Endpoints;
  } catch (cause) {
    throw new AssayError('CONFIG_INVALID', `Cannot read "${file}": ${(cause as Error).message}`, { cause });
  }
}
