/** The checker itself: good histories pass, and each of these bad ones is flagged by the rule it breaks. */
import { describe, expect, it } from 'vitest';
import type { AttemptState } from '../../src/ports/ledger.js';
import { checkHistory, type Rule } from './checker.js';
import type { Effect, FinalRow, History, HistoryEvent, Invoke, Return } from './history.js';

const HUB = 'hub-1/Z99901';

interface Asked extends Partial<Omit<Invoke, 'type' | 'at' | 'op'>> {
  readonly at: number;
  readonly answer?: Partial<Omit<Return, 'type' | 'op'>>;
}

/** A request and its answer. */
function asks(op: string, { at, answer, ...asked }: Asked): HistoryEvent[] {
  const invoke: Invoke = {
    type: 'invoke',
    at,
    op,
    kind: 'book',
    principal: HUB,
    key: `key-${op}`,
    content: 'slot-1 for ann',
    slots: ['slot-1'],
    patient: 'ann',
    ...asked,
  };
  if (!answer) return [invoke];
  return [invoke, { type: 'return', op, at: at + 9, result: 'ok', ...answer }];
}

function change(at: number, attempt: string, state: AttemptState, version: number, more: object = {}): HistoryEvent {
  return { type: 'change', at, attempt, state, version, revision: 1, slots: ['slot-1'], ...more };
}

const claim = (at: number, attempt: string, op: string, more: object = {}): HistoryEvent =>
  change(at, attempt, 'RECEIVED', 1, { claimedBy: { principal: HUB, key: `key-${op}`, op }, ...more });

function effect(at: number, ref: string, more: Partial<Effect> = {}): HistoryEvent {
  return { type: 'effect', at, write: 'book', by: 'gateway', ref, slot: 'slot-1', patient: 'ann', ...more };
}

const sendBook = (at: number, attempt: string, op: string): HistoryEvent => ({
  type: 'send',
  at,
  write: 'book',
  attempt,
  op,
});

const row = (attempt: string, state: AttemptState, refs: readonly string[] = [], told = true): FinalRow => ({
  attempt,
  state,
  refs,
  told,
});

/** A booking as it should go, from `at` on. */
function booked(attempt: string, ref: string, op: string, at = 0): HistoryEvent[] {
  return [
    claim(at + 1, attempt, op),
    change(at + 2, attempt, 'CONFIRMING', 2),
    sendBook(at + 3, attempt, op),
    effect(at + 4, ref, { attempt }),
    change(at + 5, attempt, 'BOOKED', 3),
  ];
}

/** A cancellation as it should go. */
function cancels(op: string, attempt: string, ref: string, at: number): HistoryEvent[] {
  return [
    change(at + 1, attempt, 'CANCELLING', 4),
    { type: 'send', at: at + 2, write: 'cancel', ref, op },
    effect(at + 3, ref, { write: 'cancel', attempt }),
    change(at + 4, attempt, 'CANCELLED', 5, { revision: 2 }),
  ];
}

const sorted = (...events: readonly (HistoryEvent | readonly HistoryEvent[])[]): HistoryEvent[] =>
  events.flat().sort((a, b) => a.at - b.at);

function history(events: readonly HistoryEvent[], rows: readonly FinalRow[], more: Partial<History> = {}): History {
  return {
    events,
    rows,
    listed: [],
    capacity: 1,
    audit: { requests: 1, requestEvents: 1, chainHolds: true },
    texts: [],
    canaries: ['canary'],
    ...more,
  };
}

const one = asks('1', { at: 0, answer: { appointment: 'A', version: '1' } });
const good = sorted(one, booked('A', 'b1', '1'));
const goodRows = [row('A', 'BOOKED', ['b1'])];
const cancelOne = asks('c', { at: 20, kind: 'cancel', appointment: 'A', quotes: '1', answer: { appointment: 'A' } });

