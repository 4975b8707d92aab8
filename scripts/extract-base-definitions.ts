/**
 * Writes `profiles/base/stu3.json`: the facts of the official FHIR STU3 (3.0.1) definitions that validation needs,
 * without their prose. Source: the definition bundles inside the npm package `fhir@3.3.1`, which is packed and read,
 * never installed or run. The published definitions: https://hl7.org/fhir/STU3/downloads.html.
 *
 * Run with `npx tsx scripts/extract-base-definitions.ts`; needs `tar` and the npm registry. The output is the same
 * byte for byte on every run, so a difference is a change of this script.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = {
  package: 'fhir',
  version: '3.3.1',
  integrity: 'sha512-YXLRgn4TVzWfF5HuoP5mPrzuuRIS34EDe1Z8e1P7f7nQoN81PELZGegoKIi4xMvN4gSSPm/ZS29SJsUjVa82rw==',
} as const;
const FHIR_VERSION = '3.0.1';
const TARGET = fileURLToPath(new URL('../profiles/base/stu3.json', import.meta.url));
const DEFINITION = 'http://hl7.org/fhir/StructureDefinition/';

interface SourceConstraint {
  readonly key: string;
  readonly severity: string;
  readonly expression: string;
}
interface SourceElement {
  readonly path: string;
  readonly min: number;
  readonly max: string;
  readonly base?: { readonly path: string };
  readonly representation?: readonly string[];
  readonly type?: readonly { readonly code?: string; readonly targetProfile?: string; readonly profile?: string }[];
  readonly contentReference?: string;
  readonly constraint?: readonly SourceConstraint[];
  readonly binding?: {
    readonly strength: string;
    readonly valueSetUri?: string;
    readonly valueSetReference?: { readonly reference: string };
  };
}
interface SourceConcept {
  readonly code: string;
  readonly concept?: readonly SourceConcept[];
}
interface SourceInclude {
  readonly system: string;
  readonly concept?: readonly SourceConcept[];
  readonly filter?: readonly { readonly property: string; readonly op: string; readonly value: string }[];
}
interface SourceResource {
  readonly resourceType: string;
  readonly id: string;
  readonly url: string;
  readonly kind?: string;
  readonly abstract?: boolean;
  readonly baseDefinition?: string;
  readonly snapshot?: { readonly element: readonly SourceElement[] };
  readonly compose?: { readonly include: readonly SourceInclude[]; readonly exclude?: readonly SourceInclude[] };
  readonly concept?: readonly SourceConcept[];
}

/** Unpacks the pinned package's definition bundles, refusing any other content under the same name. */
function readBundles(names: readonly string[]): SourceResource[] {
  const folder = mkdtempSync(join(tmpdir(), 'base-definitions-'));
  try {
    const name = `${SOURCE.package}@${SOURCE.version}`;
    execFileSync('npm', ['pack', name, '--ignore-scripts', '--silent', '--pack-destination', folder]);
    const tarball = join(folder, `${SOURCE.package}-${SOURCE.version}.tgz`);
    const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
    if (integrity !== SOURCE.integrity) throw new Error(`${name} has integrity ${integrity}, not the pinned one.`);
    return names.flatMap((bundle) => {
      const member = `package/profiles/stu3/${bundle}.json`;
      const text = execFileSync('tar', ['-xzOf', tarball, member], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
      const parsed = JSON.parse(text) as { readonly entry: readonly { readonly resource: SourceResource }[] };
      return parsed.entry.map((entry) => entry.resource);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const shortName = (url: string): string => (url.startsWith(DEFINITION) ? url.slice(DEFINITION.length) : url);

function constraintsOf(element: SourceElement, inherited: ReadonlySet<string>): SourceConstraint[] {
  return (element.constraint ?? [])
    .filter((constraint) => !inherited.has(constraint.key))
    .map(({ key, severity, expression }) => ({ key, severity, expression }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Types of one element, several targets of the same reference type gathered into one entry. */
function typesOf(element: SourceElement): object[] {
  const types = new Map<string, { code: string; profile?: string; targets?: string[] }>();
  for (const { code, targetProfile, profile } of element.type ?? []) {
    if (code === undefined) continue;
    const type = types.get(code) ?? { code };
    if (profile !== undefined) type.profile = shortName(profile);
    if (targetProfile !== undefined) type.targets = [...(type.targets ?? []), shortName(targetProfile)];
    types.set(code, type);
  }
  for (const type of types.values()) {
    // A reference to Resource is a reference to anything.
    if (type.targets?.includes('Resource')) delete type.targets;
    else type.targets?.sort();
  }
  return [...types.values()];
}

function elementFacts(element: SourceElement, root: string): object {
  const binding = element.binding?.strength === 'required' ? element.binding : undefined;
  const constraints = constraintsOf(element, new Set(['ele-1']));
  return {
    path: element.path.slice(root.length + 1),
    min: element.min,
    max: element.max,
    ...(element.contentReference === undefined
      ? { types: typesOf(element) }
      : { contentReference: element.contentReference.slice(1) }),
    ...(element.representation?.includes('xmlAttr') ? { attribute: true } : {}),
    ...(binding === undefined ? {} : { binding: binding.valueSetReference?.reference ?? binding.valueSetUri }),
    ...(constraints.length === 0 ? {} : { constraints }),
  };
}

const JSON_TYPES: Readonly<Record<string, string>> = { boolean: 'boolean', decimal: 'number', integer: 'number' };

/** Facts of one type. What its base type already says is left out; element order is kept, because XML needs it. */
function typeFacts(definition: SourceResource, byId: ReadonlyMap<string, SourceResource>): object {
  const base = definition.baseDefinition === undefined ? undefined : shortName(definition.baseDefinition);
  const elements = definition.snapshot?.element ?? [];
  const [root, ...rest] = elements;
  if (root === undefined) throw new Error(`${definition.id} has no snapshot.`);
  const inheritedKeys = new Set<string>();
  for (let id = base; id !== undefined;) {
    const ancestor = byId.get(id);
    for (const constraint of ancestor?.snapshot?.element[0]?.constraint ?? []) inheritedKeys.add(constraint.key);
    id = ancestor?.baseDefinition === undefined ? undefined : shortName(ancestor.baseDefinition);
  }
  const primitive = definition.kind === 'primitive-type';
  const own = rest.filter((element) => {
    if (primitive) return false;
    const from = element.base?.path.split('.')[0];
    // A prohibited element is a line of its own, although the base type names the element.
    return from === undefined || from === definition.id || element.max === '0';
  });
  const constraints = constraintsOf(root, inheritedKeys);
  return {
    kind: definition.kind,
    ...(definition.abstract ? { abstract: true } : {}),
    ...(base === undefined ? {} : { base }),
    ...(primitive ? { json: jsonTypeOf(definition.id, byId) } : {}),
    ...(constraints.length === 0 ? {} : { constraints }),
    elements: own.map((element) => elementFacts(element, root.path)),
  };
}

function jsonTypeOf(id: string, byId: ReadonlyMap<string, SourceResource>): string {
  const known = JSON_TYPES[id];
  if (known !== undefined) return known;
  const base = byId.get(id)?.baseDefinition;
  return base === undefined || shortName(base) === 'Element' ? 'string' : jsonTypeOf(shortName(base), byId);
}

/** All codes of a concept tree, or of the part of it at and below one code. */
function codesOf(concepts: readonly SourceConcept[], below?: string): string[] {
  return concepts.flatMap((concept) => {
    const inside = below === undefined || concept.code === below;
    return [...(inside ? [concept.code] : []), ...codesOf(concept.concept ?? [], inside ? undefined : below)];
  });
}

/** Codes an include or exclude names; `undefined` when its code system is not in the package. */
function listedCodes(include: SourceInclude, systems: ReadonlyMap<string, SourceResource>): string[] | undefined {
  if (include.concept !== undefined) return include.concept.map((concept) => concept.code);
  const concepts = systems.get(include.system)?.concept;
  const [filter, ...more] = include.filter ?? [];
  if (concepts === undefined || more.length > 0 || (filter !== undefined && filter.op !== 'is-a')) return undefined;
  return codesOf(concepts, filter?.value);
}

function codeListOf(valueSet: SourceResource, systems: ReadonlyMap<string, SourceResource>): object[] | undefined {
  const lists: { system: string; codes: string[] }[] = [];
  for (const include of valueSet.compose?.include ?? []) {
    const codes = listedCodes(include, systems);
    if (codes === undefined || codes.length === 0) return undefined;
    const excluded = new Set(
      (valueSet.compose?.exclude ?? [])
        .filter((exclude) => exclude.system === include.system)
        .flatMap((exclude) => listedCodes(exclude, systems) ?? []),
    );
    lists.push({ system: include.system, codes: codes.filter((code) => !excluded.has(code)) });
  }
  return lists.length === 0 ? undefined : lists;
}

/** JSON with one element of a definition per line, so that a change can be read as a change. */
function write(value: object): string {
  const lines = (key: string, record: object): string =>
    Object.entries(record)
      .map(
        ([name, entry]) =>
          `    ${JSON.stringify(name)}: ${key === 'types' ? type(entry as object) : JSON.stringify(entry)}`,
      )
      .join(',\n');
  const type = (entry: object): string => {
    const { elements, ...rest } = entry as { readonly elements: readonly object[] };
    const body = elements.map((element) => `        ${JSON.stringify(element)}`).join(',\n');
    return `${JSON.stringify(rest).slice(0, -1)},"elements": [${body === '' ? '' : `\n${body}\n      `}]}`;
  };
  const top = Object.entries(value).map(([key, entry]) =>
    key === 'types' || key === 'codeLists'
      ? `  ${JSON.stringify(key)}: {\n${lines(key, entry as object)}\n  }`
      : `  ${JSON.stringify(key)}: ${JSON.stringify(entry)}`,
  );
  return `{\n${top.join(',\n')}\n}\n`;
}

function extract(): void {
  const resources = readBundles(['profiles-resources', 'profiles-types', 'valuesets', 'v3-codesystems']);
  const definitions = resources.filter(
    (resource) => resource.resourceType === 'StructureDefinition' && resource.kind !== 'logical',
  );
  const byId = new Map(definitions.map((definition) => [definition.id, definition]));
  const systems = new Map(resources.filter((r) => r.resourceType === 'CodeSystem').map((r) => [r.url, r]));
  const valueSets = new Map(resources.filter((r) => r.resourceType === 'ValueSet').map((r) => [r.url, r]));

  const types: Record<string, object> = {};
  for (const id of [...byId.keys()].sort()) types[id] = typeFacts(byId.get(id) as SourceResource, byId);

  const bound = new Set(
    definitions.flatMap((definition) =>
      (definition.snapshot?.element ?? []).flatMap(({ binding }) =>
        binding?.strength === 'required' ? [binding.valueSetReference?.reference ?? binding.valueSetUri ?? ''] : [],
      ),
    ),
  );
  const codeLists: Record<string, object> = {};
  for (const url of [...bound].sort()) {
    const valueSet = valueSets.get(url);
    const list = valueSet === undefined ? undefined : codeListOf(valueSet, systems);
    if (list === undefined) console.log(`no code list: ${url}`);
    else codeLists[url] = list;
  }

  const content = { fhirVersion: FHIR_VERSION, source: SOURCE, codeLists, types };
  const hash = `sha256-${createHash('sha256').update(JSON.stringify(content)).digest('base64')}`;
  const text = write({ ...content, hash });
  writeFileSync(TARGET, text);
  console.log(`${TARGET}: ${Object.keys(types).length} types, ${text.length} characters`);
}

extract();
