/** Extensions: each is held against the definition that its url names, wherever it stands. */
import type { ElementNode } from '../definitions/elements.js';
import type { Compiler } from '../compile/context.js';
import { isJson } from '../definitions/json.js';
import type { Check } from '../compile/units.js';

/** Check of one extension of `node`'s element that no slice is about. */
export function extensionCheck(node: ElementNode, compiler: Compiler): Check {
  const base = compiler.content(compiler.snapshots.tree('Extension'));
  const known = new Map<string, Check | null>();
  return (value) => {
    const url = isJson(value) ? value['url'] : undefined;
    if (typeof url !== 'string') return base(value);
    let check = known.get(url);
    if (check === undefined) {
      check = checkOf(url);
      // Urls come from whoever sends resources: only those with a definition are kept.
      if (check !== null) known.set(url, check);
    }
    if (check !== null) return check(value);
    // Urls inside an extension are names of its definition's parts.
    if (!isPart(url)) compiler.report(node, 'extension-unknown', {}, '', 'warning');
    base(value);
  };

  function checkOf(url: string): Check | null {
    if (isPart(url)) return null;
    const tree = compiler.profile(url);
    if (tree === undefined || tree.path !== 'Extension') return null;
    const content = compiler.content(tree);
    const contexts = compiler.contexts(url);
    const misplaced = node.name === 'extension' && compiler.isModifier(url);
    if (contexts === undefined && !misplaced) return content;
    return (value) => {
      if (misplaced) compiler.report(node, 'modifier', {});
      // The full path is known only when this has been lifted to the root; `issues` decides then.
      if (contexts !== undefined) compiler.report(node, 'context', { url, contexts });
      content(value);
    };
  }
}

const isPart = (url: string): boolean => !url.includes(':');
