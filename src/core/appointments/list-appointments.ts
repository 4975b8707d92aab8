/** Retrieve a patient's appointments, whoever booked them and by whatever route. */
import type { Appointment } from '../../domain/appointment.js';
import { GatewayError, isGatewayError } from '../../domain/errors.js';
import type { AppointmentId, PatientId } from '../../domain/identifiers.js';
import type { Instant, Period } from '../../domain/time.js';
import type { Attempt } from '../../ports/ledger.js';
import type { BookedPlace, PracticeAppointment } from '../../ports/practice-system.js';
import { auditEvent, callFor, requireEnabled, type GatewayContext, type Request } from '../context.js';
import { disclosedPatient } from '../patients/find-patient.js';
import { roleIn, toAppointment } from '../rows/attempt.js';
import { CANCELLED_BY_PRACTICE, mayOwnUnknown } from '../rows/practice-bookings.js';
import { contended } from '../saga/refusals.js';
import { mayBeThere, mirrored, mirroredFrom } from './mirror.js';

/** What the consumer reads where the practice recorded no text of its own. */
const MADE_AT_PRACTICE = 'Booked at the practice';

/**
 * Appointments that start within the window, cancelled ones too, in order of their start. An appointment that the
 * practice made itself gets a row, and with it an id for ever, when it is first seen.
 */
export async function listAppointments(
  context: GatewayContext,
  request: Request,
  patientId: PatientId,
  window: Period,
): Promise<readonly Appointment[]> {
  requireEnabled(request, 'appointmentManagement');
  const { practice, system } = request.entry;
  const { zone } = practice;
  // No part of the period SHALL be before today; all of today counts as the future.
  if (window.start < zone.fromLocal(zone.toLocalDate(context.runtime.clock.now())).instant) {
    throw new GatewayError(
      'invalid-parameter',
      "Parameter 'start': appointments of the past cannot be requested; begin today or later",
      { fhirPath: 'start' },
    );
  }
  const { record } = await disclosedPatient(context, request, patientId);
  const known = await context.ledger.appointmentsOf(practice.odsCode, patientId, window.start);
  // Without a list of its own, the practice can be asked for the appointments that we know only.
  const theirs = system.listAppointments
    ? await system.listAppointments(record.ref, callFor(request, 'search'))
    : await readKnown(request, known);

  const owners = await context.ledger.ownersOf(
    practice.odsCode,
    theirs.map(({ ref }) => ref),
  );
  const attempts = new Map(known.map((attempt) => [attempt.id, attempt]));
  const bookings = new Map<AppointmentId, PracticeAppointment[]>();
  const foreign: PracticeAppointment[] = [];
  for (const booking of theirs) {
    const owner = owners.get(booking.ref);
    if (owner) {
      if (owner.details.patientId !== patientId) throw givenToAnother();
      attempts.set(owner.id, owner);
      bookings.set(owner.id, [...(bookings.get(owner.id) ?? []), booking]);
    } else if (isWithin(window, booking.start)) {
      foreign.push(booking);
    }
  }

  const found: Attempt[] = [];
  for (const attempt of attempts.values()) {
    const ofAttempt = bookings.get(attempt.id) ?? [];
    if (attempt.state === 'BOOKED' && mayBeThere(context, attempt, ofAttempt)) {
      const current = await mirroredUnlessGone(context, request, attempt);
      if (current) found.push(current);
      continue;
    }
    // A booking that the practice no longer has is no appointment; what we saw cancelled stays.
    if (attempt.state === 'BOOKED' && ofAttempt.length === 0) continue;
    found.push(await mirroredFrom(context, request, attempt, ofAttempt));
  }
  if (foreign.length > 0) {
    await refuseUnsettled(context, request, patientId, foreign);
    for (const booking of foreign) found.push(await adopted(context, request, patientId, booking));
  }
  return (
    found
      .flatMap((attempt) => toAppointment(attempt) ?? [])
      // Only the start is compared: one that runs on after the window belongs to it, one under way before it does not.
      .filter(({ start }) => isWithin(window, start))
      .sort((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1))
  );
}

