import type { RuleKind } from '../../../../../src/validation/types.js';
import { change, type Case, type RuleClass } from '../../harness.js';
import { EXAMPLES } from './examples.js';

/** Path of the change, the new value (`undefined` takes it away), and where and what the fault is. */
type Fault = readonly [path: string, value: unknown, at: string, kind: RuleKind];
/** Path and value of a change that leaves the resource valid, and the rule that it comes near to. */
type Harmless = readonly [path: string, value: unknown, rule: RuleClass];

export interface BaseTable {
  readonly faults: readonly Fault[];
  readonly harmless: readonly Harmless[];
}

const CLASSES: Partial<Record<RuleKind, RuleClass>> = { binding: 'required-binding' };

/** Cases of what the base definition of a type says. */
export function baseCases(type: keyof typeof EXAMPLES, { faults, harmless }: BaseTable): Case[] {
  const example = EXAMPLES[type];
  const titleOf = (path: string, value: unknown) =>
    value === undefined ? `base ${type} without ${path}` : `base ${type} with ${path} = ${JSON.stringify(value)}`;
  const resourceOf = (path: string, value: unknown) => change<unknown>(example, { [path]: value });
  return [
    { title: `base ${type} as it stands`, rule: 'cardinality', type, resource: structuredClone(example), errors: [] },
    ...faults.map(([path, value, at, kind]): Case => {
      const rule = CLASSES[kind] ?? (kind as RuleClass);
      return { title: titleOf(path, value), rule, type, resource: resourceOf(path, value), errors: [{ at, kind }] };
    }),
    ...harmless.map(([path, value, rule]): Case => {
      return { title: titleOf(path, value), rule, type, resource: resourceOf(path, value), errors: [] };
    }),
  ];
}
