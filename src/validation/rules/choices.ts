/** Values of elements with a choice of many types, each compiled when the first one is sent. */
import type { ElementNode } from '../definitions/elements.js';
import type { Compiler } from '../compile/context.js';
import { isJson } from '../definitions/json.js';
import type { Check } from '../compile/units.js';

/**
 * Checks whichever of a choice's properties an object has. A schema with all of them would be compiled whole: an
 * extension's value has forty types, and hardly any of them is ever sent.
 */
export function choiceCheck(checks: ReadonlyMap<string, Check>, compiler: Compiler): Check {
  const { faults } = compiler.units;
  return (value) => {
    if (!isJson(value)) return;
    for (const name in value) {
      const check = checks.get(name);
      if (check === undefined) continue;
      const before = faults.length;
      check(value[name]);
      if (faults.length > before) faults.lift(before, `/${name}`);
    }
  };
}

/** Choices of so many types are not written into their holder's schema. */
export function isWide(node: ElementNode): boolean {
  return node.types.length > 5;
}
