/**
 * What may not get in: one table of requests, each right in everything but the one thing that its title names, with the
 * status and the Spine code of the answer. Nothing in it may reach a practice or the ledger.
 */
import {
  base64url,
  INTERACTIONS,
  TOKEN_CLAIMS,
  unsignedToken,
  type InteractionName,
  type Json,
} from '../../support/consumer.js';
import { findOrganizationPath, findPath, findPractitionerPath } from '../../support/every-interaction.js';
import { retrievePath } from '../../support/appointments.js';
import { slotPath } from '../../support/flow.js';

/** Consumers of the list: one without limits but its organisation, one for searches only, one with a certificate of its own. */
export const [KNOWN, SEARCHER, HUB, STRANGER] = ['200000009999', '200000009988', '200000009977', '200000009966'];
export const OWN_ORGANISATION = 'Z99902';

export interface NegativeCase {
  readonly title: string;
  readonly interaction: InteractionName;
  readonly addressee?: string;
  readonly method?: string;
  /** Below the service root; with `isWhole` from the root of the server. */
  readonly path?: string;
  readonly isWhole?: boolean;
  /** `undefined` takes a header away, a list sends it more than once. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly authorization?: (claims: Record<string, unknown>) => string;
  /** Whose certificate the connection is made with. */
  readonly certificate?: 'any' | 'hub';
  readonly body?: string;
  /** Changes the bytes as they go over the wire. */
  readonly wire?: (request: string) => string;
  readonly status: number;
  readonly code: string;
}

type Refused = Pick<NegativeCase, 'status' | 'code'>;
const BAD: Refused = { status: 400, code: 'BAD_REQUEST' };
const INVALID: Refused = { status: 422, code: 'INVALID_RESOURCE' };
const DENIED: Refused = { status: 403, code: 'ACCESS DENIED' };
const NO_PRACTICE: Refused = { status: 404, code: 'ORGANISATION_NOT_FOUND' };
const NOTHING_THERE: Refused = { status: 404, code: 'BAD_REQUEST' };
const NO_RECORD: Refused = { status: 404, code: 'NO_RECORD_FOUND' };

export const PATHS: Readonly<Record<InteractionName, readonly [method: string, path: string]>> = {
  metadata: ['GET', '/metadata'],
  findPatient: ['GET', findPath('9990000018')],
  readPatient: ['GET', '/Patient/any-patient'],
  register: ['POST', '/Patient/$gpc.registerpatient'],
  findPractitioner: ['GET', findPractitionerPath('555000111242')],
  readPractitioner: ['GET', '/Practitioner/practitioner-a99901-42'],
  findOrganization: ['GET', findOrganizationPath('A99901')],
  readOrganization: ['GET', '/Organization/A99901'],
  readLocation: ['GET', '/Location/location-a99901-10'],
  searchSlots: ['GET', slotPath()],
  book: ['POST', '/Appointment'],
  retrieveAppointments: ['GET', retrievePath('any-patient')],
  readAppointment: ['GET', '/Appointment/any-appointment'],
  amend: ['PUT', '/Appointment/any-appointment'],
  cancel: ['PUT', '/Appointment/any-appointment'],
};
/** When the fixtures' clock begins, in seconds. */
const NOW = Date.parse('2026-05-18T06:00:00Z') / 1000;
const NAMES = Object.keys(PATHS) as readonly InteractionName[];

type Kind = readonly [title: string, refused: Refused, bend: (name: InteractionName) => Partial<NegativeCase>];

const otherThan = (name: InteractionName): string => INTERACTIONS[name === 'metadata' ? 'readPatient' : 'metadata'][0];
const narrower = (name: InteractionName): string =>
  INTERACTIONS[name][1] === 'patient/*.write' ? 'patient/*.read' : 'patient/*.write';
const organisation = (odsCode: string): Json => ({
  resourceType: 'Organization',
  identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: odsCode }],
  name: 'Some organisation',
});

