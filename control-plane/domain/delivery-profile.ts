/** How patient a release is. The demo profile differs from the default in numbers only; the clock is always the real one. */
export interface CanaryStep {
  readonly weight: number;
  /** The least time at this weight; the step also waits for `minUnits`. */
  readonly soakMs: number;
}

export interface DeliveryProfile {
  readonly name: string;
  readonly shadow: { readonly soakMs: number; readonly minRows: number; readonly timeoutMs: number };
  readonly canary: {
    readonly steps: readonly CanaryStep[];
    readonly lookEveryMs: number;
    /** Units with outcomes an arm needs before a look counts. */
    readonly minUnits: number;
    /** A step that has not gathered `minUnits` by then is no-data: roll back. */
    readonly stepTimeoutMs: number;
    /** Bound on P(rollback | harmless) over the whole ramp, all guardrails and looks together. */
    readonly falseRollbackRate: number;
  };
  readonly experiment: {
    readonly minUnitsPerArm: number;
    readonly minDurationMs: number;
    readonly timeoutMs: number;
    readonly lookEveryMs: number;
    readonly alpha: number;
    /** Business periods before and after the start, for panel designs. */
    readonly prePeriods: number;
    readonly postPeriods: number;
  };
  readonly monitor: {
    readonly lookEveryMs: number;
    readonly minRows: number;
    /** Looks in a row that must see drift before the alarm. */
    readonly consecutive: number;
    readonly alpha: number;
  };
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const PROFILES = {
  standard: {
    name: 'standard',
    shadow: { soakMs: DAY, minRows: 10_000, timeoutMs: 7 * DAY },
    canary: {
      steps: [
        { weight: 0.01, soakMs: 2 * HOUR },
        { weight: 0.05, soakMs: 6 * HOUR },
        { weight: 0.2, soakMs: DAY },
        { weight: 0.5, soakMs: DAY },
      ],
      lookEveryMs: MINUTE,
      minUnits: 500,
      stepTimeoutMs: 7 * DAY,
      falseRollbackRate: 0.01,
    },
    experiment: {
      minUnitsPerArm: 5_000,
      minDurationMs: 14 * DAY,
      timeoutMs: 28 * DAY,
      lookEveryMs: HOUR,
      alpha: 0.05,
      prePeriods: 60,
      postPeriods: 28,
    },
    monitor: { lookEveryMs: HOUR, minRows: 5_000, consecutive: 3, alpha: 0.001 },
  },
  // Soaks are short; time-outs are not, so that a machine that is busy with other things is slow and not wrong
  demo: {
    name: 'demo',
    shadow: { soakMs: 4_000, minRows: 200, timeoutMs: 4 * MINUTE },
    canary: {
      steps: [
        { weight: 0.2, soakMs: 5_000 },
        { weight: 0.5, soakMs: 8_000 },
      ],
      lookEveryMs: 1_500,
      minUnits: 100,
      stepTimeoutMs: 5 * MINUTE,
      falseRollbackRate: 0.01,
    },
    experiment: {
      minUnitsPerArm: 2_000,
      minDurationMs: 10_000,
      timeoutMs: 6 * MINUTE,
      lookEveryMs: 2_500,
      alpha: 0.05,
      prePeriods: 30,
      postPeriods: 20,
    },
    monitor: { lookEveryMs: 4_000, minRows: 300, consecutive: 2, alpha: 0.001 },
  },
} as const satisfies Record<string, DeliveryProfile>;

export type ProfileName = keyof typeof PROFILES;
