/** Whether an NHS number really belongs to the person it is recorded for, as the national register sees it. */
import type { NhsNumber } from '../../domain/identifiers.js';
import type { NhsNumberStatus, PatientDemographics } from '../../domain/patient.js';
import type { Trace } from '../../ports/demographics.js';
import type { GatewayContext, Request } from '../context.js';

export type Verification =
  | {
      readonly result: 'verified';
      readonly status: NhsNumberStatus;
      readonly register: PatientDemographics | undefined;
    }
  | { readonly result: 'not-verified'; readonly why: Exclude<Trace['outcome'], 'found' | 'no-register'> | 'mismatch' };

function initial(text: string | undefined): string {
  return (text ?? '').trim().slice(0, 1).toLocaleUpperCase('en-GB');
}

function familyStart(name: PatientDemographics['name']): string {
  return name.family.trim().slice(0, 3).toLocaleUpperCase('en-GB');
}

/**
 * The verification rule of "find a patient": the date of birth SHALL be equal; or two of its three parts equal, and
 * the first three characters of the family name, and the initial of the given name.
 */
export function demographicsAgree(a: PatientDemographics, b: PatientDemographics): boolean {
  if (a.birthDate === b.birthDate) return true;
  const [ours, theirs] = [a.birthDate.split('-'), b.birthDate.split('-')];
  const equalParts = ours.filter((part, index) => part === theirs[index]).length;
  return (
    equalParts === 2 &&
    familyStart(a.name) === familyStart(b.name) &&
    initial(a.name.given[0]) !== '' &&
    initial(a.name.given[0]) === initial(b.name.given[0])
  );
}

/** Throws `demographics-unavailable` when the register does not answer: silence is neither yes nor no. */
export async function verifyPatient(
  context: GatewayContext,
  request: Request,
  nhsNumber: NhsNumber,
  claimed: PatientDemographics,
): Promise<Verification> {
  const trace = await context.demographics.trace(nhsNumber, {
    signal: request.signal,
    traceId: request.caller.traceId,
  });
  switch (trace.outcome) {
    case 'found':
      return demographicsAgree(claimed, trace.demographics)
        ? { result: 'verified', status: 'verified', register: trace.demographics }
        : { result: 'not-verified', why: 'mismatch' };
    case 'no-register':
      return { result: 'verified', status: 'untraced', register: undefined };
    default:
      return { result: 'not-verified', why: trace.outcome };
  }
}
