/** Reads StructureDefinitions given at run time, STU3 and R4 alike, as the facts validation needs. */
import type { Release } from '../types.js';
import type {
  Aggregation,
  Binding,
  Bound,
  Constraint,
  DiscriminatorType,
  ElementType,
  ExtensionContext,
  ProfileElement,
  ProfileFacts,
  SlicingFacts,
} from './facts.js';
import { FHIR_DEFINITION, type Json, isJson, list, text, texts, toCanonical } from './json.js';

export { readCodeSystem, readValueSet } from './read-codes.js';

const FHIR_TYPE = `${FHIR_DEFINITION}structuredefinition-fhir-type`;
const MAX_VALUE_SET = `${FHIR_DEFINITION}elementdefinition-maxValueSet`;
const SYSTEM_TYPE = 'http://hl7.org/fhirpath/System.';
const DISCRIMINATORS: ReadonlySet<string> = new Set(['value', 'pattern', 'exists', 'type', 'profile']);
const SLICING_RULES: ReadonlySet<string> = new Set(['open', 'closed', 'openAtEnd']);

/** Throws an Error that says in one sentence what is wrong with the definition. */
export function readProfile(structureDefinition: unknown, release: Release): ProfileFacts {
  if (!isJson(structureDefinition) || structureDefinition['resourceType'] !== 'StructureDefinition')
    throw new Error('It is no StructureDefinition.');
  const definition = structureDefinition;
  const url = text(definition['url']);
  if (url === undefined) throw new Error('The StructureDefinition has no url.');
  checkRelease(text(definition['fhirVersion']), release);
  const type = text(definition['type']);
  if (type === undefined) throw new Error('The StructureDefinition does not say which type it constrains (type).');
  if (definition['derivation'] === 'specialization' || definition['kind'] === 'logical')
    throw new Error('The StructureDefinition defines a type of its own; only constraints on FHIR types can be used.');
  const base = text(definition['baseDefinition']);
  if (base === undefined) throw new Error('The StructureDefinition does not say what it constrains (baseDefinition).');

  const differential = elementsOf(definition['differential']);
  const source = differential.length > 0 ? differential : elementsOf(definition['snapshot']);
  if (source.length === 0) throw new Error('The StructureDefinition has neither a differential nor a snapshot.');
  const typeName = toCanonical(type);
  const version = text(definition['version']);
  const contexts = typeName === 'Extension' ? readContexts(definition) : undefined;
  return {
    url: stripVersion(url),
    ...(version !== undefined && { version }),
    name: text(definition['name']) ?? url,
    type: typeName,
    base: toCanonical(base),
    ...(definition['abstract'] === true && { abstract: true }),
    ...(contexts !== undefined && { contexts }),
    ...(typeName === 'Extension' && isModifier(source) && { modifier: true }),
    elements: readElements(source, typeName),
    ...(differential.length === 0 && { whole: true }),
  };
}

const isModifier = (elements: readonly Json[]): boolean =>
  elements.some((one) => one['path'] === 'Extension' && one['isModifier'] === true);

function checkRelease(version: string | undefined, release: Release): void {
  const wanted = release === 'stu3' ? '3.' : '4.0.';
  if (version === undefined || version.startsWith(wanted)) return;
  const name = release === 'stu3' ? 'STU3 (3.0)' : 'R4 (4.0)';
  throw new Error(`The StructureDefinition is for FHIR ${version}, and this validator works with ${name}.`);
}

function elementsOf(part: unknown): readonly Json[] {
  return isJson(part) ? list(part['element']) : [];
}

/** STU3 has `contextType` for all; an extension that may stand anywhere has no contexts. */
function readContexts(definition: Json): readonly ExtensionContext[] | undefined {
  const stu3Kind = definition['contextType'] === 'extension' ? 'extension' : 'element';
  const contexts: ExtensionContext[] = texts(definition['context']).map((one) => ({
    kind: stu3Kind,
    expression: stu3Kind === 'extension' ? stripVersion(one) : one,
  }));
  for (const one of list(definition['context'])) {
    const kind = one['type'];
    const expression = text(one['expression']);
    if (expression === undefined || (kind !== 'element' && kind !== 'extension' && kind !== 'fhirpath'))
      throw new Error('A context of the extension has no type (element, extension or fhirpath) or no expression.');
    contexts.push({ kind, expression: kind === 'extension' ? stripVersion(expression) : expression });
  }
  return contexts.length === 0 || contexts.some((one) => one.expression === '*') ? undefined : contexts;
}

