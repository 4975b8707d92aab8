/** Definitions that are broken, circular, huge, or ask for what takes for ever. */
import { createValidator, type ValidatorOptions } from '../../../src/validation/index.js';
import { loadDefinitions } from '../../../src/validation/sources/index.js';
import type { HostileCase, HostileCases } from './case.js';

const OWN = 'https://definitions.example/';
const BASE = 'http://hl7.org/fhir/StructureDefinition/';
const DEEP = 100_000;
const MANY = 100_000;

type Element = Readonly<Record<string, unknown>>;

function profile(name: string, elements: readonly Element[], more: object = {}): object {
  return {
    resourceType: 'StructureDefinition',
    url: OWN + name,
    name,
    status: 'draft',
    fhirVersion: '4.0.1',
    kind: 'resource',
    abstract: false,
    type: 'Patient',
    baseDefinition: `${BASE}Patient`,
    derivation: 'constraint',
    differential: { element: elements },
    ...more,
  };
}

const element = (path: string, more: Element = {}): Element => ({ id: path, path, ...more });
const extension = (name: string, elements: readonly Element[]): object =>
  profile(name, elements, {
    type: 'Extension',
    baseDefinition: `${BASE}Extension`,
    kind: 'complex-type',
    context: [{ type: 'element', expression: 'Element' }],
  });
const invariant = (expression: string, more: object = {}): object =>
  profile('invariant', [
    element('Patient', { constraint: [{ key: 'x-1', severity: 'error', human: 'x', expression, ...more }] }),
  ]);
const valueSet = (name: string, compose: object): object => ({
  resourceType: 'ValueSet',
  url: OWN + name,
  status: 'draft',
  compose,
});
const bound = (name: string): object =>
  profile('bound', [element('Patient.language', { binding: { strength: 'required', valueSet: OWN + name } })]);

const PATIENT = {
  resourceType: 'Patient',
  language: 'en',
  name: [{ family: `${'a'.repeat(50_000)}!`, given: ['B'] }],
  birthDate: '2026-01-01',
};

/** Checks all definitions, and validates a resource against the one of this name. */
function given(
  definitions: () => readonly unknown[],
  wanted: string,
  expected: readonly string[],
  resource: () => unknown = () => PATIENT,
  options: Partial<ValidatorOptions> = {},
): HostileCase {
  return {
    run: () => {
      const validator = createValidator({ release: 'r4', definitions: definitions(), ...options });
      const problems = validator.checkDefinitions();
      return [...problems, ...validator.validate(resource(), { profiles: [OWN + wanted] })];
    },
    expected,
  };
}

const asked = (expression: string, ...expected: string[]): HostileCase =>
  given(() => [invariant(expression)], 'invariant', expected);

function nested(levels: number, inner: unknown): unknown {
  let value = inner;
  for (let level = 0; level < levels; level += 1) value = { extension: [value] };
  return value;
}

const CONCEPTS = (): object => {
  let concept: object = { code: 'en' };
  for (let level = 0; level < DEEP; level += 1) concept = { code: `c${level}`, concept: [concept] };
  return { resourceType: 'CodeSystem', url: `${OWN}deep`, content: 'complete', concept: [concept] };
};

const names = ['__proto__', 'constructor', 'toString'];

