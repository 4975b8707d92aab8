/** The names of all rules that a shape and what lies below it can report, for the test that each of them catches something. */
import { bounds, type ElementRule, type ExtensionSet, type Shape } from './shape.js';
import { isChoice, isExtensionSet, isPrimitive, isShape, ruleNames } from './walk.js';

export function allRules(shapes: readonly Shape[]): ReadonlySet<string> {
  const names = new Set<string>([ruleNames.extension, ruleNames.extensionUrl, ruleNames.empty]);
  const seen = new Set<Shape>();

  function element(rule: ElementRule, name: string, owner: string): void {
    const { type, card, list, fixed, codes } = rule;
    const [min, max] = bounds(card);
    if (!isExtensionSet(type) && (min > 0 || (list && max !== Infinity))) names.add(ruleNames.card(owner, name, card));
    names.add(ruleNames.list(owner, name, list));
    if (fixed !== undefined) names.add(ruleNames.fixed(owner, name, String(fixed)));
    if (codes) names.add(ruleNames.codes(owner, name, codes.list));
    if (isPrimitive(type)) names.add(ruleNames.type(owner, name, type.expected));
    else if (isShape(type)) shape(type);
    else if (isExtensionSet(type)) extensionSet(type);
    else if (isChoice(type)) {
      names.add(ruleNames.resource(owner, name));
      for (const resource of Object.values(type.resources)) shape(resource, false);
    }
  }

  function extensionSet(set: ExtensionSet): void {
    for (const [url, { card, value, children }] of Object.entries(set.extensions)) {
      if (card !== '0..*') names.add(ruleNames.card('extension', url, card));
      if (value) element({ ...value[1], card: '0..1' }, value[0], url.slice(url.lastIndexOf('/') + 1));
      if (children) extensionSet(children);
    }
  }

  function shape(one: Shape, alone = true): void {
    if (seen.has(one)) return;
    seen.add(one);
    names.add(ruleNames.unknown(one.name));
    for (const [name, why] of Object.entries(one.prohibited ?? {}))
      names.add(ruleNames.prohibited(one.name, name, why));
    for (const [name, rule] of Object.entries(one.elements)) {
      // Among several resources the type chooses the shape, so that a wrong one is no violation of this shape.
      if (alone || name !== 'resourceType') element(rule, name, one.name);
    }
    for (const check of one.checks ?? []) names.add(check.rule);
  }

  for (const one of shapes) shape(one);
  return names;
}
