/** The three consumer sessions of the demo: a simple booking, a federated one, and a patient without a record. */
import { createConsumer, DemoStepFailed, type Consumer } from './consumer.js';
import { bookingOf, entriesOf, registrationOf, slotsOf, type Person, type SeenSlot } from './resources.js';
import type { Show } from './show.js';

const NHS_NUMBER = 'https://fhir.nhs.uk/Id/nhs-number';
const ASIDS: Readonly<Record<string, string>> = {
  A99901: '200000009901',
  A99902: '200000009902',
  A99903: '200000009903',
  north: '200000009900',
};

export interface DemoBooking {
  readonly practice: string;
  readonly nhsNumber: string;
  readonly appointmentId: string;
  readonly start: string;
}

/** One patient of Riverside, one of Hillside, and one whom no practice of the demo has on record. */
const PEOPLE = {
  riverside: { nhsNumber: '9990000018', family: 'Testwell', given: 'Alan', birthDate: '1938-01-03' },
  hillside: { nhsNumber: '9990000131', family: 'Modelby', given: 'Alan', birthDate: '1938-01-03' },
  unknown: { nhsNumber: '9991000011', family: 'Hollingbeck', given: 'Tamsin', birthDate: '1991-06-14' },
} satisfies Record<string, Person>;

/** Local calendar date, some days from today; good enough for the window of a search. */
function day(offset: number): string {
  return new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
}

function clockTime(dateTime: string): string {
  return `${dateTime.slice(0, 10)} ${dateTime.slice(11, 16)}`;
}

function practiceAt(gatewayUrl: string, odsCode: string, show: Show): Consumer {
  const baseUrl = `${gatewayUrl}/${odsCode}/STU3/1/gpconnect`;
  return createConsumer({ baseUrl, asid: ASIDS[odsCode] ?? '' }, show);
}

function groupAt(gatewayUrl: string, group: string, show: Show): Consumer {
  const baseUrl = `${gatewayUrl}/federation/${group}/STU3/1/gpconnect`;
  return createConsumer({ baseUrl, asid: ASIDS[group] ?? '' }, show);
}

export function slotQuery(from = 1, to = 7): Record<string, string | string[]> {
  return {
    status: 'free',
    start: `ge${day(from)}`,
    end: `le${day(to)}`,
    _include: 'Slot:schedule',
    '_include:recurse': ['Schedule:actor:Practitioner', 'Schedule:actor:Location'],
    searchFilter: 'https://fhir.nhs.uk/STU3/CodeSystem/GPConnect-OrganisationType-1|urgent-care',
  };
}

function encoded(query: Record<string, string | string[]>): string {
  return Object.entries(query)
    .flatMap(([name, value]) => [value].flat().map((one) => `${name}=${encodeURIComponent(one)}`))
    .join('&');
}

async function searchSlots(consumer: Consumer, purpose: string): Promise<readonly SeenSlot[]> {
  const query = slotQuery();
  const bundle = await consumer.step(
    purpose,
    'searchSlots',
    { method: 'GET', path: `/Slot?${encoded(query)}` },
    (client, headers) => client.search({ resourceType: 'Slot', searchParams: query, options: { headers } }),
    (resource) => {
      const slots = slotsOf(resource);
      const first = slots[0];
      if (!first) throw new DemoStepFailed('no free slots');
      const missing = entriesOf(resource).filter(({ search }) => search?.mode === 'outcome').length;
      const practices = new Set(slots.map(({ root }) => root)).size;
      const reach = practices > 1 ? ` at ${practices} practices` : '';
      const lacking = missing > 0 ? `; ${missing} practices did not answer` : '';
      return `${slots.length} free slots${reach}, the first at ${clockTime(first.start)}${lacking}`;
    },
  );
  return slotsOf(bundle);
}

async function findPatient(consumer: Consumer, person: Person): Promise<string | undefined> {
  const bundle = await consumer.step(
    `Find the patient by NHS number`,
    'findPatient',
    { method: 'GET', path: `/Patient?identifier=${encodeURIComponent(`${NHS_NUMBER}|${person.nhsNumber}`)}` },
    (client, headers) =>
      client.search({
        resourceType: 'Patient',
        searchParams: { identifier: `${NHS_NUMBER}|${person.nhsNumber}` },
        options: { headers },
      }),
    (resource) => {
      const found = entriesOf(resource)[0];
      return found ? `one patient, Patient/${found.resource.id}` : 'nobody of that number is registered here';
    },
  );
  return entriesOf(bundle)[0]?.resource.id;
}

