/** Constraints of data types in code. */
import type { Constraint } from '../definitions/facts.js';
import { compareTimes } from './times.js';
import { isOneOf, has, hasChoice, isJson, one, type InvariantCheck, type NativeChecks } from './values.js';

const UCUM = 'http://unitsofmeasure.org';

const holds: InvariantCheck = () => true;

const needs =
  (name: string, other: string): InvariantCheck =>
  (value) =>
    !has(value, name) || has(value, other);

const neverBoth =
  (name: string, other: string): InvariantCheck =>
  (value) =>
    !has(value, name) || !has(value, other);

/** `start <= end`; where precision or time zone leave it open, the constraint holds: nobody can say it is broken. */
const periodInOrder: InvariantCheck = (value) => {
  const [start, end] = [one(value, 'start'), one(value, 'end')];
  if (typeof start !== 'string' || typeof end !== 'string') return true;
  const order = compareTimes(start, end);
  return order === undefined || order <= 0;
};

/** Undefined where the units differ: whether 1 kg is more than 5 g is a matter for FHIRPath, which knows UCUM. */
const rangeInOrder: InvariantCheck = (value) => {
  const [low, high] = [one(value, 'low'), one(value, 'high')];
  if (!isJson(low) || !isJson(high)) return true;
  const [least, most] = [low['value'], high['value']];
  if (typeof least !== 'number' || typeof most !== 'number') return true;
  const sameUnit = low['system'] === high['system'] && low['code'] === high['code'] && low['unit'] === high['unit'];
  return sameUnit ? least <= most : undefined;
};

const codedWithUcum = (value: unknown): boolean =>
  (has(value, 'code') || !has(value, 'value')) && (!has(value, 'system') || isOneOf(value, 'system', UCUM));

const aboveZero = (value: unknown): boolean => {
  const held = one(value, 'value');
  return typeof held === 'number' && held > 0;
};

const wholeCount = (value: unknown): boolean => {
  const held = one(value, 'value');
  return typeof held === 'number' && !String(held).includes('.');
};

const noValue = (value: unknown): boolean => !isJson(value) || value['value'] === undefined || value['value'] === null;

const notNegative =
  (name: string): InvariantCheck =>
  (value) => {
    const held = one(value, name);
    return !has(value, name) || (typeof held === 'number' && held >= 0);
  };

const MEALS = ['C', 'CM', 'CD', 'CV'];

/** An offset belongs to an event of the day that is not a meal as such. */
const offsetHasEvent: InvariantCheck = (value) => {
  if (!has(value, 'offset')) return true;
  const when = one(value, 'when');
  const codes: readonly unknown[] = Array.isArray(when) ? when : [when];
  return has(value, 'when') && !codes.some((code) => typeof code === 'string' && MEALS.includes(code));
};

const durationCoded: InvariantCheck = (value) =>
  !has(value, 'code') || (isOneOf(value, 'system', UCUM) && has(value, 'value'));

export const ELEMENT_CHECKS: NativeChecks = {
  // Whether an element has content is seen while its structure is checked.
  'ele-1|hasValue() | (children().count() > id.count())': holds,
  'ele-1|hasValue() or (children().count() > id.count())': holds,
  'ext-1|extension.exists() != value.exists()': (value) => has(value, 'extension') !== hasChoice(value, 'value'),
  'per-1|start.empty() or end.empty() or (start <= end)': periodInOrder,
  'per-1|start.hasValue().not() or end.hasValue().not() or (start <= end)': periodInOrder,
  'cpt-2|value.empty() or system.exists()': needs('value', 'system'),
  'att-1|data.empty() or contentType.exists()': needs('data', 'contentType'),
  'qty-3|code.empty() or system.exists()': needs('code', 'system'),
  'sqty-1|comparator.empty()': (value) => !has(value, 'comparator'),
  'rng-2|low.empty() or high.empty() or (low <= high)': rangeInOrder,
  'drt-1|code.exists() implies ((system = %ucum) and value.exists())': durationCoded,
  'dis-1|(code or value.empty()) and (system.empty() or system = %ucum)': codedWithUcum,
  'dis-1|(code.exists() or value.empty()) and (system.empty() or system = %ucum)': codedWithUcum,
  'age-1|(code or value.empty()) and (system.empty() or system = %ucum) and (value.empty() or value > 0)': (value) =>
    codedWithUcum(value) && (!has(value, 'value') || aboveZero(value)),
  'age-1|(code.exists() or value.empty()) and (system.empty() or system = %ucum) and (value.empty() or value.hasValue().not() or value > 0)':
    (value) => codedWithUcum(value) && (noValue(value) || aboveZero(value)),
  "cnt-3|(code or value.empty()) and (system.empty() or system = %ucum) and (code.empty() or code = '1') and (value.empty() or value.toString().contains('.').not())":
    (value) =>
      codedWithUcum(value) &&
      (!has(value, 'code') || isOneOf(value, 'code', '1')) &&
      (!has(value, 'value') || wholeCount(value)),
  "cnt-3|(code.exists() or value.empty()) and (system.empty() or system = %ucum) and (code.empty() or code = '1') and (value.empty() or value.hasValue().not() or value.toString().contains('.').not())":
    (value) =>
      codedWithUcum(value) &&
      (!has(value, 'code') || isOneOf(value, 'code', '1')) &&
      (noValue(value) || wholeCount(value)),
  "mny-1|(code or value.empty()) and (system.empty() or system = 'urn:iso:std:iso:4217')": (value) =>
    (has(value, 'code') || !has(value, 'value')) &&
    (!has(value, 'system') || isOneOf(value, 'system', 'urn:iso:std:iso:4217')),
  'tim-1|duration.empty() or durationUnit.exists()': needs('duration', 'durationUnit'),
  'tim-2|period.empty() or periodUnit.exists()': needs('period', 'periodUnit'),
  'tim-4|duration.exists() implies duration >= 0': notNegative('duration'),
  'tim-5|period.exists() implies period >= 0': notNegative('period'),
  'tim-6|periodMax.empty() or period.exists()': needs('periodMax', 'period'),
  'tim-7|durationMax.empty() or duration.exists()': needs('durationMax', 'duration'),
  'tim-8|countMax.empty() or count.exists()': needs('countMax', 'count'),
  "tim-9|offset.empty() or (when.exists() and ((when in ('C' | 'CM' | 'CD' | 'CV')).not()))": offsetHasEvent,
  "tim-9|offset.empty() or (when.exists() and when.select($this in ('C' | 'CM' | 'CD' | 'CV')).allFalse())":
    offsetHasEvent,
  'tim-10|timeOfDay.empty() or when.empty()': neverBoth('timeOfDay', 'when'),
};

/** Whether a constraint is seen to in another way, and needs no check of its own. */
export function isSeenTo({ key, expression }: Constraint): boolean {
  return ELEMENT_CHECKS[`${key}|${expression}`] === holds;
}
