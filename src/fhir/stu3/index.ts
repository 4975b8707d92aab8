/** The STU3 face: GP Connect 1.2.7, Foundations and Appointment Management, over FHIR 3.0.1. */
import type { Representation } from '../representation.js';
import { writeCapabilities } from './capabilities.js';
import { PROFILE } from './codes.js';
import { writeOutcome } from './outcome.js';
import {
  parseAppointmentSearch,
  parseOrganizationSearch,
  parsePatientSearch,
  parsePractitionerSearch,
  parseSlotSearch,
} from './parameters.js';
import { parseBooking } from './requests/booking.js';
import { parseAmendment, parseCancellation, refuseBlankReason } from './requests/change.js';
import { parseRegistration, refuseMissingIdentity } from './requests/registration.js';
import { writeAppointment, writeAppointmentSearch } from './resources/appointment.js';
import {
  writeLocation,
  writeOrganization,
  writeOrganizationSearch,
  writePractitioner,
  writePractitionerSearch,
} from './resources/directory.js';
import { writeFederatedSlots, writeFreeSlots } from './resources/free-slots.js';
import { writePatient, writePatientSearch, writeRegistration } from './resources/patient.js';

/** Below a practice's ODS code or a group's address: FHIR version, GP Connect major version, routing segment. */
export const STU3_PATH = 'STU3/1/gpconnect';

export const stu3Representation = {
  receives: [
    PROFILE.appointment,
    PROFILE.organization,
    PROFILE.patient,
    'Parameters',
    'Device',
    'Organization',
    'Practitioner',
  ],
  parsePatientSearch,
  parsePractitionerSearch,
  parseOrganizationSearch,
  parseSlotSearch,
  parseRegistration,
  parseBooking,
  parseAmendment,
  parseCancellation,
  refuseBlankReason,
  refuseMissingIdentity,
  parseAppointmentSearch,
  writePatient,
  writePatientSearch,
  writeRegistration,
  writePractitioner,
  writePractitionerSearch,
  writeOrganization,
  writeOrganizationSearch,
  writeLocation,
  writeFreeSlots,
  writeFederatedSlots,
  writeAppointment,
  writeAppointmentSearch,
  writeOutcome,
  writeCapabilities,
} satisfies Representation;