async function register(consumer: Consumer, person: Person): Promise<string> {
  const bundle = await consumer.step(
    'Register the patient temporarily; the national register confirms who it is',
    'registerPatient',
    { method: 'POST', path: '/Patient/$gpc.registerpatient' },
    (client, headers) =>
      client.operation({
        name: 'gpc.registerpatient',
        resourceType: 'Patient',
        input: registrationOf(person),
        options: { headers: { ...headers, 'Content-Type': 'application/fhir+json' } },
      }),
    (resource) => `registered as Patient/${entriesOf(resource)[0]?.resource.id ?? '?'}`,
  );
  const id = entriesOf(bundle)[0]?.resource.id;
  if (id === undefined) throw new DemoStepFailed('the registration answered no patient');
  return id;
}

async function book(
  consumer: Consumer,
  practice: string,
  slot: SeenSlot,
  patientId: string,
  person: Person,
): Promise<DemoBooking> {
  const created = `${new Date().toISOString().slice(0, 19)}+00:00`;
  const appointment = await consumer.step(
    `Book ${slot.type} at ${clockTime(slot.start)}`,
    'book',
    { method: 'POST', path: '/Appointment' },
    (client, headers) =>
      client.create({
        resourceType: 'Appointment',
        body: bookingOf(slot, patientId, 'Persistent cough, three weeks', created),
        options: { headers: { ...headers, 'Content-Type': 'application/fhir+json' } },
      }),
    (resource) => `Appointment/${String(resource['id'])} at ${clockTime(String(resource['start']))}`,
  );
  const appointmentId = String(appointment['id']);
  await consumer.step(
    'Read the appointment back',
    'readAppointment',
    { method: 'GET', path: `/Appointment/${appointmentId}` },
    (client, headers) => client.read({ resourceType: 'Appointment', id: appointmentId, options: { headers } }),
    (resource) => `status ${String(resource['status'])}, ${String(resource['description'])}`,
  );
  return { practice, nhsNumber: person.nhsNumber, appointmentId, start: String(appointment['start']) };
}

async function expectGone(consumer: Consumer, slot: SeenSlot): Promise<void> {
  const left = await searchSlots(consumer, 'Search again: the slot is no longer offered');
  if (left.some(({ id }) => id === slot.id)) throw new DemoStepFailed('the booked slot is still offered');
}

async function simpleBooking(url: string, show: Show): Promise<DemoBooking> {
  show.heading('Session 1: a booking at one practice');
  const consumer = practiceAt(url, 'A99901', show);
  await consumer.step(
    'Ask what the practice serves',
    'metadata',
    { method: 'GET', path: '/metadata' },
    (client, headers) => client.capabilityStatement({ headers }),
    (resource) => `${String(resource['name'])} ${String(resource['version'])}, FHIR ${String(resource['fhirVersion'])}`,
  );
  const [slot] = await searchSlots(consumer, 'Search for free slots in the coming week');
  const patientId = await findPatient(consumer, PEOPLE.riverside);
  if (!slot || patientId === undefined) throw new DemoStepFailed('nothing to book, or nobody to book for');
  const booking = await book(consumer, 'A99901', slot, patientId, PEOPLE.riverside);
  await expectGone(consumer, slot);
  return booking;
}

async function federatedBooking(url: string, show: Show): Promise<DemoBooking> {
  show.heading('Session 2: one search over three practices');
  const slots = await searchSlots(groupAt(url, 'north', show), 'Search all practices of the group at once');
  // The hub's user prefers Hillside; each slot says under which practice it is booked.
  const slot = slots.find(({ root }) => root?.includes('/A99903/'));
  if (!slot) throw new DemoStepFailed('Hillside offers nothing');
  const consumer = practiceAt(url, 'A99903', show);
  const patientId = await findPatient(consumer, PEOPLE.hillside);
  if (patientId === undefined) throw new DemoStepFailed('the patient was not found');
  return book(consumer, 'A99903', slot, patientId, PEOPLE.hillside);
}

async function bookingWithoutRecord(url: string, show: Show): Promise<DemoBooking> {
  show.heading('Session 3: a patient without a record at the practice');
  const consumer = practiceAt(url, 'A99902', show);
  const [slot] = await searchSlots(consumer, 'Search for free slots in the coming week');
  if ((await findPatient(consumer, PEOPLE.unknown)) !== undefined) {
    throw new DemoStepFailed('the patient was expected to be unknown');
  }
  const patientId = await register(consumer, PEOPLE.unknown);
  if (!slot) throw new DemoStepFailed('nothing to book');
  return book(consumer, 'A99902', slot, patientId, PEOPLE.unknown);
}

/** Throws `DemoStepFailed` at the first step that does not succeed. */
export async function actSessions(url: string, show: Show): Promise<readonly DemoBooking[]> {
  return [await simpleBooking(url, show), await federatedBooking(url, show), await bookingWithoutRecord(url, show)];
}
