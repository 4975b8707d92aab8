/** Mutants that follow from a shape: each element left out, doubled, of another type, of another value, and so on. */
import {
  bounds,
  type ElementRule,
  type ExtensionSet,
  type Json,
  type Shape,
} from '../support/profile-rules/engine/shape.js';
import { isChoice, isExtensionSet, isPrimitive, isShape, ruleNames } from '../support/profile-rules/engine/walk.js';
import { SAMPLES, type SampleName } from './samples.js';

export interface Mutant {
  readonly sample: SampleName;
  readonly rule: string;
  readonly what: string;
  readonly body: Json;
}

/** From the body to a part of it. */
type Way = readonly (string | number)[];

/** What a value of the type never is. */
const WRONG: Readonly<Record<string, Json>> = {
  string: '  ',
  id: 'two words',
  code: ' padded',
  uri: 'with a space',
  date: '2027-02-30',
  'local time': '2027-06-14T08:20:00Z',
  dateTime: '2027-06-14T09:20:00',
  boolean: 'true',
  positiveInt: 0,
  unsignedInt: -1,
};

export function mutantsOf(sample: SampleName): readonly Mutant[] {
  const mutants: Mutant[] = [];
  const { body: good, shape: top }: { body: Json; shape: Shape } = SAMPLES[sample];

  /** The body with one part changed, and the parts around it copied. */
  function spoil(way: Way, rule: string, what: string, change: (owner: Json, last: string | number) => void): void {
    const body = structuredClone(good);
    let owner = body;
    for (const step of way.slice(0, -1)) owner = owner[step];
    change(owner, way.at(-1) ?? '');
    mutants.push({ sample, rule, what: `${way.join('.')} ${what}`, body });
  }
  const replace = (way: Way, rule: string, value: Json): void =>
    spoil(way, rule, `is ${JSON.stringify(value)}`, (owner, last) => (owner[last] = value));
  const remove = (way: Way, rule: string): void =>
    spoil(way, rule, 'is left out', (owner, last) => {
      if (Array.isArray(owner)) owner.splice(Number(last), 1);
      else delete owner[last];
    });
  const append = (way: Way, rule: string, item: Json): void =>
    spoil(way, rule, 'has one more', (owner, last) => owner[last].push(item));

  function object(node: Json, shape: Shape, way: Way, chosen = false): void {
    replace([...way, 'shoeSize'], ruleNames.unknown(shape.name), 9);
    for (const [name, why] of Object.entries(shape.prohibited ?? {})) {
      replace([...way, name], ruleNames.prohibited(shape.name, name, why), 'x');
    }
    for (const [name, rule] of Object.entries(shape.elements)) {
      // What chose the shape is spoilt where it was chosen.
      if (node[name] !== undefined && !(chosen && name === 'resourceType'))
        element(node[name], rule, name, shape.name, [...way, name]);
    }
  }

  function element(value: Json, rule: ElementRule, name: string, owner: string, way: Way): void {
    const { type, list, card } = rule;
    const [min, max] = bounds(card);
    replace(way, ruleNames.list(owner, name, list), list ? value[0] : [value]);
    if (list) replace(way, ruleNames.empty, []);
    if (isExtensionSet(type)) return extensionSet(value, type, way);
    if (min > 0) remove(way, ruleNames.card(owner, name, card));
    if (list && max !== Infinity) append(way, ruleNames.card(owner, name, card), value[0]);
    const items: readonly Json[] = list ? value : [value];
    items.forEach((item, index) => one(item, rule, name, owner, list ? [...way, index] : way));
  }

  function one(item: Json, { type, fixed, codes }: ElementRule, name: string, owner: string, way: Way): void {
    if (isPrimitive(type)) {
      replace(way, ruleNames.type(owner, name, type.expected), WRONG[type.primitive]);
      if (fixed !== undefined) {
        replace(way, ruleNames.fixed(owner, name, String(fixed)), typeof fixed === 'boolean' ? !fixed : `${fixed}x`);
      }
      if (codes) replace(way, ruleNames.codes(owner, name, codes.list), 'nonsense');
    } else if (isShape(type)) {
      object(item, type, way);
    } else if (isChoice(type)) {
      replace([...way, 'resourceType'], ruleNames.resource(owner, name), 'Basic');
      const shape = type.resources[item.resourceType];
      if (shape) object(item, shape, way, true);
    }
  }

  function extensionSet(items: readonly Json[], set: ExtensionSet, way: Way): void {
    append(way, ruleNames.extensionUrl, { url: 'https://example.org/unknown', valueString: 'x' });
    append(way, ruleNames.extension, { valueString: 'x' });
    items.forEach((item, index) => {
      const here = [...way, index];
      const rule = set.extensions[item.url];
      if (rule === undefined) return;
      const [min, max] = bounds(rule.card);
      if (min > 0) remove(here, ruleNames.card('extension', item.url, rule.card));
      if (max !== Infinity) append(way, ruleNames.card('extension', item.url, rule.card), item);
      const [valueName, valueRule] = rule.value ?? [];
      if (valueName !== undefined && valueRule !== undefined) {
        remove([...here, valueName], ruleNames.extension);
        replace([...here, 'extension'], ruleNames.extension, [{ url: 'x', valueString: 'x' }]);
        const owner = item.url.slice(item.url.lastIndexOf('/') + 1);
        element(item[valueName], { ...valueRule, card: '0..1' }, valueName, owner, [...here, valueName]);
      }
      if (rule.children) {
        remove([...here, 'extension'], ruleNames.extension);
        replace([...here, 'valueString'], ruleNames.extension, 'x');
        extensionSet(item.extension, rule.children, [...here, 'extension']);
      }
    });
  }

  object(good, top, []);
  return mutants;
}