const GOOD: readonly [string, History][] = [
  ['a booking', history(good, goodRows)],
  [
    'a booking that was cancelled',
    history(sorted(good, cancelOne, cancels('c', 'A', 'b1', 20)), [row('A', 'CANCELLED', ['b1'])]),
  ],
  [
    'an answer that was lost, and a repeat that is told',
    history(
      sorted(
        asks('1', { at: 0, answer: { result: 'info', code: 'outcome-unknown' } }),
        booked('A', 'b1', '1'),
        asks('2', { at: 30, key: 'key-1', answer: { appointment: 'A', replayed: true } }),
      ),
      goodRows,
    ),
  ],
  [
    'a refusal',
    history(
      sorted(asks('1', { at: 0, answer: { result: 'fail', code: 'slot-taken' } }), [
        claim(1, 'A', '1'),
        change(2, 'A', 'CONFIRMING', 2),
        sendBook(3, 'A', '1'),
        change(4, 'A', 'REJECTED', 3),
      ]),
      [row('A', 'REJECTED')],
    ),
  ],
  [
    'a booking whose consumer has left, on the list of the operator',
    history(
      sorted(asks('1', { at: 0 }), booked('A', 'b1', '1'), { type: 'gone', at: 4, op: '1' }),
      [row('A', 'BOOKED', ['b1'], false)],
      { listed: ['A'] },
    ),
  ],
  [
    'what only a person can decide',
    history(
      sorted(asks('1', { at: 0 }), booked('A', 'b1', '1').slice(0, 4), change(50, 'A', 'NEEDS_HUMAN', 3)),
      [row('A', 'NEEDS_HUMAN')],
      { listed: ['A'] },
    ),
  ],
  [
    'a booking that staff cancelled',
    history(sorted(good, effect(40, 'b1', { write: 'cancel', by: 'staff' })), goodRows),
  ],
];

