/** A number per unit that outcomes carry, and what better means for it. */
export interface MetricSpec {
  /** Key in Outcome.metrics. */
  readonly name: string;
  readonly label: string;
  /** Physical unit of one value, for people: "cents per session", "share". */
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  /** Largest worsening that still counts as harmless when shipping, in the metric's unit. */
  readonly nonInferiorityMargin: number;
  /**
   * Worsening that is agreed beforehand to be no harm, in the metric's unit: spend may rise where it buys value. A rollout
   * is rolled back for more than this. Absent: for any worsening.
   */
  readonly tolerance?: number;
}
