/** What is going to happen in a history, apart from chance on the way: drawn from a seed, and small enough to read. */
import { MINUTE, SECOND } from '../../src/domain/time.js';
import type { LookUpKind } from './world/practice.js';
import { createChance, type Chance } from './world/world.js';

/** A consumer wants to book, and does not give up at once. */
export interface BookStep {
  readonly kind: 'book';
  readonly at: number;
  readonly name: string;
  readonly consumer: number;
  readonly patient: string;
  readonly slots: readonly number[];
  /** Text of the booking: there are few, so that consumers ask for the same thing again with another key. */
  readonly wish: string;
  /** An idempotency key; without one the request has only its trace id. */
  readonly key: string | undefined;
  /** How often it is sent again unchanged while its outcome is not certain. */
  readonly repeats: number;
  readonly pauseMs: number;
  /** Leaves after this long. */
  readonly patienceMs: number | undefined;
  /** The answer is lost on the way to the consumer. */
  readonly answerLost: boolean;
}

/** A consumer changes or reads what an earlier step has booked, if it has been told of it by then. */
export interface ChangeStep {
  readonly kind: 'cancel' | 'amend' | 'read';
  readonly at: number;
  readonly name: string;
  readonly consumer: number;
  readonly of: string;
  /** Quotes the version it was told. */
  readonly quotes: boolean;
  readonly repeats: number;
  readonly pauseMs: number;
  readonly patienceMs: number | undefined;
}

export interface KillStep {
  readonly kind: 'kill';
  readonly at: number;
  readonly name: string;
  readonly process: number;
  readonly downMs: number;
}

export interface PauseStep {
  readonly kind: 'pause';
  readonly at: number;
  readonly name: string;
  readonly process: number;
  readonly ms: number;
}

export interface StaffStep {
  readonly kind: 'staff-books' | 'staff-cancels';
  readonly at: number;
  readonly name: string;
  readonly slot: number;
}

/** The practice cannot be reached. */
export interface AwayStep {
  readonly kind: 'away';
  readonly at: number;
  readonly name: string;
  readonly ms: number;
}

export type Step = BookStep | ChangeStep | KillStep | PauseStep | StaffStep | AwayStep;

export interface Plan {
  readonly seed: string;
  readonly lookUp: LookUpKind;
  /** Gateway processes over one ledger. */
  readonly processes: number;
  readonly multiSlot: boolean;
  readonly settleMs: number;
  readonly lagMs: number;
  /** How likely a call to the practice goes wrong, until faults stop. */
  readonly trouble: number;
  readonly ledgerTrouble: number;
  readonly steps: readonly Step[];
  /** From then on nothing goes wrong. */
  readonly calmFrom: number;
}

const PLACES = 6;
const PATIENTS = ['ann', 'bob', 'cy', 'di'] as const;
const WISHES = ['a cough', 'a knee'] as const;
const BUSY_MS = 2 * MINUTE;

function bookStep(chance: Chance, name: string, multiSlot: boolean): BookStep {
  const first = 1 + Math.floor(chance.between(0, PLACES));
  const several = multiSlot && first < PLACES && chance.happens(0.35);
  return {
    kind: 'book',
    at: Math.floor(chance.between(0, BUSY_MS)),
    name,
    consumer: chance.pick([1, 2, 3]),
    patient: chance.pick(PATIENTS),
    slots: several ? [first, first + 1] : [first],
    wish: chance.pick(WISHES),
    // Now and then two consumers think of the same key, or one uses it twice.
    key: chance.happens(0.3) ? undefined : chance.happens(0.15) ? `key-${chance.pick(['a', 'b'])}` : `key-${name}`,
    repeats: chance.pick([0, 1, 2, 4]),
    pauseMs: Math.floor(chance.pick([chance.between(0, 300), chance.between(SECOND, 30 * SECOND)])),
    patienceMs: chance.happens(0.2) ? Math.floor(chance.between(1, 8 * SECOND)) : undefined,
    answerLost: chance.happens(0.1),
  };
}

/**
 * A copy of a booking, at nearly the same time or later: an impatient consumer, a proxy that sends twice, one that asks
 * anew because it has not heard, with another key or none. Now and then it is another consumer's, which happens to have
 * the same key and the same wish.
 */