/** Who asks, and of whom: played for every interaction. */
const EVERYWHERE: readonly Kind[] = [
  ['a consumer that is not in the list', DENIED, () => ({ headers: { 'Ssp-From': STRANGER } })],
  [
    'an organisation that the consumer does not act for',
    DENIED,
    () => ({ claims: { requesting_organization: organisation('Z99903') } }),
  ],
  ["a certificate that is another consumer's own", BAD, () => ({ certificate: 'hub' })],
  ['a practice that takes the calls of others only', DENIED, () => ({ addressee: 'A99902' })],
];

/** The form of headers and token: for a write and a read here, for every interaction in `test/conformance`. */
const HERE_AND_THERE: readonly Kind[] = [
  ['no Ssp-TraceID', BAD, () => ({ headers: { 'Ssp-TraceID': undefined } })],
  ['no Ssp-From', BAD, () => ({ headers: { 'Ssp-From': undefined } })],
  ["another practice's ASID in Ssp-To", BAD, () => ({ headers: { 'Ssp-To': '200000009902' } })],
  ['the id of another interaction', BAD, (name) => ({ headers: { 'Ssp-InteractionID': otherThan(name) } })],
  ['no token', BAD, () => ({ headers: { Authorization: undefined } })],
  ['a signed token', BAD, () => ({ authorization: (claims) => `Bearer ${unsignedToken(claims)}c2lnbmVk` })],
  ['a scope that does not fit', BAD, (name) => ({ claims: { requested_scope: narrower(name) } })],
  ['a token that has expired', BAD, () => ({ claims: { iat: NOW - 400, exp: NOW - 100 } })],
  ['a practice that is not served', NO_PRACTICE, () => ({ addressee: 'A99999' })],
];

const each = (names: readonly InteractionName[], kinds: readonly Kind[]): readonly NegativeCase[] =>
  names.flatMap((interaction) =>
    kinds.map(([title, refused, bend]) => ({
      title: `${interaction}: ${title}`,
      interaction,
      ...refused,
      ...bend(interaction),
    })),
  );
const everywhere = [...each(NAMES, EVERYWHERE), ...each(['book', 'readAppointment'], HERE_AND_THERE)];

const limited = NAMES.filter((name) => name !== 'searchSlots').map((interaction): NegativeCase => ({
  title: `${interaction}: a consumer that may only search for slots`,
  interaction,
  headers: { 'Ssp-From': SEARCHER },
  ...DENIED,
}));

const bearer = (text: string) => () => `Bearer ${text}`;
const [HEADER, NO_CLAIMS] = [base64url({ alg: 'none', typ: 'JWT' }), base64url({})];

type TokenRow = readonly [title: string, authorization: (claims: Record<string, unknown>) => string];
const tokens = (
  [
    ['another scheme than Bearer', () => 'Basic dXNlcjpwYXNz'],
    ['the scheme alone', () => 'Bearer'],
    ['the scheme in lower case', (claims) => `bearer ${unsignedToken(claims)}`],
    ['two tokens', (claims) => `Bearer ${unsignedToken(claims)} ${unsignedToken(claims)}`],
    ['a token of one part', bearer('token')],
    ['a token of two parts', bearer(`${HEADER}.${NO_CLAIMS}`)],
    ['a token of four parts', bearer(`${HEADER}.${NO_CLAIMS}..`)],
    ['a token without a header', bearer(`.${NO_CLAIMS}.`)],
    ['a token without claims', bearer(`${HEADER}..`)],
    ['no claim at all', bearer(`${HEADER}.${NO_CLAIMS}.`)],
    ['plain JSON for a token', bearer('{"alg":"none"}.{"iss":"x"}.')],
    ['claims that are no JSON', bearer(`${HEADER}.${base64url('claims')}.`)],
    ['claims that are a list', bearer(`${HEADER}.${base64url([])}.`)],
    ['claims that are null', bearer(`${HEADER}.${base64url('null')}.`)],
    ['a header that is no JSON', bearer(`${base64url('header')}.${NO_CLAIMS}.`)],
    ['base64 with padding', (claims) => `Bearer ${unsignedToken(claims).replace(/\.$/, '=.')}`],
    ...['HS256', 'RS256', 'RS384', 'ES384', 'None', 'NONE', ''].map((alg): TokenRow => [
      `"alg": "${alg}"`,
      (claims) => `Bearer ${unsignedToken(claims, { alg, typ: 'JWT' })}`,
    ]),
    ['no algorithm', (claims) => `Bearer ${unsignedToken(claims, { typ: 'JWT' })}`],
    ['a token of more than 16 KiB', (claims) => `Bearer ${unsignedToken({ ...claims, x: 'x'.repeat(16_384) })}`],
  ] satisfies readonly TokenRow[]
).map(([title, authorization]): NegativeCase => ({
  title: `token: ${title}`,
  interaction: 'findPatient',
  authorization,
  ...BAD,
}));

