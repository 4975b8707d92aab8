import type { Case } from '../harness.js';
import { BASE_CASES } from './base/index.js';
import { ELEMENT_DEFINITION_CASES } from './element-definitions.js';
import { ELEMENT_CASES } from './elements.js';
import { RESOURCE_CASES } from './resources.js';
import { SLICE_CASES } from './slices.js';
import { SLICED_DEFINITION_CASES } from './sliced-definitions.js';

/** The case table of STU3. */
export const STU3_CASES: readonly Case[] = [
  ...BASE_CASES,
  ...ELEMENT_CASES,
  ...SLICE_CASES,
  ...RESOURCE_CASES,
  ...SLICED_DEFINITION_CASES,
  ...ELEMENT_DEFINITION_CASES,
];
