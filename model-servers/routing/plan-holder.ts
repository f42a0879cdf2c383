import { isAbsolute, join } from 'node:path';
import { AssayError } from '@assay/domain/errors';
import { FAMILIES } from '@assay/domain/families/all';
import { parseRoutePlan, type ServedVersion } from '@assay/domain/route-plan';
import { ModelHosting } from '../runtime/hosting.ts';
import type { LoadedModel } from '../runtime/model.ts';
import { ModelStore } from '../runtime/model-store.ts';
import { compileTable, modelKey, type RouteTable, versionsOf } from './table.ts';

export interface PlanInput {
  readonly json: string;
  readonly routeVersion: bigint;
  readonly unitSecret: Buffer;
  /** Folder that the plan's paths are relative to. */
  readonly base: string;
}

/** The file to load for a version, given where the plan says that it is. */
export type FileOf = (file: string, version: ServedVersion) => Promise<string>;

/** Answers in progress, shadows included, may still run a version that the new plan does not name. */
const RELEASE_AFTER_MS = 5_000;

/** The plan in force. A new one is loaded aside and takes over as a whole, or is refused as a whole. */
export class PlanHolder {
  readonly #store: ModelStore;
  readonly #hosting: ModelHosting;
  readonly #fileOf: FileOf;
  #table: RouteTable | undefined;
  #refused = '';
  #last: Promise<unknown> = Promise.resolve();
  #releasing: NodeJS.Timeout | undefined;

  constructor(hosting = new ModelHosting(), fileOf: FileOf = async (file) => file) {
    this.#hosting = hosting;
    this.#store = new ModelStore(hosting);
    this.#fileOf = fileOf;
  }

  get table(): RouteTable | undefined {
    return this.#table;
  }

  /** Why the last plan was refused; "" when it was not. */
  get refused(): string {
    return this.#refused;
  }

  /** Those of the plan in force, and those that are not released yet. */
  get loadedModels(): readonly LoadedModel[] {
    return this.#store.loaded;
  }

  /** One after another, in the order of the calls. Throws what made the plan unfit; the old one stays then. */
  apply(input: PlanInput): Promise<RouteTable> {
    const next = this.#last.then(() => this.#apply(input));
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #apply(input: PlanInput): Promise<RouteTable> {
    try {
      const table = await this.#load(input);
      this.#table = table;
      this.#refused = '';
      this.#releaseLater();
      return table;
    } catch (cause) {
      this.refuse((cause as Error).message);
      throw cause;
    }
  }

  /** For reasons that come before loading: a wrong digest, a file that cannot be read. */
  refuse(reason: string): void {
    this.#refused = reason;
  }

  async #load({ json, routeVersion, unitSecret, base }: PlanInput): Promise<RouteTable> {
    const plan = parseRoutePlan(parseJson(json));
    const models = new Map<string, LoadedModel>();
    for (const route of plan.endpoints) {
      for (const version of versionsOf(route)) {
        const key = modelKey(route, version);
        if (models.has(key)) continue;
        const stated = isAbsolute(version.path) ? version.path : join(base, version.path);
        const file = await this.#fileOf(stated, version);
        models.set(key, await this.#store.load(file, FAMILIES[route.family], version));
      }
    }
    return compileTable(plan, models, routeVersion, unitSecret);
  }

  #releaseLater(): void {
    clearTimeout(this.#releasing);
    this.#releasing = setTimeout(() => {
      this.#last = this.#last.then(() => this.#store.keepOnly(this.#used()));
    }, RELEASE_AFTER_MS);
    this.#releasing.unref();
  }

  /** Ends the processes that models run in. */
  async close(): Promise<void> {
    clearTimeout(this.#releasing);
    await this.#hosting.close();
  }

  #used(): ReadonlySet<LoadedModel> {
    const used = new Set<LoadedModel>();
    for (const e of this.#table?.endpoints.values() ?? []) for (const h of e.hosted) used.add(h.model);
    return used;
  }
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new AssayError('PLAN_INVALID', `Cannot read route plan: ${(cause as Error).message}`, { cause });
  }
}