type ClaimRow = readonly [title: string, claims: Record<string, unknown>, refused?: Refused];
const claims = (
  [
    ...TOKEN_CLAIMS.flatMap((claim): ClaimRow[] => [
      [`without ${claim}`, { [claim]: undefined }],
      [`${claim} is null`, { [claim]: null }],
      [`${claim} is of another type`, { [claim]: ['iat', 'exp'].includes(claim) ? 'soon' : 7 }],
    ]),
    ['another reason than direct care', { reason_for_request: 'secondaryuses' }],
    ['the reason in capitals', { reason_for_request: 'DirectCare' }],
    ['every scope at once', { requested_scope: 'patient/*.read patient/*.write' }],
    ['a scope with a wildcard for everything', { requested_scope: '*/*.*' }],
    ["another user's id as sub", { sub: 'user-2' }],
    ['a life of 299 seconds', { iat: NOW, exp: NOW + 299 }],
    ['a life of a day', { iat: NOW, exp: NOW + 86_400 }],
    ['times in milliseconds', { iat: NOW * 1000, exp: NOW * 1000 + 300_000 }],
    ['the withdrawn claim requested_record', { requested_record: { resourceType: 'Patient' } }],
    [
      'an organisation without an ODS code',
      { requesting_organization: { ...organisation('x'), identifier: undefined } },
    ],
    ['an ODS code that is none', { requesting_organization: organisation("Z99902' or 1=1") }],
    ['an ODS code in lower case', { requesting_organization: organisation('z99902') }],
    [
      'a device for an organisation',
      { requesting_organization: { resourceType: 'Device', model: 'Hub', version: '1' } },
    ],
    ['an organisation of no FHIR type', { requesting_organization: { resourceType: 'Nothing' } }, INVALID],
    ['a device with an unknown element', { requesting_device: { resourceType: 'Device', isAdmin: true } }, INVALID],
  ] satisfies readonly ClaimRow[]
).map(([title, bent, refused = BAD]): NegativeCase => ({
  title: `claims: ${title}`,
  interaction: 'findPatient',
  claims: bent,
  ...refused,
}));

const HEADER_NAMES = ['Ssp-TraceID', 'Ssp-From', 'Ssp-To', 'Ssp-InteractionID'] as const;
const RIGHT: Readonly<Record<string, string>> = {
  'Ssp-TraceID': '7a1c8e6e-3b4f-4f0a-9d55-0f5f5f1d2c3b',
  'Ssp-From': KNOWN ?? '',
  'Ssp-To': '200000009901',
  'Ssp-InteractionID': INTERACTIONS.searchSlots[0],
};

