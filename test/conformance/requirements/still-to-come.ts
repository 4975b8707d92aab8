/**
 * Rules that have no test yet. A rule that has one must not stand here, so that the list can only shrink; it is empty
 * when the specification is covered.
 */
export const stillToCome: readonly string[] = [...'6.1-31'.split(' ')];

/** Contradictions without their comment yet. */
export const undecided: readonly number[] = [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 18, 19, 20, 22, 23, 24, 25, 27, 29];
