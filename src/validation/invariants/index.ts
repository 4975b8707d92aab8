/**
 * Constraints of definitions, ready to be held against values. The ones of FHIR itself that stand on most resources are
 * written in code; everything else is FHIRPath. Which is which goes by key and exact expression, so a package that uses a
 * key of FHIR's for a rule of its own gets its own rule.
 */
import type { Constraint } from '../definitions/facts.js';
import type { Release } from '../types.js';
import { CONTAINED_CHECKS } from './contained.js';
import { ELEMENT_CHECKS } from './elements.js';
import { createBudget } from './fhirpath/budget.js';
import {
  compileExpression,
  compileSelect,
  type Answer,
  type CompiledExpression,
  type Select,
} from './fhirpath/index.js';
import { NARRATIVE_CHECKS } from './narrative.js';
import { OTHER_CHECKS } from './others.js';
import { RESOURCE_CHECKS } from './resources.js';
import type { InvariantCheck, InvariantContext } from './values.js';

export type { InvariantCheck, InvariantContext, Json } from './values.js';

export interface CompiledInvariant {
  readonly check: (value: unknown, context: InvariantContext) => Answer;
  readonly native: boolean;
  /** Why it can't be evaluated, as far as that is known beforehand; its check then gives undefined. */
  readonly unsupported?: string;
}

export interface Invariants {
  /** A new validation: what FHIRPath may take is counted anew. */
  begin(): void;
  /** @param path type path of the place where the constraint stands: `Appointment.participant`, `Period` */
  compile(constraint: Constraint, path: string): CompiledInvariant;
  /** What an expression finds in a resource, as long as this validation has anything left to spend. */
  select: (expression: string) => Select;
}

const NATIVE: ReadonlyMap<string, InvariantCheck> = new Map(
  [CONTAINED_CHECKS, ELEMENT_CHECKS, NARRATIVE_CHECKS, OTHER_CHECKS, RESOURCE_CHECKS].flatMap((checks) =>
    Object.entries(checks),
  ),
);

/** `key|expression` of every constraint that is written in code. */
export const NATIVE_CONSTRAINTS: readonly string[] = [...NATIVE.keys()];

/** What the code leaves undecided is asked of FHIRPath, which is not loaded before. */
function withFallback(check: InvariantCheck, fallback: () => CompiledExpression): CompiledInvariant['check'] {
  let compiled: CompiledExpression | undefined;
  return (value, context) => {
    const answer = check(value, context);
    if (answer !== undefined) return answer;
    compiled ??= fallback();
    return compiled.check(value, context);
  };
}

export function createInvariants(release: Release): Invariants {
  const compiled = new Map<string, CompiledInvariant>();
  const selects = new Map<string, Select>();
  const budget = createBudget();
  return {
    begin: () => {
      budget.begin();
    },
    compile(constraint, path) {
      const native = NATIVE.get(`${constraint.key}|${constraint.expression}`);
      const fallback = (): CompiledExpression => compileExpression(release, constraint.expression, path, budget);
      if (native) return { check: withFallback(native, fallback), native: true };
      const key = `${path}|${constraint.expression}`;
      let found = compiled.get(key);
      if (!found) {
        found = { native: false, ...fallback() };
        compiled.set(key, found);
      }
      return found;
    },
    select(expression) {
      let found = selects.get(expression);
      if (!found) selects.set(expression, (found = compileSelect(release, expression, budget)));
      return found;
    },
  };
}
