/** The call that creates the booking, and what each class of answer to it makes of the attempt. */
import { loggableTraceId } from '../../domain/caller.js';
import { GatewayError, isGatewayError } from '../../domain/errors.js';
import type { Attempt, AttemptChange } from '../../ports/ledger.js';
import type { PracticeAppointment, WriteAnswer } from '../../ports/practice-system.js';
import { callFor } from '../context.js';
import { contended, notBooked, patientGone, slotTaken } from './refusals.js';
import { finish, step, type Saga } from './saga.js';

/** With its intent durable before the call and its outcome after it. */
export async function confirm(saga: Saga, received: Attempt): Promise<Attempt> {
  const { context, request, booking, patientRef, signal } = saga;
  const { practice, system } = request.entry;
  const { clock } = context.runtime;
  const sentAt = clock.now();
  const sending = await step(saga, received, {
    state: 'CONFIRMING',
    sentAt,
    settleAt: sentAt + system.capabilities.settleMs,
  });
  if (sending.state !== 'CONFIRMING') throw contended(practice.odsCode);
  const practiceRequest = {
    slots: booking.slots,
    patientRef,
    clientReference: received.clientReference,
  };
  let answer = await system.book(practiceRequest, callFor(request, 'book', signal));
  if (answer.class === 'not-sent' && !signal.aborted) {
    answer = await system.book(practiceRequest, callFor(request, 'book', signal));
  }
  context.log.info('booking-answered', {
    practice: practice.odsCode,
    attempt: received.id,
    class: answer.class,
    traceId: loggableTraceId(request.caller.traceId),
  });
  switch (answer.class) {
    case 'done':
      return finish(saga, sending, bookedAs(answer.value));
    case 'refused':
      await finish(saga, sending, { state: 'REJECTED', evidence: `refused: ${answer.reason}` });
      if (answer.reason === 'slot-taken' || answer.reason === 'not-allowed') throw slotTaken();
      if (answer.reason === 'patient-unknown') {
        throw patientGone();
      }
      throw new GatewayError(
        'practice-system-fault',
        'The practice system did not accept the booking. Nothing was booked',
        {
          practice: practice.odsCode,
        },
      );
    case 'not-sent':
    case 'auth':
      await finish(saga, sending, { state: 'NOT_BOOKED', evidence: answer.class });
      throw notBooked(practice.odsCode);
    case 'unknown': {
      const open = await finish(saga, sending, { state: 'CONFIRM_OPEN', evidence: answer.reason });
      if (answer.late) acceptLateAnswer(saga, open, answer.late);
      context.reconciler.watch(open, request.entry);
      return open;
    }
  }
}

function bookedAs(appointment: PracticeAppointment): Omit<AttemptChange, 'at'> {
  return {
    state: 'BOOKED',
    practiceRef: appointment.ref,
    start: appointment.start,
    end: appointment.end,
    evidence: 'confirmed by the practice',
  };
}

/** An answer that comes after we stopped waiting is as good a proof as one in time. */
function acceptLateAnswer(saga: Saga, open: Attempt, late: Promise<WriteAnswer<PracticeAppointment>>): void {
  const { context } = saga;
  void late
    .then(async (answer) => {
      if (answer.class !== 'done' && answer.class !== 'refused') return;
      const current = await context.ledger.readAttempt(open.practice, open.id);
      if (current?.state !== 'CONFIRM_OPEN' && current?.state !== 'NEEDS_HUMAN') {
        // A booking that was given up for lost after all: somebody has to look at it.
        if (answer.class === 'done' && current?.state !== 'BOOKED') {
          context.log.error('late-booking-after-end', { practice: open.practice, attempt: open.id });
        }
        return;
      }
      await step(
        saga,
        current,
        answer.class === 'done'
          ? { ...bookedAs(answer.value), evidence: 'late answer' }
          : { state: 'REJECTED', evidence: `late refusal: ${answer.reason}` },
      );
    })
    .catch((error: unknown) => {
      // The reconciler looks at the row anyway.
      context.log.warn('late-answer-not-recorded', {
        attempt: open.id,
        ...(isGatewayError(error) && { code: error.code }),
      });
    });
}
