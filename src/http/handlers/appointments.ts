/** Book and read an appointment. */
import * as booking from '../../core/appointments/book-appointment.js';
import type { PracticeEntry } from '../../core/directory.js';
import * as appointments from '../../core/appointments/read-appointment.js';
import type { AppointmentId } from '../../domain/identifiers.js';
import type { Answer, Exchange, GatewayHttp } from '../exchange.js';
import { idempotencyKey } from '../request/idempotency.js';
import { existingId, requestFor, validated } from './shared.js';

export async function bookAppointment(http: GatewayHttp, entry: PracticeEntry, exchange: Exchange): Promise<Answer> {
  const { representation } = http.face;
  const asked = representation.parseBooking(validated(http, exchange.body, 'Appointment'), entry.practice.zone);
  const key = idempotencyKey(exchange.headers, asked);
  const { appointment, replayed } = await booking.bookAppointment(
    http.context,
    requestFor(entry, exchange),
    asked,
    key,
  );
  return {
    status: 201,
    resource: representation.writeAppointment(appointment, entry.practice),
    single: { type: 'Appointment', id: appointment.id, version: appointment.version },
    created: true,
    lastModified: appointment.lastModified,
    ...(replayed && { headers: { 'Idempotent-Replayed': 'true' } }),
    touched: [`Appointment/${appointment.id}`, `Patient/${appointment.patientId}`],
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
    resource: http.face.representation.writeAppointment(appointment, entry.practice),
    single: { type: 'Appointment', id: appointment.id, version: appointment.version },
    lastModified: appointment.lastModified,
    touched: [`Appointment/${appointment.id}`, `Patient/${appointment.patientId}`],
    onDelivered: () => claimed(http, appointment.id),
  };
}

/** Somebody has been told of the booking: it is no longer unclaimed. */
function claimed(http: GatewayHttp, id: AppointmentId): void {
  void http.context.ledger.markReplied(id, http.context.runtime.clock.now());
}
