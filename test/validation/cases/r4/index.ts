/** The case table of R4. */
import type { Case } from '../harness.js';
import { BINDING_CASES } from './bindings.js';
import { DERIVATION_CASES } from './derivation.js';
import { DISCRIMINATOR_CASES } from './discriminators.js';
import { LIMIT_CASES } from './limits.js';
import { REFERENCE_CASES } from './references.js';
import { RESOLVED_CASES } from './resolved.js';
import { SLICE_CASES } from './slices.js';
import { STRUCTURE_CASES } from './structure.js';
import { VALUE_CASES } from './values.js';

export const R4_CASES: readonly Case[] = [
  ...STRUCTURE_CASES,
  ...VALUE_CASES,
  ...BINDING_CASES,
  ...DISCRIMINATOR_CASES,
  ...SLICE_CASES,
  ...REFERENCE_CASES,
  ...DERIVATION_CASES,
  ...RESOLVED_CASES,
  ...LIMIT_CASES,
];
