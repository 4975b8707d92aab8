import { createHash } from 'node:crypto';
import type { Asid, OdsCode } from './identifiers.js';

/** Who is asking, as the request's headers and provenance token say; kept for the audit trail. */
export interface Caller {
  /** Consumer's ASID (`Ssp-From`). */
  readonly asid: Asid;
  readonly organisation: { readonly odsCode: OdsCode; readonly name: string };
  readonly user: {
    readonly id: string;
    readonly name: string;
    readonly sdsUserId: string | undefined;
    readonly sdsRoleProfileId: string | undefined;
  };
  readonly device: { readonly model: string; readonly version: string };
  readonly traceId: string;
  readonly interactionId: string;
  readonly scope: string;
}

/** Whose idempotency keys these are: nobody can read another's answer by guessing a key. */
export function principalOf(caller: Caller): string {
  return `${caller.asid}/${caller.organisation.odsCode}`;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A trace id is the consumer's text and may hold anything: only one that is a UUID goes anywhere as it is. */
export function loggableTraceId(traceId: string): string {
  if (UUID.test(traceId)) return traceId;
  return `sha256:${createHash('sha256').update(traceId).digest('hex').slice(0, 16)}`;
}
