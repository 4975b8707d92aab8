/** The CapabilityStatement: base STU3, there is no profile, and the values that the page gives. */
import { boolean, code, date, string, uri } from '../engine/primitives.js';
import { codeList, many, never, one, type Check, type Json, type Shape } from '../engine/shape.js';
import { each, STRUCTURE } from '../parts/datatypes.js';

const FORMATS = codeList('the formats of GP Connect', ['application/fhir+json', 'application/fhir+xml']);
const PROFILES = codeList(
  'the profiles of 1.2.7',
  [
    'CareConnect-GPC-Patient-1',
    'CareConnect-GPC-Organization-1',
    'CareConnect-GPC-Practitioner-1',
    'CareConnect-GPC-PractitionerRole-1',
    'CareConnect-GPC-Location-1',
    'GPConnect-OperationOutcome-1',
    'GPConnect-Appointment-1',
    'GPConnect-Schedule-1',
    'GPConnect-Slot-1',
    'GPConnect-Searchset-Bundle-1',
  ].map((name) => STRUCTURE + name),
);
const INTERACTION = codeList('the interactions of GP Connect', ['read', 'search-type', 'create', 'update']);
const PARAMETER_TYPE = codeList('the parameter types of GP Connect', ['token', 'date']);
const INCLUDES = codeList('the includes of the page', [
  'Schedule:actor:Location',
  'Schedule:actor:Practitioner',
  'Slot:schedule',
  'Location:managingOrganization',
]);

interface Served {
  readonly interactions: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
}

/** What the page lists of each type, and so the most that may be declared. */
const TYPES: Readonly<Record<string, Served>> = {
  Patient: { interactions: ['read', 'search-type'], parameters: { identifier: 'token' } },
  Organization: { interactions: ['read', 'search-type'], parameters: { identifier: 'token' } },
  Practitioner: { interactions: ['read', 'search-type'], parameters: { identifier: 'token' } },
  Location: { interactions: ['read'], parameters: {} },
  Appointment: { interactions: ['read', 'create', 'update', 'search-type'], parameters: { start: 'date' } },
  Slot: {
    interactions: ['search-type'],
    parameters: { start: 'date', end: 'date', status: 'token', searchFilter: 'token' },
  },
};
const TYPE = codeList('the types of Foundations and Appointment Management', Object.keys(TYPES));

const codesOf = (resource: Json): readonly string[] => each(resource.interaction).map((one: Json) => one.code);

const RESOURCE_CHECKS: readonly Check[] = [
  {
    rule: 'rest.resource declares interactions of its type only, each once',
    broken: (node) => {
      const codes = codesOf(node);
      const known = TYPES[node.type]?.interactions ?? [];
      return (new Set(codes).size !== codes.length || codes.some((one) => !known.includes(one))) && codes.join();
    },
  },
  {
    rule: 'rest.resource declares parameters of its type only, with their type',
    broken: (node) =>
      each(node.searchParam).find((one: Json) => TYPES[node.type]?.parameters[one.name] !== one.type)?.name,
  },
  {
    rule: 'a search declares all its parameters',
    broken: (node) =>
      codesOf(node).includes('search-type') &&
      Object.keys(TYPES[node.type]?.parameters ?? {}).find(
        (name) => !each(node.searchParam).some((one: Json) => one.name === name),
      ),
  },
  {
    rule: 'updateCreate is false, and there where updates are',
    broken: (node) =>
      codesOf(node).includes('update')
        ? node.updateCreate !== false && 'not false'
        : 'updateCreate' in node && 'no update',
  },
  {
    rule: 'Slot declares all four includes, and nothing else any',
    broken: (node) =>
      each(node.searchInclude).length !== (node.type === 'Slot' ? INCLUDES.codes.size : 0) &&
      each(node.searchInclude).join(),
  },
];

