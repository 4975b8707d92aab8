/** Picks the definitions out of the text of a file. */
import { jsonFault } from '../positions/json.js';

export interface DefinitionSource {
  readonly resource: unknown;
  /** The file it stands in, and for a package the file inside: `my.tgz#package/a.json`. */
  readonly origin: string;
}

export interface Findings {
  readonly found: readonly DefinitionSource[];
  /** Why nothing could be taken from it; one sentence. */
  readonly fault?: string;
}

const KINDS = ['StructureDefinition', 'ValueSet', 'CodeSystem'];

/** A file that someone named must hold definitions (`must`); any other that holds none is passed over quietly. */
export function definitionsIn(text: string, origin: string, must: boolean): Findings {
  // Looking at the words saves reading the thousands of other files a folder may have.
  if (!must && !KINDS.some((kind) => text.includes(`"${kind}"`))) return { found: [] };
  let content: unknown;
  try {
    content = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch {
    const fault = jsonFault(text);
    const place = fault === undefined ? '' : ` at line ${fault.line}, column ${fault.column}: ${fault.message}`;
    const wanted = must || text.includes('"resourceType"');
    return { found: [], ...(wanted && { fault: `It is no JSON${place === '' ? '.' : place}` }) };
  }
  return definitionsOf(content, origin, must);
}

/** The definitions a resource is or, as a Bundle, holds. */
export function definitionsOf(content: unknown, origin: string, must: boolean): Findings {
  const type = resourceType(content);
  if (type !== undefined && KINDS.includes(type)) return { found: [{ resource: content, origin }] };
  const found = type === 'Bundle' ? inBundle(content as { readonly entry?: unknown }, origin) : [];
  if (found.length > 0 || !must) return { found };
  const what =
    type === undefined ? 'no FHIR resource' : type === 'Bundle' ? 'a Bundle without definitions' : `a ${type}`;
  return {
    found,
    fault: `It is ${what}; a StructureDefinition, ValueSet, CodeSystem or a Bundle of them was expected.`,
  };
}

function inBundle({ entry }: { readonly entry?: unknown }, origin: string): readonly DefinitionSource[] {
  if (!Array.isArray(entry)) return [];
  return entry.flatMap((one: unknown, index) => {
    const resource = typeof one === 'object' && one !== null && 'resource' in one ? one.resource : undefined;
    return KINDS.includes(resourceType(resource) ?? '') ? [{ resource, origin: `${origin}#entry[${index}]` }] : [];
  });
}

function resourceType(content: unknown): string | undefined {
  if (typeof content !== 'object' || content === null || !('resourceType' in content)) return undefined;
  return typeof content.resourceType === 'string' ? content.resourceType : undefined;
}
