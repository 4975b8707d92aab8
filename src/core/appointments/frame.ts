/** What everything that changes an appointment is done in: within the consumer's deadline, alone at its places. */
import type { SlotId } from '../../domain/identifiers.js';
import { withinTime } from '../../ports/runtime.js';
import type { GatewayContext, Request } from '../context.js';

/** `signal` aborts when the consumer has gone or its deadline has passed. */
export function withinDeadline<T>(
  context: GatewayContext,
  request: Request,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return withinTime(context.runtime.timers, context.settings.bookingDeadlineMs, request.signal, work);
}

/** Answers `undefined` when the places did not come free in time; then the work was not begun. */
export function underPlaceLocks<T>(
  context: GatewayContext,
  { entry: { practice, system } }: Request,
  slots: readonly SlotId[],
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const keys = slots.map((slot) => `place/${practice.odsCode}/${system.lockKeyOf(slot)}`);
  return underLocks(context, [...new Set(keys)].sort(), signal, work);
}

/** Several places are locked in sorted order, so that no two requests can wait for each other. */
async function underLocks<T>(
  context: GatewayContext,
  keys: readonly string[],
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const [first, ...rest] = keys;
  if (first === undefined) return work();
  const outcome = await context.locks.run(first, signal, () => underLocks(context, rest, signal, work));
  return outcome?.value;
}
