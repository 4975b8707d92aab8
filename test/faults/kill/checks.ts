/** What has to be true of consumer, ledger, audit trail and practice, whenever the gateway died. */
import type { AuditEvent } from '../../../src/ports/audit.js';
import { BOOKING_CALL } from '../../support/appointments.js';
import type { TestAnswer } from '../../support/consumer.js';
import type { Scenario } from './scenarios.js';
import type { World } from './world.js';

type Seen = Pick<World, 'practice' | 'standing' | 'records'>;

/** What an answer that is final says of what stands at the practice. */
export function contradiction(scenario: Scenario, answer: TestAnswer, standing: number): string | undefined {
  const issue: unknown = answer.body?.issue?.[0]?.code;
  const saysNothing = answer.status === 409 || (answer.status === 503 && issue === 'transient');
  if (scenario.state !== 'BOOKED' || scenario.ends !== 201 || !saysNothing || standing === 0) return undefined;
  return `answered ${answer.status} ${String(issue)} while ${standing} bookings stand`;
}

/** What the consumer was told before the gateway died is true already. */
export function saidBefore(scenario: Scenario, told: TestAnswer, world: Seen): readonly string[] {
  const standing = world.standing().length;
  const untrue = contradiction(scenario, told, standing);
  if (untrue) return [untrue];
  if (told.status !== scenario.ends || standing === scenario.bookings) return [];
  return [`answered ${told.status} before it died, while ${standing} bookings stand`];
}

/** An attempt that ended without a booking: the same request may be tried anew after it. */
const isNotBooked = ({ kind, state }: AuditEvent): boolean =>
  kind === 'booking-outcome' && (state === 'NOT_BOOKED' || state === 'REJECTED');

/** Holds ledger, audit trail, consumer and practice against one another; `before` is how many calls to book came first. */
export async function disagreements(
  world: Seen,
  scenario: Scenario,
  answer: TestAnswer,
  before: number,
): Promise<readonly string[]> {
  const found: string[] = [];
  const standing = world.standing();
  if (standing.length !== scenario.bookings) found.push(`${standing.length} bookings stand, not ${scenario.bookings}`);
  const records = await world.records();
  try {
    const { ledger, audit } = records;
    const open = await ledger.openAttempts();
    if (open.length > 0) found.push(`left open: ${open.map(({ state }) => state).join(', ')}`);
    const attempt = await ledger.findAttempt(answer.body?.id);
    if (attempt?.state !== scenario.state) found.push(`the ledger says ${attempt?.state ?? 'nothing'}`);
    else if (scenario.state === 'BOOKED' && [...attempt.practiceRefs].sort().join() !== [...standing].sort().join()) {
      found.push(`the ledger says ${attempt.practiceRefs.join()}, the practice ${standing.join()}`);
    }
    if (attempt && answer.body.meta.versionId !== String(attempt.revision)) found.push('another version than told');
    if (attempt && attempt.revision > (scenario.name === 'amend' || scenario.state === 'CANCELLED' ? 2 : 1)) {
      found.push(`revision ${attempt.revision}: changed more than once`);
    }
    const broken = await audit.verify();
    if (broken !== undefined) found.push(`the audit chain is broken at ${broken}`);
    const events = (await audit.rows(1, 10_000)).map(({ event }) => event);
    const intents = (state: string): number =>
      events.filter((event) => event.kind === 'booking-intent' && event.state === state).length;
    const { requests } = world.practice;
    // A call has an intent of its own, and one that came to nothing is followed by another only when that is proven.
    const bookings = requests.count(BOOKING_CALL);
    if (bookings > intents('CONFIRMING')) found.push(`${bookings} bookings with ${intents('CONFIRMING')} intents`);
    const most = scenario.ends === 201 ? scenario.bookings * Math.max(2, events.filter(isNotBooked).length + 1) : 0;
    if (bookings - before > most) found.push(`${bookings - before} booking calls`);
    const cancellations = intents('CANCELLING') + intents('UNDOING');
    if (requests.count({ method: 'PUT' }) > 0 && cancellations === 0) found.push('a cancellation without its intent');
  } finally {
    await records.close();
  }
  return found;
}
