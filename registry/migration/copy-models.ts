import { AssayError } from '@assay/domain/errors';
import type { ArtifactRoot, ModelVersion, RegisteredModel } from './entities.ts';
import { fingerprint } from './fingerprint.ts';
import { type CopyOptions, guarded, once } from './steps.ts';
import type { VersionFiles } from './target.ts';

const PROMPT = 'mlflow.prompt.is_prompt';

/** Registered models, their versions by rising number, then aliases. */
export async function copyModels(options: CopyOptions): Promise<void> {
  const models: RegisteredModel[] = [];
  for await (const model of options.source.registeredModels())
    await guarded(options, 'registered-model', model.name, async () => {
      await copyModel(options, model);
      models.push(model);
    });
  // One after the other: numbers at the target follow the order of creation
  for await (const version of options.source.versions())
    await guarded(options, 'model-version', `${version.name}/${version.version}`, () =>
      copyVersion(options, version),
    );
  for (const model of models) await copyAliases(options, model);
}

async function copyModel(options: CopyOptions, model: RegisteredModel): Promise<void> {
  const sourceId = `${model.name}@${model.creation_timestamp}`;
  const { name, description, tags, creation_timestamp, last_updated_timestamp } = model;
  const print = fingerprint({ name, description, tags, creation_timestamp, last_updated_timestamp });
  const step = { kind: 'registered-model', sourceId, fingerprint: print, entity: model } as const;
  await once(options, step, () => options.target.registeredModel(sourceId, model));
}

async function copyVersion(options: CopyOptions, version: ModelVersion): Promise<void> {
  const sourceId = `${version.name}/${version.version}@${version.creation_timestamp}`;
  const step = {
    kind: 'model-version',
    sourceId,
    fingerprint: fingerprint(version),
    entity: version,
  } as const;
  await once(options, step, async () => {
    const files = await locate(options, version);
    await options.target.version(sourceId, version, files);
    const isPrompt = version.tags?.some((t) => t.key === PROMPT && t.value === 'true') ?? false;
    if (files.inside === undefined && !isPrompt)
      options.report.notCopied.push({
        what: `files of ${version.name}/${version.version}`,
        why: `"${files.uri}" is inside no run or logged model that the server lists; the version points there still`,
      });
  });
}

const LOGGED_MODEL = /(?:^models:\/|\/models\/)(m-[0-9a-f]{32})(?:\/|$)/;

/** The run or logged model that holds a version's files; servers name the model only inside addresses. */
async function locate({ source }: CopyOptions, version: ModelVersion): Promise<VersionFiles> {
  const uri = await source.downloadUri(version.name, version.version);
  const { run_id } = version;
  const model = version.model_id || LOGGED_MODEL.exec(uri)?.[1] || LOGGED_MODEL.exec(version.source)?.[1];
  const roots = [
    model && (await rootOr404(async () => modelRoot(model, (await source.loggedModel(model)).info))),
    run_id && (await rootOr404(async () => runRoot(run_id, (await source.run(run_id)).info))),
  ];
  for (const root of roots) {
    if (!root) continue;
    const prefixes = root.kind === 'run' ? [root.uri, `runs:/${root.id}`] : [root.uri, `models:/${root.id}`];
    const prefix = prefixes.find((p) => uri === p || uri.startsWith(`${p}/`));
    if (prefix !== undefined) return { uri, inside: { root, rest: uri.slice(prefix.length) } };
  }
  return { uri, inside: undefined };
}

const modelRoot = (id: string, info: { artifact_uri: string }): ArtifactRoot => ({
  kind: 'logged-model',
  id,
  uri: info.artifact_uri,
});
const runRoot = (id: string, info: { artifact_uri: string }): ArtifactRoot => ({
  kind: 'run',
  id,
  uri: info.artifact_uri,
});

const rootOr404 = async (look: () => Promise<ArtifactRoot>): Promise<ArtifactRoot | undefined> => {
  try {
    return await look();
  } catch (error) {
    if (error instanceof AssayError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
};

async function copyAliases(options: CopyOptions, { name, aliases = [] }: RegisteredModel): Promise<void> {
  const { target, report } = options;
  for (const { alias, version } of aliases)
    await guarded(options, 'registered-model', `${name}@${alias}`, async () => {
      const { recorded, changed } = await target.alias(name, alias, version);
      if (recorded === 'history') report.notLive.push({ model: name, alias, version });
      else if (changed) report.aliases.set += 1;
      if (!changed) report.aliases.unchanged += 1;
    });
}
