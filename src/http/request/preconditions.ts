/**
 * What must hold before a request is looked at: the Spine Secure Proxy headers.
 * Any missing, blank or wrong one SHALL be answered 400 `BAD_REQUEST`.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { GatewayError } from '../../domain/errors.js';
import type { Asid } from '../../domain/identifiers.js';

export interface ProxyHeaders {
  readonly traceId: string;
  readonly from: Asid;
}

const VISIBLE = /^[\x21-\x7e]{1,128}$/;

function required(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name.toLowerCase()];
  if (typeof value !== 'string' || value.trim() === '') {
    throw new GatewayError('bad-request', `Header ${name} is missing or empty`, { fhirPath: name });
  }
  if (!VISIBLE.test(value)) {
    throw new GatewayError('bad-request', `Header ${name} must be one value of at most 128 visible characters`, {
      fhirPath: name,
    });
  }
  return value;
}

const AUTHORIZATION = 'authorization';

/** Of names and values in turn. Node keeps the first of two and says nothing: which of them was checked elsewhere, nobody would know. */
export function checkSingleAuthorization(rawHeaders: readonly string[]): void {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.length === AUTHORIZATION.length && rawHeaders[at]?.toLowerCase() === AUTHORIZATION) count += 1;
  }
  if (count < 2) return;
  throw new GatewayError('bad-request', 'Header Authorization must be there once', { fhirPath: 'Authorization' });
}

/** `row` is the interaction meant: of those that share an address, the one that `Ssp-InteractionID` names. */
export function checkProxyHeaders<Row extends { readonly interactionId: string }>(
  headers: IncomingHttpHeaders,
  asid: Asid,
  rows: readonly Row[],
): ProxyHeaders & { readonly row: Row } {
  const traceId = required(headers, 'Ssp-TraceID');
  const from = required(headers, 'Ssp-From') as Asid;
  // Ssp-To SHALL be this provider's ASID for the endpoint addressed. Contradiction 9: one page has it checked, another
  // keeps ASIDs for the audit. It is checked and never used for routing.
  if (required(headers, 'Ssp-To') !== asid) {
    throw new GatewayError('bad-request', 'Ssp-To is not the ASID of the endpoint addressed', { fhirPath: 'Ssp-To' });
  }
  // The interaction id SHALL be known and consistent with the verb and the URL.
  const id = required(headers, 'Ssp-InteractionID');
  const row = rows.find(({ interactionId }) => interactionId === id);
  if (!row) {
    const expected = rows.map(({ interactionId }) => interactionId).join(' or ');
    throw new GatewayError('bad-request', `Ssp-InteractionID does not match the request: expected ${expected}`, {
      fhirPath: 'Ssp-InteractionID',
    });
  }
  return { traceId, from, row };
}
