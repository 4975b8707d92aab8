/**
 * The fault matrix: what goes wrong, at which step, and what has to be true then. One row is one cell. The documented
 * HMIS API has no hold and no login, so its steps are these: `search` for slots, `place` (the slot is read again), `book`,
 * `look-up` (the answer to the booking was lost, and so is what is asked next) and `cancel`.
 */
import type { FaultScript } from '../../../src/connectors/simulation/faults.js';
import type { AttemptState } from '../../../src/ports/ledger.js';
import type { HmisSimulation } from '../../../src/connectors/hmis/simulator/simulator.js';

export type Step = 'search' | 'place' | 'book' | 'look-up' | 'cancel';
type Fault = FaultScript['fault'];

export interface Cell {
  /** Of the list of faults, F01 to F18. */
  readonly id: string;
  readonly step: Step;
  readonly title: string;
  readonly fault: Fault;
  readonly times?: number | 'always';
  /** What happens at the practice's desk while the call is under way. */
  readonly desk?: (practice: HmisSimulation, session: number) => void;
  /** HTTP status of the consumer's answer, and the code of its issue. */
  readonly answer: number | readonly [number, string];
  /** States in the audit trail when the consumer has its answer; the last one is the attempt's. */
  readonly trail: readonly AttemptState[];
  /** Bookings of ours that stand at the practice then. */
  readonly effects: 0 | 1;
  /** State once the settle time is over, and what stands then; the same as before where it is not said. */
  readonly later?: readonly [AttemptState, 0 | 1];
  /** The file that says so of the answer already: only in the long form. */
  readonly saidIn?: string;
}

const SENT = ['RECEIVED', 'CONFIRMING'] as const;
const OPEN = [...SENT, 'CONFIRM_OPEN'] as const;
const PROVEN = [...OPEN, 'BOOKED'] as const;
const CANCELLED_BY_PROOF = ['CANCELLING', 'CANCEL_OPEN', 'CANCELLED'] as const;

type Row = readonly [id: string, title: string, fault: Fault, more?: Partial<Cell>];

const bookings = (base: Pick<Cell, 'answer' | 'trail' | 'effects'> & Partial<Cell>, rows: readonly Row[]): Cell[] =>
  rows.map(([id, title, fault, more]) => ({ step: 'book', id, title, fault, ...base, ...more }));
const cancellations = (
  base: Pick<Cell, 'answer' | 'trail' | 'effects'> & Partial<Cell>,
  rows: readonly Row[],
): Cell[] => rows.map(([id, title, fault, more]) => ({ step: 'cancel', id, title, fault, ...base, ...more }));

/** Not executed, and nobody can know: open, and proven not to be there after the settle time. */
const NEVER = { answer: [504, 'timeout'], trail: OPEN, effects: 0, later: ['NOT_BOOKED', 0] } as const;
/** Executed: the look-up proves it while the consumer waits. */
const FOUND = { answer: 201, trail: PROVEN, effects: 1 } as const;
/** Not carried out: after the settle time a cancellation may be sent again. */
const UNCANCELLED = {
  answer: [504, 'timeout'],
  trail: ['CANCELLING', 'CANCEL_OPEN'],
  effects: 1,
  later: ['CANCELLED', 0],
} as const;
const SEEN_CANCELLED = { answer: 200, trail: CANCELLED_BY_PROOF, effects: 0 } as const;

const said = { saidIn: 'test/faults/practice-faults.test.ts' };
const saidOfCancelling = { saidIn: 'test/faults/cancellation-faults.test.ts' };
const json = (body: string, when: 'before' | 'after', headers: Record<string, string> = {}): Fault => ({
  kind: 'status',
  status: 200,
  body,
  headers,
  when,
});
const status = (code: number, when: 'before' | 'after', headers: Record<string, string> = {}): Fault => ({
  kind: 'status',
  status: code,
  body: { status: 'error', code },
  headers,
  when,
});
const refusal = (code: number, message: string): Fault => ({
  kind: 'status',
  status: code,
  body: { status: 'error', code, message },
});
/** The player puts the address of its decoy there. */
const DECOY = 'http://127.0.0.1:9/decoy';
const DEEP = '['.repeat(100_000);
const POLLUTED =
  '{"status":"success","code":200,"data":{"__proto__":{"status":"CONFIRMED"},"constructor":{"prototype":{}}}}';

