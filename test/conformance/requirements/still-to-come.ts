/**
 * Rules that have no test yet. A rule that has one must not stand here, so that the list can only shrink; it is empty
 * when the specification is covered.
 */
export const stillToCome: readonly string[] = [
  ...'13-4 13-5 13-6 13-8'.split(' '),
  ...'4.1-16'.split(' '),
  ...'6.1-31'.split(' '),
  ...'9.2-4 9.2-5'.split(' '),
  ...'9.3-6'.split(' '),
  ...'9.4-16 9.4-17 9.4-25 9.4-45'.split(' '),
];

/** Contradictions without their comment yet. */
export const undecided: readonly number[] = [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 18, 19, 20, 22, 23, 24, 25, 27, 29];
