/** What a request is, as far as that shows before its body is read: who goes first goes by it. */
import { SECOND } from '../../domain/time.js';

export type Kind = 'change' | 'booking' | 'read' | 'search' | 'metadata';

/** Lower goes first: what gives a place free before what takes one, and both before what only asks. */
export const RANKS: Readonly<Record<Kind, number>> = { change: 0, booking: 1, read: 2, search: 3, metadata: 4 };

/**
 * How long after its arrival an answer is taken to be of use: below what consumers wait (3 s for a query). Nobody is let
 * into the line, or out of it into work, whose answer would come later.
 */
export const PATIENCE_MS: Readonly<Record<Kind, number>> = {
  change: 5 * SECOND,
  booking: 5 * SECOND,
  read: 2 * SECOND,
  search: 2 * SECOND,
  metadata: 2 * SECOND,
};

/** Changes and bookings have a part of the room to themselves. */
export function isWrite(kind: Kind): boolean {
  return kind === 'change' || kind === 'booking';
}

/** What comes down to reads of a practice system, and to nothing else. */
export function readsSystem(kind: Kind): boolean {
  return kind === 'read' || kind === 'search';
}

export interface Asked {
  readonly kind: Kind;
  /** The practice or group that the path names: nobody's trouble takes the room of all. */
  readonly addressee: string;
}

export function askedOf(method: string, url: string): Asked {
  const [path = ''] = url.split('?', 1);
  const steps = path.split('/');
  const addressee = steps[1] === 'federation' ? `federation/${steps[2] ?? ''}` : (steps[1] ?? '');
  return { kind: kindOf(method, path), addressee };
}

/** A place is asked for; registrations, which go with bookings here, take none. */
export function asksForPlace(method: string, url: string): boolean {
  return method === 'POST' && url.split('?', 1)[0]?.endsWith('/Appointment') === true;
}

function kindOf(method: string, path: string): Kind {
  if (method === 'PUT') return 'change';
  if (method === 'POST') return 'booking';
  if (path.endsWith('/Slot')) return 'search';
  return /\/(?:Patient|Appointment|Practitioner|Organization|Location)(?:\/|$)/.test(path) ? 'read' : 'metadata';
}
