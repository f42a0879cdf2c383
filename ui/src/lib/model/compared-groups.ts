import type { VersionComparison } from '@assay/domain/read-models';
import type { ComparedRow } from '../shared/compared.ts';

const GROUPS = [
  ['Version', ''],
  ['Metrics', 'metrics.'],
  ['Params', 'params.'],
  ['Tags', 'tags.'],
] as const;

/** The rows of a comparison under their headings, without the prefix that named the heading. */
export function comparedGroups({ rows }: VersionComparison): readonly {
  readonly name: string;
  readonly rows: readonly ComparedRow[];
}[] {
  const groupOf = (what: string): string =>
    GROUPS.find(([, prefix]) => prefix !== '' && what.startsWith(prefix))?.[1] ?? '';
  return GROUPS.map(([name, prefix]) => ({
    name,
    rows: rows
      .filter((row) => groupOf(row.what) === prefix)
      .map(({ what, a, b, differs }) => ({
        what: what.slice(prefix.length),
        cells: [a ?? undefined, b ?? undefined],
        differs,
      })),
  }));
}
