import { AssayError } from '@assay/domain/errors';
import { CARD_TAGS } from '@assay/domain/model-card';
import type { Endpoint, TrackedVersion } from '@assay/domain/ports/control-store';
import type { ListedModel, ListedVersion, Page, PageQuery } from '@assay/domain/ports/registry-reader';
import type { RegisteredModelView, RegisteredVersionView } from '@assay/domain/read-models';
import type { Release } from '@assay/domain/release';
import type { Deps } from '../deps.ts';
import { registryReader } from './registry-reader.ts';

type Sources = Pick<Deps, 'store' | 'reader'>;

/** A text inside MLflow's filters, which have two kinds of quotes and no escapes. Throws REQUEST_INVALID. */
export function quotedInFilter(text: string): string {
  const quote = ["'", '"'].find((q) => !text.includes(q));
  if (quote === undefined)
    throw new AssayError(
      'REQUEST_INVALID',
      `Cannot search for ${JSON.stringify(text)}: it holds both kinds of quotes, which no filter can say`,
    );
  return `${quote}${text}${quote}`;
}

/** A page of the registry's models with what the lifecycle says of each. */
export async function registeredModels(
  { store, reader }: Sources,
  query: PageQuery,
): Promise<Page<RegisteredModelView>> {
  const [page, tracked, endpoints] = await Promise.all([
    registryReader(reader).models(query),
    store.versions(),
    store.endpoints(),
  ]);
  const byModel = Map.groupBy(tracked, (v) => v.model);
  return { ...page, items: page.items.map((m) => modelView(m, byModel.get(m.name) ?? [], endpoints)) };
}

/** Throws NOT_FOUND. */
export async function registeredModel(
  { store, reader }: Sources,
  name: string,
): Promise<RegisteredModelView> {
  const [model, tracked, endpoints] = await Promise.all([
    registryReader(reader).model(name),
    store.versions(name),
    store.endpoints(),
  ]);
  return modelView(model, tracked, endpoints);
}

function modelView(
  model: ListedModel,
  tracked: readonly TrackedVersion[],
  endpoints: readonly Endpoint[],
): RegisteredModelView {
  const { name, description, updatedAtMs, aliases, tags, newest } = model;
  const served = endpoints.find((e) => e.route?.champion.model === name);
  const champion = tracked.find((v) => v.stage === 'champion');
  return {
    name,
    description: description || null,
    owner: newest?.tags[CARD_TAGS.owner] ?? tags[CARD_TAGS.owner] ?? served?.owner ?? null,
    family: tracked[0]?.family ?? newest?.tags['assay.family'] ?? null,
    aliases,
    champion: champion?.version ?? null,
    newest: newest === null ? null : { version: newest.version, stage: stageOf(tracked, newest.version) },
    updatedAtMs: Math.max(updatedAtMs, ...tracked.map((v) => v.updatedAtMs)),
  };
}

const stageOf = (tracked: readonly TrackedVersion[], version: string) =>
  tracked.find((v) => v.version === version)?.stage ?? null;

/** A page of a model's versions, newest first. */
export async function registeredVersions(
  { store, reader }: Sources,
  name: string,
  page: Pick<PageQuery, 'limit' | 'pageToken'>,
): Promise<Page<RegisteredVersionView>> {
  const of = registryReader(reader);
  const [found, model, tracked, releases] = await Promise.all([
    of.versions({
      ...page,
      filter: `name = ${quotedInFilter(name)}`,
      orderBy: ['version_number DESC'],
    }),
    of.model(name),
    store.versions(name),
    store.releases({}),
  ]);
  const ofModel = releases.filter((r) => r.model === name);
  return { ...found, items: found.items.map((v) => versionView(v, model, tracked, ofModel)) };
}

function versionView(
  version: ListedVersion,
  { aliases }: ListedModel,
  tracked: readonly TrackedVersion[],
  releases: readonly Release[],
): RegisteredVersionView {
  const known = tracked.find((v) => v.version === version.version);
  return {
    version: version.version,
    stage: known?.stage ?? null,
    createdAtMs: version.createdAtMs,
    createdBy: known?.createdBy ?? version.tags['assay.created_by'] ?? null,
    digest: known?.digest ?? null,
    aliases: Object.keys(aliases).filter((alias) => aliases[alias] === version.version),
    release: releases.find((r) => r.version === version.version) ?? null,
    runId: version.runId,
    check: version.tags['assay.check'] ?? null,
  };
}

/** Versions that came out of a run. */
export async function versionsOfRun({ reader }: Pick<Deps, 'reader'>, runId: string) {
  const { items } = await registryReader(reader).versions({
    filter: `run_id = ${quotedInFilter(runId)}`,
    limit: 100,
  });
  return items.map(({ model, version }) => ({ model, version }));
}