export const DEFINITIONS: HostileCases = {
  'no definitions at all': given(
    () => [
      null,
      1,
      'x',
      [],
      {},
      { resourceType: 'StructureDefinition' },
      { resourceType: 'ValueSet' },
      { resourceType: 'CodeSystem', url: 1 },
    ],
    'none',
    ['problem', 'profile'],
  ),
  'a profile that derives from itself': given(() => [profile('self', [], { baseDefinition: `${OWN}self` })], 'self', [
    'problem',
    'profile',
  ]),
  'three profiles that derive from each other': given(
    () => [0, 1, 2].map((at) => profile(`p${at}`, [], { baseDefinition: `${OWN}p${(at + 1) % 3}` })),
    'p1',
    ['problem', 'profile'],
  ),
  'a profile of a type that is none': given(
    () => [profile('odd', [], { type: 'Odd', baseDefinition: `${BASE}Odd` })],
    'odd',
    ['problem', 'profile'],
  ),
  'a profile of what it does not constrain': given(() => [profile('odd', [], { type: 'Slot' })], 'odd', [
    'problem',
    'profile',
  ]),
  '500 profiles, each derived from the one before': given(
    () =>
      Array.from({ length: 500 }, (_, at) =>
        profile(
          `p${at}`,
          [element('Patient.birthDate', { min: 1 })],
          at === 0 ? {} : { baseDefinition: `${OWN}p${at - 1}` },
        ),
      ),
    'p499',
    [],
  ),
  'content references in a circle': given(
    () => [
      profile('loop', [
        element('Patient.contact', { contentReference: '#Patient.link' }),
        element('Patient.link', { contentReference: '#Patient.contact' }),
        element('Patient.contact.name', { min: 1 }),
      ]),
    ],
    'loop',
    ['invariant'],
    () => ({ ...PATIENT, contact: [{ gender: 'male' }], link: [{ type: 'x' }] }),
  ),
  'a content reference to itself': given(
    () => [
      profile('loop', [
        element('Patient.contact', { contentReference: '#Patient.contact' }),
        element('Patient.contact.name.family', { min: 1 }),
      ]),
    ],
    'loop',
    ['invariant'],
    () => ({ ...PATIENT, contact: [{ gender: 'male' }] }),
  ),
  'a content reference to nowhere': given(
    () => [profile('loop', [element('Patient.contact', { contentReference: '#Patient.nowhere' })])],
    'loop',
    ['invariant'],
    () => ({ ...PATIENT, contact: [{ gender: 'male' }] }),
  ),
  'an extension that holds itself': given(
    () => [
      extension('again', [
        element('Extension.extension', {
          slicing: { discriminator: [{ type: 'value', path: 'url' }], rules: 'closed' },
        }),
        {
          id: 'Extension.extension:again',
          path: 'Extension.extension',
          sliceName: 'again',
          min: 1,
          type: [{ code: 'Extension', profile: [`${OWN}again`] }],
        },
        element('Extension.url', { fixedUri: `${OWN}again` }),
      ]),
      profile('holder', [
        element('Patient.extension', { min: 1, type: [{ code: 'Extension', profile: [`${OWN}again`] }] }),
      ]),
    ],
    'holder',
    ['slicing'],
    () => ({
      ...PATIENT,
      extension: [{ url: `${OWN}again`, extension: [{ url: `${OWN}again`, extension: [{ url: `${OWN}again` }] }] }],
    }),
  ),
  'a type whose profile is the profile itself': given(
    () => [
      profile(
        'name',
        [
          element('HumanName.period'),
          element('HumanName.extension', { type: [{ code: 'Extension', profile: [`${OWN}name`] }] }),
        ],
        { type: 'HumanName', baseDefinition: `${BASE}HumanName`, kind: 'complex-type' },
      ),
      profile('holder', [element('Patient.name', { type: [{ code: 'HumanName', profile: [`${OWN}name`] }] })]),
    ],
    'holder',
    ['type'],
    () => ({ ...PATIENT, name: [{ family: 1, extension: [{ url: 'urn:x', valueString: 'a' }] }] }),
  ),
  'patients whose links must be such patients again': given(
    () => [
      profile('linked', [
        element('Patient.link.other', { type: [{ code: 'Reference', targetProfile: [`${OWN}linked`] }] }),
        element('Patient.birthDate', { min: 1 }),
      ]),
    ],
    'linked',
    [],
    () => ({
      ...PATIENT,
      contained: [
        {
          resourceType: 'Patient',
          id: 'a',
          birthDate: '2026',
          link: [{ type: 'seealso', other: { reference: '#a' } }],
        },
      ],
      link: [{ type: 'seealso', other: { reference: '#a' } }],
    }),
  ),
  'a contained resource that must be its container': given(
    () => [
      profile('holder', [
        element('Patient.contained', { type: [{ code: 'Patient', profile: [`${OWN}holder`] }], min: 1 }),
      ]),
    ],
    'holder',
    ['cardinality'],
    () => ({
      ...PATIENT,
      contained: [{ resourceType: 'Patient', id: 'a' }],
      link: [{ type: 'seealso', other: { reference: '#a' } }],
    }),
  ),
  [`${MANY} elements that do not exist`]: given(
    () => [
      profile(
        'wide',
        Array.from({ length: MANY }, (_, at) => element(`Patient.x${at}`)),
      ),
    ],
    'wide',
    ['problem', 'profile'],
  ),
  [`${MANY} elements that say the same`]: given(
    () => [
      profile(
        'wide',
        Array.from({ length: MANY }, () => element('Patient.birthDate', { min: 1, max: '1' })),
      ),
    ],
    'wide',
    [],
  ),
  '3,000 slices': given(
    () => [
      profile('wide', [
        element('Patient.identifier', {
          slicing: { discriminator: [{ type: 'value', path: 'system' }], rules: 'open' },
        }),
        ...Array.from({ length: 3_000 }, (_, at) => [
          { id: `Patient.identifier:s${at}`, path: 'Patient.identifier', sliceName: `s${at}`, max: '1' },
          {
            id: `Patient.identifier:s${at}.system`,
            path: 'Patient.identifier.system',
            min: 1,
            fixedUri: `urn:x:${at}`,
          },
        ]).flat(),
      ]),
    ],
    'wide',
    ['slicing'],
    () => ({ ...PATIENT, identifier: [{ system: 'urn:x:2999' }, { system: 'urn:x:2999' }] }),
  ),
  '10,000 slices within slices': given(
    () => [
      profile('deep', [
        element('Patient.identifier', {
          slicing: { discriminator: [{ type: 'value', path: 'system' }], rules: 'open' },
        }),
        ...Array.from({ length: 10_000 }, (_, at) => {
          const sliceName = Array.from({ length: (at % 1000) + 1 }, (__, level) => `s${level}`).join('/');
          return { id: `Patient.identifier:${sliceName}`, path: 'Patient.identifier', sliceName };
        }),
      ]),
    ],
    'deep',
    ['problem'],
    () => ({ ...PATIENT, identifier: [{ system: 'urn:x' }] }),
  ),
  'an element 100,000 levels deep': given(
    () => [profile('deep', [element(`Patient${'.extension'.repeat(DEEP)}`)])],
    'deep',
    ['problem', 'profile'],
  ),
  'an element 200 levels deep': given(
    () => [profile('deep', [element(`Patient${'.extension'.repeat(200)}`, { min: 1 })])],
    'deep',
    ['problem', 'profile'],
  ),
  'a discriminator 100,000 levels deep': given(
    () => [
      profile('deep', [
        element('Patient.identifier', {
          slicing: { discriminator: [{ type: 'value', path: `system${'.extension'.repeat(DEEP)}` }], rules: 'open' },
        }),
        { id: 'Patient.identifier:a', path: 'Patient.identifier', sliceName: 'a', min: 1 },
      ]),
    ],
    'deep',
    ['problem'],
    () => ({ ...PATIENT, identifier: [{ system: 'urn:x' }] }),
  ),
  'a pattern 100,000 levels deep': given(
    () => [profile('deep', [element('Patient.name', { patternHumanName: nested(DEEP, { id: 'x' }) })])],
    'deep',
    ['too-large'],
    () => ({ ...PATIENT, name: [nested(DEEP, { id: 'y' })] }),
  ),
  'a fixed value 100,000 levels deep': given(
    () => [profile('deep', [element('Patient.name', { fixedHumanName: nested(DEEP, { id: 'x' }) })])],
    'deep',
    ['too-large'],
    () => ({ ...PATIENT, name: [nested(DEEP, { id: 'y' })] }),
  ),
  'a definition 100,000 levels deep': given(
    () => [profile('deep', [element('Patient.name', nested(DEEP, {}) as Element)])],
    'deep',
    [],
  ),
  'cardinalities that are none': given(
    () => [
      profile('odd', [
        element('Patient.name', { min: 'x', max: {} }),
        element('Patient.birthDate', { min: -1, max: '-1' }),
        element('Patient.active', { min: 1e308, max: '1e999' }),
        element('Patient.photo', { min: NaN, max: 'many' }),
      ]),
    ],
    'odd',
    ['problem'],
  ),
  'everything of another kind': given(
    () => [
      profile('a', [null, 1, 'x', []] as never),
      profile('b', 'x' as never),
      { ...profile('c', []), differential: 1, snapshot: 'x' },
      profile('d', [
        element('Patient.name', {
          type: 1,
          slicing: 'x',
          binding: [],
          constraint: [null, 1, { key: {} }],
          fixedString: null,
          contentReference: 1,
          max: '*',
        }),
      ]),
      profile('e', [{ path: 1, id: {} }, { path: 'Patient' }, { id: 'Patient' }, {}]),
      profile('f', [{ id: 'Patient.name', path: 'Slot.name' }]),
    ],
    'e',
    ['problem', 'profile'],
  ),
  'names that every object seems to have': given(
    () => [
      ...names.map((name) => ({ ...profile(name, []), url: name, type: name, baseDefinition: name })),
      ...names.map((name) => profile(`p-${name}`, [element(`Patient.${name}`, { min: 1 })])),
      ...names.map((name) =>
        profile(`s-${name}`, [{ id: `Patient.name:${name}`, path: 'Patient.name', sliceName: name, min: 1 }]),
      ),
      ...names.map((name) =>
        profile(`t-${name}`, [element('Patient.name', { type: [{ code: name, profile: [name] }] })]),
      ),
      ...names.map((name) => ({
        resourceType: 'ValueSet',
        url: name,
        compose: { include: [{ system: name }, { valueSet: [name] }] },
      })),
      ...names.map((name) => ({
        resourceType: 'CodeSystem',
        url: name,
        content: 'complete',
        concept: [{ code: name }],
      })),
      profile('bound', [element('Patient.language', { binding: { strength: 'required', valueSet: 'constructor' } })]),
    ],
    'bound',
    ['problem'],
  ),
  'an invariant that back-tracks': asked("name.family.matches('^(a+)+$')", 'invariant'),
  'an invariant that back-tracks in turns': asked("name.family.matches('^(a|a|aa|aaa)*$')", 'invariant'),
  'an invariant that replaces by back-tracking': asked("name.family.replaceMatches('(a+)+$', '') = 'x'", 'problem'),
  'an invariant of a pattern that is huge': asked("name.family.matches('((a{1000}){1000}){1000}')", 'problem'),
  'an invariant of a pattern that looks back': asked("name.family.matches('(a*)\\\\1$')", 'problem'),
  'an invariant of a pattern 10,000 groups deep': asked(
    `name.family.matches('${'('.repeat(10_000)}a${')'.repeat(10_000)}')`,
    'problem',
  ),
  'an invariant that repeats for ever': asked('(1|2|3).repeat($this+1).count() > 0'),
  'an invariant that repeats on dates for ever': asked('birthDate.repeat($this + 1 day).exists()'),
  'an invariant that walks everything again and again': given(
    () => [invariant(`${'descendants().'.repeat(8)}count() > 0`)],
    'invariant',
    ['cardinality'],
    () => ({
      ...PATIENT,
      extension: [{ url: 'urn:x', ...(nested(40, { url: 'urn:x', valueString: 'x' }) as object) }],
    }),
  ),
  'an invariant that multiplies': asked(
    `name.select(${'$this|'.repeat(10)}$this).select(name)${".select('aaaaaaaaaa' & 'aaaaaaaaaa')".repeat(5)}.count() > 0`,
    'invariant',
  ),
  'an invariant that doubles a text': asked(`name.family${'.select($this & $this)'.repeat(30)}.length() > 0`),
  'an invariant that counts to ten to the power of ten': asked(
    `(${Array.from({ length: 100 }, (_, at) => at).join('|')})${`.select((${Array.from({ length: 100 }, (_, at) => at).join('|')}))`.repeat(1)}${`.where(%resource.descendants().where(%resource.descendants().where(%resource.descendants().exists()).exists()).exists())`}.exists()`,
  ),
  'an invariant 10,000 brackets deep': asked(`${'('.repeat(10_000)}true${')'.repeat(10_000)}`, 'problem'),
  'an invariant of 10,000 alternatives': asked(Array.from({ length: 10_000 }, () => 'active').join(' or '), 'problem'),
  'an invariant of a megabyte': asked(`'${'a'.repeat(1_000_000)}' = 'a'`, 'problem'),
  'an invariant that is none': asked('name.where(family = ', 'problem'),
  'an invariant with functions nobody knows': asked('name.constructor() and name.__proto__.exists()', 'problem'),
  'an invariant that reaches for constructors': asked('name.constructor.prototype.exists() or %__proto__.exists()'),
  '1,000 invariants': given(
    () => [
      profile('many', [
        element('Patient', {
          constraint: Array.from({ length: 1_000 }, (_, at) => ({
            key: `x-${at}`,
            severity: 'error',
            human: 'x',
            expression: `name.count() < ${at}`,
          })),
        }),
      ]),
    ],
    'many',
    ['invariant'],
  ),
  'value sets in a circle': given(
    () => [
      ...[0, 1, 2].map((at) => valueSet(`v${at}`, { include: [{ valueSet: [`${OWN}v${(at + 1) % 3}`] }] })),
      bound('v0'),
    ],
    'bound',
    [],
  ),
  'a value set that excludes itself': given(
    () => [
      valueSet('v', {
        include: [{ system: 'urn:ietf:bcp:47', concept: [{ code: 'en' }] }],
        exclude: [{ valueSet: [`${OWN}v`] }],
      }),
      bound('v'),
    ],
    'bound',
    [],
  ),
  '5,000 value sets, each of the one before': given(
    () => [
      ...Array.from({ length: 5_000 }, (_, at) =>
        valueSet(`v${at}`, {
          include: [at === 4_999 ? { system: 'urn:x', concept: [{ code: 'de' }] } : { valueSet: [`${OWN}v${at + 1}`] }],
        }),
      ),
      bound('v0'),
    ],
    'bound',
    [],
  ),
  'a value set that asks the same again and again': given(
    () => [
      ...Array.from({ length: 40 }, (_, at) =>
        valueSet(`v${at}`, {
          include:
            at === 39
              ? [{ system: 'urn:x', concept: [{ code: 'de' }] }]
              : [{ valueSet: [`${OWN}v${at + 1}`] }, { valueSet: [`${OWN}v${at + 1}`] }],
        }),
      ),
      bound('v0'),
    ],
    'bound',
    ['binding'],
  ),
  'a value set of a million codes': given(
    () => [
      valueSet('v', {
        include: [{ system: 'urn:x', concept: Array.from({ length: 1_000_000 }, (_, at) => ({ code: `c${at}` })) }],
      }),
      bound('v'),
    ],
    'bound',
    ['binding'],
  ),
  'a code system 100,000 levels deep': given(
    () => [
      CONCEPTS(),
      valueSet('v', {
        include: [{ system: `${OWN}deep`, filter: [{ property: 'concept', op: 'is-a', value: 'c99999' }] }],
      }),
      bound('v'),
    ],
    'bound',
    ['problem'],
  ),
  'a filter that back-tracks': given(
    () => [
      {
        resourceType: 'CodeSystem',
        url: `${OWN}codes`,
        content: 'complete',
        concept: [{ code: `${'a'.repeat(50_000)}!` }],
      },
      valueSet('v', {
        include: [{ system: `${OWN}codes`, filter: [{ property: 'code', op: 'regex', value: '(a+)+$' }] }],
      }),
      bound('v'),
    ],
    'bound',
    ['binding'],
  ),
  'a package that is none': { run: () => loadDefinitions('/dev/null').problems, expected: ['problem'] },
  'a folder that is none': { run: () => loadDefinitions('\0/x').problems, expected: ['problem'] },
};
