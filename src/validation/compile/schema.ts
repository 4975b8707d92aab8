/** JSON Schemas of elements (draft-07 vocabulary with our keyword `checks`). */
import type { AnySchemaObject } from 'ajv';
import type { ElementNode } from '../definitions/elements.js';
import type { ElementType } from '../definitions/facts.js';
import { jsonNames, type Compiler } from './context.js';
import { choiceCheck, isWide } from '../rules/choices.js';
import { extensionCheck } from '../rules/extensions.js';
import { aggregationCheck, referenceCheck } from '../rules/references.js';
import { resourceCheck } from '../rules/resources.js';
import { bindingChecks, fixedChecks, invariantChecks, rangeChecks } from '../rules/values.js';
import { shapeCheck } from '../rules/shape.js';
import { slicesCheck } from '../rules/slicing.js';
import type { Check } from './units.js';

/** Schema of an object with the children of a node. */
export function contentSchema(node: ElementNode, compiler: Compiler): AnySchemaObject {
  const properties: Record<string, AnySchemaObject | true> = {};
  const wide = new Map<string, Check>();
  // Whoever calls has chosen this schema by the very value.
  if (compiler.types.get(node.path)?.kind === 'resource') properties['resourceType'] = { type: 'string' };
  for (const child of node.children ?? []) {
    if (child.max === 0) continue;
    for (const [name, schema] of propertiesOf(child, compiler))
      if (isWide(child)) {
        // Known to the schema by its name alone.
        properties[name] = true;
        wide.set(name, compiler.units.unit(child, schema));
      } else properties[name] = schema();
  }
  const checks = [
    shapeCheck(node, compiler),
    wide.size > 0 ? choiceCheck(wide, compiler) : undefined,
    ...invariantChecks(node, node.typePath, compiler),
  ];
  return {
    type: 'object',
    minProperties: 1,
    properties,
    // What an element says of the resource in it comes beside what the resource's own type says.
    ...(isResource(node.types[0]?.code ?? '', compiler) ? {} : { additionalProperties: false }),
    ...compiler.units.checks(checks.filter((check) => check !== undefined)),
  };
}

/** Schemas of an element by the JSON names it can have, made when they are needed. */
function propertiesOf(
  node: ElementNode,
  compiler: Compiler,
): (readonly [name: string, schema: () => AnySchemaObject])[] {
  const names = jsonNames(node);
  return typesOf(node).flatMap((type, index) => {
    const name = names[index] ?? node.name;
    const chosen = node.name.endsWith('[x]') ? (sliceOfType(node, type) ?? node) : node;
    const value = [name, () => elementSchema(chosen, type, compiler)] as const;
    if (!isPrimitive(type, compiler) || node.attribute !== undefined || type.code === 'xhtml') return [value];
    return [value, [`_${name}`, () => extendingSchema(node, compiler)] as const];
  });
}

/** Schema of one value of an element, by the only type it can have. */
export function valueSchema(node: ElementNode, type: ElementType, compiler: Compiler): AnySchemaObject {
  const checks: Check[] = [
    ...fixedChecks(node, compiler),
    ...bindingChecks(node, compiler),
    ...rangeChecks(node, compiler),
  ];
  if (isClosedChoice(node)) checks.push(() => compiler.report(node, 'slice-closed', {}));
  const kind = compiler.types.get(type.code)?.json;
  if (kind !== undefined) {
    checks.push(...invariantChecks(node, pathOf(node, type), compiler));
    const format = kind === 'boolean' ? {} : { format: type.code };
    return { type: kind, ...format, ...compiler.units.checks(checks) };
  }
  checks.unshift(...contentChecks(node, type, compiler));
  if (type.targets !== undefined) checks.push(referenceCheck(node, type.targets, compiler));
  if (type.aggregation !== undefined) checks.push(aggregationCheck(node, type.aggregation, compiler));
  // Of an element with children of its own, they are checked with those.
  if (!hasContent(node)) checks.push(...invariantChecks(node, pathOf(node, type), compiler));
  return { type: 'object', ...compiler.units.checks(checks) };
}

/** Path that tells FHIRPath the type of a value: that of a choice is its own. */
const pathOf = (node: ElementNode, type: ElementType): string =>
  node.name.endsWith('[x]') ? type.code : node.typePath;

