/** What goes wrong at the practice system, one after the other. */
import type { FaultScript } from '../../src/connectors/simulation/faults.js';
import { refused } from '../../src/connectors/hmis/simulator/wire.js';

const BOOKING = { method: 'POST', path: '/rh/api/channel/bookings' };
const CHANGES = { method: 'PUT' };
const status = (code: number, body?: unknown): FaultScript['fault'] => ({ kind: 'status', status: code, body });

export const TROUBLES = {
  none: [],
  /** So slow that the calls it is allowed are hardly enough. */
  slow: [{ fault: { kind: 'delay', ms: 250, when: 'after' } }],
  errors: [{ fault: { kind: 'html', status: 500 } }],
  /** What changes something does so, and nobody is told. */
  resets: [
    { match: BOOKING, fault: { kind: 'drop', when: 'after' } },
    { match: CHANGES, fault: { kind: 'drop', when: 'after' } },
  ],
  /** The same, without any answer; and what has been booked is not shown for a while: see `LAG_MS`. */
  silent: [
    { match: BOOKING, fault: { kind: 'hang', when: 'after' } },
    { match: CHANGES, fault: { kind: 'hang', when: 'after' } },
  ],
  /** Nothing is carried out, and nothing said. */
  deaf: [
    { match: BOOKING, fault: { kind: 'hang', when: 'before' } },
    { match: CHANGES, fault: { kind: 'hang', when: 'before' } },
  ],
  refusals: [{ match: BOOKING, fault: status(409, refused({ code: 409, message: 'Session is Full' }).body) }],
  truncated: [{ fault: { kind: 'truncated' } }],
  /** Never an answer, to anything. */
  dead: [{ fault: { kind: 'hang' } }],
} as const satisfies Readonly<Record<string, readonly FaultScript[]>>;

/** Longer than a consumer of a booking waits, and far shorter than the settle time. */
export const LAG_MS: Readonly<Partial<Record<keyof typeof TROUBLES, number>>> = { silent: 15_000 };

export type Trouble = keyof typeof TROUBLES;

export function isTrouble(name: string): name is Trouble {
  return Object.hasOwn(TROUBLES, name);
}

/** Each as often as the others, in an order of the seed; after each of them, nothing for as long. */
export function* rotation(random: () => number): Generator<Trouble, never> {
  const names = Object.keys(TROUBLES).filter((name): name is Trouble => isTrouble(name) && name !== 'none');
  for (;;) {
    const round = names
      .map((name) => ({ name, at: random() }))
      .sort((one, other) => one.at - other.at)
      .map(({ name }) => name);
    for (const name of round) {
      yield name;
      yield 'none';
    }
  }
}
