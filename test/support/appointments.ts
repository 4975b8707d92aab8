/** What the tests of amending, cancelling, retrieving and of several slots share. */
import type { Bend, Json, TestAnswer, TestConsumer } from './consumer.js';
import { bookingBody, freeSlots, PROFILE, slotPath, type FoundSlot } from './flow.js';
import type { TestGateway } from './gateway.js';

/** Until then what was booked through the gateway is believed to be there, though the practice does not show it. */
export const SHOWN_AFTER_MS = 30_000;

export const REASON_URL = `${PROFILE}Extension-GPConnect-AppointmentCancellationReason-1`;
export const REASON = 'Patient feels better';

/** Somebody else than the organisation that booked. */
export const ANOTHER_ORGANISATION: Bend = {
  headers: { 'Ssp-From': '200000008888' },
  claims: {
    requesting_organization: {
      resourceType: 'Organization',
      identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'Y99908' }],
      name: 'Another Organisation',
    },
  },
};

/** An appointment as it was answered, with a change of it made in place. */
export function amended(appointment: Json, change: (body: Json) => void): Json {
  const body = structuredClone(appointment);
  change(body);
  return body;
}

/** An appointment as it was answered, cancelled; `change` may bend more than that. */
export function cancelled(appointment: Json, change: (body: Json) => void = () => undefined, reason = REASON): Json {
  return amended(appointment, (body) => {
    body.status = 'cancelled';
    body.extension = [...(body.extension ?? []), { url: REASON_URL, valueString: reason }];
    change(body);
  });
}

export function put(
  consumer: TestConsumer,
  interaction: 'amend' | 'cancel',
  body: Json,
  bend?: Bend,
  id: string = body.id,
): Promise<TestAnswer> {
  return consumer.send('PUT', interaction, `/Appointment/${id}`, bend, body);
}

export function read(consumer: TestConsumer, id: string): Promise<TestAnswer> {
  return consumer.get('readAppointment', `/Appointment/${id}`);
}

export function retrievePath(patient: string, from = '2026-05-18', to = '2026-06-30', more = ''): string {
  return `/Patient/${patient}/Appointment?start=ge${from}&start=le${to}${more}`;
}

export function retrieve(consumer: TestConsumer, patient: string, from?: string, to?: string): Promise<TestAnswer> {
  return consumer.get('retrieveAppointments', retrievePath(patient, from, to));
}

export const appointmentsIn = ({ body }: TestAnswer): Json[] => (body.entry ?? []).map((entry: Json) => entry.resource);

/** Slots with a time of their own, each of them handed out once. */
export async function exactSlots(consumer: TestConsumer, path = slotPath()): Promise<() => FoundSlot> {
  const slots = (await freeSlots(consumer, path)).filter(({ scheduleType }) => !scheduleType.startsWith('Walk-in'));
  return () => {
    const slot = slots.shift();
    if (!slot) throw new Error('no slot left');
    return slot;
  };
}

/** The slots of each surgery in their order: a run of them follow one another in one schedule. */
export async function surgeries(consumer: TestConsumer, path = slotPath()): Promise<(() => FoundSlot[])[]> {
  const bySurgery = new Map<string, FoundSlot[]>();
  for (const slot of await freeSlots(consumer, path)) {
    const key = `${slot.practitioner ?? ''} ${slot.scheduleType} ${slot.start.slice(0, 10)}`;
    bySurgery.set(key, [...(bySurgery.get(key) ?? []), slot]);
  }
  return [...bySurgery.values()].map((slots) => () => slots.sort((a, b) => (a.start < b.start ? -1 : 1)));
}

/** A booking request for several slots that is right in everything. */
export function bookingOfSlots(
  slots: readonly FoundSlot[],
  patient: string,
  change: (body: Json) => void = () => undefined,
): Json {
  const [first] = slots;
  const last = slots.at(-1);
  if (!first || !last) throw new Error('no slots');
  return bookingBody({ ...first, end: last.end }, patient, (body) => {
    body.slot = slots.map(({ id }) => ({ reference: `Slot/${id}` }));
    change(body);
  });
}

export const sessionOf = ({ id }: { readonly id: string }): number => Number(id.split('-')[0]);

/** Bookings of the riverside installation that stand. */
export function standing({ riverside }: TestGateway): readonly Json[] {
  return riverside.hmis.bookings().filter(({ cancelled: gone, retired }) => !gone && !retired);
}

/** Calls that may change something at the riverside installation. */
export function writes({ riverside }: TestGateway): number {
  return ['POST', 'PUT', 'PATCH', 'DELETE'].reduce((sum, method) => sum + riverside.requests.count({ method }), 0);
}

export const CANCEL_CALL = { method: 'PUT', path: '/rh/api/channel/bookings/*/cancel' };
export const BOOKING_CALL = { method: 'POST', path: '/rh/api/channel/bookings' };

/** Short patience, so that what takes seconds in life takes moments here, and any number of outcomes left open by it. */
export function impatient(yaml: string): string {
  return yaml
    .replaceAll(
      '      allowHttp: true\n      key:',
      '      allowHttp: true\n      timeouts: { bookMs: 700, cancelMs: 700, readMs: 900, searchMs: 900 }\n      key:',
    )
    .concat('\nlimits: { bookingDeadline: 3s, openOutcomesOfConsumer: 1000, openOutcomesOfPatient: 1000 }\n');
}
