/** Reads of the evidence. Sufficient statistics only: rows stay where they are. Throws EVIDENCE_UNREADABLE. */

/** Of per-unit values: mean of a unit's outcomes first, so that a unit counts once. variance has denominator n − 1. */
export interface ArmStats {
  readonly n: number;
  readonly mean: number;
  readonly variance: number;
}

export interface ArmsQuery {
  readonly endpoint: string;
  /** One of both: rows of this rollout's arms champion and canary, or of this experiment's arms. */
  readonly rollout?: string;
  readonly experiment?: string;
  /** Of a rollout: `assigned` counts those alone whom this canary weight assigned, whatever weights there were before. */
  readonly weight?: number;
  readonly metrics: readonly string[];
  readonly sinceMs: number;
}

export interface ArmsAnswer {
  /** arm → metric → statistics over units that have an outcome. */
  readonly arms: Readonly<Record<string, Readonly<Record<string, ArmStats>>>>;
  /** arm → units assigned, with or without outcome: what the sample-ratio check needs. */
  readonly assigned: Readonly<Record<string, number>>;
}

export interface ShadowAnswer {
  readonly rows: number;
  readonly failed: number;
  readonly tripped: number;
  readonly meanLatencyUs: number;
  /** Mean absolute difference between shadow and served answer, by served name. */
  readonly difference: Readonly<Record<string, number>>;
  /** By shadow-check name (families/<f>.ts), where outcomes made it computable. */
  readonly checks: Readonly<Record<string, { readonly value: number; readonly rows: number }>>;
}

export interface PanelAnswer {
  readonly units: readonly string[];
  readonly periods: readonly number[];
  /** [units × periods]; a missing cell is NaN. */
  readonly values: readonly (readonly number[])[];
  readonly treated: readonly string[];
  /** First period in which the treated unit was answered by the treatment. */
  readonly firstTreatedPeriod: number | null;
}

export interface FeatureWindow {
  readonly rows: number;
  /** feature → counts over the reference's bins (edges.length + 1). */
  readonly counts: Readonly<Record<string, readonly number[]>>;
}

export interface TrafficSplit {
  readonly version: string;
  readonly arm: string;
  readonly answered: number;
  readonly guarded: number;
}

export interface EvidenceSource {
  arms(query: ArmsQuery): Promise<ArmsAnswer>;
  shadow(query: {
    endpoint: string;
    family: string;
    model: string;
    version: string;
    sinceMs: number;
  }): Promise<ShadowAnswer>;
  panel(query: {
    endpoint: string;
    experiment: string;
    metric: string;
    fromPeriod: number;
  }): Promise<PanelAnswer>;
  features(query: {
    endpoint: string;
    featureNames: readonly string[];
    edges: Readonly<Record<string, readonly number[]>>;
    sinceMs: number;
    /** Only the newest rows count. */
    lastRows: number;
  }): Promise<FeatureWindow>;
  /** Writes labelled rows (inputs joined with outcome labels) for retraining in the trainer contract's CSV columns; answers how many. */
  exportLabelled(query: {
    endpoint: string;
    family: string;
    sinceMs: number;
    lastRows: number;
    file: string;
  }): Promise<number>;
}
