import { AssayError } from '@assay/domain/errors';
import type { GovernedAlias } from '@assay/domain/ports/control-store';
import type { AliasChange, RegistryLedger } from '@assay/domain/ports/registry-ledger';
import type { Deps } from '../deps.ts';

type GuardDeps = Pick<Deps, 'store' | 'registry'> & {
  readonly ledger: RegistryLedger;
  readonly nowMs: () => number;
};

const READER = 'registry/direct-changes';
/** A workflow mirrors its own step within this time; only then a difference is anybody else's. */
const MIRROR_WITHIN_MS = 5_000;
const WATCH = { kind: 'service', id: 'registry-watch' } as const;
const shown = (version: string | null): string => (version === null ? 'nothing' : `version ${version}`);

/** Finds aliases that were written past the API, says so in the audit log and on the feed, and puts them back. */
export async function putBackDirectChanges({ store, ledger }: GuardDeps): Promise<void> {
  const changes = await ledger.directChanges(await store.feedCursor(READER));
  for (const change of changes) {
    await flag(store, change);
    await putBack({ store, ledger }, change);
    await store.saveFeedCursor(READER, change.sequence);
  }
}

async function flag(store: GuardDeps['store'], change: AliasChange): Promise<void> {
  const { sequence, model, alias, version, by, why, atMs } = change;
  await store.commit({
    key: `alias-direct/${sequence}`,
    statement: {
      decision: `alias/${model}/${alias}`,
      event: 'alias.direct-write',
      actor: WATCH,
      reason: `alias "${alias}" of "${model}" was made to name ${shown(version)} by ${by}: ${why}`,
      evidence: { sequence, version, by, atMs },
    },
    changes: [],
    by: 'automation',
  });
}

/** Newer than the direct write is only what came through the API, or another direct write that is looked at next. */
async function putBack(
  { store, ledger }: Pick<GuardDeps, 'store' | 'ledger'>,
  change: AliasChange,
): Promise<void> {
  const { model, alias, sequence } = change;
  const { now, trusted } = await ledger.newest(model, alias);
  if (now?.sequence !== sequence) return;
  const governed = (await store.gatedAliases()).find((g) => g.model === model && g.alias === alias);
  const version = governed === undefined ? (trusted?.version ?? null) : governed.version;
  const said = { model, alias, key: `alias-put-back/${sequence}`, evidence: { sequence, version } };
  try {
    const isBack = await ledger.putBack(change, version, `put back after direct write ${sequence}`);
    if (isBack)
      await note(store, { ...said, event: 'alias.put-back', reason: `names ${shown(version)} again` });
  } catch (error) {
    if (!(error instanceof AssayError && error.code === 'NOT_FOUND')) throw error;
    const reason = `not to be trusted: ${error.message}; serving follows the route plan`;
    await note(store, { ...said, event: 'alias.untrusted', reason });
  }
}

/** The gated aliases follow the lifecycle, whoever wrote them and however: what differs is made to mirror it again. */
export async function mirrorLifecycle({ store, ledger, registry, nowMs }: GuardDeps): Promise<void> {
  if (registry === undefined) return;
  // In this order: a step between the two reads is a young one, which its workflow mirrors itself
  const held = await ledger.gatedAliases();
  for (const governed of await store.gatedAliases()) {
    const { model, alias, version, sinceMs } = governed;
    if (nowMs() - sinceMs < MIRROR_WITHIN_MS) continue;
    const found =
      held === undefined
        ? (await aliasesOf(registry, model))?.[alias]
        : held.find((h) => h.model === model && h.alias === alias)?.version;
    if ((found ?? null) !== version) await mirror({ store, registry }, governed, found ?? null, nowMs());
  }
}

async function mirror(
  { store, registry }: { store: GuardDeps['store']; registry: NonNullable<GuardDeps['registry']> },
  { model, alias, version, sinceMs }: GovernedAlias,
  actual: string | null,
  atMs: number,
): Promise<void> {
  const said = { model, alias, evidence: { actual, version, sinceMs } };
  try {
    await (version === null ? registry.deleteAlias(model, alias) : registry.setAlias(model, alias, version));
    await note(store, {
      ...said,
      key: `alias-mirrored/${model}/${alias}/${atMs}`,
      event: 'alias.mirrored',
      reason: `named ${shown(actual)} while the lifecycle says ${shown(version)}; mirrors it again`,
    });
  } catch (error) {
    if (!(error instanceof AssayError && error.code === 'NOT_FOUND')) throw error;
    // Said once, not at every look
    await note(store, {
      ...said,
      key: `alias-untrusted/${model}/${alias}/${sinceMs}`,
      event: 'alias.untrusted',
      reason: `not to be trusted: ${error.message}; serving follows the route plan`,
    });
  }
}

async function aliasesOf(
  registry: NonNullable<GuardDeps['registry']>,
  model: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  try {
    return await registry.aliases(model);
  } catch (error) {
    if (error instanceof AssayError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

interface Note {
  readonly model: string;
  readonly alias: string;
  readonly key: string;
  readonly event: string;
  readonly reason: string;
  readonly evidence: Readonly<Record<string, string | number | null>>;
}

async function note(store: GuardDeps['store'], { model, alias, key, event, reason, evidence }: Note) {
  const decision = `alias/${model}/${alias}`;
  await store.commit({
    key,
    statement: { decision, event, actor: WATCH, reason, evidence },
    changes: [],
    by: 'automation',
  });
}
