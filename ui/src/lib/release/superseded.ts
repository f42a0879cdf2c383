import type { Release } from '@assay/domain/release';

/**
 * Ids of releases that ended as champion and are it no more: a later release of the endpoint became champion too. One
 * that was rolled back since says so in its own state, and the one before it is champion again.
 */
export function supersededIds(releases: readonly Release[]): ReadonlySet<string> {
  const newest = new Map<string, Release>();
  const champions = releases.filter((r) => r.state.kind === 'champion');
  for (const release of champions) {
    const other = newest.get(release.endpoint);
    if (other === undefined || other.requestedAtMs < release.requestedAtMs)
      newest.set(release.endpoint, release);
  }
  return new Set(champions.filter((r) => newest.get(r.endpoint) !== r).map((r) => r.id));
}
