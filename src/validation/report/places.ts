/** Where a fault is: in the resource, in words, and in the definitions. */
import type { Fault } from '../compile/faults.js';
import { jsonNames } from '../compile/context.js';
import { isJson } from '../definitions/json.js';
import type { ElementNode } from '../definitions/elements.js';

export interface Place {
  /** `Patient.name[0].given[1]`. */
  readonly expression: string;
  /** How messages name it: the expression. */
  readonly label: string;
  readonly value: unknown;
  /** The element that is meant: of a missing or prohibited one, itself. */
  readonly node: ElementNode;
  /** The value is one of a list. */
  readonly inList: boolean;
}

/** Segments of a JSON pointer. */
export function segments(pointer: string): string[] {
  if (pointer === '') return [];
  return pointer
    .slice(1)
    .split('/')
    .map((one) => one.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export function placeOf(fault: Fault, resource: unknown): Place {
  const root = isJson(resource) && typeof resource['resourceType'] === 'string' ? resource['resourceType'] : 'Resource';
  const [expression, value] = walk(root, fault.pointer, resource);
  const within = fault.params['within'];
  const node = typeof within === 'string' ? nodeAt(fault.node, within) : fault.node;
  return { expression, label: expression, value, node, inList: /\/\d+$/.test(fault.pointer) };
}

function walk(root: string, pointer: string, resource: unknown): readonly [string, unknown] {
  let expression = root;
  let value = resource;
  for (const segment of segments(pointer)) {
    if (Array.isArray(value)) {
      value = (value as readonly unknown[])[Number(segment)];
      expression += `[${segment}]`;
      continue;
    }
    value = isJson(value) ? value[segment] : undefined;
    const name = segment.startsWith('_') ? segment.slice(1) : segment;
    expression += `.${name}`;
  }
  return [expression, value];
}

/** The element at a pointer below a node, as far as its own children go. */
function nodeAt(node: ElementNode, pointer: string): ElementNode {
  let at = node;
  for (const segment of segments(pointer)) {
    if (/^\d+$/.test(segment)) continue;
    const next = childNamed(at, segment);
    if (next === undefined) break;
    at = next;
  }
  return at;
}

/** The child that a JSON name means, prohibited ones and choices of a removed type included. */
function childNamed(node: ElementNode, jsonName: string): ElementNode | undefined {
  const name = jsonName.startsWith('_') ? jsonName.slice(1) : jsonName;
  return node.children?.find((child) => child.name === name || jsonNames(child).includes(name));
}
