/** Short names for content: versions of what has none of its own, and the fingerprint of a booking request. */
import { createHash } from 'node:crypto';
import type { BookingRequest } from '../../domain/appointment.js';
import type { OdsCode } from '../../domain/identifiers.js';

/** Key order does not matter, absent and undefined are the same. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Changes whenever the content does, and only then; for resources whose source keeps no versions. */
export function versionOf(content: unknown): string {
  return sha256(canonical(content)).slice(0, 12);
}

/**
 * What was asked, whatever the format it came in. The consumer's own stamp of creation is left out, and so is how it
 * writes its organisation down: a repeat may do both anew.
 */
export function fingerprintOf(practice: OdsCode, booking: BookingRequest): string {
  const { created: _created, bookingOrganisation, ...content } = booking;
  const organisation = bookingOrganisation.odsCode;
  return sha256(canonical({ practice, ...content, organisation, slots: [...booking.slots].sort() }));
}

/** The key of a request that brought none: who sent it, its trace id and what it asks. */
export function transportKey(asid: string, traceId: string, fingerprint: string): string {
  return sha256(`${asid}\n${traceId}\n${fingerprint}`);
}
