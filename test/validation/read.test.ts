/** Definitions as they are published, in the shapes of STU3 and of R4, and the facts made of them. */
import { describe, expect, it } from 'vitest';
import { readCodeSystem, readProfile, readValueSet } from '../../src/validation/definitions/read.js';

const FHIR = 'http://hl7.org/fhir/StructureDefinition';
const OURS = 'https://example.org/fhir/StructureDefinition';

function patient(elements: readonly object[], others: object = {}): object {
  return {
    resourceType: 'StructureDefinition',
    url: `${OURS}/patient|2`,
    name: 'OurPatient',
    type: 'Patient',
    baseDefinition: `${FHIR}/Patient`,
    differential: { element: elements },
    ...others,
  };
}

/** The facts of one element of a profile on Patient. */
function element(facts: object, release: 'stu3' | 'r4' = 'r4'): object {
  const path = 'path' in facts ? facts.path : 'Patient.name';
  return readProfile(patient([{ path, ...facts }]), release).elements[0] ?? {};
}

describe('a profile', () => {
  it('is trimmed to facts', () => {
    const facts = readProfile(patient([{ path: 'Patient' }], { version: '2.0.1', abstract: true }), 'r4');
    expect(facts).toEqual({
      url: `${OURS}/patient`,
      version: '2.0.1',
      name: 'OurPatient',
      type: 'Patient',
      base: 'Patient',
      abstract: true,
      elements: [{ id: 'Patient', path: 'Patient' }],
    });
  });

  it.each([
    ['a base type', `${FHIR}/Patient`, 'Patient'],
    ['a base type with a version', `${FHIR}/Patient|4.0.1`, 'Patient'],
    ['a data type', `${FHIR}/SimpleQuantity`, 'SimpleQuantity'],
    ["a profile of FHIR's", `${FHIR}/patient-birthTime`, `${FHIR}/patient-birthTime`],
    ["a profile of FHIR's without hyphen", `${FHIR}/vitalsigns`, `${FHIR}/vitalsigns`],
    ['a profile of others', `${OURS}/a|1.0`, `${OURS}/a`],
  ])('names its base: %s', (_, baseDefinition, base) => {
    expect(readProfile(patient([{ path: 'Patient' }], { baseDefinition }), 'r4').base).toBe(base);
  });

  it('is read from its snapshot where it has no differential', () => {
    const snapshot = { element: [{ path: 'Patient', min: 0 }] };
    expect(readProfile(patient([], { snapshot }), 'stu3')).toMatchObject({ whole: true, elements: [{ min: 0 }] });
    expect(readProfile(patient([{ path: 'Patient', min: 1 }], { snapshot }), 'stu3')).not.toHaveProperty('whole');
  });

  it.each([
    ['something else', { resourceType: 'ValueSet' }, 'It is no StructureDefinition.'],
    ['no url', { url: undefined }, 'has no url'],
    ['no type', { type: undefined }, 'which type it constrains'],
    ['no base', { baseDefinition: undefined }, 'what it constrains (baseDefinition)'],
    ['a type of its own', { derivation: 'specialization' }, 'a type of its own'],
    ['another release', { fhirVersion: '3.0.1' }, 'is for FHIR 3.0.1, and this validator works with R4 (4.0)'],
    ['nothing in it', { differential: { element: [] } }, 'neither a differential nor a snapshot'],
    ['an element without path', { differential: { element: [{ id: 'Patient' }] } }, 'no path'],
    [
      'an element of another type',
      { differential: { element: [{ path: 'Slot.start' }] } },
      'Slot.start does not belong',
    ],
    ['a broken max', { differential: { element: [{ path: 'Patient.name', max: 1 }] } }, 'Patient.name has a max'],
    ['a broken min', { differential: { element: [{ path: 'Patient.name', min: '1' }] } }, 'Patient.name has a min'],
    [
      'an unknown discriminator',
      {
        differential: { element: [{ path: 'Patient.name', slicing: { discriminator: [{ type: 'x', path: 'use' }] } }] },
      },
      'unknown type "x"',
    ],
  ])('is refused with a reason: %s', (_, fault, reason) => {
    expect(() => readProfile(patient([{ path: 'Patient' }], fault), 'r4')).toThrow(reason);
  });

  it.each([null, 'text', 7, []])('is refused when it is %j', (value) => {
    expect(() => readProfile(value, 'r4')).toThrow('It is no StructureDefinition.');
  });
});

