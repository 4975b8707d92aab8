/** The write of a registration, and what each class of answer to it makes of the link between number and record. */
import { loggableTraceId } from '../../domain/caller.js';
import { GatewayError, isGatewayError } from '../../domain/errors.js';
import type { PatientLink } from '../../ports/ledger.js';
import type { PracticePatient, WriteAnswer } from '../../ports/practice-system.js';
import type { PracticePatientRef } from '../../domain/identifiers.js';
import { auditEvent, callFor, type GatewayContext, type Request } from '../context.js';

export type RegistrationState = 'REGISTERING' | 'REGISTERED' | 'NOT_REGISTERED';

export async function saveLink(
  context: GatewayContext,
  request: Request,
  link: PatientLink,
  state: RegistrationState,
): Promise<PatientLink> {
  const kind = state === 'REGISTERING' ? 'registration-intent' : 'registration-outcome';
  const resources = [`Patient/${link.id}`];
  const event = auditEvent(request, kind, context.runtime.clock.now(), { resources, state });
  const stored = await context.ledger.savePatientLink(link, event);
  if (!stored) {
    throw new GatewayError('overloaded', 'The patient was changed by another request. Send the request again', {
      retryAfterSeconds: 1,
    });
  }
  return stored;
}

export function registrationUnknown(practice: string): GatewayError {
  return new GatewayError(
    'outcome-unknown',
    'The practice system has not confirmed the registration. Send this request again unchanged to learn its outcome',
    { practice, retryAfterSeconds: 5 },
  );
}

/** The intent is durable by now: `link` has everything but the practice's id. */
export async function createRecord(
  context: GatewayContext,
  request: Request,
  link: PatientLink,
): Promise<{ readonly link: PatientLink; readonly record: PracticePatient }> {
  const demographics = link.registered;
  if (!demographics) throw new GatewayError('internal', 'A registration without demographics');
  const practice = request.entry.practice.odsCode;
  const answer = await request.entry.system.registerPatient(
    { nhsNumber: link.nhsNumber, demographics },
    callFor(request, 'book'),
  );
  context.log.info('registration-answered', {
    practice,
    class: answer.class,
    traceId: loggableTraceId(request.caller.traceId),
  });
  switch (answer.class) {
    case 'done': {
      const registered = await saveLink(context, request, { ...link, practiceRef: answer.value }, 'REGISTERED');
      return {
        link: registered,
        record: { ref: answer.value, demographics, nhsNumber: link.nhsNumber, status: 'active' },
      };
    }
    case 'refused':
      await forget(context, request, link);
      throw new GatewayError(
        'practice-system-fault',
        'The practice system did not accept the registration. Nothing was registered',
        { practice },
      );
    case 'not-sent':
    case 'auth':
      await forget(context, request, link);
      throw new GatewayError(
        'practice-unavailable',
        'The practice system cannot be reached. Nothing was registered; send the request again',
        { practice, retryAfterSeconds: 10 },
      );
    case 'unknown':
      if (answer.late) acceptLateAnswer(context, request, link, answer.late);
      throw registrationUnknown(practice);
  }
}

/** What provably did not happen leaves no trace: else a record the practice makes itself would pass for temporary. */
async function forget(context: GatewayContext, request: Request, link: PatientLink): Promise<void> {
  const unregistered = { ...link, temporaryRegistration: undefined, registered: undefined };
  await saveLink(context, request, unregistered, 'NOT_REGISTERED');
}

/** An answer that comes after we stopped waiting is as good a proof as one in time. */
function acceptLateAnswer(
  context: GatewayContext,
  request: Request,
  link: PatientLink,
  late: Promise<WriteAnswer<PracticePatientRef>>,
): void {
  void late
    .then(async (answer) => {
      if (answer.class === 'done')
        await saveLink(context, request, { ...link, practiceRef: answer.value }, 'REGISTERED');
      else if (answer.class === 'refused') await forget(context, request, link);
    })
    .catch((error: unknown) => {
      // A repeat of the request finds the record by its number.
      context.log.warn('late-answer-not-recorded', { ...(isGatewayError(error) && { code: error.code }) });
    });
}
