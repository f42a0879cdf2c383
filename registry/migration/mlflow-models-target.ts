import { AssayError } from '@assay/domain/errors';
import type { ModelVersion, RegisteredModel } from './entities.ts';
import { type MlflowApi, SOURCE_FINGERPRINT, SOURCE_ID, tagOf } from './mlflow-api.ts';
import type { Placed, VersionFiles } from './target.ts';

type PlaceOf = (kind: 'run' | 'logged-model', id: string) => Promise<Placed | undefined>;

const SOURCE_VERSION = 'assay.source.version';

/** Registered models and versions of a real MLflow server. */
export class MlflowModels {
  readonly #api: MlflowApi;
  readonly #placeOf: PlaceOf;
  /** Versions that came, by the source's name for them. */
  readonly #versions = new Map<string, ModelVersion>();
  readonly #numbers = new Map<string, string>();

  constructor(api: MlflowApi, placeOf: PlaceOf) {
    this.#api = api;
    this.#placeOf = placeOf;
  }

  async finishedModel(sourceId: string): Promise<string | undefined> {
    const name = sourceId.slice(0, sourceId.lastIndexOf('@'));
    const model = await this.#model(name);
    if (model === undefined) return undefined;
    await this.#loadVersions(name);
    return tagOf(model.tags, SOURCE_ID) === sourceId ? tagOf(model.tags, SOURCE_FINGERPRINT) : undefined;
  }

  finishedVersion(sourceId: string): string | undefined {
    return tagOf(this.#versions.get(sourceId)?.tags, SOURCE_FINGERPRINT);
  }

  async #model(name: string): Promise<RegisteredModel | undefined> {
    return (await this.#api.find<{ registered_model: RegisteredModel }>('registered-models/get', { name }))
      ?.registered_model;
  }

  async #loadVersions(name: string): Promise<void> {
    const quoted = name.includes("'") ? `"${name}"` : `'${name}'`;
    for (const prompts of ['', " AND tags.`mlflow.prompt.is_prompt` = 'true'"]) {
      let token: string | undefined;
      do {
        const page: { model_versions?: ModelVersion[]; next_page_token?: string } =
          (await this.#api.find('model-versions/search', {
            filter: `name = ${quoted}${prompts}`,
            max_results: '1000',
            ...(token !== undefined && { page_token: token }),
          })) ?? {};
        for (const version of page.model_versions ?? []) this.#note(version);
        token = page.next_page_token || undefined;
      } while (token !== undefined);
    }
  }

  #note(version: ModelVersion): void {
    const sourceId = tagOf(version.tags, SOURCE_ID);
    if (sourceId === undefined) return;
    this.#versions.set(sourceId, version);
    this.#numbers.set(sourceId.slice(0, sourceId.lastIndexOf('@')), version.version);
  }

  async model(sourceId: string, model: RegisteredModel): Promise<void> {
    const { name, description = '' } = model;
    const tags = [...(model.tags ?? []), { key: SOURCE_ID, value: sourceId }];
    const there = await this.#model(name);
    if (there === undefined) {
      await this.#api.make(
        async () => ((await this.#model(name)) === undefined ? undefined : true),
        async () => {
          await this.#api.once('POST', 'registered-models/create', { name, description, tags });
          return true;
        },
      );
      return;
    }
    // One that was there before keeps what it says of itself
    if (tagOf(there.tags, SOURCE_ID) === sourceId)
      await this.#api.patch('registered-models/update', { name, description });
    for (const tag of tags) await this.#api.post('registered-models/set-tag', { name, ...tag });
  }

  async finishModel(name: string, fingerprint: string): Promise<void> {
    await this.#api.post('registered-models/set-tag', { name, key: SOURCE_FINGERPRINT, value: fingerprint });
  }

  async version(sourceId: string, version: ModelVersion, files: VersionFiles): Promise<void> {
    const { name, description = '', current_stage = 'None' } = version;
    const there = this.#versions.get(sourceId);
    const made = there ?? (await this.#numbered(sourceId, version, files));
    const at = { name, version: made.version };
    if (there !== undefined) {
      await this.#api.patch('model-versions/update', { ...at, description });
      for (const tag of version.tags ?? []) await this.#api.post('model-versions/set-tag', { ...at, ...tag });
    }
    if (current_stage !== (made.current_stage ?? 'None'))
      await this.#api.post('model-versions/transition-stage', { ...at, stage: current_stage });
    this.#note({ ...made, tags: [...(version.tags ?? []), { key: SOURCE_ID, value: sourceId }] });
  }

  /**
   * Numbers only rise at a server, so what it gives below the wanted one is deleted again; a number that is taken cannot be
   * had, then the wanted one stays in a tag.
   */
  async #numbered(sourceId: string, version: ModelVersion, files: VersionFiles): Promise<ModelVersion> {
    const { name, description, run_link } = version;
    const source = await this.#sourceOf(version, files);
    const tags = [
      ...(version.tags ?? []),
      { key: SOURCE_ID, value: sourceId },
      { key: SOURCE_VERSION, value: version.version },
    ];
    for (;;) {
      const { model_version: made } = await this.#api.post<{ model_version: ModelVersion }>(
        'model-versions/create',
        { name, description, run_link, tags, ...source },
      );
      if (Number(made.version) >= Number(version.version)) return made;
      await this.#api.remove('model-versions/delete', { name, version: made.version });
    }
  }

  async #sourceOf(version: ModelVersion, { uri, inside }: VersionFiles): Promise<object> {
    const modelId = inside?.root.kind === 'logged-model' ? inside.root.id : version.model_id;
    const model = modelId ? await this.#placeOf('logged-model', modelId) : undefined;
    const run = version.run_id && (await this.#placeOf('run', version.run_id));
    const runId = run ? run.id : undefined;
    if (model) return { source: `models:/${model.id}`, model_id: model.id, run_id: runId };
    if (inside !== undefined && inside.root.kind === 'run' && run)
      return { source: `${run.uri}${inside.rest}`, run_id: runId };
    if (/^(mlflow-artifacts|file|https?):/.test(uri) || uri.startsWith('/'))
      throw new AssayError(
        'REQUEST_INVALID',
        `Cannot copy version ${version.name}/${version.version}: no server would take "${uri}", which is inside no run or logged model`,
      );
    return { source: version.source, run_id: runId };
  }

  async finishVersion(sourceId: string, fingerprint: string): Promise<void> {
    const version = this.#versions.get(sourceId);
    if (version === undefined) return;
    const { name, version: number } = version;
    await this.#api.post('model-versions/set-tag', {
      name,
      version: number,
      key: SOURCE_FINGERPRINT,
      value: fingerprint,
    });
  }

  async alias(name: string, alias: string, version: string): Promise<{ recorded: 'live'; changed: boolean }> {
    const number = this.#numbers.get(`${name}/${version}`);
    if (number === undefined)
      throw new AssayError(
        'NOT_FOUND',
        `Cannot set alias "${alias}" of "${name}": version ${version} did not come`,
      );
    const there = (await this.#model(name))?.aliases?.find((a) => a.alias === alias);
    const changed = String(there?.version) !== number;
    if (changed) await this.#api.post('registered-models/alias', { name, alias, version: number });
    return { recorded: 'live', changed };
  }
}