type HeaderRow = readonly [title: string, headers: NonNullable<NegativeCase['headers']>, refused?: Refused];
const headers = (
  [
    ...HEADER_NAMES.flatMap((name): HeaderRow[] => [
      [`an empty ${name}`, { [name]: '' }],
      [`${name} of blanks`, { [name]: '   ' }],
      [`${name} twice`, { [name]: [RIGHT[name] ?? '', RIGHT[name] ?? ''] }],
      [`${name} with a blank in it`, { [name]: `${RIGHT[name]} x` }],
      [`${name} of 129 characters`, { [name]: 'x'.repeat(129) }],
    ]),
    ['Authorization twice', { Authorization: [`Bearer ${HEADER}.${NO_CLAIMS}.`, `Bearer ${HEADER}.${NO_CLAIMS}.`] }],
    ['the interaction id in capitals', { 'Ssp-InteractionID': INTERACTIONS.searchSlots[0].toUpperCase() }],
    ["the group's ASID at a practice", { 'Ssp-To': '200000009900' }],
    ["somebody else's ASID, whose certificate it is not", { 'Ssp-From': HUB }],
    ['an ASID with a letter', { 'Ssp-From': '20000000999x' }, DENIED],
    ['two ASIDs in one header', { 'Ssp-From': `${KNOWN},${HUB}` }, DENIED],
    ['a name of a certificate in a header', { 'Ssp-From': HUB, 'X-Client-Name': 'hub.example.nhs.uk' }],
    ['a certificate in a header', { 'Ssp-From': HUB, 'X-Client-Cert': 'CN=hub.example.nhs.uk' }],
    ['its address in a header', { 'Ssp-From': STRANGER, 'X-Forwarded-For': '127.0.0.1' }, DENIED],
    ['a user whom a header makes an operator', { 'Ssp-From': STRANGER, 'X-User': 'operator' }, DENIED],
  ] satisfies readonly HeaderRow[]
).map(([title, bent, refused = BAD]): NegativeCase => ({
  title: `headers: ${title}`,
  interaction: 'searchSlots',
  headers: bent,
  ...refused,
}));

