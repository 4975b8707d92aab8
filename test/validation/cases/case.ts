import type { StructureRule } from '../../../src/validation/index.js';
import type { Json } from '../resources.js';

/** Path of the change, the new value (`undefined` takes it away), and where and what the fault is. */
export type Fault = readonly [path: string, value: Json | undefined, fhirPath: string, rule: StructureRule];
/** A change that leaves the resource valid. */
export type Harmless = readonly [path: string, value: Json | undefined];

export interface Cases {
  readonly faults: readonly Fault[];
  readonly harmless: readonly Harmless[];
}