export const BOOK_CELLS: readonly Cell[] = [
  ...bookings(NEVER, [
    ['F03', 'accepted, never answered, not executed', { kind: 'hang', when: 'before' }, said],
    ['F03', 'the connection ends without an answer, not executed', { kind: 'drop', when: 'before' }, said],
    ...[500, 502, 504].map((code): Row => ['F06', `${code}, not executed`, status(code, 'before')]),
    ['F06', '503, not executed', status(503, 'before'), said],
    ['F07', 'HTML with 200, not executed', { kind: 'html', status: 200, when: 'before' }],
    ['F07', 'an empty body, not executed', json('', 'before')],
    ['F07', 'a byte order mark, not executed', json('\ufeff{}', 'before')],
    ['F07', 'another charset, not executed', json('{}', 'before', { 'content-type': 'text/plain;charset=utf-16' })],
    ['F09', 'a hundred thousand brackets, not executed', { kind: 'not-json', body: DEEP, when: 'before' }],
    ['F09', '__proto__ as a member, not executed', json(POLLUTED, 'before')],
    ...[301, 302, 307, 308].map((code): Row => [
      'F11',
      `a redirect by ${code}`,
      { kind: 'redirect', to: DECOY, status: code, when: 'before' },
      code === 307 ? said : {},
    ]),
    ['F12', '429 with Retry-After', status(429, 'before', { 'retry-after': '1' })],
    ['F12', '503 with Retry-After', status(503, 'before', { 'retry-after': '1' })],
  ]),
  ...bookings(FOUND, [
    ['F04', 'executed, then the connection ends', { kind: 'drop', when: 'after' }, said],
    ['F04', 'executed, never answered', { kind: 'hang', when: 'after' }, said],
    ['F04', 'executed, half an answer', { kind: 'truncated' }, said],
    [
      'F05',
      'executed after our patience, while the consumer waits',
      { kind: 'delay', ms: 1_100, when: 'before' },
      said,
    ],
    ...[500, 502, 503, 504].map((code): Row => ['F06', `${code}, executed`, status(code, 'after')]),
    ['F07', 'HTML with 200, executed', { kind: 'html', status: 200, when: 'after' }],
    ['F07', 'an empty body, executed', json('', 'after')],
    ['F07', 'a byte order mark, executed', json('\ufeff{}', 'after')],
    ['F09', 'a byte now and then, executed', { kind: 'trickle', ms: 50, when: 'after' }],
    ['F09', 'a hundred megabytes, executed', { kind: 'huge', bytes: 100_000_000, when: 'after' }],
    ['F10', 'success for another session', { kind: 'system', name: 'other-session', when: 'after' }, said],
    ['F10', 'success for another patient', { kind: 'system', name: 'other-patient', when: 'after' }, said],
    ['F12', '429, though executed', status(429, 'after')],
  ]),
  ...bookings({ answer: [504, 'timeout'], trail: OPEN, effects: 0, later: ['BOOKED', 1] }, [
    ['F05', 'executed after the consumer has gone', { kind: 'delay', ms: 3_000, when: 'before' }],
  ]),
  ...bookings({ answer: [503, 'transient'], trail: [...SENT, 'NOT_BOOKED'], effects: 0 }, [
    ['F08', 'a refused key', { kind: 'system', name: 'key-expired' }, said],
  ]),
  ...bookings({ answer: [409, 'duplicate'], trail: [...SENT, 'REJECTED'], effects: 0 }, [
    ['F13', 'the session is full by now', refusal(409, 'Session is full'), said],
    ['F13', 'the session has gone by now', refusal(404, 'Session not found')],
    [
      'F13',
      'the session is cancelled while the call is under way',
      { kind: 'delay', ms: 300, when: 'before' },
      { desk: ({ hmis }, sessionInstanceId) => hmis.desk({ action: 'cancel-session', sessionInstanceId }) },
    ],
    [
      'F13',
      'the doctor goes on holiday while the call is under way',
      { kind: 'delay', ms: 300, when: 'before' },
      { desk: ({ hmis }, sessionInstanceId) => hmis.desk({ action: 'holiday', sessionInstanceId }) },
    ],
    [
      'F18',
      'the desk books the place while the call is under way',
      { kind: 'delay', ms: 300, when: 'before' },
      { desk: ({ hmis }, sessionInstanceId) => hmis.desk({ action: 'book', sessionInstanceId }) },
    ],
  ]),
];

const lookUps = (base: Pick<Cell, 'answer' | 'trail' | 'effects'> & Partial<Cell>, rows: readonly Row[]): Cell[] =>
  rows.map(([id, title, fault, more]) => ({ step: 'look-up', id, title, fault, ...base, ...more }));
/** Executed, and while the consumer waits nobody can be asked: never "not booked". */
const UNSEEN = { answer: [504, 'timeout'], trail: OPEN, effects: 1, times: 'always', later: ['BOOKED', 1] } as const;

export const LOOK_UP_CELLS: readonly Cell[] = [
  ...lookUps(UNSEEN, [
    ['F03', 'no answer', { kind: 'hang', when: 'before' }],
    ['F06', '500', status(500, 'before')],
    ['F07', 'HTML with 200', { kind: 'html', status: 200, when: 'before' }],
    ['F07', 'an empty body', json('', 'before')],
    ['F08', 'a refused key', { kind: 'system', name: 'key-expired' }],
    ['F09', 'half an answer', { kind: 'truncated' }],
    ['F09', 'a hundred megabytes', { kind: 'huge', bytes: 100_000_000, when: 'before' }],
    ['F10', 'an answer of another shape', { kind: 'wrong-envelope', when: 'before' }],
    ['F11', 'a redirect', { kind: 'redirect', to: DECOY, when: 'before' }],
    ['F12', '429 with Retry-After', status(429, 'before', { 'retry-after': '1' })],
    ['F14', 'a list that lags behind', json('{"status":"success","code":200,"data":[]}', 'before')],
    ['F14', '406 for nothing found', refusal(406, 'No bookings found')],
  ]),
  ...lookUps({ answer: 201, trail: PROVEN, effects: 1 }, [
    ['F14', 'a list that lags once', json('{"status":"success","code":200,"data":[]}', 'before'), { times: 1 }],
    ['F06', '500 once', status(500, 'before'), { times: 1 }],
  ]),
];

