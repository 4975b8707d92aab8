/**
 * Slot ids that say what they mean, so that nothing has to be remembered between a search and a booking: session
 * instance, number in its queue and start. They are read with care and never trusted: whatever an id says is compared
 * with the session as it is now. The checksum only tells our own ids from other text.
 */
import type { SlotId } from '../../domain/identifiers.js';
import { MINUTE, type Instant } from '../../domain/time.js';
import { shortFingerprint } from './fingerprint.js';

export interface SlotKey {
  readonly sessionId: number;
  readonly token: number;
  /** Minutes since the epoch. */
  readonly startMinute: number;
}

const SLOT_ID = /^([1-9]\d{0,15})-([1-9]\d{0,4})-([0-9a-z]{1,8})-([0-9a-f]{8})$/;

function checksum(body: string): string {
  return shortFingerprint(`hmis-slot/${body}`);
}

export function slotIdOf(sessionId: number, token: number, start: Instant): SlotId {
  const body = `${sessionId}-${token}-${Math.floor(start / MINUTE).toString(36)}`;
  return `${body}-${checksum(body)}` as SlotId;
}

export function parseSlotId(id: string): SlotKey | undefined {
  const match = SLOT_ID.exec(id);
  if (!match) return undefined;
  const [, session = '', token = '', start = '', check = ''] = match;
  const sessionId = Number(session);
  if (!Number.isSafeInteger(sessionId) || checksum(id.slice(0, -9)) !== check) return undefined;
  return { sessionId, token: Number(token), startMinute: Number.parseInt(start, 36) };
}
