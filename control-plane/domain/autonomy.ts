/** How much of a release a policy may approve by itself; set for each endpoint, revocable at any time. */
export const AUTONOMY = ['propose', 'assist', 'auto'] as const;
export type Autonomy = (typeof AUTONOMY)[number];

/** Points of a release at which traffic or exposure grows. */
export const APPROVAL_POINTS = ['shadow', 'canary', 'experiment', 'ship'] as const;
export type ApprovalPoint = (typeof APPROVAL_POINTS)[number];

/** Rollback never waits for anyone, at any level. */
export const needsPerson = (autonomy: Autonomy, point: ApprovalPoint): boolean =>
  autonomy === 'propose' || (autonomy === 'assist' && point === 'ship');