export const CANCEL_CELLS: readonly Cell[] = [
  ...cancellations(UNCANCELLED, [
    ['F03', 'accepted, never answered, not executed', { kind: 'hang', when: 'before' }, saidOfCancelling],
    ...[500, 502, 504].map((code): Row => ['F06', `${code}, not executed`, status(code, 'before')]),
    ['F07', 'HTML with 200, not executed', { kind: 'html', status: 200, when: 'before' }],
    ['F07', 'an empty body, not executed', json('', 'before')],
    ['F09', '__proto__ as a member, not executed', json(POLLUTED, 'before')],
    ['F11', 'a redirect', { kind: 'redirect', to: DECOY, status: 308, when: 'before' }],
    ['F12', '429 with Retry-After', status(429, 'before', { 'retry-after': '1' })],
  ]),
  ...cancellations(SEEN_CANCELLED, [
    ['F04', 'executed, then the connection ends', { kind: 'drop', when: 'after' }, saidOfCancelling],
    ['F04', 'executed, never answered', { kind: 'hang', when: 'after' }, saidOfCancelling],
    ['F05', 'executed after our patience', { kind: 'delay', ms: 1_100, when: 'before' }, saidOfCancelling],
    ...[500, 502, 503].map((code): Row => ['F06', `${code}, executed`, status(code, 'after')]),
    ['F07', 'an empty body, executed', json('', 'after')],
    ['F09', 'a hundred megabytes, executed', { kind: 'huge', bytes: 100_000_000, when: 'after' }],
  ]),
  ...cancellations({ answer: [503, 'transient'], trail: ['CANCELLING', 'BOOKED'], effects: 1 }, [
    ['F08', 'a refused key', { kind: 'system', name: 'key-expired' }, saidOfCancelling],
  ]),
  ...cancellations({ answer: [422, 'invalid'], trail: ['CANCELLING', 'BOOKED'], effects: 1 }, [
    ['F13', 'the visit is over', refusal(409, 'Booking is already completed'), saidOfCancelling],
  ]),
  ...cancellations({ answer: 200, trail: ['CANCELLING', 'CANCELLED'], effects: 0 }, [
    [
      'F18',
      'the desk cancels while the call is under way',
      { kind: 'delay', ms: 300, when: 'before' },
      {
        desk: ({ hmis }, session) => {
          const made = hmis.bookings().findLast((one) => one.sessionInstanceId === session && !one.cancelled);
          if (made) hmis.desk({ action: 'cancel', bookingId: made.bookingId });
        },
      },
    ],
  ]),
];

type ReadRow = readonly [id: string, title: string, fault: Fault, answer: number, code: string];

const READS: readonly ReadRow[] = [
  ['F03', 'no answer', { kind: 'hang', when: 'before' }, 504, 'timeout'],
  ['F06', '500', status(500, 'before'), 503, 'transient'],
  ['F06', '503', status(503, 'before'), 503, 'transient'],
  ['F07', 'HTML with 200', { kind: 'html', status: 200, when: 'before' }, 502, 'exception'],
  ['F07', 'an empty body', json('', 'before'), 502, 'exception'],
  ['F07', 'a byte order mark', json('\ufeff{}', 'before'), 502, 'exception'],
  ['F08', 'a refused key', { kind: 'system', name: 'key-expired' }, 503, 'transient'],
  ['F09', 'half an answer', { kind: 'truncated' }, 502, 'exception'],
  ['F09', 'a byte now and then', { kind: 'trickle', ms: 50, when: 'after' }, 504, 'timeout'],
  ['F09', 'a hundred megabytes', { kind: 'huge', bytes: 100_000_000, when: 'before' }, 502, 'exception'],
  ['F09', 'a hundred thousand brackets', { kind: 'not-json', body: DEEP, when: 'before' }, 502, 'exception'],
  ['F09', '__proto__ as a member', json(POLLUTED, 'before'), 502, 'exception'],
  ['F11', 'a redirect', { kind: 'redirect', to: DECOY, when: 'before' }, 502, 'exception'],
  ['F12', '429 with Retry-After', status(429, 'before', { 'retry-after': '1' }), 503, 'transient'],
];

export const READ_CELLS: readonly Cell[] = (['search', 'place'] as const).flatMap((step) =>
  READS.map(([id, title, fault, answer, code]) => ({
    step,
    id,
    title,
    fault,
    times: 'always' as const,
    answer: [answer, code] as const,
    // Nothing is claimed and nothing is sent.
    trail: [],
    effects: 0 as const,
  })),
);