const BAD: readonly [string, Rule, History][] = [
  [
    'an acknowledged booking that never was',
    'C1',
    history(
      good.filter(({ type }) => type !== 'effect'),
      goodRows,
    ),
  ],
  [
    'an acknowledged booking for somebody else',
    'C1',
    history(
      good.map((event) => (event.type === 'effect' ? { ...event, patient: 'bob' } : event)),
      goodRows,
    ),
  ],
  [
    'an acknowledged booking at another place',
    'C1',
    history(
      good.map((event) => (event.type === 'effect' ? { ...event, slot: 'slot-2' } : event)),
      goodRows,
    ),
  ],
  [
    'an acknowledged booking that is lost later',
    'C1',
    history(sorted(good, effect(60, 'b1', { write: 'cancel' })), goodRows),
  ],
  ['an operation that is booked twice', 'C2', history(sorted(good, effect(7, 'b2', { attempt: 'A' })), goodRows)],
  [
    'a second attempt of one key, booked beside the first',
    'C2',
    history(
      sorted(
        asks('1', { at: 0, answer: { result: 'info' } }),
        booked('A', 'b1', '1'),
        asks('2', { at: 30, key: 'key-1', answer: { result: 'info' } }),
        booked('B', 'b2', '1', 30),
      ),
      [row('A', 'BOOKED', ['b1']), row('B', 'BOOKED', ['b2'])],
    ),
  ],
  [
    'a refused operation that is booked',
    'C3',
    history(
      sorted(asks('1', { at: 0, answer: { result: 'fail', code: 'slot-taken' } }), booked('A', 'b1', '1')),
      goodRows,
    ),
  ],
  [
    'an attempt that ended without a booking, which comes later',
    'C3',
    history(
      sorted(
        asks('1', { at: 0, answer: { result: 'info' } }),
        booked('A', 'b1', '1').slice(0, 3),
        change(5, 'A', 'NOT_BOOKED', 3),
        effect(99, 'b1', { attempt: 'A' }),
      ),
      [row('A', 'NOT_BOOKED')],
    ),
  ],
  [
    'an acknowledged cancellation of what stands',
    'C4',
    history(
      sorted(
        good,
        cancelOne,
        cancels('c', 'A', 'b1', 20).filter(({ type }) => type !== 'effect'),
      ),
      [row('A', 'CANCELLED', ['b1'])],
    ),
  ],
  [
    'a cancellation that nobody asked for',
    'C4',
    history(sorted(good, cancels('c', 'A', 'b1', 20)), [row('A', 'CANCELLED', ['b1'])]),
  ],
  [
    'a booking that the ledger does not know',
    'C5',
    history(sorted(good, effect(50, 'b9', { attempt: 'Z', slot: 'slot-2' })), goodRows),
  ],
  ['an unclaimed booking that no operator sees', 'C5', history(good, [row('A', 'BOOKED', ['b1'], false)])],
  [
    'a row that stays open',
    'C6',
    history(sorted(asks('1', { at: 0 }), booked('A', 'b1', '1').slice(0, 3)), [row('A', 'CONFIRMING')]),
  ],
  [
    'a row that waits for a person whom nobody asks',
    'C6',
    history(sorted(asks('1', { at: 0 }), booked('A', 'b1', '1').slice(0, 3), change(9, 'A', 'NEEDS_HUMAN', 3)), [
      row('A', 'NEEDS_HUMAN'),
    ]),
  ],
  [
    'a place sold twice',
    'C7',
    history(
      sorted(good, asks('2', { at: 30, patient: 'bob', answer: { appointment: 'B' } }), booked('B', 'b2', '2', 30)),
      [...goodRows, row('B', 'BOOKED', ['b2'])],
    ),
  ],
  [
    'a place claimed while another attempt is open there',
    'C7',
    history(
      sorted(asks('1', { at: 0, answer: { result: 'info' } }), [
        claim(1, 'A', '1'),
        change(2, 'A', 'CONFIRMING', 2),
        claim(3, 'B', '2'),
        change(4, 'B', 'NOT_BOOKED', 2),
        change(5, 'A', 'NOT_BOOKED', 3),
      ]),
      [row('A', 'NOT_BOOKED'), row('B', 'NOT_BOOKED')],
    ),
  ],
  [
    "a principal that got another's answer",
    'C8',
    history(
      sorted(
        good,
        asks('2', { at: 30, principal: 'hub-2/Z99902', key: 'key-1', answer: { appointment: 'A', replayed: true } }),
      ),
      goodRows,
    ),
  ],
  [
    'a repeat that is told no',
    'C8',
    history(
      sorted(good, asks('2', { at: 30, key: 'key-1', answer: { result: 'fail', code: 'slot-taken' } })),
      goodRows,
    ),
  ],
  [
    'an equal booking without its key that is told no, after an answer that was lost',
    'C8',
    history(
      sorted(
        asks('1', { at: 0, answer: { result: 'info', code: 'answer-lost', appointment: 'A' } }),
        booked('A', 'b1', '1'),
        asks('2', { at: 30, answer: { result: 'fail', code: 'slot-taken' } }),
      ),
      goodRows,
    ),
  ],
  [
    'a write that is older than its intent',
    'C9',
    history(
      sorted(
        one,
        booked('A', 'b1', '1').map((event) => (event.type === 'send' ? { ...event, at: 1.5 } : event)),
      ),
      goodRows,
    ),
  ],
  [
    'a request without its audit event',
    'C9',
    history(good, goodRows, { audit: { requests: 2, requestEvents: 1, chainHolds: true } }),
  ],
  ['a broken chain', 'C9', history(good, goodRows, { audit: { requests: 1, requestEvents: 1, chainHolds: false } })],
  [
    'a write for a consumer that has left',
    'C10',
    history(
      sorted(asks('1', { at: 0, answer: { result: 'info' } }), booked('A', 'b1', '1'), {
        type: 'gone',
        at: 2.5,
        op: '1',
      }),
      goodRows,
    ),
  ],
  [
    'two changes of one version',
    'C11',
    history(
      sorted(
        good,
        asks('x', { at: 20, kind: 'amend', appointment: 'A', quotes: '1', answer: { appointment: 'A', version: '2' } }),
        asks('y', { at: 40, kind: 'amend', appointment: 'A', quotes: '1', answer: { appointment: 'A', version: '3' } }),
      ),
      goodRows,
    ),
  ],
  ['a version that goes back', 'C11', history(sorted(good, change(30, 'A', 'BOOKED', 3)), goodRows)],
  ['a patient in a log', 'C12', history(good, goodRows, { texts: ['booked for canary'] })],
];

describe('the history checker', () => {
  it.each(GOOD)('has nothing to say of %s', (_name, of) => {
    expect(checkHistory(of)).toEqual([]);
  });

  it.each(BAD)('flags %s (%s)', (_name, rule, of) => {
    expect(checkHistory(of).map((violation) => violation.rule)).toContain(rule);
  });

  it('has a bad history for every rule', () => {
    const rules = new Set(BAD.map(([, rule]) => rule));
    expect(rules.size).toBe(12);
    expect(BAD.length).toBeGreaterThanOrEqual(20);
  });
});
