/** The case table of R4. */
import type { Case } from '../harness.js';
import { STRUCTURE_CASES } from './structure.js';
import { VALUE_CASES } from './values.js';

export const R4_CASES: readonly Case[] = [...STRUCTURE_CASES, ...VALUE_CASES];
