/** The worst that each interaction can be sent within the bounds of a request, and the largest that is right. */
import { gzipSync } from 'node:zlib';
import { bookingBody, CODES, NHS_NUMBER, PROFILE, registrationBody, slotPath } from '../../support/flow.js';
import { MEDIA_TYPE, type InteractionName, type Json } from '../../support/consumer.js';
import { toXml } from '../../support/xml-bodies.js';
import { dateAhead, LONGEST_SEARCH } from '../../../bench/practice.js';

export interface InputCase {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly interaction: InteractionName;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of those of a token that is right. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly body?: string | Buffer;
}

const times = (count: number, make: (index: number) => Json): Json[] =>
  Array.from({ length: count }, (_, at) => make(at));
const nested = (levels: number, make: (inner: Json) => Json, innermost: Json): Json => {
  let value = innermost;
  for (let level = 0; level < levels; level += 1) value = make(value);
  return value;
};
/** Just below the bounds: 1,000 items, 5,000 keys, 64 KiB of text, 32 levels, 256 KiB. */
const LONG = 'x'.repeat(64 * 1024 - 8);
const ITEMS = 999;
const organization = (index: number): Json => ({
  resourceType: 'Organization',
  id: `o${index}`,
  meta: { profile: [`${PROFILE}CareConnect-GPC-Organization-1`] },
});
const address = (index: number): Json => ({ line: [`${index} High Street`], city: 'Testham', postalCode: 'HG9 9ZZ' });

/** What is put into an appointment: the rest is right. */
const APPOINTMENTS: Readonly<Record<string, Json>> = {
  'empty participants': { participant: times(ITEMS, () => ({})) },
  'participants of the wrong type': { participant: times(ITEMS, (at) => at) },
  'participants with four faults each': {
    participant: times(ITEMS, () => ({ actor: { reference: '#x' }, status: 'x', required: 'y' })),
  },
  'participants that nobody knows': { participant: times(ITEMS, () => ({ a: 1, b: 2, c: 3, d: 4 })) },
  'right participants': {
    participant: times(ITEMS, (at) => ({ actor: { reference: `Practitioner/p${at}` }, status: 'accepted' })),
  },
  'identifiers of ten kinds of fault': {
    identifier: times(620, () => ({ use: 'x', system: ' ', value: 1, period: { start: 'x', end: '1' }, type: [] })),
  },
  'slots that refer to nothing': { slot: times(ITEMS, (at) => ({ reference: `#${at}` })) },
  'slots of the wrong type': { slot: times(ITEMS, () => ({ reference: 'Patient/1', display: 1 })) },
  'right slots': { slot: times(ITEMS, (at) => ({ reference: `Slot/s${at}` })) },
  'unknown elements': Object.fromEntries(times(4900, (at) => [`e${at}`, at])),
  'extensions nobody knows': { extension: times(ITEMS, (at) => ({ url: `urn:x:${at}`, valueString: 'x' })) },
  'extensions of the profile, wrong': {
    extension: times(ITEMS, () => ({
      url: `${PROFILE}Extension-GPConnect-BookingOrganisation-1`,
      valueString: 'x',
      valueReference: {},
    })),
  },
  'extensions of other profiles': {
    extension: times(ITEMS, (at) => ({
      url: `${PROFILE}Extension-${at % 2 ? 'GPConnect-DeliveryChannel-2' : 'CareConnect-GPC-NHSCommunication-1'}`,
      extension: [{ url: 'language', valueCodeableConcept: {} }],
    })),
  },
  'extensions 29 levels deep': {
    extension: [nested(13, (inner) => ({ url: 'urn:x', extension: [inner] }), { url: 'urn:x', valueString: 'x' })],
  },
  'extensions in extensions': {
    extension: times(30, () => ({
      url: 'urn:x',
      extension: times(30, () => ({ url: 'urn:y', valueReference: { reference: '#z' } })),
    })),
  },
  'extensions of a primitive': {
    _description: { extension: times(ITEMS, () => ({ url: '', valueInstant: 'x' })) },
  },
  'contained organisations, empty': { contained: times(ITEMS, () => ({ resourceType: 'Organization' })) },
  'contained organisations of the profile': { contained: times(700, organization) },
  'contained organisations with one id': { contained: times(700, () => organization(1)) },
  'contained organisations, each referred to': {
    contained: times(490, (at) => ({ ...organization(at), name: 'x', meta: undefined })),
    slot: times(490, (at) => ({ reference: `#o${at}` })),
  },
  'a contained organisation with addresses': {
    contained: [{ ...organization(1), id: 'booking-org', name: 'x', address: times(ITEMS, address) }],
  },
  'a contained organisation with contacts': {
    contained: [
      {
        ...organization(1),
        id: 'booking-org',
        contact: times(ITEMS, () => ({ purpose: { coding: [{ system: 'x', code: 'y' }] } })),
      },
    ],
  },
  'a contained organisation with types': {
    contained: [
      {
        ...organization(1),
        id: 'booking-org',
        type: [{ coding: times(ITEMS, () => ({ system: `${CODES}GPConnect-OrganisationType-1`, code: 'x' })) }],
      },
    ],
  },
  'contained in contained': {
    contained: [
      nested(13, (inner) => ({ resourceType: 'Organization', id: 'a', contained: [inner] }), {
        resourceType: 'Organization',
      }),
    ],
  },
  'profiles nobody knows': { meta: { profile: times(ITEMS, (at) => `urn:profile:${at}`) } },
  'one profile again and again': { meta: { profile: times(ITEMS, (at) => `${PROFILE}GPConnect-Appointment-1|${at}`) } },
  'profiles of other types': { meta: { profile: times(ITEMS, () => `${PROFILE}CareConnect-GPC-Patient-1`) } },
  'long texts': { description: LONG, comment: LONG, _comment: { id: LONG } },
  'a long instant': { start: `2026-05-18T07:00:00.${'0'.repeat(64_000)}Z`, created: '2'.repeat(64_000) },
  'a long narrative': { text: { status: 'generated', div: `<div>${'<b>x</b>'.repeat(8_000)}</div>` } },
  'a narrative of open tags': { text: { status: 'generated', div: '<div>'.repeat(12_000) } },
  'a narrative of entities': { text: { status: 'generated', div: `<div>${'&amp;'.repeat(12_000)}</div>` } },
  'long references': { slot: [{ reference: '/'.repeat(64_000) }, { reference: `#${'a'.repeat(64_000)}` }] },
  'lists in lists': {
    participant: nested(
      28,
      (inner) => [inner],
      times(900, () => []),
    ),
  },
  'requested periods': { requestedPeriod: times(ITEMS, () => ({ start: '2026-05-19', end: '2026-05-18' })) },
  'codings of reasons': {
    reason: times(ITEMS, () => ({ coding: [{ system: 'http://snomed.info/sct', code: 'x y' }] })),
  },
};