describe('ids', () => {
  const idsOf = (elements: readonly object[]): readonly string[] =>
    readProfile(patient(elements), 'stu3').elements.map((one) => one.id);

  it('come from paths and slice names', () => {
    const ids = idsOf([
      { path: 'Patient' },
      { path: 'Patient.identifier', slicing: { rules: 'open' } },
      { path: 'Patient.identifier', sliceName: 'nhs', id: 'Patient.identifier:wrong' },
      { path: 'Patient.identifier.extension', sliceName: 'status' },
      { path: 'Patient.identifier.extension.url', id: 'Patient.identifier.extension.url' },
      { path: 'Patient.identifier.system' },
      { path: 'Patient.identifier', sliceName: 'local' },
      { path: 'Patient.name' },
    ]);
    expect(ids).toEqual([
      'Patient',
      'Patient.identifier',
      'Patient.identifier:nhs',
      'Patient.identifier:nhs.extension:status',
      'Patient.identifier:nhs.extension:status.url',
      'Patient.identifier:nhs.system',
      'Patient.identifier:local',
      'Patient.name',
    ]);
  });

  it('are believed where only they name a slice', () => {
    expect(idsOf([{ path: 'Patient.identifier.system', id: 'Patient.identifier:nhs.system' }])).toEqual([
      'Patient.identifier:nhs.system',
    ]);
  });

  it('keep the short path STU3 has for the types of a choice', () => {
    expect(idsOf([{ path: 'Patient.deceasedBoolean', id: 'Patient.deceased[x]:deceasedBoolean' }])).toEqual([
      'Patient.deceasedBoolean',
    ]);
  });
});

