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

/** A consumer known here by its ASID, and how far it may go. */
export interface Consumer {
  readonly asid: Asid;
  readonly name: string;
  /** For which organisations its users may act. */
  readonly organisations: 'any' | readonly OdsCode[];
  /** Names of the certificates it comes with; none: any certificate that is not another consumer's own. */
  readonly certificates: readonly string[];
  /** Interaction ids. */
  readonly interactions: 'any' | readonly string[];
}

export interface AccessRules {
  /** `any`: whoever can connect is believed to be the consumer it says it is. */
  readonly consumers: 'any' | readonly Consumer[];
  /** Practices that take calls of some of the consumers only; every other practice takes those of all. */
  readonly practices: ReadonlyMap<OdsCode, readonly Asid[]>;
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
