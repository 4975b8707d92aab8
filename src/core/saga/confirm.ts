/** The calls that create the booking, and what each class of answer to them makes of the attempt. */
import { loggableTraceId } from '../../domain/caller.js';
import { isGatewayError, type GatewayError } from '../../domain/errors.js';
import type { SlotId } from '../../domain/identifiers.js';
import type { Instant } from '../../domain/time.js';
import type { Attempt, AttemptChange } from '../../ports/ledger.js';
import type { PracticeAppointment, WriteAnswer } from '../../ports/practice-system.js';
import { callFor } from '../context.js';
import { bookedAs, unbroken } from '../rows/practice-bookings.js';
import { contended, notBooked, REFUSED, REFUSED_LATE, refusalOf, slotTaken } from './refusals.js';
import { finish, step, type Saga } from './saga.js';
import { takeBack } from './take-back.js';

type Answered = WriteAnswer<PracticeAppointment>;

/** With its intent durable before the first call and its outcome after the last one. */
export async function confirm(saga: Saga, received: Attempt): Promise<Attempt> {
  const { context, request, signal } = saga;
  const { practice, system } = request.entry;
  // Counts from the last call: until then the practice may act on any of them.
  const settleFrom = (sent: Instant): Instant => sent + system.capabilities.settleMs;
  const sentAt = context.runtime.clock.now();
  let attempt = await step(saga, received, { state: 'CONFIRMING', sentAt, settleAt: settleFrom(sentAt) });
  if (attempt.state !== 'CONFIRMING') throw contended(practice.odsCode);

  const made: PracticeAppointment[] = [];
  const ids = received.slots.map(({ id }) => id);
  const calls = system.capabilities.multiSlot === 'booking-per-slot' ? ids.map((id) => [id]) : [ids];
  for (const slots of calls) {
    // Forward only while the consumer waits: writing the intent down has taken its time.
    if (signal.aborted) {
      const when = made.length > 0 ? 'between two calls' : 'before the call';
      const end = { state: 'NOT_BOOKED', evidence: `consumer gone ${when}` } as const;
      return ended(saga, attempt, made, end, notBooked(practice.odsCode));
    }
    const { answer, lastAt } = await send(saga, received, slots);
    switch (answer.class) {
      case 'done':
        made.push(answer.value);
        if (made.length < calls.length) {
          const settleAt = settleFrom(context.runtime.clock.now());
          const practiceRefs = [answer.value.ref];
          attempt = await finish(saga, attempt, { state: 'CONFIRMING', practiceRefs, settleAt });
          // Whoever has taken it over meanwhile reckons with no further call.
          if (attempt.state !== 'CONFIRMING' || !attempt.practiceRefs.includes(answer.value.ref)) return attempt;
        }
        break;
      case 'refused': {
        const end = { state: 'REJECTED', evidence: `${REFUSED}${answer.reason}` } as const;
        return ended(saga, attempt, made, end, refusalOf(end.evidence, practice.odsCode));
      }
      case 'not-sent':
      case 'auth':
        return ended(saga, attempt, made, { state: 'NOT_BOOKED', evidence: answer.class }, notBooked(practice.odsCode));
      case 'unknown': {
        const settleAt = Math.max(attempt.settleAt ?? 0, settleFrom(lastAt));
        const open = await finish(saga, attempt, { state: 'CONFIRM_OPEN', settleAt, evidence: answer.reason });
        // Of several bookings a late answer proves one only; the look-up sees them all.
        if (answer.late && calls.length === 1) acceptLateAnswer(saga, open, answer.late);
        context.reconciler.watch(open, request.entry);
        return open;
      }
    }
  }
  const period = unbroken(made);
  if (!period) {
    return ended(saga, attempt, made, { state: 'REJECTED', evidence: 'not one after the other' }, slotTaken());
  }
  return finish(saga, attempt, bookedAs(made, period, 'confirmed by the practice'));
}

/** Throws `error` when nothing is left at the practice, answers the open attempt while that is not proven. */
async function ended(
  saga: Saga,
  attempt: Attempt,
  made: readonly PracticeAppointment[],
  end: Omit<AttemptChange, 'at'>,
  error: GatewayError,
): Promise<Attempt> {
  const after = await takeBack(saga, attempt, made, end);
  if (after.state === end.state) throw error;
  return after;
}

async function send(
  { context, request, patientRef, signal }: Saga,
  attempt: Attempt,
  slots: readonly SlotId[],
): Promise<{ readonly answer: Answered; readonly lastAt: Instant }> {
  const { practice, system } = request.entry;
  const asked = { slots, patientRef, clientReference: attempt.clientReference };
  const call = callFor(request, 'book', signal);
  const { clock } = context.runtime;
  let lastAt = clock.now();
  let answer = await system.book(asked, call);
  if (answer.class === 'not-sent' && !signal.aborted) {
    lastAt = clock.now();
    answer = await system.book(asked, call);
  }
  context.log.info('booking-answered', {
    practice: practice.odsCode,
    attempt: attempt.id,
    class: answer.class,
    traceId: loggableTraceId(request.caller.traceId),
  });
  return { answer, lastAt };
}

/** An answer that comes after we stopped waiting is as good a proof as one in time. */
function acceptLateAnswer(saga: Saga, open: Attempt, late: Promise<Answered>): void {
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
          ? bookedAs([answer.value], answer.value, 'late answer')
          : { state: 'REJECTED', evidence: `${REFUSED_LATE}${answer.reason}` },
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
