/** One function per interaction: parse what the face understands, run the operation, write what the face answers. */
import * as booking from '../core/book-appointment.js';
import type { Request } from '../core/context.js';
import type { GroupEntry, PracticeEntry } from '../core/directory.js';
import { searchGroup } from '../core/federate.js';
import * as patients from '../core/find-patient.js';
import * as appointments from '../core/read-appointment.js';
import * as registration from '../core/register-patient.js';
import * as slots from '../core/search-free-slots.js';
import { GatewayError } from '../domain/errors.js';
import { isLogicalId, type AppointmentId, type PatientId } from '../domain/identifiers.js';
import type { Answer, Exchange, GatewayHttp } from './exchange.js';
import { idempotencyKey } from './request/idempotency.js';

function requestFor(entry: PracticeEntry, exchange: Exchange): Request {
  return { entry, caller: exchange.caller, signal: exchange.signal };
}

/** Structure before meaning: an unknown element or a wrong type is refused before anything is read from it. */
function validated(http: GatewayHttp, body: unknown, type: string): unknown {
  const issues = http.face.validator.validate(body, type);
  const first = issues[0];
  if (first) {
    const { fhirPath, message } = first;
    // A message that begins with its own path needs no second one; of a repeated element it does not say which.
    const where = message.startsWith(fhirPath) ? '' : `${fhirPath}: `;
    const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
    throw new GatewayError('invalid-resource', `${where}${message}${more}`, { fhirPath });
  }
  return body;
}

export function readMetadata(http: GatewayHttp, entry: PracticeEntry): Promise<Answer> {
  const { capabilities } = entry.system;
  const limits = [
    ...(capabilities.slots === 'derived' ? ['Slots are worked out from sessions of the practice system.'] : []),
    ...(capabilities.multiSlot ? [] : ['One slot per appointment.']),
    ...(capabilities.storesText
      ? []
      : ['Description and comment are kept by the gateway and do not reach the practice system.']),
    `Free slots can be found up to ${capabilities.searchHorizonDays} days ahead.`,
  ];
  const resource = http.face.representation.writeCapabilities(http.declares, {
    version: http.version,
    releaseDate: http.releaseDate,
    limits,
  });
  return Promise.resolve({ status: 200, resource, touched: [] });
}

export async function findPatient(http: GatewayHttp, entry: PracticeEntry, exchange: Exchange): Promise<Answer> {
  const nhsNumber = http.face.representation.parsePatientSearch(exchange.query);
  const patient = await patients.findPatient(http.context, requestFor(entry, exchange), nhsNumber);
  const found = patient ? [patient] : [];
  return {
    status: 200,
    resource: http.face.representation.writePatientSearch(found, entry.practice),
    touched: found.map(({ id }) => `Patient/${id}`),
  };
}

export async function readPatient(http: GatewayHttp, entry: PracticeEntry, exchange: Exchange): Promise<Answer> {
  const patient = await patients.readPatient(
    http.context,
    requestFor(entry, exchange),
    existingId(exchange.id, 'patient-not-found') as PatientId,
  );
  return {
    status: 200,
    resource: http.face.representation.writePatient(patient, entry.practice),
    single: { type: 'Patient', id: patient.id, version: patient.version },
    touched: [`Patient/${patient.id}`],
  };
}

export async function registerPatient(http: GatewayHttp, entry: PracticeEntry, exchange: Exchange): Promise<Answer> {
  const { representation } = http.face;
  const asked = representation.parseRegistration(validated(http, exchange.body, 'Parameters'));
  const patient = await registration.registerPatient(http.context, requestFor(entry, exchange), asked);
  return {
    status: 200,
    resource: representation.writeRegistration(patient, entry.practice),
    touched: [`Patient/${patient.id}`],
  };
}

export async function searchFreeSlots(http: GatewayHttp, entry: PracticeEntry, exchange: Exchange): Promise<Answer> {
  const { representation } = http.face;
  const { search, includes } = representation.parseSlotSearch(exchange.query, entry.practice.zone);
  const free = await slots.searchFreeSlots(http.context, requestFor(entry, exchange), search);
  return {
    status: 200,
    resource: representation.writeFreeSlots({ practice: entry.practice, free }, includes),
    touched: [],
  };
}

export async function searchGroupSlots(http: GatewayHttp, group: GroupEntry, exchange: Exchange): Promise<Answer> {
  const { representation } = http.face;
  const first = group.entries[0];
  if (!first) throw new GatewayError('organisation-not-found', 'This group has no practices');
  // Practices of a group may keep different zones; the dates of a search are read in the first one's.
  const { search, includes } = representation.parseSlotSearch(exchange.query, first.practice.zone);
  const { found, missing } = await searchGroup(
    http.context,
    group,
    { caller: exchange.caller, signal: exchange.signal },
    search,
  );
  return {
    status: 200,
    resource: representation.writeFederatedSlots(
      found,
      missing,
      includes,
      (odsCode) => `${http.publicUrl}/${odsCode}/${http.face.path}`,
    ),
    headers: { 'X-Practices-Answered': `${found.length}/${found.length + missing.length}` },
    touched: [],
  };
}

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

/** An id of a form that we never give out names nothing here. */
function existingId(id: string, code: 'patient-not-found' | 'record-not-found'): string {
  if (isLogicalId(id)) return id;
  throw new GatewayError(code, 'Nothing with this id exists at this practice');
}