function readElements(source: readonly Json[], type: string): readonly ProfileElement[] {
  /** The elements around the next one, outermost first. */
  const open: { readonly path: string; readonly id: string }[] = [];
  return source.map((element) => {
    const path = text(element['path']);
    if (path === undefined) throw new Error('An element of the StructureDefinition has no path.');
    if (path !== type && !path.startsWith(`${type}.`))
      throw new Error(
        `The element ${path} does not belong to the type ${type} that the StructureDefinition constrains.`,
      );
    while (open.length > 0 && !path.startsWith(`${open.at(-1)?.path}.`)) open.pop();
    const id = toId(path, text(element['sliceName']), text(element['id']), open.at(-1));
    open.push({ path, id });
    return readElement(element, path, id);
  });
}

/** Paths and slice names decide; an id is believed only where it names slices that have no element of their own here. */
function toId(
  path: string,
  sliceName: string | undefined,
  given: string | undefined,
  holder: { readonly path: string; readonly id: string } | undefined,
): string {
  const last = sliceName === undefined ? '' : `:${sliceName}`;
  const own = given === undefined || !given.endsWith(last) ? undefined : given.slice(0, given.length - last.length);
  if (own !== undefined && own.includes(':') && withoutSlices(own) === path && !lastSegment(own).includes(':'))
    return `${own}${last}`;
  return `${holder === undefined ? path : holder.id + path.slice(holder.path.length)}${last}`;
}

function withoutSlices(id: string): string {
  return id
    .split('.')
    .map((segment) => segment.split(':', 1)[0])
    .join('.');
}

function lastSegment(id: string): string {
  return id.slice(id.lastIndexOf('.') + 1);
}

function readElement(element: Json, path: string, id: string): ProfileElement {
  const { min, max } = element;
  if (min !== undefined && !(typeof min === 'number' && Number.isInteger(min) && min >= 0))
    throw new Error(`The element ${id} has a min that is no whole number of 0 or more.`);
  if (max !== undefined && !(typeof max === 'string' && (max === '*' || isDigits(max))))
    throw new Error(`The element ${id} has a max that is neither a number nor "*".`);
  const sliceName = text(element['sliceName']);
  const slicing = readSlicing(element['slicing'], path, id);
  const types = readTypes(list(element['type']));
  const reference = text(element['contentReference']);
  const binding = readBinding(element['binding']);
  const constraints = readConstraints(list(element['constraint']));
  const maxLength = element['maxLength'];
  const minValue = bound(element, 'minValue');
  const maxValue = bound(element, 'maxValue');
  const fixed = choice(element, 'fixed');
  const pattern = choice(element, 'pattern');
  return {
    id,
    path,
    ...(sliceName !== undefined && { sliceName }),
    ...(slicing !== undefined && { slicing }),
    ...(typeof min === 'number' && { min }),
    ...(typeof max === 'string' && { max }),
    ...(types.length > 0 && { types }),
    ...(reference !== undefined && { contentReference: reference.slice(reference.indexOf('#') + 1) }),
    ...(binding !== undefined && { binding }),
    ...(texts(element['representation']).includes('xmlAttr') && { attribute: true }),
    ...(constraints.length > 0 && { constraints }),
    ...(fixed !== undefined && { fixed }),
    ...(pattern !== undefined && { pattern }),
    ...(typeof maxLength === 'number' && { maxLength }),
    ...(minValue !== undefined && { minValue }),
    ...(maxValue !== undefined && { maxValue }),
    ...(element['mustSupport'] === true && { mustSupport: true }),
  };
}

function readSlicing(slicing: unknown, path: string, id: string): SlicingFacts | undefined {
  if (!isJson(slicing)) return undefined;
  const discriminators = list(slicing['discriminator']).map((one) => {
    const type = text(one['type']) ?? '';
    const inner = text(one['path']);
    if (!isDiscriminator(type) || inner === undefined)
      throw new Error(`The slicing of ${id} has a discriminator without a path or of the unknown type "${type}".`);
    return { type, path: inner };
  });
  // Extensions are always told apart by url, and many definitions don't bother to say so.
  if (discriminators.length === 0 && /\.(?:modifierE|e)xtension$/.test(path))
    discriminators.push({ type: 'value', path: 'url' });
  const rules = slicing['rules'] ?? 'open';
  if (!isSlicingRule(rules))
    throw new Error(`The slicing of ${id} has unknown rules; it must be open, closed or openAtEnd.`);
  return { discriminators, rules, ...(slicing['ordered'] === true && { ordered: true }) };
}

function isDiscriminator(type: string): type is DiscriminatorType {
  return DISCRIMINATORS.has(type);
}

function isSlicingRule(rules: unknown): rules is SlicingFacts['rules'] {
  return typeof rules === 'string' && SLICING_RULES.has(rules);
}