/** What is put into the patient of a registration. */
const PATIENTS: Readonly<Record<string, Json>> = {
  'right names': {
    name: times(800, (at) => ({ use: at ? 'old' : 'official', family: 'Hollingbeck', given: ['Tamsin'] })),
  },
  'wrong names': { name: times(ITEMS, () => ({ use: 'official', family: 1, given: 'x', period: [] })) },
  'empty names': { name: times(ITEMS, () => ({})) },
  'identifiers of the profile, empty': { identifier: times(ITEMS, () => ({ system: NHS_NUMBER })) },
  'identifiers with an extension each': {
    identifier: times(450, () => ({
      extension: [
        {
          url: `${PROFILE}Extension-CareConnect-GPC-NHSNumberVerificationStatus-1`,
          valueCodeableConcept: { coding: [{}] },
        },
      ],
      system: NHS_NUMBER,
      value: '1',
    })),
  },
  'right telecoms': {
    telecom: times(ITEMS, (at) => ({ system: 'phone', value: `07700 ${900_000 + at}`, use: 'mobile' })),
  },
  'right addresses': { address: times(ITEMS, (at) => ({ use: 'old', ...address(at) })) },
  'contacts with nothing': { contact: times(ITEMS, () => ({ relationship: [{ coding: [{ system: 'x' }] }] })) },
  languages: {
    extension: times(380, () => ({
      url: `${PROFILE}Extension-CareConnect-GPC-NHSCommunication-1`,
      extension: [
        { url: 'language', valueCodeableConcept: { coding: [{ system: 'x', code: 'y' }] } },
        { url: 'preferred' },
      ],
    })),
  },
  'links to nothing': { link: times(ITEMS, () => ({ other: { reference: '#x' }, type: 'x' })) },
  'a photograph': { photo: [{ contentType: 'image/png', data: 'A'.repeat(64_000) }, { data: '='.repeat(64_000) }] },
};

/** What is sent in place of a whole registration. */
const PARAMETERS: Readonly<Record<string, Json>> = {
  'patients with nothing': times(ITEMS, () => ({ name: 'registerPatient', resource: { resourceType: 'Patient' } })),
  'patients of the profile': times(ITEMS, () => ({
    name: 'registerPatient',
    resource: { resourceType: 'Patient', meta: { profile: [`${PROFILE}CareConnect-GPC-Patient-1`] } },
  })),
  'parameters with nothing': times(ITEMS, () => ({})),
  'parameters in parameters': times(60, () => ({
    name: 'a',
    part: times(30, () => ({ name: 'b', valueDecimal: 'x' })),
  })),
  'parameters 15 deep': [nested(14, (inner) => ({ name: 'a', part: [inner] }), { name: 'b' })],
};

