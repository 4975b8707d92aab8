/**
 * How many outcomes may be open at a practice: each of them holds a place that nobody else gets, for as long as it takes
 * to find out. Attempts that a person has to decide are not counted, or a slow operator would lock a consumer out.
 */
import { principalOf } from '../../domain/caller.js';
import { GatewayError } from '../../domain/errors.js';
import type { Saga } from '../saga/saga.js';

const RETRY_AFTER_SECONDS = 10;

/** Throws `quota-exceeded`. A repeat of one of the open ones is never refused here: it has been recognised before. */
export async function refuseTooManyOpen({
  context,
  request,
  booking,
}: Pick<Saga, 'context' | 'request' | 'booking'>): Promise<void> {
  const { odsCode } = request.entry.practice;
  const { openOutcomesOfConsumer, openOutcomesOfPatient } = context.settings;
  const open = await context.ledger.openOutcomes(odsCode, principalOf(request.caller), booking.patientId);
  const whose =
    open.ofPrincipal >= openOutcomesOfConsumer
      ? 'of this consumer'
      : open.ofPatient >= openOutcomesOfPatient
        ? 'of this patient'
        : undefined;
  if (whose === undefined) return;
  throw new GatewayError(
    'quota-exceeded',
    `The outcomes of too many bookings ${whose} at this practice are not yet known. Nothing was booked; repeat those ` +
      'until they are answered',
    { practice: odsCode, retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}