describe('an element', () => {
  it('gathers the types of STU3 by code', () => {
    const type = ['Patient', 'Slot'].map((name) => ({ code: 'Reference', targetProfile: `${FHIR}/${name}` }));
    const profile = { code: 'Extension', profile: `${OURS}/ext|1` };
    expect(element({ type: [...type, profile] }, 'stu3')).toMatchObject({
      types: [
        { code: 'Reference', targets: ['Patient', 'Slot'] },
        { code: 'Extension', profiles: [`${OURS}/ext`] },
      ],
    });
  });

  it('has the lists of R4', () => {
    const type = [{ code: 'Reference', targetProfile: [`${FHIR}/Patient`, `${OURS}/org`] }];
    expect(element({ type })).toMatchObject({ types: [{ code: 'Reference', targets: ['Patient', `${OURS}/org`] }] });
  });

  it('may point to anything when one of its types names no target', () => {
    const type = [{ code: 'Reference' }, { code: 'Reference', targetProfile: `${FHIR}/Patient` }];
    expect(element({ type })).toMatchObject({ types: [{ code: 'Reference' }] });
    const any = [{ code: 'Reference', targetProfile: [`${FHIR}/Resource`] }];
    expect(element({ type: any })).toEqual({
      id: 'Patient.name',
      path: 'Patient.name',
      types: [{ code: 'Reference' }],
    });
  });

  it.each([
    [{ code: 'http://hl7.org/fhirpath/System.String' }, 'string'],
    [{ code: 'http://hl7.org/fhirpath/System.DateTime' }, 'dateTime'],
    [
      {
        code: 'http://hl7.org/fhirpath/System.String',
        extension: [{ url: `${FHIR}/structuredefinition-fhir-type`, valueUrl: 'uri' }],
      },
      'uri',
    ],
  ])('has FHIR types for the types of FHIRPath', (type, code) => {
    expect(element({ type: [type] })).toMatchObject({ types: [{ code }] });
  });

  it.each(['#Questionnaire.item', 'http://hl7.org/fhir/StructureDefinition/Questionnaire#Questionnaire.item'])(
    'names the element it repeats: %s',
    (contentReference) => {
      expect(element({ contentReference })).toMatchObject({ contentReference: 'Questionnaire.item' });
    },
  );

  it.each([
    ['valueSetUri', { valueSetUri: 'http://a/vs' }],
    ['valueSetReference', { valueSetReference: { reference: 'http://a/vs' } }],
    ['valueSet', { valueSet: 'http://a/vs|4.0.1' }],
  ])('has its binding from %s', (_, source) => {
    expect(element({ binding: { strength: 'extensible', ...source } })).toMatchObject({
      binding: { strength: 'extensible', valueSet: 'http://a/vs' },
    });
  });

  it('has no binding that is advice only, but its max value set', () => {
    const extension = [{ url: `${FHIR}/elementdefinition-maxValueSet`, valueCanonical: 'http://a/max' }];
    expect(element({ binding: { strength: 'preferred', valueSet: 'http://a/vs' } })).not.toHaveProperty('binding');
    expect(element({ binding: { strength: 'preferred', valueSet: 'http://a/vs', extension } })).toMatchObject({
      binding: { strength: 'max', valueSet: 'http://a/max' },
    });
    expect(element({ binding: { strength: 'extensible', valueSet: 'http://a/vs', extension } })).toMatchObject({
      binding: { strength: 'extensible', valueSet: 'http://a/vs', max: 'http://a/max' },
    });
  });

  it('has fixed values, patterns and ranges of any type', () => {
    expect(element({ fixedBoolean: false, maxLength: 9 })).toMatchObject({ fixed: false, maxLength: 9 });
    expect(element({ patternCoding: { code: 'a' } })).toMatchObject({ pattern: { code: 'a' } });
    expect(element({ minValueInteger: 0, maxValueDate: '2026-01-01' })).toMatchObject({
      minValue: 0,
      maxValue: '2026-01-01',
    });
    expect(element({ min: 1, max: '*', mustSupport: true, representation: ['xmlAttr'] })).toMatchObject({
      min: 1,
      max: '*',
      mustSupport: true,
      attribute: true,
    });
  });

  it('has the constraints that can be checked', () => {
    const constraint = [
      { key: 'a-1', severity: 'warning', human: 'words', expression: 'name.exists()' },
      { key: 'a-2', severity: 'error', human: 'words only' },
    ];
    expect(element({ constraint })).toMatchObject({
      constraints: [{ key: 'a-1', severity: 'warning', human: 'words', expression: 'name.exists()' }],
    });
  });

  it('has its slicing; extensions are told apart by url', () => {
    const slicing = { rules: 'closed', ordered: true, discriminator: [{ type: 'value', path: 'system' }] };
    expect(element({ slicing })).toMatchObject({
      slicing: { rules: 'closed', ordered: true, discriminators: [{ type: 'value', path: 'system' }] },
    });
    expect(element({ path: 'Patient.extension', slicing: {} })).toMatchObject({
      slicing: { rules: 'open', discriminators: [{ type: 'value', path: 'url' }] },
    });
  });
});

describe('the contexts of an extension', () => {
  const contextsOf = (contexts: object): unknown =>
    readProfile(
      patient([{ path: 'Extension' }], { type: 'Extension', baseDefinition: `${FHIR}/Extension`, ...contexts }),
      'stu3',
    ).contexts;

  it('have one kind in STU3 and one each in R4', () => {
    expect(contextsOf({ contextType: 'resource', context: ['Patient', 'Slot.start'] })).toEqual([
      { kind: 'element', expression: 'Patient' },
      { kind: 'element', expression: 'Slot.start' },
    ]);
    expect(contextsOf({ contextType: 'extension', context: ['http://a/b'] })).toEqual([
      { kind: 'extension', expression: 'http://a/b' },
    ]);
    expect(contextsOf({ context: [{ type: 'fhirpath', expression: 'Patient.name' }] })).toEqual([
      { kind: 'fhirpath', expression: 'Patient.name' },
    ]);
  });

  it('are absent for an extension that may stand anywhere', () => {
    expect(contextsOf({})).toBeUndefined();
    expect(contextsOf({ contextType: 'resource', context: ['*'] })).toBeUndefined();
  });

  it('are refused without an expression', () => {
    expect(() => contextsOf({ context: [{ type: 'element' }] })).toThrow('no expression');
  });
});

