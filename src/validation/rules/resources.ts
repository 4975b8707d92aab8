/** Resources inside others: of a type that the element allows, and by the profiles it names. */
import type { Compiler } from '../compile/context.js';
import type { Check } from '../compile/units.js';
import type { ElementNode } from '../definitions/elements.js';
import { isJson } from '../definitions/json.js';

/** @param content what the element says of the resource's own elements, where it says anything */
export function resourceCheck(node: ElementNode, content: ElementNode | undefined, compiler: Compiler): Check {
  const isAny = (code: string): boolean => compiler.types.get(code)?.abstract === true;
  return (value) => {
    if (!isJson(value)) return;
    const { types } = node;
    const type = types.find(({ code }) => code === value['resourceType']) ?? types.find(({ code }) => isAny(code));
    if (type === undefined) {
      compiler.report(node, 'resource-type', { types: types.map(({ code }) => code) });
      return compiler.resource(value);
    }
    const trees = (type.profiles ?? []).flatMap((url) => compiler.profile(url) ?? []);
    const [only, ...others] = trees;
    compiler.resource(value, others.length === 0 ? only : undefined, content);
    if (others.length > 0 && !trees.some((tree) => compiler.conforms(value, tree)))
      compiler.report(node, 'type-profile', { profiles: type.profiles });
  };
}
