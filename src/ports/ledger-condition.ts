/** How it stands with the ledger itself, for operators. */

/** Why nothing new is begun: no booking and no cancellation. */
export const HINDRANCES = ['disk-full', 'disk-error', 'slow-commits'] as const;
export type Hindrance = (typeof HINDRANCES)[number];

export interface LedgerCondition {
  readonly hindrance: Hindrance | undefined;
  /** 95th percentile of the last five seconds; `undefined` where there were too few commits to say. */
  readonly commitP95Ms: number | undefined;
  /** Bookings and cancellations that were not begun, since the start. */
  readonly shed: ReadonlyMap<Hindrance, number>;
}
