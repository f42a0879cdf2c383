import type { FamilySpec } from '@assay/domain/families/family';
import type { ServedVersion } from '@assay/domain/route-plan';
import { type LoadedModel, loadModel } from './model.ts';

/** Sessions by family and digest: a plan that names a loaded model again costs nothing. */
export class ModelStore {
  readonly #models = new Map<string, LoadedModel>();

  async load(file: string, spec: FamilySpec, version: ServedVersion): Promise<LoadedModel> {
    const known =
      version.digest === undefined ? undefined : this.#models.get(`${spec.family}/${version.digest}`);
    if (known !== undefined) return known;
    const model = await loadModel(file, spec, version.digest);
    const key = `${spec.family}/${model.digest}`;
    const same = this.#models.get(key);
    if (same !== undefined) {
      await model.release();
      return same;
    }
    this.#models.set(key, model);
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
