import type { Case } from '../harness.js';

/** The cases of STU3, by rule class. */
export const STU3_CASES: readonly Case[] = [];
