import type { FamilySpec } from '@assay/domain/families/family';
import type { ServedVersion } from '@assay/domain/route-plan';
import { type LoadedModel, openModel, readModel } from './model.ts';

/** Sessions by family and digest: a plan that names a loaded model again costs nothing. */
export class ModelStore {
  readonly #models = new Map<string, LoadedModel>();

  async load(file: string, spec: FamilySpec, { digest }: ServedVersion): Promise<LoadedModel> {
    const loaded = (of: string): LoadedModel | undefined => this.#models.get(`${spec.family}/${of}`);
    const known = digest === undefined ? undefined : loaded(digest);
    if (known !== undefined) return known;
    const read = await readModel(file, digest);
    const same = loaded(read.digest);
    if (same !== undefined) return same;
    const model = await openModel(read, spec);
    this.#models.set(`${spec.family}/${read.digest}`, model);
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

  get size(): number {
    return this.#models.size;
  }
}
