/** Find, read and register a patient. */
import type { PracticeEntry } from '../../core/directory.js';
import * as patients from '../../core/patients/find-patient.js';
import * as registration from '../../core/patients/register-patient.js';
import type { PatientId } from '../../domain/identifiers.js';
import type { Answer, Exchange, GatewayHttp } from '../exchange.js';
import { validBody, type BodyRules } from '../request/faults.js';
import { existingId, requestFor } from './shared.js';

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

const REGISTRATION: BodyRules = { type: 'Parameters', holds: ['Patient'] };

export async function registerPatient(http: GatewayHttp, entry: PracticeEntry, exchange: Exchange): Promise<Answer> {
  const { representation } = http.face;
  representation.refuseMissingIdentity(exchange.body);
  const asked = representation.parseRegistration(validBody(http.face.validator, exchange.body, REGISTRATION));
  const patient = await registration.registerPatient(http.context, requestFor(entry, exchange), asked);
  return {
    status: 200,
    resource: representation.writeRegistration(patient, entry.practice),
    touched: [`Patient/${patient.id}`],
  };
}
