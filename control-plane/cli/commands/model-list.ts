import type { ModelView } from '@assay/domain/read-models';
import { type ModelRow, RegistryClient, type VersionRow } from '@assay/registry-client/registry-client';
import type { Command } from 'commander';
import { apiOf } from '../api.ts';
import { printJson, table } from '../output.ts';
import { registryOf } from '../registry.ts';

interface Flags {
  readonly state: string;
  readonly json?: true;
}

interface Listed {
  readonly name: string;
  readonly family: string | null;
  readonly versions: number;
  readonly newest: string | null;
  /** By the release flow, not by an alias that anybody may have set. */
  readonly champion: string | null;
  readonly aliases: Readonly<Record<string, string>>;
}

/** Every model of the registry, with what the release flow says of it. */
export function addModelList(model: Command): void {
  model
    .command('list')
    .description('all models of the registry: versions, champion, aliases')
    .option('--state <dir>', 'state folder of the running Assay', '.assay')
    .option('--json', 'print JSON')
    .action(async (flags: Flags) => {
      const client = new RegistryClient(registryOf(flags, 'admin', process.env));
      const [models, versions, tracked] = await Promise.all([
        client.listRegisteredModels(),
        client.searchModelVersions(''),
        apiOf(flags.state, 'admin').get<ModelView[]>('/models'),
      ]);
      const list = models.map((m) => listed(m, versions, tracked));
      if (flags.json) return printJson(list);
      const rows = list.map((m) => [
        m.name,
        m.family ?? '–',
        String(m.versions),
        m.newest ?? '–',
        m.champion ?? '–',
        Object.entries(m.aliases)
          .map(([alias, version]) => `${alias}=${version}`)
          .join(' '),
      ]);
      const head = ['model', 'family', 'versions', 'newest', 'champion', 'aliases'];
      process.stdout.write(`${table(head, rows)}\n`);
    });
}

function listed(model: ModelRow, versions: readonly VersionRow[], tracked: readonly ModelView[]): Listed {
  const numbers = versions.filter((v) => v.name === model.name).map((v) => Number(v.version));
  const stages = tracked.find((t) => t.name === model.name)?.versions ?? [];
  return {
    name: model.name,
    family: stages[0]?.family ?? null,
    versions: numbers.length,
    newest: numbers.length === 0 ? null : String(Math.max(...numbers)),
    champion: stages.find((v) => v.stage === 'champion')?.version ?? null,
    aliases: Object.fromEntries((model.aliases ?? []).map((a) => [a.alias, a.version])),
  };
}
