/** What all resources have in common: type, id, version, profile, and FHIR's rules for what they contain. */
import { id, localTime, string, uri } from '../engine/primitives.js';
import { many, never, one, type Check, type ElementRule, type Json, type Shape } from '../engine/shape.js';
import { each } from './datatypes.js';

/** A resource of its own has an id and a version; a contained one has no version; an outcome has neither. */
export type Standing = 'stored' | 'contained' | 'passing';

function meta(profile: string, standing: Standing): ElementRule {
  const [, name = profile] = /\/([^/]+)$/.exec(profile) ?? [];
  return one('1..1', {
    name: `${name} meta`,
    prohibited:
      standing === 'contained' ? never('dom-4: what is contained has no version', 'versionId', 'lastUpdated') : {},
    elements: {
      profile: many('1..1', uri, { fixed: profile }),
      ...(standing === 'stored' && { versionId: one('1..1', id), lastUpdated: one('0..1', localTime) }),
    },
  });
}

function references(node: Json): string[] {
  if (Array.isArray(node)) return node.flatMap(references);
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, value]) =>
    name === 'reference' && typeof value === 'string' ? [value] : references(value),
  );
}

const CONTAINED_CHECKS: readonly Check[] = [
  {
    rule: 'dom-1: a contained resource has no narrative',
    broken: (node) => each(node.contained).some((one: Json) => one.text !== undefined) && 'narrative',
  },
  {
    rule: 'dom-2: a contained resource contains nothing',
    broken: (node) =>
      each(node.contained).some((one: Json) => one.contained !== undefined) && 'a contained resource in it',
  },
  {
    rule: 'dom-3: every contained resource is referred to',
    broken: (node) => each(node.contained).find((one: Json) => !references(node).includes(`#${one.id}`))?.id,
  },
  {
    rule: 'ref-1: every #id is the id of a contained resource',
    broken: (node) =>
      references(node).find(
        (one) => one.startsWith('#') && !each(node.contained).some((two: Json) => `#${two.id}` === one),
      ),
  },
];

/** A resource that claims a profile. */
export function profiled(type: string, profile: string, standing: Standing, rules: Omit<Shape, 'name'>): Shape {
  const [, name = profile] = /\/([^/]+)$/.exec(profile) ?? [];
  return {
    name,
    prohibited: {
      ...never('narrative is not populated', 'text'),
      ...never('no interaction sends it', 'implicitRules', 'language', 'modifierExtension'),
      ...(rules.elements['contained'] ? {} : never('nothing is contained here', 'contained')),
      ...rules.prohibited,
    },
    elements: {
      resourceType: one('1..1', string, { fixed: type }),
      ...(standing !== 'passing' && { id: one('1..1', id) }),
      meta: meta(profile, standing),
      ...rules.elements,
    },
    checks: [...(rules.checks ?? []), ...(rules.elements['contained'] ? CONTAINED_CHECKS : [])],
  };
}
