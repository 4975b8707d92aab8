/** Finding, reading and registering patients (A10, A11). */
import { GatewayError } from '../../../domain/errors.js';
import type { NhsNumber, PracticePatientRef } from '../../../domain/identifiers.js';
import type { PatientDemographics } from '../../../domain/patient.js';
import type { Call, PracticePatient, WriteAnswer } from '../../../ports/practice-system.js';
import { classify, type Answer } from '../../exchange/index.js';
import { KeyRefused, listOf, type HmisConnection } from './connection.js';
import { openEnvelope } from './envelope.js';
import { fromPatient, parsePatient, type HmisPatient } from './patient-row.js';

export interface Patients {
  findPatients(nhsNumber: NhsNumber, call: Call): Promise<readonly PracticePatient[]>;
  readPatient(ref: PracticePatientRef, call: Call): Promise<PracticePatient | undefined>;
  registerPatient(
    patient: { readonly nhsNumber: NhsNumber; readonly demographics: PatientDemographics },
    call: Call,
  ): Promise<WriteAnswer<PracticePatientRef>>;
}

/** By one identifier. */
const MOST_FOUND = 1000;
const HMIS_ID = /^[1-9]\d{0,15}$/;

export function isHmisId(text: string): boolean {
  return HMIS_ID.test(text) && Number.isSafeInteger(Number(text));
}

/** A read that a write needed first has failed: the write itself never left. */
export function notSentAfter(
  error: unknown,
): { readonly class: 'auth' } | { readonly class: 'not-sent'; reason: string } {
  if (error instanceof GatewayError) {
    return error.cause instanceof KeyRefused ? { class: 'auth' } : { class: 'not-sent', reason: error.code };
  }
  throw error;
}

export function createPatients(connection: HmisConnection): Patients {
  const { practice, settings } = connection;
  const home = settings.nhsNumberHome;

  const search = async (parameter: string, value: string, call: Call): Promise<readonly HmisPatient[]> => {
    const path = `/api/patients/search?${parameter}=${encodeURIComponent(value)}`;
    const rows = await connection.read(
      { operation: 'search-patients', path, timeoutMs: settings.timeouts.readMs },
      call,
    );
    if (rows === undefined) return [];
    // One bad row could be the patient that makes two of one: the answer is right as a whole or not at all.
    return connection.parsed(() => listOf(connection, rows, MOST_FOUND).map((row) => parsePatient(row, home)));
  };

  /** A search may match more loosely than it was asked to, and may give one record twice. */
  const withNumber = async (nhsNumber: NhsNumber, call: Call): Promise<readonly HmisPatient[]> => {
    const found = await search(home, nhsNumber, call);
    const exact = found.filter((patient) => patient.nhsNumber === nhsNumber);
    return [...new Map(exact.map((patient) => [patient.ref, patient])).values()];
  };

  const toPracticePatient = ({ ref, nhsNumber, demographics, status }: HmisPatient): PracticePatient => {
    if (!demographics) {
      throw new GatewayError(
        'unrepresentable-record',
        'The practice holds a record of this patient without a name or a date of birth. The practice can complete it.',
        { practice: practice.odsCode },
      );
    }
    return { ref, nhsNumber, demographics, status };
  };

  const readRegistration = async (
    answer: Answer,
    nhsNumber: NhsNumber,
    call: Call,
  ): Promise<WriteAnswer<PracticePatientRef>> => {
    const envelope = openEnvelope(answer);
    switch (envelope.kind) {
      case 'data': {
        const patient = parsePatient(envelope.data, home);
        if (patient.nhsNumber === nhsNumber) return { class: 'done', value: patient.ref };
        connection.alarm('practice.answer-not-ours', { operation: 'register-patient', traceId: call.traceId });
        return { class: 'unknown', reason: 'answer-not-ours' };
      }
      case 'auth':
        connection.alarm('practice.key-refused', { operation: 'register-patient', traceId: call.traceId });
        return { class: 'auth' };
      case 'already-exists': {
        // What exists may have been found by another member than the NHS number: only a search can tell.
        const found = await withNumber(nhsNumber, { ...call, signal: AbortSignal.timeout(settings.timeouts.readMs) });
        const [only] = found;
        return only && found.length === 1
          ? { class: 'done', value: only.ref }
          : { class: 'refused', reason: 'not-allowed' };
      }
      case 'error':
        return envelope.status === 400
          ? { class: 'refused', reason: 'invalid' }
          : { class: 'unknown', reason: 'refusal-not-known' };
      case 'other':
        return { class: 'unknown', reason: 'envelope' };
    }
  };

  return {
    async findPatients(nhsNumber, call) {
      return (await withNumber(nhsNumber, call)).map(toPracticePatient);
    },

    async readPatient(ref, call) {
      if (!isHmisId(ref)) return undefined;
      const found = (await search('patientId', ref, call)).find((patient) => patient.ref === ref);
      return found && toPracticePatient(found);
    },

    async registerPatient(patient, call) {
      // The system promises no check for duplicates, so the search comes directly before the write.
      try {
        const found = await withNumber(patient.nhsNumber, call);
        const [first] = found;
        if (found.length > 1) return { class: 'refused', reason: 'not-allowed' };
        if (first) return { class: 'done', value: first.ref };
      } catch (error) {
        return notSentAfter(error);
      }
      const outcome = await connection.exchange.write({
        operation: 'register-patient',
        method: 'POST',
        path: '/api/patients',
        body: fromPatient(patient, home),
        timeoutMs: settings.timeouts.registerMs,
        signal: call.signal,
        maySend: call.maySend,
      });
      return classify(outcome, (answer) => readRegistration(answer, patient.nhsNumber, call));
    },
  };
}
