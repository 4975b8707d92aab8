/** Every interaction as a request that succeeds, for rules that hold for every one of them. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { amended, cancelled, retrievePath } from './appointments.js';
import {
  INTERACTIONS,
  parseAnswer,
  unsignedToken,
  type InteractionName,
  type Json,
  type TestConsumer,
} from './consumer.js';
import {
  booked,
  bookingBody,
  freeSlots,
  NHS_NUMBER,
  patientId,
  registrationBody,
  slotPath,
  type FoundSlot,
} from './flow.js';
import { assertAnswer } from './profile-rules/answer.js';

/** Rows for `it.each`: what to call it in a title, and its name. */
export const EVERY_INTERACTION: readonly (readonly [title: string, name: InteractionName])[] = [
  ['get the capability statement', 'metadata'],
  ['find a patient', 'findPatient'],
  ['read a patient', 'readPatient'],
  ['register a patient', 'register'],
  ['find a practitioner', 'findPractitioner'],
  ['read a practitioner', 'readPractitioner'],
  ['find an organisation', 'findOrganization'],
  ['read an organisation', 'readOrganization'],
  ['read a location', 'readLocation'],
  ['search for free slots', 'searchSlots'],
  ['book an appointment', 'book'],
  ["retrieve a patient's appointments", 'retrieveAppointments'],
  ['read an appointment', 'readAppointment'],
  ['amend an appointment', 'amend'],
  ['cancel an appointment', 'cancel'],
];
const WRITING: readonly InteractionName[] = ['register', 'book', 'amend', 'cancel'];
export const WRITES = EVERY_INTERACTION.filter(([, name]) => WRITING.includes(name));
export const READS = EVERY_INTERACTION.filter(([, name]) => !WRITING.includes(name));

/** Two interactions of one method and address: the interaction id tells which one is meant. */
export const shareAddress = (one: InteractionName, other: InteractionName): boolean =>
  ['amend', 'cancel'].includes(one) && ['amend', 'cancel'].includes(other);

/** Each interaction with each of these, for titles that begin `%s: … %s`. */
export function forEveryInteraction<T>(
  values: readonly T[],
): (readonly [title: string, value: T, name: InteractionName])[] {
  return EVERY_INTERACTION.flatMap(([title, name]) => values.map((value) => [title, value, name] as const));
}

export interface Prepared {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: unknown;
}

const SDS_USER_ID = 'https://fhir.nhs.uk/Id/sds-user-id';
const ODS_CODE = 'https://fhir.nhs.uk/Id/ods-organization-code';

const byIdentifier = (type: string, system: string, value: string): string =>
  `/${type}?identifier=${encodeURIComponent(`${system}|${value}`)}`;

export const findPath = (nhsNumber: string, system = NHS_NUMBER): string => byIdentifier('Patient', system, nhsNumber);
export const findPractitionerPath = (sdsUserId: string, system = SDS_USER_ID): string =>
  byIdentifier('Practitioner', system, sdsUserId);
export const findOrganizationPath = (odsCode: string, system = ODS_CODE): string =>
  byIdentifier('Organization', system, odsCode);

/** Each request succeeds; registration and booking do so once. */
export async function prepareEveryInteraction(
  consumer: TestConsumer,
): Promise<Readonly<Record<InteractionName, Prepared>>> {
  const [first, second, third, free] = await freeSlots(consumer);
  if (!first || !second || !third || !free) throw new Error('no slots');
  const patient = await patientId(consumer);
  const made = async (slot: FoundSlot): Promise<Json> => (await booked(consumer, slot, patient)).body;
  const [kept, toAmend, toCancel] = [await made(first), await made(second), await made(third)];
  const address = ({ id }: Json): string => `/Appointment/${String(id)}`;
  return {
    metadata: { method: 'GET', path: '/metadata' },
    findPatient: { method: 'GET', path: findPath('9990000018') },
    readPatient: { method: 'GET', path: `/Patient/${patient}` },
    register: { method: 'POST', path: '/Patient/$gpc.registerpatient', body: registrationBody() },
    findPractitioner: { method: 'GET', path: findPractitionerPath('555000111242') },
    readPractitioner: { method: 'GET', path: '/Practitioner/practitioner-a99901-42' },
    findOrganization: { method: 'GET', path: findOrganizationPath('A99901') },
    readOrganization: { method: 'GET', path: '/Organization/A99901' },
    readLocation: { method: 'GET', path: '/Location/location-a99901-10' },
    searchSlots: { method: 'GET', path: slotPath() },
    book: { method: 'POST', path: '/Appointment', body: bookingBody(free, patient) },
    retrieveAppointments: { method: 'GET', path: retrievePath(patient) },
    readAppointment: { method: 'GET', path: address(kept) },
    amend: {
      method: 'PUT',
      path: address(toAmend),
      body: amended(toAmend, (body) => (body.description = 'Sore throat for two weeks')),
    },
    cancel: { method: 'PUT', path: address(toCancel), body: cancelled(toCancel) },
  };
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** As the consumer does with every answer of its own. */
function holdToRules(
  { baseUrl }: TestConsumer,
  method: string,
  path: string,
  request: Readonly<Record<string, string | string[]>>,
  { status, headers: given, body: bytes }: RawAnswer,
): void {
  const headers = new Headers(
    Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
  const text = (headers.get('content-encoding') === 'gzip' ? gunzipSync(bytes) : bytes).toString();
  assertAnswer({
    method,
    path,
    interactionId: String(request['Ssp-InteractionID']),
    prefer: request['Prefer'] === undefined ? undefined : String(request['Prefer']),
    addressee: new URL(baseUrl).pathname.split('/STU3/')[0]?.slice(1) ?? '',
    zone: 'Europe/London',
    status,
    headers,
    text,
    body: parseAnswer(text, headers),
    asked: undefined,
  });
}

/** The same request as node sends it, with nothing added: headers may be repeated, a body may come in pieces. */
export function sendRaw(
  consumer: TestConsumer,
  interaction: InteractionName,
  path: string,
  more: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string | string[]>>;
    /** Sent chunked; without them there is no body. */
    readonly chunks?: readonly (string | Buffer)[];
  } = {},
): Promise<RawAnswer> {
  const headers: Record<string, string | string[]> = {
    Host: new URL(consumer.baseUrl).host,
    'Ssp-TraceID': '7a1c2d3e-0000-4000-8000-000000000001',
    'Ssp-From': '200000009999',
    'Ssp-To': '200000009901',
    'Ssp-InteractionID': INTERACTIONS[interaction][0],
    Authorization: `Bearer ${unsignedToken(consumer.claims(interaction))}`,
    ...more.headers,
  };
  // As a list, because an object would join repeated headers. A list is sent without any header of node's own.
  const lines = Object.entries(headers).flatMap(([name, value]) => [value].flat().flatMap((one) => [name, one]));
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      consumer.baseUrl + path,
      { method: more.method ?? 'GET', headers: lines, agent: false },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('end', () => {
          const raw = { status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(parts) };
          try {
            holdToRules(consumer, more.method ?? 'GET', path, headers, raw);
            resolve(raw);
          } catch (broken) {
            reject(broken instanceof Error ? broken : new Error(String(broken)));
          }
        });
        answer.on('error', reject);
      },
    );
    sent.on('error', reject);
    for (const chunk of more.chunks ?? []) sent.write(chunk);
    sent.end();
  });
}