describe('a value set', () => {
  const valueSet = (parts: object): unknown =>
    readValueSet({ resourceType: 'ValueSet', url: 'http://a/vs|1', ...parts });
  const contains = [{ system: 's', code: 'a', contains: [{ system: 's', code: 'b' }] }];

  it('has its compose', () => {
    const compose = {
      include: [
        { system: 's', version: '1', concept: [{ code: 'a', display: 'A' }] },
        { valueSet: 'http://a/other|3' },
        { system: 't', filter: [{ property: 'concept', op: 'is-a', value: 'x' }] },
      ],
      exclude: [{ system: 's', concept: [{ code: 'b' }] }],
    };
    expect(valueSet({ compose })).toEqual({
      url: 'http://a/vs',
      facts: {
        include: [
          { system: 's', codes: ['a'] },
          { valueSets: ['http://a/other'] },
          { system: 't', filters: [{ property: 'concept', op: 'is-a', value: 'x' }] },
        ],
        exclude: [{ system: 's', codes: ['b'] }],
      },
    });
  });

  it('has the codes of a complete expansion where it has no compose that can be answered', () => {
    const whole = { facts: { include: [{ system: 's', codes: ['a', 'b'] }] } };
    const filter = [{ property: 'concept', op: 'is-a', value: '1' }];
    expect(valueSet({ expansion: { contains } })).toMatchObject(whole);
    expect(valueSet({ expansion: { contains }, compose: { include: [{ system: 's', filter }] } })).toMatchObject(whole);
    expect(valueSet({ expansion: { contains }, compose: { include: [{ system: 't' }] } })).toMatchObject({
      facts: { include: [{ system: 't' }] },
    });
  });

  it.each([
    ['a page', { offset: 0, contains }],
    ['a part', { total: 99, contains }],
    ['too costly', { extension: [{ url: `${FHIR}/valueset-toocostly`, valueBoolean: true }], contains }],
    ['empty', {}],
  ])('knows nothing from an expansion that is %s', (_, expansion) => {
    expect(valueSet({ expansion })).toMatchObject({ facts: { include: [] } });
  });

  it('needs a url', () => {
    expect(() => readValueSet({ resourceType: 'ValueSet' })).toThrow('The ValueSet has no url.');
    expect(() => readValueSet({ resourceType: 'CodeSystem' })).toThrow('It is no ValueSet.');
  });
});

describe('a code system', () => {
  const facts = (parts: object): unknown =>
    readCodeSystem({ resourceType: 'CodeSystem', url: 'http://a/cs', content: 'complete', ...parts }).facts;

  it('nests its concepts', () => {
    const concept = [{ code: 'a', concept: [{ code: 'b' }] }, { code: 'c' }];
    expect(facts({ concept })).toEqual({ concepts: [['a', 'b'], 'c'] });
  });

  it('nests them by the property parent as well', () => {
    const under = (code: string, ...parents: string[]): object => ({
      code,
      property: parents.map((valueCode) => ({ code: 'parent', valueCode })),
    });
    const concept = [{ code: 'a' }, { code: 'b' }, under('c', 'a', 'b'), under('d', 'd'), under('e', 'nowhere')];
    expect(facts({ concept })).toEqual({ concepts: [['a', 'c'], ['b', 'c'], 'd', 'e'] });
  });

  it('says what it leaves out', () => {
    expect(facts({ content: 'fragment', caseSensitive: false })).toEqual({
      concepts: [],
      incomplete: true,
      caseInsensitive: true,
    });
  });

  it('is refused when it nests without end', () => {
    let concept: object = { code: 'x' };
    for (let level = 0; level < 50_000; level += 1) concept = { code: 'x', concept: [concept] };
    expect(() => facts({ concept: [concept] })).toThrow('levels deep');
  });
});