const TEXTS: Readonly<Record<string, string>> = {
  'JSON of brackets': '['.repeat(262_144),
  'JSON of empty lists': `[${'[],'.repeat(990)}[]]`,
  'JSON of blanks': `{"resourceType":"Appointment"${' '.repeat(260_000)}}`,
  'JSON of escapes': `{"resourceType":"Appointment","comment":"${'\\u0041'.repeat(10_900)}","description":"${'\\\\'.repeat(32_000)}"}`,
  'JSON of keys': `{${times(4_999, (at) => `"\\u00e9${'k'.repeat(36)}${at}":0`).join(',')}}`,
  'JSON of digits': `{"resourceType":"Appointment","priority":${'1'.repeat(250_000)}}`,
  'JSON of numbers': `[${times(250, () => `[${'1e9,'.repeat(200)}1]`).join(',')}]`,
  'JSON of texts that end nowhere': `{"a":"${'\\"'.repeat(32_000)}`,
};

const XML = '<Appointment xmlns="http://hl7.org/fhir">';
const XML_TEXTS: Readonly<Record<string, string>> = {
  'XML of attributes': `${XML}<status${times(20_000, (at) => ` a${at}=""`).join('')}/></Appointment>`,
  'XML of namespaces': `${XML}<status${times(8_000, (at) => ` xmlns:a${at}="urn:x:${at}"`).join('')}/></Appointment>`,
  'XML of open tags': `${XML}${'<a>'.repeat(80_000)}`,
  'XML of blanks': `${XML}${' '.repeat(260_000)}</Appointment>`,
  'XML of comments': `${XML}${'<!---->'.repeat(36_000)}</Appointment>`,
  'XML of references to characters': `${XML}<comment value="${'&#65;'.repeat(13_000)}"/></Appointment>`,
  'XML of a narrative': `${XML}<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">${'<b/>'.repeat(4_900)}</div></text></Appointment>`,
  'XML of a long name': `${XML}<${'a'.repeat(250_000)}/></Appointment>`,
  'XML of cdata': `${XML}${'<![CDATA[ ]]>'.repeat(19_000)}</Appointment>`,
};

export const SLOT = {
  id: 's',
  start: '2026-05-18T09:00:00+01:00',
  end: '2026-05-18T09:10:00+01:00',
  scheduleType: '',
  location: 'Location/1',
  practitioner: undefined,
};

const BOOK = { method: 'POST', interaction: 'book', path: '/Appointment' } as const;
const AMEND = {
  method: 'PUT',
  interaction: 'amend',
  path: '/Appointment/1',
  headers: { 'If-Match': 'W/"1"' },
} as const;
const REGISTER = { method: 'POST', interaction: 'register', path: '/Patient/$gpc.registerpatient' } as const;

function inBothFormats(what: Omit<InputCase, 'body'>, body: Json): InputCase[] {
  const json = { 'Content-Type': MEDIA_TYPE.json, ...what.headers };
  const cases: InputCase[] = [{ ...what, headers: json, body: JSON.stringify(body) }];
  const xml = toXml(body);
  if (xml === undefined || xml.length > 262_144) return cases;
  const headers = { ...json, 'Content-Type': MEDIA_TYPE.xml, Accept: MEDIA_TYPE.xml };
  return [...cases, { ...what, name: `${what.name}, XML`, headers, body: xml }];
}

const booking = (change: Json): Json => bookingBody(SLOT, '1', (body: Json) => Object.assign(body, change));

const search = (query: string): string => `${slotPath()}${query}`;
const longSearch = slotPath(dateAhead(0), dateAhead(LONGEST_SEARCH));

const HEADERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'ninety more headers': Object.fromEntries(times(85, (at) => [`X-Header-${at}`, 'x'.repeat(250)])),
  'Accept of commas': { Accept: ','.repeat(28_000) },
  'Accept of weights': { Accept: 'application/fhir+json;q=0.5 ,'.repeat(950) },
  'Accept of blanks': { Accept: `application/json;${' '.repeat(27_000)};q${' '.repeat(900)}` },
  'Accept-Encoding of gzip': { 'Accept-Encoding': 'gzip;q=0 , '.repeat(2_500) },
  'Accept-Encoding of blanks': { 'Accept-Encoding': `gzip${' '.repeat(28_000)}x` },
  'Prefer of blanks': { Prefer: `${' return '.repeat(3_000)}` },
  'If-None-Match and the like': { 'If-None-Match': '"x",'.repeat(7_000) },
  Forwarded: { Forwarded: 'for=1;'.repeat(4_500) },
  'Authorization of dots': { Authorization: `Bearer ${'.'.repeat(28_000)}` },
  'Authorization of braces': { Authorization: `Bearer e30.${Buffer.from('['.repeat(20_000)).toString('base64url')}.` },
};

