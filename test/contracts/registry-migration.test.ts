import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { REPOSITORY } from '@assay/cli/supervisor/cache';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assay } from '../plane/assay.ts';
import { type MlflowServer, startMlflowServer } from '../plane/mlflow-server.ts';
import { mlflowPython } from '../plane/pythons.ts';
import { until } from '../plane/until.ts';
import { startTestRegistry, type TestRegistry, TOKENS } from './registry-server.ts';

const run = promisify(execFile);
const script = (name: string): string =>
  fileURLToPath(new URL(`./registry-migration/${name}`, import.meta.url));

type Fields = Record<string, unknown>;
type Tags = Record<string, string>;
interface Version extends Fields {
  version: string;
  aliases: string[];
  tags: Tags;
  uri: string;
}
interface Dump {
  experiments: (Fields & { experiment_id: string; name: string; tags: Tags })[];
  runs: (Fields & { run_id: string; tags: Tags })[];
  logged_models: (Fields & { model_id: string; tags: Tags })[];
  registered_models: (Fields & { name: string; tags: Tags; aliases: Tags; versions: Version[] })[];
  prompt: Fields & { tags: Tags };
  predictions: Record<string, number[]>;
}

interface Migrated {
  ok: boolean;
  nothingToCopy: boolean;
  counts: Record<string, { copied: number; updated: number; unchanged: number }>;
  artifacts: { copied: number; present: number; digestsCompared: number };
  aliases: { set: number };
  notLive: { model: string; alias: string; version: string }[];
  notCopied: unknown[];
  failures: unknown[];
}

async function python(name: string, ...args: string[]): Promise<string> {
  const env = {
    PATH: process.env.PATH,
    HOME: '/tmp',
    // The real server closes a connection after five idle seconds, at times just as a busy client writes to it
    MLFLOW_HTTP_REQUEST_MAX_RETRIES: '3',
    MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR: '0',
    MLFLOW_DISABLE_TELEMETRY: 'true',
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR: 'false',
  };
  const options = { env, timeout: 240_000, maxBuffer: 64 * 1024 * 1024 };
  return (await run(await mlflowPython(), [script(name), ...args], options)).stdout;
}

const dump = async (url: string): Promise<Dump> =>
  JSON.parse(await python('dump.py', url, 'models:/churn-model/3', 'models:/churn-copy/1')) as Dump;

const isOpen = (alias: string): boolean => alias !== 'champion' && alias !== 'challenger';

/**
 * What must be equal after an import: all but the two aliases that Assay keeps as history only, the times of the experiment
 * that every server makes for itself, and the download address of a version registered as `runs:/…`, which Assay resolves.
 */
const imported = (dump: Dump): Dump => ({
  ...dump,
  experiments: dump.experiments.map((e) => (e.name === 'Default' ? { ...e, created: 0, updated: 0 } : e)),
  registered_models: dump.registered_models.map((m) => ({
    ...m,
    aliases: Object.fromEntries(Object.entries(m.aliases).filter(([alias]) => isOpen(alias))),
    versions: m.versions.map((v) => ({
      ...v,
      aliases: v.aliases.filter(isOpen),
      uri: String(v.source).startsWith('runs:/') ? '' : v.uri,
    })),
  })),
});

const SOURCE_ID = 'assay.source.id';
const TIMES_AND_PLACES = ['created', 'updated', 'uri', 'location', 'source', 'experiment_id'];

/** What must be equal on a server that gives ids and times of its own: old ids by the tags that name them. */
const exported = (dump: Dump): Dump => {
  const ids = new Map<string, string>();
  for (const run of dump.runs) ids.set(run.run_id, run.tags[SOURCE_ID] ?? run.run_id);
  for (const model of dump.logged_models) ids.set(model.model_id, model.tags[SOURCE_ID] ?? model.model_id);
  const text = JSON.stringify(dump, (key, value: unknown) =>
    TIMES_AND_PLACES.includes(key) || key.startsWith('assay.source.') || key === 'mlflow.modelVersions'
      ? undefined
      : value,
  );
  const same = JSON.parse(text.replaceAll(/m-[0-9a-f]{32}|[0-9a-f]{32}/g, (id) => ids.get(id) ?? id)) as Dump;
  const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  return { ...same, runs: same.runs.sort(byText), logged_models: same.logged_models.sort(byText) };
};