type PathRow = readonly [
  title: string,
  name: InteractionName,
  path: string,
  refused: Refused,
  more?: Partial<NegativeCase>,
];
const UNSERVED: Refused = { status: 501, code: 'NOT_IMPLEMENTED' };
const whole = { isWhole: true } as const;
const paths = (
  [
    ['a patient whom nobody has found', 'readPatient', '/Patient/nobody', { status: 404, code: 'PATIENT_NOT_FOUND' }],
    ['an appointment that is not there', 'readAppointment', '/Appointment/nobody', NO_RECORD],
    ['an NHS number for an id', 'readPatient', '/Patient/9990000018', { status: 404, code: 'PATIENT_NOT_FOUND' }],
    ['an id with SQL in it', 'readAppointment', "/Appointment/'%20or%201=1--", NO_RECORD],
    ['an id with an encoded slash', 'readAppointment', '/Appointment/..%2F..%2Fstatus', NO_RECORD],
    ['an id with a NUL', 'readAppointment', '/Appointment/%00', NO_RECORD],
    ["another practice's organisation", 'readOrganization', '/Organization/A99902', NO_PRACTICE],
    ["another practice's location", 'readLocation', '/Location/location-a99902-11', NO_RECORD],
    [
      "another practice's practitioner",
      'readPractitioner',
      '/Practitioner/practitioner-a99902-52',
      { status: 404, code: 'PRACTITIONER_NOT_FOUND' },
    ],
    ['an ODS code in lower case', 'metadata', '/a99901/STU3/1/gpconnect/metadata', NO_PRACTICE, whole],
    ['an ODS code with a path in it', 'metadata', '/..%2FA99901/STU3/1/gpconnect/metadata', NO_PRACTICE, whole],
    ['__proto__ for a practice', 'metadata', '/__proto__/STU3/1/gpconnect/metadata', NO_PRACTICE, whole],
    [
      'a practice addressed as a group',
      'searchSlots',
      `/federation/A99901/STU3/1/gpconnect${slotPath()}`,
      NO_PRACTICE,
      whole,
    ],
    ['a group addressed as a practice', 'searchSlots', `/north/STU3/1/gpconnect${slotPath()}`, NO_PRACTICE, whole],
    ['metrics on the public port', 'metadata', '/metrics', NOTHING_THERE, whole],
    ['status on the public port', 'metadata', '/status', NOTHING_THERE, whole],
    ['attempts on the public port', 'metadata', '/attempts', NOTHING_THERE, whole],
    ['an attempt on the public port', 'metadata', '/attempts/any', NOTHING_THERE, whole],
    [
      'an answer to an attempt on the public port',
      'metadata',
      '/attempts/any/answer',
      NOTHING_THERE,
      { ...whole, method: 'POST' },
    ],
    ['dots that lead out of the root', 'metadata', '/../../status', NOTHING_THERE],
    ['the root of the server', 'metadata', '/', NOTHING_THERE, whole],
    ['a file of the server', 'metadata', '/package.json', NOTHING_THERE, whole],
    ['everything of a patient', 'readPatient', '/Patient/any/$everything', UNSERVED],
    ['all appointments', 'readAppointment', '/Appointment', BAD],
    ['a history', 'readAppointment', '/Appointment/any/_history/1', UNSERVED],
    ['a slot by its id', 'searchSlots', '/Slot/1', UNSERVED],
    ['the audit trail as a resource', 'metadata', '/AuditEvent', UNSERVED],
    ['a batch', 'metadata', '/', NOTHING_THERE, { method: 'POST' }],
    ...(['DELETE', 'PATCH'] as const).map((method): PathRow => [
      `${method} of an appointment`,
      'readAppointment',
      '/Appointment/any',
      BAD,
      { method },
    ]),
    ['PUT of a patient', 'readPatient', '/Patient/any', BAD, { method: 'PUT' }],
    ['TRACE', 'metadata', '/metadata', BAD, { method: 'TRACE' }],
    ['OPTIONS without a question', 'metadata', '/metadata', BAD, { method: 'OPTIONS' }],
    [
      'another verb in a header',
      'readAppointment',
      '/Appointment/any',
      BAD,
      { method: 'POST', headers: { 'X-HTTP-Method-Override': 'GET' } },
    ],
  ] satisfies readonly PathRow[]
).map(([title, interaction, path, refused, more]): NegativeCase => ({
  title: `addresses: ${title}`,
  interaction,
  method: 'GET',
  path,
  ...refused,
  ...more,
}));

type WireRow = readonly [title: string, wire: (request: string) => string, refused?: Refused];
/** Another line between the headers. */
const line = (text: string) => (request: string) => request.replace('\r\nHost:', `\r\n${text}\r\nHost:`);
const start = (method: string, rest: string) => (request: string) =>
  request.replace(/^\S+ (\S+) HTTP\/1\.1/, `${method} ${rest}`);
