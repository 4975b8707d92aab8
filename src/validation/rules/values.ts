/** Rules about one value that JSON Schema has no words for. */
import type { ElementNode } from '../definitions/elements.js';
import type { Binding, Bound } from '../definitions/facts.js';
import { isSeenTo } from '../invariants/elements.js';
import type { CodeCheck, Membership } from '../terminology/index.js';
import type { Compiler } from '../compile/context.js';
import { isJson, listOf, type Json } from '../definitions/json.js';
import type { Check } from '../compile/units.js';

export function fixedChecks(node: ElementNode, compiler: Compiler): Check[] {
  const checks: Check[] = [];
  const { fixed, pattern } = node;
  if (fixed !== undefined)
    checks.push((value) => {
      if (value !== null && !equals(value, fixed)) compiler.report(node, 'fixed', { fixed });
    });
  if (pattern !== undefined)
    checks.push((value) => {
      if (value !== null && !matches(value, pattern)) compiler.report(node, 'pattern', { pattern });
    });
  return checks;
}

/** The same value with the same properties, in whatever order they stand. */
export function equals(value: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted))
    return Array.isArray(value) && value.length === wanted.length && wanted.every((one, at) => equals(value[at], one));
  if (!isJson(wanted)) return value === wanted;
  if (!isJson(value)) return false;
  const names = Object.keys(wanted);
  return names.length === Object.keys(value).length && names.every((name) => equals(value[name], wanted[name]));
}

/** Everything the pattern holds is there; in lists, each of its items somewhere. */
export function matches(value: unknown, pattern: unknown): boolean {
  if (Array.isArray(pattern))
    return Array.isArray(value) && pattern.every((one) => value.some((item) => matches(item, one)));
  if (!isJson(pattern)) return value === pattern;
  return isJson(value) && Object.keys(pattern).every((name) => matches(value[name], pattern[name]));
}

export function bindingChecks(node: ElementNode, compiler: Compiler): Check[] {
  const { binding } = node;
  if (binding === undefined) return [];
  const checks = [bound(node, binding.valueSet, binding.strength, compiler)];
  if (binding.max !== undefined) checks.push(bound(node, binding.max, 'max', compiler));
  return checks;
}

function bound(node: ElementNode, url: string, strength: Binding['strength'], compiler: Compiler): Check {
  let codes: CodeCheck | undefined | null = null;
  return (value) => {
    if (value === null) return;
    // Value sets are expanded when the first value asks for them.
    if (codes === null) codes = compiler.terminology.valueSet(url);
    const membership = codes === undefined ? 'unknown' : membershipOf(value, codes, strength === 'required');
    if (membership === 'in') return;
    if (membership === 'out')
      compiler.report(node, 'binding', { url }, '', strength === 'extensible' ? 'warning' : 'error');
    else if (!compiler.quietTerminology)
      compiler.report(node, 'terminology', { url, gap: codes?.gap }, '', 'information');
  };
}

/** A required binding wants a code of the set; an extensible one is content with a text or another type of value. */
export function membershipOf(value: unknown, codes: CodeCheck, required: boolean): Membership {
  if (typeof value === 'string') return codes.code(value);
  if (!isJson(value)) return 'in';
  const isConcept = 'coding' in value || 'text' in value;
  if (!isConcept) {
    // A Quantity is bound by its unit's code.
    const { system, code } = value;
    if (code === undefined && system === undefined) return required ? 'out' : 'in';
    return codes.coding(asText(system), asText(code));
  }
  const codings = listOf(value['coding']).filter(isJson);
  if (codings.length === 0) return required ? 'out' : 'in';
  let best: Membership = 'out';
  for (const { system, code } of codings) {
    const membership = codes.coding(asText(system), asText(code));
    if (membership === 'in') return 'in';
    if (membership === 'unknown') best = 'unknown';
  }
  return best;
}

const asText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

export function rangeChecks(node: ElementNode, compiler: Compiler): Check[] {
  const { maxLength, minValue, maxValue } = node;
  const checks: Check[] = [];
  if (maxLength !== undefined)
    checks.push((value) => {
      if (typeof value === 'string' && value.length > maxLength && [...value].length > maxLength)
        compiler.report(node, 'length', { maxLength });
    });
  if (minValue !== undefined)
    checks.push((value) => {
      if (isLess(value, minValue)) compiler.report(node, 'range', { minValue });
      else noteUnits(value, minValue);
    });
  if (maxValue !== undefined)
    checks.push((value) => {
      if (isLess(maxValue, value)) compiler.report(node, 'range', { maxValue });
      else noteUnits(value, maxValue);
    });
  return checks;

  function noteUnits(value: unknown, bound: Bound): void {
    if (isQuantity(value) && isQuantity(bound) && !inSameUnit(value, bound))
      compiler.report(node, 'range-unit', { bound }, '', 'information');
  }
}

const isQuantity = (value: unknown): value is Json & { readonly value: number } =>
  isJson(value) && typeof value['value'] === 'number';

/** Units of other names may be the same or a multiple; that would take all of UCUM. */
const inSameUnit = (one: Json, other: Json): boolean =>
  one['code'] === undefined && other['code'] === undefined
    ? one['unit'] === other['unit']
    : one['code'] === other['code'] && one['system'] === other['system'];

/** Whether one value is certainly less: numbers, Quantities of one unit, or dates and times as far as both are precise. */
function isLess(value: unknown, other: unknown): boolean {
  if (typeof value === 'number' && typeof other === 'number') return value < other;
  if (isQuantity(value) && isQuantity(other)) return inSameUnit(value, other) && value.value < other.value;
  if (typeof value !== 'string' || typeof other !== 'string') return false;
  if (value.includes('T') && other.includes('T')) return Date.parse(value) < Date.parse(other);
  const length = Math.min(value.length, other.length, 10);
  return value.slice(0, length) < other.slice(0, length);
}

/** Why an invariant was not evaluated on a resource. */
const REASONS = {
  'too-costly': 'too costly on this resource',
  elsewhere: 'it depends on a resource that is not here',
  failed: "its expression can't be evaluated on what is there",
} as const;

export function invariantChecks(node: ElementNode, path: string, compiler: Compiler): Check[] {
  return node.constraints.flatMap((constraint) => {
    if (isSeenTo(constraint)) return [];
    const { check, unsupported } = compiler.invariants.compile(constraint, path);
    if (unsupported !== undefined) compiler.note(constraint.source, `${constraint.key}: ${unsupported}`);
    return (value) => {
      if (value === null) return;
      const holds = unsupported === undefined ? check(value, compiler.standing) : undefined;
      if (holds === true) return;
      const { key, expression, human, source } = constraint;
      if (holds === false) {
        compiler.report(node, 'invariant', { key, expression, human, source }, '', constraint.severity);
      } else {
        const reason = unsupported ?? REASONS[holds ?? 'failed'];
        compiler.report(node, 'unchecked', { key, source, reason }, '', 'information');
      }
    };
  });
}