/** STU3 says a type once for each of its profiles or targets, R4 once with lists. */
function readTypes(source: readonly Json[]): readonly ElementType[] {
  const byCode = new Map<
    string,
    {
      profiles: Set<string>;
      targets: Set<string>;
      modes: Set<Aggregation>;
      anyProfile: boolean;
      any: boolean;
      anywhere: boolean;
    }
  >();
  for (const one of source) {
    const code = typeCode(one);
    // The value of a primitive has no code in STU3.
    if (code === undefined) continue;
    let type = byCode.get(code);
    if (type === undefined)
      byCode.set(
        code,
        (type = {
          profiles: new Set(),
          targets: new Set(),
          modes: new Set(),
          anyProfile: false,
          any: false,
          anywhere: false,
        }),
      );
    const profiles = texts(one['profile']).map(toCanonical);
    const targets = texts(one['targetProfile']).map(toCanonical);
    // Once a type stands without a profile, or without a target, all are allowed; a repetition that narrows one only
    // says nothing about the other.
    if (profiles.length === 0 && targets.length === 0) type.anyProfile = type.any = true;
    for (const profile of profiles) type.profiles.add(profile);
    for (const target of targets) type.targets.add(target);
    const modes = texts(one['aggregation']).filter(isAggregation);
    if (modes.length === 0) type.anywhere = true;
    for (const mode of modes) type.modes.add(mode);
  }
  return [...byCode].map(([code, { profiles, targets, modes, anyProfile, any, anywhere }]) => ({
    code,
    ...(profiles.size > 0 && !anyProfile && { profiles: [...profiles] }),
    ...(targets.size > 0 && !any && !targets.has('Resource') && { targets: [...targets] }),
    ...(modes.size > 0 && !anywhere && { aggregation: [...modes] }),
  }));
}

function isAggregation(mode: string): mode is Aggregation {
  return mode === 'contained' || mode === 'referenced' || mode === 'bundled';
}

function typeCode(type: Json): string | undefined {
  const code = text(type['code']);
  if (code === undefined || !code.startsWith(SYSTEM_TYPE)) return code === undefined ? undefined : toCanonical(code);
  const named = list(type['extension']).find((one) => one['url'] === FHIR_TYPE);
  const name = code.slice(SYSTEM_TYPE.length);
  return text(named?.['valueUrl']) ?? text(named?.['valueUri']) ?? name.charAt(0).toLowerCase() + name.slice(1);
}

function readBinding(source: unknown): Binding | undefined {
  if (!isJson(source)) return undefined;
  const reference = source['valueSetReference'];
  const named =
    text(source['valueSet']) ??
    text(source['valueSetUri']) ??
    (isJson(reference) ? text(reference['reference']) : undefined);
  const extension = list(source['extension']).find((one) => one['url'] === MAX_VALUE_SET);
  const most =
    text(extension?.['valueCanonical']) ??
    text(extension?.['valueUri']) ??
    (isJson(extension?.['valueReference']) ? text(extension['valueReference']['reference']) : undefined);
  const valueSet = named === undefined ? undefined : stripVersion(named);
  const max = most === undefined ? undefined : stripVersion(most);
  const strength = source['strength'];
  if ((strength === 'required' || strength === 'extensible') && valueSet !== undefined)
    return { strength, valueSet, ...(max !== undefined && { max }) };
  // A weaker binding is advice, but what its max value set leaves out is forbidden all the same.
  return max === undefined ? undefined : { strength: 'max', valueSet: max };
}

function readConstraints(source: readonly Json[]): readonly Constraint[] {
  return source.flatMap((one) => {
    const key = text(one['key']);
    const expression = text(one['expression']);
    if (key === undefined || expression === undefined) return [];
    const human = text(one['human']);
    const severity = one['severity'] === 'warning' ? ('warning' as const) : ('error' as const);
    return [{ key, severity, expression, ...(human !== undefined && { human }) }];
  });
}

/** The value of `fixed[x]` or `pattern[x]`. */
function choice(element: Json, prefix: string): unknown {
  const name = Object.keys(element).find((key) => key.startsWith(prefix) && /^[A-Z]/.test(key.slice(prefix.length)));
  return name === undefined ? undefined : element[name];
}

function bound(element: Json, prefix: string): Bound | undefined {
  const value = choice(element, prefix);
  if (typeof value === 'number' || typeof value === 'string') return value;
  if (!isJson(value) || typeof value['value'] !== 'number') return undefined;
  const [system, code, unit] = [text(value['system']), text(value['code']), text(value['unit'])];
  return { value: value['value'], ...(system && { system }), ...(code && { code }), ...(unit && { unit }) };
}

function isDigits(word: string): boolean {
  return /^\d{1,9}$/.test(word);
}

function stripVersion(canonical: string): string {
  return canonical.split('|', 1)[0] ?? canonical;
}
