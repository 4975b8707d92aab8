/** Whether a person may be spoken of at all. */
import { GatewayError, isGatewayError } from '../../domain/errors.js';
import type { PatientId } from '../../domain/identifiers.js';
import type { PatientLink } from '../../ports/ledger.js';
import { auditEvent, type GatewayContext, type Request } from '../context.js';
import { noLongerVerified } from '../rows/patient-link.js';

/**
 * Where a person can be met is what the national register protects when it flags somebody as sensitive: an appointment
 * of such a person SHALL be answered as if there were no patient. Asked again when the last answer has grown old; while
 * the register is away, what it said last holds. A caller that has just read the link gives it, others the id.
 */
export async function refuseSensitive(
  context: GatewayContext,
  request: Request,
  patient: PatientId | PatientLink,
): Promise<void> {
  const { odsCode } = request.entry.practice;
  const link = typeof patient === 'string' ? await context.ledger.readPatientLink(odsCode, patient) : patient;
  if (!link || (await mayBeSpokenOf(context, request, link))) return;
  throw new GatewayError('patient-not-found', 'No patient with this id at this practice. Find the patient again');
}

async function mayBeSpokenOf(context: GatewayContext, request: Request, link: PatientLink): Promise<boolean> {
  const now = context.runtime.clock.now();
  if (link.tracedAt !== undefined && now - link.tracedAt < context.settings.retraceAfterMs) return true;
  let trace;
  try {
    const { signal, caller } = request;
    trace = await context.demographics.trace(link.nhsNumber, { signal, traceId: caller.traceId });
  } catch (error) {
    const wasVerified = link.status === 'verified';
    if (wasVerified && isGatewayError(error) && error.code === 'demographics-unavailable') return true;
    throw error;
  }
  if (trace.outcome === 'sensitive') {
    await noLongerVerified(context, request, link);
    return false;
  }
  // Somebody who was not verified before is verified with all that belongs to it when found again.
  if (trace.outcome === 'found' && link.status === 'verified') {
    const event = auditEvent(request, 'registration-outcome', now, {
      resources: [`Patient/${link.id}`],
      state: 'LINKED',
    });
    await context.ledger.savePatientLink({ ...link, tracedAt: now }, event);
  }
  return true;
}
