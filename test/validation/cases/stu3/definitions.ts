/** Small definitions for rules that the GP Connect profiles do not use. */

type Facts = Readonly<Record<string, unknown>>;

const OWN = 'https://example.org/StructureDefinition';

/** The canonical url of a definition made here. */
export function own(name: string): string {
  return `${OWN}/${name}`;
}

/** An ElementDefinition; path and slice name follow from the id: `Patient.identifier:nhs.system`. */
export function element(id: string, facts: Facts): Facts {
  const steps = id.split('.');
  const [, sliceName] = (steps.at(-1) ?? '').split(':');
  const path = steps.map((step) => step.split(':')[0]).join('.');
  return { id, path, ...(sliceName !== undefined && { sliceName }), ...facts };
}

/** Slicing by these discriminators: `slicing('open', 'value:system')`. */
export function slicing(rules: 'open' | 'closed' | 'openAtEnd', ...discriminators: readonly string[]): Facts {
  const list = discriminators.map((text) => ({ type: text.split(':')[0], path: text.split(':')[1] }));
  return { slicing: { discriminator: list, rules } };
}

/** A profile as a differential, whose root is put in front where it is not given; `more` replaces what is said of the definition itself. */
export function profile(name: string, type: string, elements: readonly Facts[], more: Facts = {}): Facts {
  return {
    resourceType: 'StructureDefinition',
    url: own(name),
    name: name.replaceAll('-', ''),
    status: 'draft',
    fhirVersion: '3.0.1',
    kind: 'resource',
    abstract: false,
    type,
    baseDefinition: `http://hl7.org/fhir/StructureDefinition/${type}`,
    derivation: 'constraint',
    differential: { element: elements[0]?.['id'] === type ? elements : [{ id: type, path: type }, ...elements] },
    ...more,
  };
}

/** An extension with one kind of value that may stand at these paths. */
export function extension(name: string, value: readonly Facts[], contexts: readonly string[]): Facts {
  const elements = [
    element('Extension.extension', { max: '0' }),
    element('Extension.url', { fixedUri: own(name) }),
    element('Extension.value[x]', { min: 1, type: value }),
  ];
  return profile(name, 'Extension', elements, { kind: 'complex-type', contextType: 'resource', context: contexts });
}

/** A code system of these codes and a value set of all of it, both under this name. */
export function codes(name: string, list: readonly string[]): readonly Facts[] {
  const system = `https://example.org/CodeSystem/${name}`;
  const head = { name: name.replaceAll('-', ''), status: 'draft' };
  return [
    {
      resourceType: 'CodeSystem',
      url: system,
      ...head,
      caseSensitive: true,
      content: 'complete',
      concept: list.map((code) => ({ code })),
    },
    {
      resourceType: 'ValueSet',
      url: `https://example.org/ValueSet/${name}`,
      ...head,
      compose: { include: [{ system }] },
    },
  ];
}

/** A binding as STU3 writes it. */
export function binding(strength: string, valueSet: string, more: Facts = {}): Facts {
  return { binding: { strength, valueSetReference: { reference: valueSet }, ...more } };
}
