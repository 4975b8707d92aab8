/**
 * What the validator is measured against: a JSON Schema of the base STU3 rules, as one writes it by hand for bare ajv:
 * structure, cardinality, types, primitive formats, required codes, nothing unknown. No profile, no invariant, no
 * reference target, no pairing of primitives with their `_name`. Of `value[x]` it has the primitives and the types that
 * stand here anyway.
 */
import { Ajv, type AnySchemaObject, type ValidateFunction } from 'ajv';
import { PRIMITIVE_CHECKS } from '../../src/validation/primitives.js';

const NUMBERS: ReadonlySet<string> = new Set(['decimal', 'integer', 'positiveInt', 'unsignedInt']);

type Fields = Readonly<Record<string, AnySchemaObject>>;

function jsonType(primitive: string): string {
  return primitive === 'boolean' ? 'boolean' : NUMBERS.has(primitive) ? 'number' : 'string';
}

/** A primitive type in lower case, anything else by its definition. */
function one(type: string): AnySchemaObject {
  if (!PRIMITIVE_CHECKS.has(type)) return { $ref: `#/$defs/${type}` };
  return { type: jsonType(type), ...(type === 'boolean' ? {} : { format: type }) };
}

function many(type: string): AnySchemaObject {
  // Null stands for a value that has only extensions.
  const items = PRIMITIVE_CHECKS.has(type) ? { ...one(type), type: [jsonType(type), 'null'] } : one(type);
  return { type: 'array', minItems: 1, items };
}

function code(...codes: string[]): AnySchemaObject {
  return { type: 'string', enum: codes };
}

/** The `_name` beside every primitive. */
function halves(fields: Fields): Fields {
  const entries = Object.entries(fields).flatMap(([name, { type, items }]) => {
    if (['string', 'number', 'boolean'].includes(type as string)) return [[`_${name}`, one('Element')]];
    const isList = type === 'array' && Array.isArray((items as AnySchemaObject)['type']);
    const half = { anyOf: [{ type: 'null' }, one('Element')] };
    return isList ? [[`_${name}`, { type: 'array', minItems: 1, items: half }]] : [];
  });
  return Object.fromEntries(entries) as Fields;
}

function structure(fields: Fields, ...required: string[]): AnySchemaObject {
  const properties = { id: one('string'), extension: many('Extension'), ...fields, ...halves(fields) };
  return { type: 'object', minProperties: 1, properties, required, additionalProperties: false };
}

const backbone = (fields: Fields, ...required: string[]): AnySchemaObject =>
  structure({ modifierExtension: many('Extension'), ...fields }, ...required);

function resource(name: string, fields: Fields, ...required: string[]): AnySchemaObject {
  const own = { id: one('id'), meta: one('Meta'), implicitRules: one('uri'), language: one('code'), ...fields };
  const properties = { resourceType: { const: name }, ...own, ...halves(own) };
  return { type: 'object', properties, required: ['resourceType', ...required], additionalProperties: false };
}

const domainResource = (name: string, fields: Fields, ...required: string[]): AnySchemaObject =>
  resource(
    name,
    {
      text: one('Narrative'),
      contained: many('Resource'),
      extension: many('Extension'),
      modifierExtension: many('Extension'),
      ...fields,
    },
    ...required,
  );

const VALUE_TYPES = [
  ...[...PRIMITIVE_CHECKS.keys()].filter((type) => type !== 'uuid' && type !== 'xhtml'),
  ...['Address', 'CodeableConcept', 'Coding', 'ContactPoint', 'HumanName', 'Identifier', 'Meta', 'Period'],
  ...['Quantity', 'Reference', 'Signature'],
];
const valueName = (type: string): string => `value${type.charAt(0).toUpperCase()}${type.slice(1)}`;

function extension(): AnySchemaObject {
  const values = Object.fromEntries(VALUE_TYPES.map((type) => [valueName(type), one(type)]));
  const each = VALUE_TYPES.map(valueName).map((name) => ({
    anyOf: [name, `_${name}`].map((key) => ({ required: [key] })),
  }));
  // With nothing but its url beside it, a value is the only one; the list of choices is for the others.
  const single = { anyOf: [{ maxProperties: 2 }, { oneOf: [{ not: { anyOf: each } }, ...each] }] };
  const { properties, ...rest } = structure(values, 'url');
  return { ...rest, properties: { ...(properties as Fields), url: one('uri') }, ...single };
}

const BUNDLE_TYPES = ['document', 'message', 'transaction', 'transaction-response', 'batch', 'batch-response'];
const link = backbone({ relation: one('string'), url: one('uri') }, 'relation', 'url');

