/** `profiles/base/<release>.json`: resource types and data types. */
import type {
  BaseDefinitionsFile,
  Binding,
  Constraint,
  ElementFacts,
  ElementType,
  TypeFacts,
} from '../../src/validation/definitions/facts.js';
import { shortName, withoutVersion, type SourceElement, type SourceResource } from './sources.js';

const MAX_VALUE_SET = 'http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet';
const FHIR_TYPE = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type';
const SYSTEM_STRING = 'http://hl7.org/fhirpath/System.String';

type JsonType = NonNullable<TypeFacts['json']>;
type Definitions = ReadonlyMap<string, SourceResource>;

/** The definitions among the resources that are types of this release, by name. */
export function typeDefinitions(resources: readonly SourceResource[], fhirVersion: string): Definitions {
  // The R4 package adds a resource type of R4B, with the version it comes from.
  const types = resources.filter(
    (one) => one.resourceType === 'StructureDefinition' && one.kind !== 'logical' && one.fhirVersion === fhirVersion,
  );
  return new Map(types.map((one) => [one.id, one]));
}

export function baseTypes(definitions: Definitions): BaseDefinitionsFile['types'] {
  const types: Record<string, TypeFacts> = {};
  for (const [id, definition] of [...definitions].sort(([a], [b]) => (a < b ? -1 : 1)))
    types[id] = typeFacts(definition, definitions);
  return types;
}

/** Facts of one type. What its base type already says is left out; element order is kept, because XML needs it. */
function typeFacts(definition: SourceResource, all: Definitions): TypeFacts {
  const base = definition.baseDefinition === undefined ? undefined : shortName(definition.baseDefinition);
  const [root, ...rest] = definition.snapshot?.element ?? [];
  if (root === undefined) throw new Error(`${definition.id} has no snapshot.`);
  const primitive = definition.kind === 'primitive-type';
  const own = rest.filter((element) => {
    if (primitive) return false;
    const from = element.base?.path.split('.')[0];
    // A prohibited element is a line of its own, although the base type names the element.
    return from === undefined || from === definition.id || element.max === '0';
  });
  const constraints = constraintsOf(root, rootKeys(base, all));
  return {
    kind: definition.kind as TypeFacts['kind'],
    ...(definition.abstract ? { abstract: true } : {}),
    ...(base === undefined ? {} : { base }),
    ...(primitive ? { json: jsonTypeOf(definition.id, all) } : {}),
    ...(constraints.length === 0 ? {} : { constraints }),
    elements: own.map((element) => elementFacts(element, root.path, all)),
  };
}

/** Keys of the constraints a type and those it derives from carry at their root. */
function rootKeys(type: string | undefined, all: Definitions): Set<string> {
  const keys = new Set<string>();
  for (let id = type; id !== undefined;) {
    const definition = all.get(id);
    for (const constraint of definition?.snapshot?.element[0]?.constraint ?? []) keys.add(constraint.key);
    id = definition?.baseDefinition === undefined ? undefined : shortName(definition.baseDefinition);
  }
  return keys;
}

function constraintsOf(element: SourceElement, inherited: ReadonlySet<string>): Constraint[] {
  return (element.constraint ?? [])
    .filter((constraint) => !inherited.has(constraint.key))
    .flatMap(({ key, severity, expression, human }) =>
      expression === undefined ? [] : [{ key, severity, expression, ...(human === undefined ? {} : { human }) }],
    )
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

function elementFacts(element: SourceElement, root: string, all: Definitions): ElementFacts {
  const limit = Object.keys(element).find((key) => /^(fixed|pattern|minValue|maxValue|maxLength)/.test(key));
  if (limit !== undefined) throw new Error(`${element.path} has ${limit}, which no element of a base type had so far.`);
  const types = typesOf(element);
  // R4 repeats on every element what the definition of its type says.
  const inherited = new Set(['ele-1', ...types.flatMap(({ code }) => [...rootKeys(code, all)])]);
  const constraints = constraintsOf(element, inherited);
  const binding = bindingOf(element);
  return {
    path: element.path.slice(root.length + 1),
    min: element.min,
    max: element.max,
    ...(element.contentReference === undefined ? { types } : { contentReference: element.contentReference.slice(1) }),
    ...(element.representation?.includes('xmlAttr') ? { attribute: true } : {}),
    ...(binding === undefined ? {} : { binding }),
    ...(constraints.length === 0 ? {} : { constraints }),
  };
}

const listOf = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value;

/** Types of one element, all profiles and targets of the same type gathered into one entry. */
function typesOf(element: SourceElement): ElementType[] {
  const types = new Map<string, { profiles: string[]; targets: string[] }>();
  for (const type of element.type ?? []) {
    const code = codeOf(type, element.path);
    if (code === undefined) continue;
    const facts = types.get(code) ?? { profiles: [], targets: [] };
    facts.profiles.push(...listOf(type.profile).map((url) => shortName(withoutVersion(url))));
    facts.targets.push(...listOf(type.targetProfile).map((url) => shortName(withoutVersion(url))));
    types.set(code, facts);
  }
  return [...types].map(([code, { profiles, targets }]) => ({
    code,
    ...(profiles.length === 0 ? {} : { profiles: profiles.sort() }),
    // A reference to Resource is a reference to anything.
    ...(targets.length === 0 || targets.includes('Resource') ? {} : { targets: targets.sort() }),
  }));
}

function codeOf({ code, extension }: NonNullable<SourceElement['type']>[number], path: string): string | undefined {
  if (code !== SYSTEM_STRING) return code;
  // R4 calls the id of a resource a string and that of one inner element an id; each is the other.
  if (path.endsWith('.id')) return path === 'Resource.id' ? 'id' : 'string';
  return extension?.find(({ url }) => url === FHIR_TYPE)?.valueUrl ?? 'string';
}

/** The binding where it can be broken; a preferred one is bound by its maximum alone. */
function bindingOf({ binding }: SourceElement): Binding | undefined {
  const limit = binding?.extension?.find(({ url }) => url === MAX_VALUE_SET);
  const max = limit?.valueCanonical ?? limit?.valueUri ?? limit?.valueReference?.reference;
  const valueSet = binding?.valueSet ?? binding?.valueSetReference?.reference ?? binding?.valueSetUri;
  if (binding?.strength === 'required' || binding?.strength === 'extensible') {
    if (valueSet === undefined) return undefined;
    const facts = { strength: binding.strength, valueSet: withoutVersion(valueSet) } as const;
    return max === undefined ? facts : { ...facts, max: withoutVersion(max) };
  }
  return max === undefined ? undefined : { strength: 'max', valueSet: withoutVersion(max) };
}

const JSON_TYPES: Readonly<Record<string, JsonType>> = {
  boolean: 'boolean',
  decimal: 'number',
  integer: 'number',
};

function jsonTypeOf(id: string, all: Definitions): JsonType {
  const known = JSON_TYPES[id];
  if (known !== undefined) return known;
  const base = all.get(id)?.baseDefinition;
  return base === undefined || shortName(base) === 'Element' ? 'string' : jsonTypeOf(shortName(base), all);
}
