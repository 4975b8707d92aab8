/**
 * Connector to HMIS (Open Hospital Management Information System, https://github.com/hmislk/hmis), the REST dialect of
 * its wiki pages "Channelling API Overview" and "Mobile App Booking Integration". README.md says how our calls map to
 * theirs and what is peculiar.
 */
import type { SlotId } from '../../domain/identifiers.js';
import type { PracticeCapabilities, PracticeSystem } from '../../ports/practice-system.js';
import type { Connector, ConnectorInput } from '../connector.js';
import { createExchange } from '../exchange/index.js';
import { createAppointments } from './rest/appointments.js';
import { createBookings } from './rest/bookings.js';
import { createConnection } from './rest/connection.js';
import { createPatients } from './rest/patients.js';
import { createSessions } from './rest/sessions.js';
import { hmisSettings, type HmisSettings } from './settings.js';
import { parseSlotId } from './slot-id.js';

export type { HmisSettings } from './settings.js';

function capabilitiesOf(settings: HmisSettings): PracticeCapabilities {
  return {
    slots: 'derived',
    booking: 'direct',
    clientReference: false,
    lookUp: 'by-patient',
    settleMs: settings.settleSeconds * 1000,
    searchHorizonDays: settings.searchHorizonDays,
    multiSlot: 'booking-per-slot',
    findPatientBy: ['nhs-number'],
    storesNhsNumber: true,
    storesText: false,
    rescheduleInOneStep: true,
  };
}

/** Two spellings of one address (letter case of the host, its usual port, a slash at the end) are one installation. */
function installationOf({ baseUrl, contextRoot }: HmisSettings): string {
  return new URL(baseUrl).href.replace(/\/+$/, '') + contextRoot;
}

function createHmis({ practice, settings, runtime, log, guard }: ConnectorInput<HmisSettings>): PracticeSystem {
  const exchange = createExchange({
    baseUrl: settings.baseUrl.replace(/\/+$/, '') + settings.contextRoot,
    headers: { finance: settings.key },
    system: 'hmis',
    practice: practice.odsCode,
    log,
    runtime,
    limits: { settleMs: settings.settleSeconds * 1000, connections: settings.calls.reads },
    guard,
    // No session has this number: "not found" is an answer, and costs one look at an index.
    probePath: '/api/channel/sessions/0',
  });
  const connection = createConnection({ practice, settings, runtime, exchange, log });
  const sessions = createSessions(connection);
  const appointments = createAppointments(connection, sessions);
  const bookings = createBookings(connection, sessions, appointments);
  const patients = createPatients(connection);
  return {
    capabilities: capabilitiesOf(settings),
    listFreeSlots: (window, call) => sessions.listFreeSlots(window, call),
    readPlace: (slot, call) => sessions.readPlace(slot, call),
    // Numbers of one session are handed out one after the other, so its bookings are too.
    lockKeyOf: (slot: SlotId) => String(parseSlotId(slot)?.sessionId ?? slot),
    findPatients: (nhsNumber, call) => patients.findPatients(nhsNumber, call),
    readPatient: (ref, call) => patients.readPatient(ref, call),
    registerPatient: (patient, call) => patients.registerPatient(patient, call),
    beginBooking: (call) => exchange.beginBooking(call.signal),
    book: (request, call) => bookings.book(request, call),
    lookUpBooking: (trace, call) => appointments.lookUpBooking(trace, call),
    readAppointment: (ref, call) => appointments.readAppointment(ref, call),
    listAppointments: (patient, call) => appointments.listAppointments(patient, call),
    cancel: (ref, reason, call) => bookings.cancel(ref, reason, call),
    close: () => exchange.close(),
  };
}

export const hmisConnector: Connector<HmisSettings> = {
  type: 'hmis',
  settings: hmisSettings,
  installationOf,
  callLimitsOf: ({ calls }) => calls,
  create: createHmis,
};
