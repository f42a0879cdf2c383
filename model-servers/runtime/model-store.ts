import type { FamilySpec } from '@assay/domain/families/family';
import type { ServedVersion } from '@assay/domain/route-plan';
import type { ModelHosting } from './hosting.ts';
import type { LoadedModel } from './model.ts';
import { readModel } from './model-file.ts';

/** Models by family, digest and the plan's wishes for their hosting: a plan that names a loaded one again costs nothing. */
export class ModelStore {
  readonly #hosting: ModelHosting;
  readonly #models = new Map<string, LoadedModel>();

  constructor(hosting: ModelHosting) {
    this.#hosting = hosting;
  }

  async load(file: string, spec: FamilySpec, { digest, hosting = {} }: ServedVersion): Promise<LoadedModel> {
    const keyOf = (of: string): string => `${spec.family}/${of}/${hosting.place}/${hosting.timeLimitMs}`;
    const known = digest === undefined ? undefined : this.#models.get(keyOf(digest));
    if (known !== undefined) return known;
    const read = await readModel(file, digest);
    const same = this.#models.get(keyOf(read.digest));
    if (same !== undefined) return same;
    const model = await this.#hosting.open(read, spec, hosting);
    this.#models.set(keyOf(read.digest), model);
    return model;
  }

  /** Releases what the plan in force does not name; runs in progress end first. */
  async keepOnly(used: ReadonlySet<LoadedModel>): Promise<void> {
    for (const [key, model] of this.#models) {
      if (used.has(model)) continue;
      this.#models.delete(key);
      await model.release();
    }
  }

  get loaded(): readonly LoadedModel[] {
    return [...this.#models.values()];
  }
}