/** Of one that the list lacks, or a part of it: each of its bookings is read. */
async function mirroredUnlessGone(
  context: GatewayContext,
  request: Request,
  attempt: Attempt,
): Promise<Attempt | undefined> {
  try {
    return await mirrored(context, request, attempt);
  } catch (error) {
    if (isGatewayError(error) && error.code === 'record-not-found') return undefined;
    throw error;
  }
}

function isWithin({ start, end }: Period, at: Instant): boolean {
  return at >= start && at < end;
}

async function readKnown(request: Request, known: readonly Attempt[]): Promise<readonly PracticeAppointment[]> {
  const call = callFor(request, 'search');
  const refs = known.flatMap(({ practiceRefs }) => practiceRefs);
  const read = await Promise.all(refs.map((ref) => request.entry.system.readAppointment(ref, call)));
  return read.filter((booking) => booking !== undefined);
}

/**
 * A booking at a place where one of this patient's attempts is open may be that attempt's own. Until it is settled
 * nobody can say whose it is, and it must not be given a second row.
 */
async function refuseUnsettled(
  context: GatewayContext,
  request: Request,
  patientId: PatientId,
  foreign: readonly PracticeAppointment[],
): Promise<void> {
  const { practice, system } = request.entry;
  const open = await context.ledger.openSlotsOf(practice.odsCode, patientId);
  const places = new Set(open.filter(mayOwnUnknown).map(({ slot }) => system.lockKeyOf(slot)));
  const doubtful = foreign.some(({ place }) => place?.slots.some((slot) => places.has(system.lockKeyOf(slot))));
  if (doubtful) throw contended(practice.odsCode, 'of this patient');
}

async function adopted(
  context: GatewayContext,
  request: Request,
  patientId: PatientId,
  booking: PracticeAppointment,
): Promise<Attempt> {
  const { practice } = request.entry;
  const at = context.runtime.clock.now();
  const id = context.runtime.ids.next() as AppointmentId;
  const { start, end, ref } = booking;
  const place = placeOf(booking);
  const cancelled = booking.status === 'cancelled';
  const state = cancelled ? 'CANCELLED' : 'BOOKED';
  return context.ledger.adopt(
    {
      id,
      practice: practice.odsCode,
      practiceRef: ref,
      state,
      slots: place.slots.map((slot) => ({ id: slot, start, end })),
      scheduleId: place.schedule.id,
      start,
      end,
      patientId,
      details: {
        patientId,
        locationId: place.schedule.locationId,
        practitionerId: place.schedule.practitionerId,
        scheduleType: place.schedule.type,
        slotType: place.type,
        channel: place.channel,
        role: roleIn(practice, place.schedule),
        description: MADE_AT_PRACTICE,
        comment: undefined,
        created: booking.createdAt ?? at,
        bookingOrganisation: undefined,
        identifiers: [],
        cancellationReason: cancelled ? CANCELLED_BY_PRACTICE : undefined,
        attendance: booking.status === 'fulfilled' || booking.status === 'noshow' ? booking.status : undefined,
      },
      at,
    },
    auditEvent(request, 'booking-outcome', at, { resources: [`Appointment/${id}`], state: 'ADOPTED' }),
  );
}

/**
 * The desk has given a booking of one patient to another. What is stored of it is the first one's and SHALL NOT be shown
 * to who asks for the second; and it is that one's booking now, so it cannot be left out in silence either.
 */
function givenToAnother(): GatewayError {
  return new GatewayError(
    'unrepresentable-record',
    'The practice has given an appointment booked for one patient to another. Ask the practice for the list',
    { fhirPath: 'Appointment.participant' },
  );
}

/** What cannot be shown by its profile fails the whole request: an entry SHALL NOT be dropped in silence. */
function placeOf({ place }: PracticeAppointment): BookedPlace {
  if (place) return place;
  throw new GatewayError(
    'unrepresentable-record',
    'The practice system does not say where and with whom one of the appointments takes place',
    { fhirPath: 'Appointment.participant' },
  );
}
