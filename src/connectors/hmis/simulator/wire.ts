/** How the documented API writes things: envelope, dates, members. Members without a value are left out. */
import type { SimulatedAnswer } from '../../simulation/messages.js';
import type { Booking, Consultant, HmisState, Patient, Session, Speciality } from './state.js';
import { bookedCount, isCancelled, placesLeft, statusOf } from './tokens.js';

/** Becomes the error envelope; the HTTP status equals the code. */
export class HmisRefusal extends Error {
  constructor(
    readonly code: 400 | 401 | 404 | 409 | 500,
    message: string,
  ) {
    super(message);
  }
}

export function refused({ code, message }: { code: number; message: string }): SimulatedAnswer {
  return { status: code, body: { status: 'error', code, message } };
}

export function success(data: unknown): SimulatedAnswer {
  return { status: 200, body: { status: 'success', code: 200, data } };
}

/** Creates answer 201 or 200, and the vendor's own guide asks for the code as a string. */
export function created(data: unknown, { knobs }: HmisState): SimulatedAnswer {
  const { createStatus, codeAsString } = knobs;
  return {
    status: createStatus,
    body: { status: 'success', code: codeAsString ? `${createStatus}` : createStatus, data },
  };
}

export function specialityToWire({ id, name, code, description }: Speciality): object {
  return { id, name, code, description: description ?? '' };
}

export function consultantToWire(consultant: Consultant, { data }: HmisState): object {
  const { id, name, title, sex, specialityId, institutionId, qualification, registration, photoUrl } = consultant;
  const speciality = data.specialities.find((candidate) => candidate.id === specialityId)?.name;
  const institution = data.institutions.find((candidate) => candidate.id === institutionId)?.name;
  return {
    id,
    name,
    title,
    sex,
    specialityId,
    speciality,
    institutionId,
    institution,
    qualification,
    registration,
    photoUrl,
  };
}

/** A record that is not in use is retired, in this product's word for everything; a death is a mark of its own. */
export function patientToWire({ status, ...patient }: Patient): object {
  return {
    ...patient,
    retired: status === 'inactive' ? true : undefined,
    deceased: status === 'deceased' ? true : undefined,
    dob: patient.dob === undefined ? undefined : `${patient.dob} 00:00:00`,
  };
}

function nameOf({ title, name }: Consultant): string {
  return title === undefined ? name : `${title}. ${name}`;
}

function sessionToWire(session: Session, { knobs }: HmisState): object {
  return {
    id: session.id,
    name: session.name,
    consultantId: session.consultant.id,
    consultantName: nameOf(session.consultant),
    specialityId: session.speciality.id,
    specialityName: session.speciality.name,
    institutionId: session.institution.id,
    institutionName: session.institution.name,
    institutionCode: session.institution.code,
    sessionDate: `${session.startText.slice(0, 10)} 00:00:00`,
    startingTime: session.startText,
    endingTime: session.endText,
    duration: session.duration,
    roomNo: session.roomNo,
    maxNo: session.maxNo,
    bookedPatientCount: bookedCount(session),
    availableSlots: placesLeft(session),
    nextAvailableAppointmentNumber: session.storedNext ?? session.startNo,
    total: session.total,
    totalForForeigner: session.totalForForeigner,
    itemId: session.itemId,
    status: statusOf(session, knobs.enforceCapacity),
    acceptOnlineBookings: session.acceptOnlineBookings,
    doctorHoliday: session.doctorHoliday,
    started: session.started,
    completed: session.completed,
    cancelled: session.cancelled,
  };
}

/** Kept as text between changes: listings are what a benchmark asks for most. */
export function sessionJson(session: Session, state: HmisState): string {
  session.json ??= JSON.stringify(sessionToWire(session, state));
  return session.json;
}

export function successJson(data: string): SimulatedAnswer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: `{"status":"success","code":200,"data":${data}}`,
  };
}

export function bookingToWire(booking: Booking, { clock }: HmisState): object {
  const { session } = booking;
  return {
    bookingId: booking.id,
    serialNo: booking.serialNo,
    status: booking.status,
    sessionInstanceId: session.id,
    patientId: booking.patientId,
    consultantId: session.consultant.id,
    consultantName: nameOf(session.consultant),
    institutionId: session.institution.id,
    appointmentAt: booking.appointmentAt,
    paymentMethod: booking.paymentMethod,
    total: session.total,
    netTotal: session.total,
    paid: false,
    billId: booking.billId,
    billNo: booking.billNo,
    createdAt: clock.format(booking.createdAt),
    cancelled: isCancelled(booking),
    cancelledAt: booking.cancelledAt === undefined ? undefined : clock.format(booking.cancelledAt),
  };
}
