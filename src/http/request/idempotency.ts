/** Which key, if any, a consumer gave its booking so that a repeat can be told from a second booking. */
import type { IncomingHttpHeaders } from 'node:http';
import type { BookingRequest } from '../../domain/appointment.js';
import { GatewayError } from '../../domain/errors.js';
import type { IdempotencyKey } from '../../ports/ledger.js';

const VISIBLE_ASCII = /^[\x21-\x7e]{1,255}$/;

/** The `Idempotency-Key` header wins over the consumer's own identifier of the appointment. */
export function idempotencyKey(headers: IncomingHttpHeaders, booking: BookingRequest): IdempotencyKey | undefined {
  const header = headers['idempotency-key'];
  if (header !== undefined) {
    // A structured-field string may stand in quotes.
    const key = String(header).replace(/^"(.*)"$/, '$1');
    if (Array.isArray(header) || !VISIBLE_ASCII.test(key)) {
      throw new GatewayError('bad-request', 'Idempotency-Key must be one value of 1 to 255 visible ASCII characters', {
        fhirPath: 'Idempotency-Key',
      });
    }
    return { source: 'idempotency-key', key };
  }
  const own = booking.identifiers[0];
  return own && { source: 'identifier', key: `${own.system}|${own.value}` };
}