/** A choice whose types are sliced, and closed: a type of no slice is refused. */
const isClosedChoice = ({ name, slices, slicing }: ElementNode): boolean =>
  name.endsWith('[x]') &&
  slices.length > 0 &&
  slicing?.rules === 'closed' &&
  slicing.discriminators.some(({ type, path }) => type === 'type' && path === '$this');

const isResource = (code: string, compiler: Compiler): boolean => compiler.types.get(code)?.kind === 'resource';

const hasContent = (node: ElementNode): boolean => node.children !== undefined && node.types.length <= 1;

/** What holds inside a complex value. */
function contentChecks(node: ElementNode, type: ElementType, compiler: Compiler): Check[] {
  const { snapshots } = compiler;
  if (isResource(type.code, compiler)) return [resourceCheck(node, hasContent(node) ? node : undefined, compiler)];
  if (hasContent(node)) return [compiler.content(node)];
  if (node.contentReference !== undefined) return [compiler.content(referredNode(node, compiler))];
  const profiles = (type.profiles ?? []).flatMap((url) => compiler.profile(url) ?? []);
  const [profile, ...others] = profiles;
  if (profile === undefined)
    return type.code === 'Extension' ? [extensionCheck(node, compiler)] : [compiler.content(snapshots.tree(type.code))];
  if (others.length === 0) return [compiler.content(profile)];
  return [
    compiler.content(snapshots.tree(type.code)),
    (value) => {
      if (!profiles.some((one) => compiler.meets(compiler.content(one), value)))
        compiler.report(node, 'type-profile', { profiles: type.profiles });
    },
  ];
}

/** The element whose content this one shares, in the same definition: what a profile says of it holds here too. */
function referredNode(node: ElementNode, compiler: Compiler): ElementNode {
  const [root = '', ...steps] = (node.contentReference ?? '').split('.');
  let at: ElementNode | undefined = compiler.profile(node.definition) ?? compiler.snapshots.tree(root);
  if (at.path !== root) at = compiler.snapshots.tree(root);
  for (const step of steps) at = at?.children?.find((child) => child.name === step);
  if (at === undefined) throw new Error(`${node.id} refers to ${node.contentReference ?? ''}, which is not there`);
  return at;
}

function elementSchema(node: ElementNode, type: ElementType, compiler: Compiler): AnySchemaObject {
  if (!node.list) return valueSchema(node, type, compiler);
  const bounds = { minItems: 1, ...(node.max === Infinity ? {} : { maxItems: node.max }) };
  if (node.slices.length > 0 && node.slicing === undefined)
    throw new Error(`${node.id} has slices, but nothing says how they are told apart`);
  if (node.slices.length > 0)
    return { type: 'array', ...bounds, ...compiler.units.checks([slicesCheck(node, compiler)]) };
  const items = valueSchema(node, type, compiler);
  const primitive = isPrimitive(type, compiler);
  // Both halves of a repeating primitive hold null where the other half alone has something.
  return { type: 'array', ...bounds, items: primitive ? { ...items, type: [items['type'] as string, 'null'] } : items };
}

/** The `_name` half of a primitive, which carries its id and extensions. */
function extendingSchema(node: ElementNode, compiler: Compiler): AnySchemaObject {
  const own = node.types.length === 1 && node.children !== undefined ? node : compiler.snapshots.tree('Element');
  const check = compiler.content(own);
  if (!node.list) return { type: 'object', ...compiler.units.checks([check]) };
  const items = compiler.units.checks([(value) => value === null || check(value)]);
  return { type: 'array', minItems: 1, items: { type: ['object', 'null'], ...items } };
}

export function isPrimitive(type: ElementType, compiler: Compiler): boolean {
  return compiler.types.get(type.code)?.kind === 'primitive-type';
}

/** Types of an element; an element with elements of its own and no type is a BackboneElement. */
export function typesOf(node: ElementNode): readonly ElementType[] {
  return node.types.length > 0 ? node.types : [{ code: 'BackboneElement' }];
}

function sliceOfType(node: ElementNode, type: ElementType): ElementNode | undefined {
  return node.slices.find((one) => one.types.length === 1 && one.types[0]?.code === type.code);
}
