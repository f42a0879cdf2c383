import { AssayError } from '@assay/domain/errors';
import type { Stage } from '@assay/domain/model-version';
import type { StateAt } from '@assay/domain/ports/control-store';
import type { AliasChange } from '@assay/domain/ports/registry-ledger';
import type { AliasAt, AsOfView, VersionAt } from '@assay/domain/read-models';
import type { ReleaseState } from '@assay/domain/release';
import type { Deps } from '../deps.ts';

/** Milliseconds of an instant given as ISO 8601 with a zone, or as milliseconds. Throws REQUEST_INVALID. */
export function instant(text: string, nowMs: number): number {
  const isoWithZone = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;
  const atMs = /^\d{1,15}$/.test(text)
    ? Number(text)
    : isoWithZone.test(text)
      ? Date.parse(text)
      : Number.NaN;
  if (Number.isNaN(atMs))
    throw new AssayError(
      'REQUEST_INVALID',
      `Cannot look at "${text}": it is neither ISO 8601 with a zone (2026-03-03T12:00:00Z) nor milliseconds since 1970`,
      { field: 'at' },
    );
  if (atMs > nowMs)
    throw new AssayError('REQUEST_INVALID', `Cannot look at "${text}": it lies in the future`, {
      field: 'at',
    });
  return atMs;
}

/** Every alias and every version's state at an instant. Throws NOT_FOUND for a model that neither Assay nor the registry knows. */
export async function asOf(
  { store, ledger, reader }: Pick<Deps, 'store' | 'ledger' | 'reader'>,
  model: string,
  atMs: number,
): Promise<AsOfView> {
  const [states, changes] = await Promise.all([
    store.statesAt(model, atMs),
    ledger?.aliasesAt(model, atMs) ?? [],
  ]);
  if (states.length === 0 && changes.length === 0 && (await store.versions(model)).length === 0) {
    if (reader === undefined) throw new AssayError('NOT_FOUND', `Cannot find model "${model}"`);
    await reader.model(model);
  }
  const releases = new Map(states.filter((s) => s.kind === 'release').map((s) => [s.version, s]));
  return {
    model,
    atMs,
    hasAliasHistory: ledger?.keepsHistory ?? false,
    aliases: aliasesOf(states, changes),
    versions: states
      .filter((s) => s.kind === 'stage')
      .map((s) => versionAt(s, releases.get(s.version)))
      .toSorted((a, b) => Number(a.version) - Number(b.version)),
  };
}

const versionAt = (stage: StateAt, release: StateAt | undefined): VersionAt => ({
  version: stage.version ?? '',
  stage: stage.state as Stage,
  ...said(stage),
  release: release === undefined ? null : { state: release.state as ReleaseState, ...said(release) },
});

const said = ({ sinceMs, by, why, sequence }: StateAt) => ({ sinceMs, by, why, sequence });

function aliasesOf(states: readonly StateAt[], changes: readonly AliasChange[]): readonly AliasAt[] {
  const lifecycle = new Map(states.filter((s) => s.kind === 'alias').map((s) => [s.alias ?? '', s]));
  const names = new Set([...lifecycle.keys(), ...changes.map((c) => c.alias)]);
  return [...names].toSorted().map((alias) => {
    const change = changes.find((c) => c.alias === alias);
    const governed = lifecycle.get(alias);
    return {
      alias,
      // Without a ledger (another registry) the lifecycle's own word is what is known
      version: change === undefined ? (governed?.version ?? null) : change.version,
      sinceMs: change?.atMs ?? governed?.sinceMs ?? 0,
      by: change === undefined ? (governed?.by ?? 'unknown') : `${change.role} ${change.by}`,
      why: change?.why ?? governed?.why ?? '',
      origin: change?.origin ?? 'assay',
      lifecycle: governed === undefined ? null : { version: governed.version, ...said(governed) },
    };
  });
}
