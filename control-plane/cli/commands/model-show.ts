import type { Lineage } from '@assay/domain/lineage';
import { cardMarkdown } from '@assay/domain/model-card-markdown';
import type { AsOfView, EnvironmentLock, ModelVersionView, ModelView } from '@assay/domain/read-models';
import { standing } from '@assay/domain/release';
import { Argument, type Command } from 'commander';
import { apiOf } from '../api.ts';
import { remote } from '../options.ts';
import { printJson, table } from '../output.ts';

interface Flags {
  readonly state: string;
  readonly at?: string;
  readonly openlineage?: true;
  readonly json?: true;
}

const VERSION = new Argument('[version]', 'show this version alone: where it stands, and its model card');
const timeText = (ms: number): string => new Date(ms).toISOString();
const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** `assay model show` and `assay model lineage`. */
export function addModelShow(model: Command): void {
  const sub = (usage: string, text: string): Command => remote(model.command(usage).description(text));

  sub('show <name>', 'versions of a model, one of them, or how all of it was at an instant')
    .addArgument(VERSION)
    .option('--at <time>', 'as it was then: ISO 8601 with a zone, or milliseconds since 1970')
    .action(async (name: string, version: string | undefined, flags: Flags) => {
      if (flags.at !== undefined) return showAt(name, version, flags.at, flags);
      return version === undefined ? showModel(name, flags) : showVersion(name, version, flags);
    });

  sub('lineage <name> <version>', 'from data to decision: only links that a record shows')
    .option('--openlineage', 'as OpenLineage run events, one a line')
    .action(async (name: string, version: string, flags: Flags) => {
      const path = `${pathOf(name, version)}/lineage`;
      const api = apiOf(flags.state, 'admin');
      if (flags.openlineage) {
        for (const event of await api.get<object[]>(`${path}?format=openlineage`)) printJson(event);
        return;
      }
      const graph = await api.get<Lineage>(path);
      if (flags.json) return printJson(graph);
      const rows = graph.edges.map((e) => [
        e.from,
        e.relation,
        e.to,
        e.sequence === null ? '–' : String(e.sequence),
      ]);
      print(table(['from', 'relation', 'to', 'audit row'], rows));
    });
}

const pathOf = (name: string, version?: string): string =>
  `/models/${encodeURIComponent(name)}${version === undefined ? '' : `/${encodeURIComponent(version)}`}`;

async function showModel(name: string, flags: Flags): Promise<void> {
  const view = await apiOf(flags.state, 'admin').get<ModelView>(pathOf(name));
  if (flags.json) return printJson(view);
  const rows = view.versions.map((v) => [
    v.version,
    v.stage,
    v.createdBy,
    v.digest.slice(0, 12),
    timeText(v.updatedAtMs),
  ]);
  print(table(['version', 'stage', 'by', 'digest', 'since'], rows));
}

async function showVersion(name: string, version: string, flags: Flags): Promise<void> {
  const view = await apiOf(flags.state, 'admin').get<ModelVersionView>(pathOf(name, version));
  if (flags.json) return printJson(view);
  const rows = [
    [
      'stage',
      view.quarantined ? 'rolled-back (quarantined)' : (view.tracked?.stage ?? 'not tracked: no release yet'),
    ],
    ['release', view.release === null ? 'none requested' : standing(view.release.state)],
    ['aliases', view.aliases.join(', ') || 'none'],
    ['endpoints', view.endpoints.map((e) => `${e.name} (${e.as})`).join(', ') || 'none'],
    ['authors', view.authors.join(', ')],
    ...(view.signature === null ? [] : [['signature', `${view.signature.status}: ${view.signature.value}`]]),
  ];
  if (view.environment !== null) rows.push(['environment', environmentText(view.environment)]);
  print(`${table(['what', 'now'], rows)}\n\n${cardMarkdown(view.card)}`);
}

const environmentText = ({ path, digest, asTrained, packages }: EnvironmentLock): string => {
  const said = asTrained === false ? ', NOT the one that the training named' : '';
  return `${path}, SHA-256 ${digest}${said}: ${packages.join(' ')}`;
};

async function showAt(name: string, version: string | undefined, at: string, flags: Flags): Promise<void> {
  const api = apiOf(flags.state, 'admin');
  const all = await api.get<AsOfView>(`${pathOf(name)}/as-of?at=${encodeURIComponent(at)}`);
  const isShown = (v: string | null): boolean => version === undefined || v === version;
  const view = {
    ...all,
    aliases: all.aliases.filter((a) => isShown(a.version)),
    versions: all.versions.filter((v) => isShown(v.version)),
  };
  if (flags.json) return printJson(view);
  const versions = view.versions.map((v) => [v.version, v.stage, timeText(v.sinceMs), v.by ?? '–', v.why]);
  const aliases = view.aliases.map((a) => [
    a.alias,
    a.version ?? 'nothing',
    timeText(a.sinceMs),
    a.origin === 'direct' ? `${a.by} (past the API: not to be trusted)` : a.by,
    a.lifecycle?.why ?? a.why,
  ]);
  print(`${name} at ${timeText(view.atMs)}\n`);
  if (!view.hasAliasHistory)
    print('The registry is another MLflow server and keeps no history: this is what Assay itself did.\n');
  print(`${table(['version', 'stage', 'since', 'who', 'why'], versions)}\n`);
  print(table(['alias', 'version', 'since', 'who', 'why'], aliases));
}
