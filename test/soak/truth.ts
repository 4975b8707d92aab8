/** What consumers were told, beside what stands at the practice. */
import { isUnknown, type Wanted } from './traffic.js';

type Standing = Readonly<Record<string, number>>;

/**
 * What is not as it was told, a line each. Where nobody was told it may be so or so, but never twice.
 * @param standing bookings of each session that are not cancelled
 */
export function untruths(
  wanted: readonly Wanted[],
  standing: Standing,
  readsAsBooked: (one: Wanted) => boolean | undefined = () => undefined,
): readonly string[] {
  const found = wanted.flatMap((one) => {
    const { session, booking, cancellation } = one;
    const count = standing[String(session)] ?? 0;
    const allowed = allowedOf(one, readsAsBooked);
    if (allowed.includes(count)) return [];
    return [`session ${session}: ${count} standing; told ${booking}, cancellation ${cancellation ?? 'none'}`];
  });
  const known = new Set(wanted.map(({ session }) => String(session)));
  const strays = Object.keys(standing).filter((session) => !known.has(session));
  return [...found, ...strays.map((session) => `session ${session}: booked, and nobody asked for it`)];
}

function allowedOf(one: Wanted, readsAsBooked: (one: Wanted) => boolean | undefined): readonly number[] {
  const { booking, cancellation } = one;
  if (isUnknown(booking)) return [0, 1];
  if (booking !== 201) return [0];
  if (cancellation === 200) return [0];
  if (cancellation === undefined || !isUnknown(cancellation)) return [1];
  const isBooked = readsAsBooked(one);
  return isBooked === undefined ? [0, 1] : [isBooked ? 1 : 0];
}
