import type { Case } from '../../harness.js';
import { APPOINTMENT } from './appointment.js';
import { BUNDLE, DEVICE, OPERATION_OUTCOME, ORGANIZATION, SCHEDULE, SLOT } from './others.js';
import { PARAMETERS, PATIENT, PRACTITIONER } from './people.js';
import { baseCases } from './table.js';

/** What base STU3 says, without any profile. */
export const BASE_CASES: readonly Case[] = [
  ...baseCases('Appointment', APPOINTMENT),
  ...baseCases('Patient', PATIENT),
  ...baseCases('Practitioner', PRACTITIONER),
  ...baseCases('Parameters', PARAMETERS),
  ...baseCases('Organization', ORGANIZATION),
  ...baseCases('Device', DEVICE),
  ...baseCases('Slot', SLOT),
  ...baseCases('Schedule', SCHEDULE),
  ...baseCases('Bundle', BUNDLE),
  ...baseCases('OperationOutcome', OPERATION_OUTCOME),
];
