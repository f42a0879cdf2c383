import { join } from 'node:path';
import { openRegistry } from '@assay/adapters/registry/open-registry';
import { AssayError } from '@assay/domain/errors';
import type { ModelRegistry } from '@assay/domain/ports/model-registry';
import type { ModelView } from '@assay/domain/read-models';
import type { Release } from '@assay/domain/release';
import { RegistryClient, type VersionRow } from '@assay/registry-client/registry-client';
import type { Command } from 'commander';
import pc from 'picocolors';
import { type Api, apiOf } from '../api.ts';
import { printJson, table } from '../output.ts';
import { registryOf } from '../registry.ts';
import { readEndpoints } from '../supervisor/state-folder.ts';

interface Flags {
  readonly state: string;
  readonly json?: true;
}

interface Facts {
  readonly version: string;
  readonly digest: string | null;
  readonly sizeBytes: number | null;
  readonly createdBy: string;
  readonly params: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number | string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly signature: unknown;
  readonly stage: string | null;
  readonly release: string | null;
}

interface Sources {
  readonly client: RegistryClient;
  readonly registry: ModelRegistry;
  readonly api: Api;
}

/** Two versions side by side; what differs is marked. */
export function addModelCompare(model: Command): void {
  model
    .command('compare <model> <version> <other>')
    .description('two versions side by side: params, metrics, digests, signature, release states')
    .option('--state <dir>', 'state folder of the running Assay', '.assay')
    .option('--json', 'print JSON')
    .action(async (name: string, version: string, other: string, flags: Flags) => {
      const choice = registryOf(flags, 'admin', process.env);
      const { registryKind, state } = readEndpoints(flags.state);
      const sources = {
        client: new RegistryClient(choice),
        registry: openRegistry({ ...choice, kind: registryKind }, join(state, 'artifacts')),
        api: apiOf(flags.state, 'admin'),
      };
      const [a, b] = await Promise.all([version, other].map((v) => factsOf(sources, name, v)));
      if (a === undefined || b === undefined) return;
      const rows = compared(a, b);
      if (flags.json)
        return printJson({
          model: name,
          versions: [a, b],
          differs: rows.filter((r) => r.differs).map((r) => r.what),
        });
      process.stdout.write(`${printed(version, other, rows)}\n`);
    });
}

async function factsOf({ client, registry, api }: Sources, model: string, version: string): Promise<Facts> {
  const found = await registry.version(model, version);
  const rows = await client.searchModelVersions(`name = '${model}' AND version_number = ${Number(version)}`);
  const run = await runOf(client, rows[0]);
  const tracked = await absentAs(null, api.get<ModelView>(`/models/${encodeURIComponent(model)}`));
  const releases = await api.get<Release[]>('/releases');
  const release = releases.find((r) => r.model === model && r.version === version);
  return {
    version,
    digest: found.onnx?.digest ?? null,
    sizeBytes: found.onnx?.sizeBytes ?? null,
    createdBy: found.createdBy,
    params: Object.fromEntries((run?.params ?? []).map((p) => [p.key, p.value])),
    metrics: Object.fromEntries((run?.metrics ?? []).map((m) => [m.key, m.value])),
    tags: found.tags,
    signature: JSON.parse(await absentAs('null', registry.artifactText(model, version, 'signature.json'))),
    stage: tracked?.versions.find((v) => v.version === version)?.stage ?? null,
    release: release?.state.kind ?? null,
  };
}

async function runOf(client: RegistryClient, row: VersionRow | undefined) {
  if (!row?.run_id) return undefined;
  return (await absentAs(undefined, client.getRun(row.run_id)))?.data;
}

async function absentAs<T, A>(fallback: A, work: Promise<T>): Promise<T | A> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AssayError && error.code === 'NOT_FOUND') return fallback;
    throw error;
  }
}

interface Row {
  readonly what: string;
  readonly a: string;
  readonly b: string;
  readonly differs: boolean;
}

const shown = (value: unknown): string =>
  value === null || value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value);

function compared(a: Facts, b: Facts): Row[] {
  const row = (what: string, left: unknown, right: unknown): Row => ({
    what,
    a: shown(left),
    b: shown(right),
    differs: shown(left) !== shown(right),
  });
  const each = (group: 'params' | 'metrics' | 'tags'): Row[] =>
    [...new Set([...Object.keys(a[group]), ...Object.keys(b[group])])]
      .sort()
      .map((key) => row(`${group}.${key}`, a[group][key], b[group][key]));
  return [
    row('stage', a.stage, b.stage),
    row('release', a.release, b.release),
    row('created by', a.createdBy, b.createdBy),
    row('digest', a.digest, b.digest),
    row('bytes', a.sizeBytes, b.sizeBytes),
    row('signature', a.signature, b.signature),
    ...each('metrics'),
    ...each('params'),
    ...each('tags'),
  ];
}

const LONGEST = 48;
const short = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);

const printed = (version: string, other: string, rows: readonly Row[]): string =>
  table(
    ['', 'what', version, other],
    rows.map((r) => [r.differs ? pc.yellow('≠') : '=', r.what, short(r.a), short(r.b)]),
  );
