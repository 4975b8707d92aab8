/**
 * Rules that have no test yet. A rule that has one must not stand here, so that the list can only shrink; it is empty
 * when the specification is covered.
 */
export const stillToCome: readonly string[] = [...'13-19'.split(' ')];

/** Contradictions without their comment yet. */
export const undecided: readonly number[] = [];
