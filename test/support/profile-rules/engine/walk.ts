/** Holds a body against a shape and lists everything that is wrong with it. */
import {
  bounds,
  type Cardinality,
  type ElementRule,
  type ExtensionSet,
  type Ground,
  type Json,
  type Primitive,
  type ResourceChoice,
  type Shape,
  type Type,
} from './shape.js';

export interface Violation {
  readonly path: string;
  readonly rule: string;
  readonly found: string;
}

/** The names by which violations and the list of all rules speak of the same rule. */
export const ruleNames = {
  card: (owner: string, element: string, card: Cardinality) => `${owner}.${element} is ${card}`,
  prohibited: (owner: string, element: string, why: string) => `${owner}.${element} is 0..0: ${why}`,
  unknown: (owner: string) => `${owner} has no other elements`,
  fixed: (owner: string, element: string, value: string) => `${owner}.${element} is always ${value}`,
  codes: (owner: string, element: string, list: string) => `${owner}.${element} is of ${list}`,
  type: (owner: string, element: string, expected: string) => `${owner}.${element} is ${expected}`,
  list: (owner: string, element: string, list: boolean) => `${owner}.${element} is ${list ? 'an array' : 'no array'}`,
  resource: (owner: string, element: string) => `${owner}.${element} is a resource that may stand here`,
  extension: 'ext-1: an extension has a url and either a value or children',
  extensionUrl: 'every extension is one of the specification',
  empty: 'ele-1: an element has a value or children',
} as const;

const SHOWN = 120;

export function show(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

export const isPrimitive = (type: Type): type is Primitive => 'primitive' in type;
export const isShape = (type: Type): type is Shape => 'elements' in type;
export const isExtensionSet = (type: Type): type is ExtensionSet => 'extensions' in type;
export const isChoice = (type: Type): type is ResourceChoice => 'resources' in type;

function isObject(value: unknown): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function walk(body: unknown, shape: Shape, ground: Ground, path = shape.name): readonly Violation[] {
  const violations: Violation[] = [];
  const report = (where: string, rule: string, found: unknown): void => {
    violations.push({ path: where, rule, found: typeof found === 'string' ? found : show(found) });
  };

  function object(value: unknown, rules: Shape, where: string): void {
    if (!isObject(value)) return report(where, `${rules.name} is an object`, value);
    if (Object.keys(value).length === 0) report(where, ruleNames.empty, value);
    for (const name of Object.keys(value)) {
      const why = rules.prohibited?.[name];
      if (why !== undefined) report(`${where}.${name}`, ruleNames.prohibited(rules.name, name, why), value[name]);
      else if (!Object.hasOwn(rules.elements, name))
        report(`${where}.${name}`, ruleNames.unknown(rules.name), value[name]);
    }
    for (const [name, rule] of Object.entries(rules.elements)) element(value[name], rule, name, rules.name, where);
    for (const check of rules.checks ?? []) {
      let found: string | false | undefined;
      try {
        found = check.broken(value, ground);
      } catch {
        // The element that a check stumbles over is listed above for what it is.
        found = violations.length > 0 ? false : 'a shape that the check cannot read';
      }
      if (found !== false && found !== undefined) report(where, check.rule, found);
    }
  }

  function element(value: unknown, rule: ElementRule, name: string, owner: string, parent: string): void {
    const where = `${parent}.${name}`;
    const [min, max] = bounds(rule.card);
    if (value === undefined) {
      if (min > 0 && !isExtensionSet(rule.type)) report(where, ruleNames.card(owner, name, rule.card), 'nothing');
      if (isExtensionSet(rule.type)) extensionSet([], rule.type, where);
      return;
    }
    if (Array.isArray(value) !== rule.list) return report(where, ruleNames.list(owner, name, rule.list), value);
    const items: readonly unknown[] = rule.list ? (value as unknown[]) : [value];
    if (items.length === 0) report(where, ruleNames.empty, value);
    if (items.length < min || items.length > max) {
      report(where, ruleNames.card(owner, name, rule.card), `${items.length} of them`);
    }
    if (isExtensionSet(rule.type)) return extensionSet(items, rule.type, where);
    items.forEach((item, index) => one(item, rule, name, owner, rule.list ? `${where}[${index}]` : where));
  }

  function one(item: unknown, rule: ElementRule, name: string, owner: string, where: string): void {
    const { type, fixed, codes } = rule;
    if (isPrimitive(type)) {
      if (!type.accepts(item, ground)) report(where, ruleNames.type(owner, name, type.expected), item);
      if (fixed !== undefined && item !== fixed) report(where, ruleNames.fixed(owner, name, String(fixed)), item);
      if (codes && !codes.codes.has(String(item))) report(where, ruleNames.codes(owner, name, codes.list), item);
    } else if (isShape(type)) {
      object(item, type, where);
    } else if (isChoice(type)) {
      const chosen = isObject(item) ? type.resources[String(item['resourceType'])] : undefined;
      if (chosen) object(item, chosen, where);
      else report(where, ruleNames.resource(owner, name), isObject(item) ? item['resourceType'] : item);
    }
  }

  function extensionSet(items: readonly unknown[], set: ExtensionSet, where: string): void {
    const counts = new Map<string, number>();
    items.forEach((item, index) => {
      const here = `${where}[${index}]`;
      const url: unknown = isObject(item) ? item['url'] : undefined;
      if (!isObject(item) || typeof url !== 'string') return report(here, ruleNames.extension, item);
      const rule = set.extensions[url];
      if (rule === undefined) return report(here, ruleNames.extensionUrl, url);
      counts.set(url, (counts.get(url) ?? 0) + 1);
      const owner = url.slice(url.lastIndexOf('/') + 1);
      const [valueName, valueRule] = rule.value ?? [];
      if (valueName !== undefined && valueRule !== undefined) {
        if (Object.keys(item).sort().join() !== `url,${valueName}`) report(here, ruleNames.extension, item);
        element(item[valueName], valueRule, valueName, owner, here);
      }
      if (rule.children) {
        if (Object.keys(item).sort().join() !== 'extension,url') report(here, ruleNames.extension, item);
        const children: unknown = item['extension'];
        if (Array.isArray(children) && children.length > 0) extensionSet(children, rule.children, `${here}.extension`);
        else report(here, ruleNames.extension, item);
      }
    });
    for (const [url, { card }] of Object.entries(set.extensions)) {
      const [min, max] = bounds(card);
      const count = counts.get(url) ?? 0;
      if (count < min || count > max) report(where, ruleNames.card('extension', url, card), `${count} of them`);
    }
  }

  object(body, shape, path);
  return violations;
}
