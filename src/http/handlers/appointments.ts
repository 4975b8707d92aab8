/** Book, read, retrieve, amend and cancel appointments. */
import * as booking from '../../core/appointments/book-appointment.js';
import {
  amendAppointment as amend,
  cancelAppointment as cancel,
  type Changed,
} from '../../core/appointments/change-appointment.js';
import { listAppointments } from '../../core/appointments/list-appointments.js';
import type { PracticeEntry } from '../../core/directory.js';
import * as appointments from '../../core/appointments/read-appointment.js';
import type { Appointment } from '../../domain/appointment.js';
import type { AppointmentId, PatientId } from '../../domain/identifiers.js';
import type { Answer, Exchange, GatewayHttp } from '../exchange.js';
import { idempotencyKey } from '../request/idempotency.js';
import { expectedVersion } from '../request/if-match.js';
import { validBody, type BodyRules } from '../request/faults.js';
import { existingId, requestFor } from './shared.js';

/** The organisation that books is contained. */
const APPOINTMENT: BodyRules = { type: 'Appointment', holds: ['Organization'] };

export async function bookAppointment(http: GatewayHttp, entry: PracticeEntry, exchange: Exchange): Promise<Answer> {
  const { representation } = http.face;
  const asked = representation.parseBooking(
    validBody(http.face.validator, exchange.body, APPOINTMENT),
    entry.practice.zone,
  );
  const key = idempotencyKey(exchange.headers, asked);
  const { appointment, replayed } = await booking.bookAppointment(
    http.context,
    requestFor(entry, exchange),
    asked,
    key,
  );
  return {
    status: 201,
    ...shown(http, entry, appointment),
    created: true,
    ...(replayed && { headers: { 'Idempotent-Replayed': 'true' } }),
    onDelivered: () => claimed(http, appointment.id),
  };
}

export async function readAppointment(http: GatewayHttp, entry: PracticeEntry, exchange: Exchange): Promise<Answer> {
  const appointment = await appointments.readAppointment(
    http.context,
    requestFor(entry, exchange),
    existingId(exchange.id, 'record-not-found') as AppointmentId,
  );
  return {
    status: 200,
    ...shown(http, entry, appointment),
    onDelivered: () => claimed(http, appointment.id),
  };
}

export async function retrieveAppointments(
  http: GatewayHttp,
  entry: PracticeEntry,
  exchange: Exchange,
): Promise<Answer> {
  const { representation } = http.face;
  const window = representation.parseAppointmentSearch(exchange.query, entry.practice.zone);
  const patientId = existingId(exchange.id, 'patient-not-found') as PatientId;
  const found = await listAppointments(http.context, requestFor(entry, exchange), patientId, window);
  return {
    status: 200,
    resource: representation.writeAppointmentSearch(found, entry.practice),
    touched: [`Patient/${patientId}`, ...found.map(({ id }) => `Appointment/${id}`)],
    onDelivered: () => found.forEach(({ id }) => claimed(http, id)),
  };
}

export async function amendAppointment(http: GatewayHttp, entry: PracticeEntry, exchange: Exchange): Promise<Answer> {
  const id = existingId(exchange.id, 'record-not-found') as AppointmentId;
  const sent = http.face.representation.parseAmendment(
    validBody(http.face.validator, exchange.body, APPOINTMENT),
    entry.practice.zone,
  );
  const asked = { id, sent, expectedVersion: expectedVersion(exchange.headers) };
  return changed(http, entry, await amend(http.context, requestFor(entry, exchange), asked));
}

export async function cancelAppointment(http: GatewayHttp, entry: PracticeEntry, exchange: Exchange): Promise<Answer> {
  const { representation } = http.face;
  const id = existingId(exchange.id, 'record-not-found') as AppointmentId;
  representation.refuseBlankReason(exchange.body);
  const { sent, reason } = representation.parseCancellation(
    validBody(http.face.validator, exchange.body, APPOINTMENT),
    entry.practice.zone,
  );
  const asked = { id, sent, reason, expectedVersion: expectedVersion(exchange.headers) };
  return changed(http, entry, await cancel(http.context, requestFor(entry, exchange), asked));
}

function changed(http: GatewayHttp, entry: PracticeEntry, { appointment, replayed }: Changed): Answer {
  return {
    status: 200,
    ...shown(http, entry, appointment),
    ...(replayed && { headers: { 'Idempotent-Replayed': 'true' } }),
  };
}

/** What every answer with one appointment holds. */
function shown(
  http: GatewayHttp,
  { practice }: PracticeEntry,
  appointment: Appointment,
): Pick<Answer, 'resource' | 'single' | 'lastModified' | 'touched'> {
  return {
    resource: http.face.representation.writeAppointment(appointment, practice),
    single: { type: 'Appointment', id: appointment.id, version: appointment.version },
    lastModified: appointment.lastModified,
    touched: [`Appointment/${appointment.id}`, `Patient/${appointment.patientId}`],
  };
}

/** Somebody has been told of the booking: it is no longer unclaimed. */
function claimed(http: GatewayHttp, id: AppointmentId): void {
  void http.context.ledger.markReplied(id, http.context.runtime.clock.now());
}