const DEFINITIONS: Fields = {
  Element: structure({}),
  Extension: extension(),
  Meta: structure({
    versionId: one('id'),
    lastUpdated: one('instant'),
    profile: many('uri'),
    security: many('Coding'),
    tag: many('Coding'),
  }),
  Narrative: structure(
    { status: code('generated', 'extensions', 'additional', 'empty'), div: one('xhtml') },
    'status',
    'div',
  ),
  Period: structure({ start: one('dateTime'), end: one('dateTime') }),
  Coding: structure({
    system: one('uri'),
    version: one('string'),
    code: one('code'),
    display: one('string'),
    userSelected: one('boolean'),
  }),
  CodeableConcept: structure({ coding: many('Coding'), text: one('string') }),
  Reference: structure({ reference: one('string'), identifier: one('Identifier'), display: one('string') }),
  Identifier: structure({
    use: code('usual', 'official', 'temp', 'secondary'),
    type: one('CodeableConcept'),
    system: one('uri'),
    value: one('string'),
    period: one('Period'),
    assigner: one('Reference'),
  }),
  Quantity: structure({
    value: one('decimal'),
    comparator: code('<', '<=', '>=', '>'),
    unit: one('string'),
    system: one('uri'),
    code: one('code'),
  }),
  HumanName: structure({
    use: code('usual', 'official', 'temp', 'nickname', 'anonymous', 'old', 'maiden'),
    text: one('string'),
    family: one('string'),
    given: many('string'),
    prefix: many('string'),
    suffix: many('string'),
    period: one('Period'),
  }),
  ContactPoint: structure({
    system: code('phone', 'fax', 'email', 'pager', 'url', 'sms', 'other'),
    value: one('string'),
    use: code('home', 'work', 'temp', 'old', 'mobile'),
    rank: one('positiveInt'),
    period: one('Period'),
  }),
  Address: structure({
    use: code('home', 'work', 'temp', 'old'),
    type: code('postal', 'physical', 'both'),
    text: one('string'),
    line: many('string'),
    city: one('string'),
    district: one('string'),
    state: one('string'),
    postalCode: one('string'),
    country: one('string'),
    period: one('Period'),
  }),
  Signature: structure(
    {
      type: many('Coding'),
      when: one('instant'),
      whoUri: one('uri'),
      whoReference: one('Reference'),
      onBehalfOfUri: one('uri'),
      onBehalfOfReference: one('Reference'),
      contentType: one('code'),
      blob: one('base64Binary'),
    },
    'type',
    'when',
  ),
  Organization: domainResource('Organization', {
    identifier: many('Identifier'),
    active: one('boolean'),
    type: many('CodeableConcept'),
    name: one('string'),
    alias: many('string'),
    telecom: many('ContactPoint'),
    address: many('Address'),
    partOf: one('Reference'),
    contact: {
      type: 'array',
      minItems: 1,
      items: backbone({
        purpose: one('CodeableConcept'),
        name: one('HumanName'),
        telecom: many('ContactPoint'),
        address: one('Address'),
      }),
    },
    endpoint: many('Reference'),
  }),
  Slot: domainResource(
    'Slot',
    {
      identifier: many('Identifier'),
      serviceCategory: one('CodeableConcept'),
      serviceType: many('CodeableConcept'),
      specialty: many('CodeableConcept'),
      appointmentType: one('CodeableConcept'),
      schedule: one('Reference'),
      status: code('busy', 'free', 'busy-unavailable', 'busy-tentative', 'entered-in-error'),
      start: one('instant'),
      end: one('instant'),
      overbooked: one('boolean'),
      comment: one('string'),
    },
    ...['schedule', 'status', 'start', 'end'],
  ),
  Appointment: domainResource(
    'Appointment',
    {
      identifier: many('Identifier'),
      status: code(
        ...['proposed', 'pending', 'booked', 'arrived', 'fulfilled', 'cancelled', 'noshow', 'entered-in-error'],
      ),
      serviceCategory: one('CodeableConcept'),
      serviceType: many('CodeableConcept'),
      specialty: many('CodeableConcept'),
      appointmentType: one('CodeableConcept'),
      reason: many('CodeableConcept'),
      indication: many('Reference'),
      priority: one('unsignedInt'),
      description: one('string'),
      supportingInformation: many('Reference'),
      start: one('instant'),
      end: one('instant'),
      minutesDuration: one('positiveInt'),
      slot: many('Reference'),
      created: one('dateTime'),
      comment: one('string'),
      incomingReferral: many('Reference'),
      participant: {
        type: 'array',
        minItems: 1,
        items: backbone(
          {
            type: many('CodeableConcept'),
            actor: one('Reference'),
            required: code('required', 'optional', 'information-only'),
            status: code('accepted', 'declined', 'tentative', 'needs-action'),
          },
          'status',
        ),
      },
      requestedPeriod: many('Period'),
    },
    ...['status', 'participant'],
  ),
  Bundle: resource(
    'Bundle',
    {
      identifier: one('Identifier'),
      type: code(...BUNDLE_TYPES, 'history', 'searchset', 'collection'),
      total: one('unsignedInt'),
      link: { type: 'array', minItems: 1, items: link },
      entry: {
        type: 'array',
        minItems: 1,
        items: backbone({
          link: { type: 'array', minItems: 1, items: link },
          fullUrl: one('uri'),
          resource: one('Resource'),
          search: backbone({ mode: code('match', 'include', 'outcome'), score: one('decimal') }),
        }),
      },
      signature: one('Signature'),
    },
    'type',
  ),
  Resource: {
    type: 'object',
    required: ['resourceType'],
    discriminator: { propertyName: 'resourceType' },
    oneOf: ['Organization', 'Slot', 'Appointment', 'Bundle'].map(one),
  },
};

/** The compiled check of any of these resources. */
export function compileBaseSchema(): ValidateFunction {
  const ajv = new Ajv({ discriminator: true, allowUnionTypes: true, strictRequired: false });
  for (const [name, { accepts }] of PRIMITIVE_CHECKS) {
    if (NUMBERS.has(name)) ajv.addFormat(name, { type: 'number', validate: accepts });
    else ajv.addFormat(name, { type: 'string', validate: accepts });
  }
  return ajv.compile({ $ref: '#/$defs/Resource', $defs: DEFINITIONS });
}
