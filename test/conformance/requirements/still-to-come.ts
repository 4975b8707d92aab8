/**
 * Rules that have no test yet. A rule that has one must not stand here, so that the list can only shrink; it is empty
 * when the specification is covered.
 */
export const stillToCome: readonly string[] = [];

/** Contradictions without their comment yet. */
export const undecided: readonly number[] = [];