const wires = (
  [
    ['Content-Length beside Transfer-Encoding', line('Content-Length: 3\r\nTransfer-Encoding: chunked')],
    ['Transfer-Encoding beside Content-Length', line('Transfer-Encoding: chunked\r\nContent-Length: 3')],
    ['two lengths', line('Content-Length: 1\r\nContent-Length: 2')],
    ['a length below nothing', line('Content-Length: -1')],
    ['a length with a sign', line('Content-Length: +1')],
    ['a length in hexadecimal', line('Content-Length: 0x10')],
    ['a list of lengths', line('Content-Length: 1, 1')],
    ['an encoding that only looks like chunked', line('Transfer-Encoding: xchunked')],
    ['chunked and something after it', line('Transfer-Encoding: chunked, identity')],
    ['a folded header', line('X-Folded: one\r\n two')],
    ['a blank before the colon', line('X-Blank : one')],
    ['a header without a colon', line('X-Nothing')],
    ['a NUL in a header', line('X-Nul: a\0b')],
    ['a carriage return in a header', line('X-Return: a\rb')],
    ['a header without a name', line(': x')],
    ['a version that is not spoken', (request) => request.replace('HTTP/1.1', 'HTTP/9.9')],
    ['no version', (request) => request.replace(/ HTTP\/1\.1/, '')],
    ['a verb that is none', start('NONSENSE', '/ HTTP/1.1')],
    ['a verb in lower case', (request) => request.replace(/^GET/, 'get')],
    ['CONNECT', start('CONNECT', '127.0.0.1:9 HTTP/1.1')],
    ['a blank in the address', (request) => request.replace('/Slot?', '/Slot ?')],
    ['no Host', (request) => request.replace(/\r\nHost: [^\r]*/, '')],
    [
      'a hundred and one headers',
      line(Array.from({ length: 101 }, (_, n) => `X-${n}: 1`).join('\r\n')),
      { status: 431, code: 'BAD_REQUEST' },
    ],
    ['headers of 33 KiB', line(`X-Long: ${'x'.repeat(33 * 1024)}`), { status: 431, code: 'BAD_REQUEST' }],
    [
      'an address of 8 KiB',
      (request) => request.replace('/Slot?', `/Slot?x=${'x'.repeat(8 * 1024)}&`),
      { status: 414, code: 'BAD_REQUEST' },
    ],
    ['51 parameters', (request) => request.replace('/Slot?', `/Slot?${'x=1&'.repeat(51)}`)],
    ['bytes that are no HTTP', () => '\x16\x03\x01 hello\r\n\r\n'],
  ] satisfies readonly WireRow[]
).map(([title, wire, refused = BAD]): NegativeCase => ({
  title: `wire: ${title}`,
  interaction: 'searchSlots',
  wire,
  ...refused,
}));

type BodyRow = readonly [title: string, body: string, headers: Readonly<Record<string, string>>, refused: Refused];
const FHIR = { 'Content-Type': 'application/fhir+json' } as const;
const UNREADABLE: Refused = { status: 415, code: 'BAD_REQUEST' };
const bodies = (
  [
    ['no JSON', '{', FHIR, BAD],
    ['nothing', '', FHIR, BAD],
    ['another media type', '{}', { 'Content-Type': 'text/plain' }, UNREADABLE],
    ['a form', 'a=b', { 'Content-Type': 'application/x-www-form-urlencoded' }, UNREADABLE],
    ['another encoding', '{}', { ...FHIR, 'Content-Encoding': 'br' }, UNREADABLE],
    ['another charset', '{}', { 'Content-Type': 'application/fhir+json;charset=utf-16' }, UNREADABLE],
    ['__proto__ as a member', '{"resourceType":"Appointment","__proto__":{"isAdmin":true}}', FHIR, BAD],
    ['constructor as a member', '{"resourceType":"Appointment","constructor":{}}', FHIR, BAD],
    ['a member twice', '{"resourceType":"Patient","resourceType":"Appointment"}', FHIR, BAD],
    ['a thousand brackets', '['.repeat(1000), FHIR, BAD],
    ['more than 256 KiB', `"${'x'.repeat(256 * 1024)}"`, FHIR, { status: 413, code: 'BAD_REQUEST' }],
    ['another resource', '{"resourceType":"Patient"}', FHIR, INVALID],
    ['an entity of XML', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', { 'Content-Type': 'application/fhir+xml' }, BAD],
  ] satisfies readonly BodyRow[]
).map(([title, body, bent, refused]): NegativeCase => ({
  title: `bodies: ${title}`,
  interaction: 'book',
  body,
  headers: bent,
  ...refused,
}));

export const NEGATIVE_CASES: readonly NegativeCase[] = [
  ...everywhere,
  ...limited,
  ...tokens,
  ...claims,
  ...headers,
  ...paths,
  ...wires,
  ...bodies,
];
