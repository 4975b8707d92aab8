import type { AuditEvent } from '../../ports/audit.js';

/** What the gateway's records do of their own accord: nobody has asked for it. */
export function ownEvent(event: Pick<AuditEvent, 'at' | 'kind' | 'practice' | 'resources' | 'state'>): AuditEvent {
  return {
    ...event,
    interaction: undefined,
    traceId: undefined,
    status: undefined,
    code: undefined,
    consumerAsid: undefined,
    organisation: undefined,
    userId: undefined,
    userName: undefined,
    userRole: undefined,
    device: undefined,
  };
}
