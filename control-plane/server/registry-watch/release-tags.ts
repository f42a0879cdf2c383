import { RELEASE_TAG, releaseTag } from '@assay/domain/alias-request';
import { AssayError } from '@assay/domain/errors';
import { standing } from '@assay/domain/release';
import type { Deps } from '../deps.ts';

type TagDeps = Pick<Deps, 'store' | 'registry'>;

const READER = 'registry/release-tags';
const PAGE = 500;

/** Keeps the tag that says where each release stands: at least once, from the outbox, so that a registry that was away catches up. */
export class ReleaseTags {
  readonly #deps: TagDeps;
  /** Looks without a change write no tag again. */
  readonly #written = new Map<string, string>();

  constructor(deps: TagDeps) {
    this.#deps = deps;
  }

  async write(): Promise<void> {
    const { store } = this.#deps;
    for (;;) {
      const events = await store.outboxAfter(await store.feedCursor(READER), PAGE);
      const last = events.at(-1);
      if (last === undefined) return;
      const decisions = new Set(events.map((e) => e.decision ?? '').filter((d) => d.startsWith('release/')));
      for (const id of decisions) await this.#writeOne(id);
      await store.saveFeedCursor(READER, last.id);
    }
  }

  async #writeOne(id: string): Promise<void> {
    const { store, registry } = this.#deps;
    const release = await unlessMissing(store.release(id));
    if (release === undefined || registry === undefined) return;
    const { model, version, state } = release;
    const tag = releaseTag(model, version, standing(state));
    if (this.#written.get(id) === tag) return;
    // A version that is not in the registry (any more) carries no tag
    await unlessMissing(registry.setVersionTag(model, version, RELEASE_TAG, tag));
    this.#written.set(id, tag);
  }
}

async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof AssayError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}