/** In a token, which has to find room in 32 KiB of headers. */
const CLAIMS: Readonly<Record<string, Json>> = {
  'a device with empty identifiers': {
    requesting_device: { resourceType: 'Device', identifier: times(ITEMS, () => ({})) },
  },
  'a device with unknown elements': {
    requesting_device: { resourceType: 'Device', ...Object.fromEntries(times(1_800, (at) => [`e${at}`, 1])) },
  },
  'an organisation with contained ones': {
    requesting_organization: {
      resourceType: 'Organization',
      contained: times(500, () => ({ resourceType: 'Organization' })),
    },
  },
  'an organisation with other things in it': {
    requesting_organization: {
      resourceType: 'Organization',
      contained: times(500, () => ({ resourceType: 'ValueSet' })),
    },
  },
  'a practitioner with empty names': {
    requesting_practitioner: { resourceType: 'Practitioner', id: 'x', name: times(ITEMS, () => ({})) },
  },
  'a practitioner with extensions': {
    requesting_practitioner: { resourceType: 'Practitioner', id: 'x', extension: times(700, () => ({ url: 'urn:x' })) },
  },
  lists: { requesting_device: nested(500, (inner) => [inner], []) },
};

export function inputCases(): readonly InputCase[] {
  const get = { method: 'GET', interaction: 'searchSlots', path: slotPath() } as const;
  return [
    ...Object.entries(APPOINTMENTS).flatMap(([name, change]) => inBothFormats({ ...BOOK, name }, booking(change))),
    ...Object.entries(APPOINTMENTS)
      .slice(0, 3)
      .flatMap(([name, change]) => [
        ...inBothFormats({ ...AMEND, name: `amended: ${name}` }, { ...booking(change), id: '1' }),
        ...inBothFormats(
          { ...AMEND, interaction: 'cancel', name: `cancelled: ${name}` },
          { ...booking(change), id: '1', status: 'cancelled' },
        ),
      ]),
    ...Object.entries(PATIENTS).flatMap(([name, change]) =>
      inBothFormats(
        { ...REGISTER, name: `registered: ${name}` },
        registrationBody(undefined, (patient: Json) => Object.assign(patient, change)),
      ),
    ),
    ...Object.entries(PARAMETERS).flatMap(([name, parameter]) =>
      inBothFormats({ ...REGISTER, name: `registered: ${name}` }, { resourceType: 'Parameters', parameter }),
    ),
    ...Object.entries(TEXTS).map(([name, body]) => ({ ...BOOK, name, body })),
    ...Object.entries(XML_TEXTS).map(([name, body]) => ({
      ...BOOK,
      name,
      body,
      headers: { 'Content-Type': MEDIA_TYPE.xml },
    })),
    {
      ...BOOK,
      name: 'a hundred megabytes as gzip',
      body: gzipSync(Buffer.alloc(100_000_000)),
      headers: { 'Content-Encoding': 'gzip', 'Content-Type': MEDIA_TYPE.json },
    },
    ...Object.entries(HEADERS).map(([name, headers]) => ({ ...get, name, headers })),
    ...Object.entries(CLAIMS).map(([name, claims]) => ({ ...get, name: `token: ${name}`, claims })),
    { ...get, name: 'a URL of encoded letters', path: `/Slot?status=${'%41'.repeat(2_500)}` },
    { ...get, name: 'a path of encoded letters', path: `/${'%41'.repeat(2_600)}` },
    { ...get, name: 'fifty parameters', path: search(times(45, (at) => `&p${at}=${'x'.repeat(150)}`).join('')) },
    { ...get, name: 'includes', path: search('&_include=Slot%3Aschedule'.repeat(44)) },
    { ...get, name: 'a thousand slots', path: longSearch },
    { ...get, name: 'a thousand slots, XML', path: longSearch, headers: { Accept: MEDIA_TYPE.xml } },
    {
      ...get,
      interaction: 'findPatient',
      name: 'an identifier of bars',
      path: `/Patient?identifier=${'%7C'.repeat(2_600)}`,
    },
    { ...get, interaction: 'readAppointment', name: 'a long id', path: `/Appointment/${'a'.repeat(8_000)}` },
    { ...get, interaction: 'metadata', name: 'metadata', path: '/metadata' },
  ];
}