const RESOURCE: Shape = {
  name: 'CapabilityStatement.rest.resource',
  prohibited: never('the page shows none', 'profile', 'versioning', 'conditionalCreate', 'conditionalDelete'),
  elements: {
    type: one('1..1', code, { codes: TYPE }),
    interaction: many('1..*', {
      name: 'CapabilityStatement.rest.resource.interaction',
      elements: { code: one('1..1', code, { codes: INTERACTION }), documentation: one('0..1', string) },
    }),
    updateCreate: one('0..1', boolean),
    searchInclude: many('0..*', string, { codes: INCLUDES }),
    searchParam: many('0..*', {
      name: 'CapabilityStatement.rest.resource.searchParam',
      elements: {
        name: one('1..1', string),
        definition: one('0..1', uri),
        type: one('1..1', code, { codes: PARAMETER_TYPE }),
        documentation: one('0..1', string),
      },
    }),
  },
  checks: RESOURCE_CHECKS,
};

const REST: Shape = {
  name: 'CapabilityStatement.rest',
  elements: {
    mode: one('1..1', code, { fixed: 'server' }),
    security: one('1..1', {
      name: 'CapabilityStatement.rest.security',
      elements: { cors: one('1..1', boolean, { fixed: true }) },
    }),
    resource: many('0..*', RESOURCE),
    operation: many('0..1', {
      name: 'CapabilityStatement.rest.operation',
      elements: {
        name: one('1..1', string, { fixed: 'gpc.registerpatient' }),
        definition: one('1..1', {
          name: 'CapabilityStatement.rest.operation.definition',
          elements: {
            reference: one('1..1', string, {
              fixed: 'https://fhir.nhs.uk/STU3/OperationDefinition/GPConnect-RegisterPatient-Operation-1',
            }),
          },
        }),
      },
    }),
  },
  checks: [
    {
      rule: 'CapabilityStatement.rest lists each type once',
      broken: (node) => {
        const types = each(node.resource).map((one: Json) => one.type);
        return new Set(types).size !== types.length && types.join();
      },
    },
  ],
};

export const CAPABILITY_STATEMENT: Shape = {
  name: 'CapabilityStatement',
  prohibited: {
    ...never('narrative is not populated', 'text'),
    ...never('it has no profile', 'meta'),
    ...never('a server describes itself by rest alone', 'messaging', 'document', 'imports', 'instantiates'),
  },
  elements: {
    resourceType: one('1..1', string, { fixed: 'CapabilityStatement' }),
    version: one('1..1', string, { fixed: '1.2.7' }),
    name: one('1..1', string, { fixed: 'GP Connect' }),
    status: one('1..1', code, { fixed: 'active' }),
    date: one('1..1', date),
    publisher: one('1..1', string),
    contact: many('1..*', { name: 'CapabilityStatement.contact', elements: { name: one('1..1', string) } }),
    description: one('1..1', string),
    copyright: one('0..1', string),
    kind: one('1..1', code, { fixed: 'capability' }),
    software: one('1..1', {
      name: 'CapabilityStatement.software',
      elements: { name: one('1..1', string), version: one('1..1', string), releaseDate: one('1..1', date) },
    }),
    fhirVersion: one('1..1', code, { fixed: '3.0.1' }),
    acceptUnknown: one('1..1', code, { fixed: 'both' }),
    format: many('1..*', code, { codes: FORMATS }),
    profile: many('1..*', {
      name: 'CapabilityStatement.profile',
      elements: { reference: one('1..1', string, { codes: PROFILES }) },
    }),
    rest: many('1..1', REST),
  },
  checks: [
    {
      rule: 'CapabilityStatement.format names JSON and XML, each once',
      broken: ({ format }: Json) =>
        (each(format).length !== FORMATS.codes.size || new Set(format).size !== format.length) && each(format).join(),
    },
    {
      rule: 'CapabilityStatement.profile names nothing twice',
      broken: ({ profile }: Json) => {
        const names = each(profile).map((one: Json) => one.reference);
        return new Set(names).size !== names.length && names.join();
      },
    },
  ],
};