function twin(chance: Chance, name: string, step: BookStep): BookStep {
  const at = step.at + Math.floor(chance.between(0, chance.pick([2 * SECOND, 40 * SECOND])));
  const consumer = chance.happens(0.2) ? (step.consumer % 3) + 1 : step.consumer;
  const key = chance.pick([step.key, step.key, `key-${name}`, undefined]);
  return { ...step, name, at, consumer, key, patienceMs: undefined, answerLost: chance.happens(0.1) };
}

export function drawPlan(seed: string): Plan {
  const chance = createChance(`plan/${seed}`);
  const lookUp = chance.happens(0.07) ? 'none' : chance.pick(['by-patient', 'by-reference'] as const);
  const processes = chance.pick([1, 1, 2, 3]);
  const multiSlot = chance.happens(0.4);
  const steps: Step[] = [];
  const books = 4 + Math.floor(chance.between(0, 7));
  for (let n = 1; n <= books; n += 1) {
    const step = bookStep(chance, `book-${n}`, multiSlot);
    steps.push(step);
    if (chance.happens(0.2)) steps.push(twin(chance, `twin-${n}`, step));
    const changes = chance.pick([0, 0, 1, 2]);
    for (let m = 1; m <= changes; m += 1) {
      const kind = chance.pick(['cancel', 'cancel', 'amend', 'read'] as const);
      steps.push({
        kind,
        at: step.at + Math.floor(chance.between(100, 90 * SECOND)),
        name: `${kind}-${n}-${m}`,
        consumer: chance.happens(0.8) ? step.consumer : chance.pick([1, 2, 3]),
        of: step.name,
        quotes: chance.happens(0.6),
        repeats: chance.pick([0, 1, 3]),
        pauseMs: Math.floor(chance.between(50, 20 * SECOND)),
        patienceMs: chance.happens(0.1) ? Math.floor(chance.between(1, 6 * SECOND)) : undefined,
      });
    }
  }
  const count = (n: number): readonly number[] => Array.from({ length: n }, (_, index) => index + 1);
  const when = (): number => Math.floor(chance.between(0, BUSY_MS + MINUTE));
  for (const n of count(chance.pick([0, 0, 1, 2, 4]))) {
    const process = Math.floor(chance.between(0, processes));
    steps.push({
      kind: 'kill',
      at: when(),
      name: `kill-${n}`,
      process,
      downMs: Math.floor(chance.between(100, 30 * SECOND)),
    });
  }
  if (processes > 1) {
    for (const n of count(chance.pick([0, 0, 1, 2]))) {
      const process = Math.floor(chance.between(0, processes));
      steps.push({
        kind: 'pause',
        at: when(),
        name: `pause-${n}`,
        process,
        ms: Math.floor(chance.between(SECOND, 40 * SECOND)),
      });
    }
  }
  if (chance.happens(0.25)) {
    const [first, ...rest] = steps.filter((step) => step.kind === 'book');
    for (const n of count(3)) {
      const kind = chance.pick(['staff-books', 'staff-cancels'] as const);
      // The desk sells a place at the very moment at which somebody books it here, or the one beside it.
      const rival = first && chance.happens(0.6) ? chance.pick([first, ...rest]) : undefined;
      const at = rival ? rival.at + Math.floor(chance.between(0, 800)) : when();
      const slot = rival
        ? chance.pick([rival.slots[0] ?? 1, rival.slots[1] ?? 1])
        : 1 + Math.floor(chance.between(0, PLACES));
      steps.push({ kind, at, name: `staff-${n}`, slot });
    }
  }
  for (const n of count(chance.pick([0, 0, 1, 2]))) {
    steps.push({ kind: 'away', at: when(), name: `away-${n}`, ms: Math.floor(chance.between(SECOND, 40 * SECOND)) });
  }
  return {
    seed,
    lookUp,
    processes,
    multiSlot,
    settleMs: chance.pick([45, 60, 120]) * SECOND,
    lagMs: chance.pick([0, 2, 20]) * SECOND,
    trouble: chance.pick([0, 0.1, 0.25, 0.5]),
    ledgerTrouble: chance.pick([0, 0, 0.02, 0.1]),
    steps: steps.sort((a, b) => a.at - b.at),
    calmFrom: BUSY_MS + 90 * SECOND,
  };
}
