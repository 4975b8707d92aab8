/** Turns faults into issues a person can act on: each once, in the order of the resource's levels, up to a limit. */
import type { ResourceCompiler } from '../compile/compiler.js';
import type { ExtensionContext } from '../definitions/facts.js';
import { isJson, toUrl } from '../definitions/json.js';
import type { Fault } from '../compile/faults.js';
import type { ValidationIssue } from '../types.js';
import { createContexts } from './contexts.js';
import { placeOf } from './places.js';
import { sentence, type Speech } from './sentences.js';

/** Once a value is empty, of another type or malformed, what else it breaks follows from that. */
const SETTLING: ReadonlySet<string> = new Set(['minProperties', 'type', 'format']);
/** Said once for a definition, however often it applies. */
const ONCE: ReadonlySet<string> = new Set(['terminology', 'unchecked']);

export function toIssues(
  faults: readonly Fault[],
  resource: unknown,
  compiler: ResourceCompiler,
  options: Pick<Speech, 'quoteValues' | 'words'> & { readonly maxIssues: number },
): ValidationIssue[] {
  if (faults.length === 0) return [];
  const speech: Speech = {
    types: compiler.types,
    terminology: compiler.terminology,
    quoteValues: options.quoteValues,
    words: options.words,
  };
  const settled = new Set(faults.filter(({ keyword }) => SETTLING.has(keyword)).map(({ pointer }) => pointer));
  const said = new Set<string>();
  const issues: ValidationIssue[] = [];
  let errors = 0;
  const stands = createContexts(resource, compiler);
  for (const found of faults) {
    const standing =
      found.keyword === 'context' && stands(found.params['contexts'] as readonly ExtensionContext[], found.pointer);
    if (standing === true) continue;
    const fault: Fault =
      standing === undefined ? { ...found, keyword: 'context-unchecked', severity: 'information' } : found;
    const { keyword, pointer, params } = fault;
    if (!SETTLING.has(keyword) && settled.has(pointer) && fault.severity === 'error') continue;
    const place = placeOf(fault, resource);
    const { kind, code, message, below, node } = sentence(fault, place, speech);
    const expression = below === undefined ? place.expression : `${place.expression}.${below}`;
    const rule = node ?? place.node;
    const key = keyword === 'invariant' || keyword === 'unchecked' ? String(params['key']) : undefined;
    const once = ONCE.has(keyword)
      ? `${keyword} ${String(typeof params['url'] === 'string' ? params['url'] : key)} ${rule.id}`
      : `${expression} ${kind} ${fault.severity} ${key ?? ''} ${keyword.startsWith('slice') ? (rule.sliceName ?? '') : ''}`;
    if (said.has(once)) continue;
    said.add(once);
    if (fault.severity === 'error' && (errors += 1) > options.maxIssues) break;
    issues.push({
      severity: fault.severity,
      code,
      expression,
      pointer: pointerTo(pointer, place.value, below),
      message,
      rule: {
        kind,
        profile: typeof params['source'] === 'string' ? toUrl(params['source']) : toUrl(rule.definition),
        element: rule.id,
        ...(key === undefined ? {} : { constraint: key }),
      },
    });
  }
  return capped(issues, options.maxIssues, errors);
}

/** What stands there too much is pointed at itself, what is missing by its holder. */
function pointerTo(pointer: string, holder: unknown, below: string | undefined): string {
  return below !== undefined && isJson(holder) && Object.hasOwn(holder, below) ? `${pointer}/${below}` : pointer;
}

/** However many there are, errors stay: without one among its issues, a resource is valid. */
function capped(issues: readonly ValidationIssue[], most: number, errors: number): ValidationIssue[] {
  if (issues.length <= most && errors <= most) return [...issues];
  let room = Math.max(most - errors, 0);
  const kept = issues.filter(({ severity }) => severity === 'error' || (room -= 1) >= 0);
  return [...kept, tooMany(issues[0]?.expression.split('.')[0] ?? '', most)];
}

function tooMany(root: string, most: number): ValidationIssue {
  const message = `There are more than ${most} issues; mend these first.`;
  return {
    severity: 'information',
    code: 'too-costly',
    expression: root,
    pointer: '',
    message,
    rule: { kind: 'too-large' },
  };
}
