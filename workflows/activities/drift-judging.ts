import { DRIFT_DEFAULTS, featureDrift } from '@assay/analysis/drift';
import type { AssayError } from '@assay/domain/errors';
import { familySpec } from '@assay/domain/families/all';
import type { FeatureDrift } from '@assay/domain/ports/control-store';
import type { EvidenceSource } from '@assay/domain/ports/evidence-source';
import type { ModelRegistry } from '@assay/domain/ports/model-registry';
import { parseReference, type Reference } from '@assay/domain/trainer';
import { unreadable } from './rollout-judging.ts';

export interface DriftQuery {
  readonly endpoint: string;
  readonly family: string;
  readonly model: string;
  readonly version: string;
  readonly sinceMs: number;
  readonly minRows: number;
  readonly alpha: number;
}

export interface RowsQuery {
  readonly endpoint: string;
  readonly family: string;
  readonly sinceMs: number;
  readonly atMost: number;
}

export interface DriftLook {
  readonly kind: 'drift' | 'stable' | 'no-data';
  readonly reason: string;
  readonly rows: number;
  readonly features: readonly FeatureDrift[];
}

export const driftJudging = (deps: { evidence: EvidenceSource; registry: ModelRegistry }) => ({
  /** The champion's training rows against the newest rows that it answered. */
  async lookForDrift(query: DriftQuery): Promise<DriftLook> {
    const spec = familySpec(query.family);
    const reference = await referenceOf(deps.registry, query).catch(unknownReference);
    if (typeof reference === 'string') return { kind: 'no-data', reason: reference, rows: 0, features: [] };
    const edges = Object.fromEntries(spec.featureNames.map((f) => [f, reference[f]?.edges ?? []]));
    const { endpoint, sinceMs, minRows } = query;
    try {
      const window = await deps.evidence.features({
        endpoint,
        featureNames: spec.featureNames,
        edges,
        sinceMs,
        lastRows: minRows,
      });
      const counts = spec.featureNames.map((feature) => ({
        feature,
        reference: reference[feature]?.counts ?? [],
        current: window.counts[feature] ?? [],
      }));
      const answer = featureDrift(counts, { alpha: query.alpha, minPsi: DRIFT_DEFAULTS.minPsi, minRows });
      return {
        kind: answer.kind,
        reason:
          answer.kind === 'stable'
            ? `${window.rows} rows like those of the training`
            : answer.reasons.join('; '),
        rows: window.rows,
        features: answer.features
          .filter((f) => f.psi !== null && f.p !== null)
          .map((f) => ({ feature: f.feature, psi: f.psi ?? 0, p: f.p ?? 1, drifted: f.kind === 'drift' })),
      };
    } catch (error) {
      return { kind: 'no-data', reason: unreadable(error), rows: 0, features: [] };
    }
  },

  /** Rows since then, up to `atMost`: whether a retraining has enough to learn from. */
  async rowsSince(query: RowsQuery): Promise<{ rows: number }> {
    const { endpoint, family, sinceMs, atMost } = query;
    const { featureNames } = familySpec(family);
    // One feature in one bin: the count of rows is all that is wanted
    const edges = Object.fromEntries(featureNames.slice(0, 1).map((name) => [name, []]));
    const window = await deps.evidence.features({ endpoint, featureNames, edges, sinceMs, lastRows: atMost });
    return { rows: window.rows };
  },
});

const referenceOf = async (
  registry: ModelRegistry,
  { family, model, version }: DriftQuery,
): Promise<Reference['features']> =>
  parseReference(await registry.artifactText(model, version, 'reference.json'), familySpec(family)).features;

/** A version that came without its training's histograms can be served, and its drift cannot be told: that is said, not thrown. */
function unknownReference(error: unknown): string {
  const { code, message } = error as Partial<AssayError>;
  if (code === 'NOT_FOUND' || code === 'TRAINER_OUTPUT_INVALID') return String(message);
  throw error;
}

export type DriftJudging = ReturnType<typeof driftJudging>;