describe('an MLflow server moved to Assay and back', () => {
  let source: MlflowServer;
  let other: MlflowServer;
  let registry: TestRegistry;
  let said: Dump;
  const env = { ASSAY_TOKEN: TOKENS.service };

  const migrate = async (verb: 'import' | 'export', uri: string, ...flags: string[]): Promise<Migrated> => {
    const args = [verb, 'mlflow', uri, '--registry', registry.url, '--json', ...flags];
    const { code, stdout, stderr } = await assay(args, { env, timeoutMs: 200_000 });
    expect(code, `${stderr}${stdout}`).toBe(0);
    return JSON.parse(stdout) as Migrated;
  };

  /** Runs that a server answers. */
  const countRuns = async (url: string): Promise<number> => {
    const post = async (path: string, body: object) =>
      (await (
        await fetch(`${url}/api/2.0/mlflow/${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
      ).json()) as { experiments?: { experiment_id: string }[]; runs?: unknown[] };
    const { experiments = [] } = await post('experiments/search', { max_results: 100, view_type: 'ALL' });
    const ids = experiments.map((e) => e.experiment_id);
    return (
      (await post('runs/search', { experiment_ids: ids, run_view_type: 'ALL', max_results: 1000 })).runs ?? []
    ).length;
  };

  /** Starts a migration and kills it -9 once the target holds some of the runs. */
  const killHalfWay = async (verb: 'import' | 'export', uri: string, target: string): Promise<void> => {
    const args = [
      join(REPOSITORY, 'control-plane/cli/main.ts'),
      verb,
      'mlflow',
      uri,
      '--registry',
      registry.url,
    ];
    const child = spawn(process.execPath, [...args, '--width', '1'], {
      env: { ...process.env, ...env },
      stdio: 'ignore',
    });
    const gone = once(child, 'exit');
    await until('some runs have come', async () => (await countRuns(target)) >= 10);
    child.kill('SIGKILL');
    await gone;
  };

  beforeAll(async () => {
    [source, other, registry] = await Promise.all([
      startMlflowServer('sqlite:///mlflow.db', 1),
      startMlflowServer('sqlite:///mlflow.db', 1),
      startTestRegistry(),
    ]);
    expect((await python('fill.py', source.url)).trim().split('\n').at(-1)).toBe('OK');
    said = await dump(source.url);
  });

  afterAll(async () => {
    await Promise.all([source, other, registry].map((s) => s?.[Symbol.asyncDispose]()));
  });

  test('killed half way, the import goes on and the Python client reads the same from both', async () => {
    await killHalfWay('import', source.url, registry.url);
    const half = await countRuns(registry.url);
    expect(half).toBeLessThan(said.runs.length);
    const report = await migrate('import', source.url);
    expect(report.counts.run?.unchanged).toBeGreaterThan(5);
    const { copied = 0, updated = 0, unchanged = 0 } = report.counts.run ?? {};
    expect(copied + updated + unchanged).toBe(said.runs.length);
    expect(report.notCopied).toEqual([]);
    expect(imported(await dump(registry.url))).toEqual(imported(said));
  });

  test('champion and challenger come as history, and are said not to be live', async () => {
    const report = await migrate('import', source.url);
    expect(report.notLive).toEqual([
      { model: 'churn-model', alias: 'challenger', version: '1' },
      { model: 'churn-model', alias: 'champion', version: '3' },
    ]);
  });

  test('a second import copies nothing and says so', async () => {
    const report = await migrate('import', source.url);
    expect(report.nothingToCopy).toBe(true);
    expect(report.artifacts).toMatchObject({ copied: 0, digestsCompared: 0 });
    const verified = await migrate('import', source.url, '--verify');
    expect(verified.nothingToCopy).toBe(true);
    expect(verified.artifacts.digestsCompared).toBeGreaterThan(30);
  });

  test('exported to another server, killed half way, the Python client reads the same but ids and times', async () => {
    await killHalfWay('export', other.url, other.url);
    const report = await migrate('export', other.url);
    expect(report.counts.run?.unchanged).toBeGreaterThan(3);
    expect(exported(await dump(other.url))).toEqual(exported(imported(said)));
    expect((await migrate('export', other.url)).nothingToCopy).toBe(true);
  });
});
