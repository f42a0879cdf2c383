import type { Stage } from './model-version.ts';

/** Aliases that mirror the lifecycle: only a release moves them. All others belong to the data scientists. */
export const GATED_ALIASES = ['champion', 'challenger'] as const;
export type GatedAlias = (typeof GATED_ALIASES)[number];

export const isGated = (alias: string): alias is GatedAlias =>
  (GATED_ALIASES as readonly string[]).includes(alias);

/** Version that an alias ought to name; null: none, the lifecycle took it away. */
export interface AliasMove {
  readonly alias: GatedAlias;
  readonly version: string | null;
}

type Held = Readonly<Partial<Record<GatedAlias, string | null>>>;

const GAINS: Readonly<Partial<Record<Stage, GatedAlias>>> = {
  shadow: 'challenger',
  canary: 'challenger',
  champion: 'champion',
};

/** How a model's gated aliases move when one of its versions reaches a stage; nothing where they stay. */
export function aliasMoves(held: Held, version: string, stage: Stage): readonly AliasMove[] {
  const gains = GAINS[stage];
  const lost = GATED_ALIASES.filter((a) => a !== gains && held[a] === version).map((alias) => ({
    alias,
    version: null,
  }));
  return gains === undefined || held[gains] === version ? lost : [...lost, { alias: gains, version }];
}
