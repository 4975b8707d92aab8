/**
 * Whether a history keeps the promises C1 to C12. A pure function over event records: linear in their number, because
 * places are independent of each other.
 */
import { MINUTE } from '../../src/domain/time.js';
import { LIVE_STATES, OPEN_STATES, type AttemptState } from '../../src/ports/ledger.js';
import type { Change, Effect, FinalRow, History, Invoke, Return, Send } from './history.js';

export type Rule = 'C1' | 'C2' | 'C3' | 'C4' | 'C5' | 'C6' | 'C7' | 'C8' | 'C9' | 'C10' | 'C11' | 'C12';

export interface Violation {
  readonly rule: Rule;
  readonly text: string;
}

interface Booking {
  readonly ref: string;
  readonly slot: string;
  readonly patient: string;
  readonly attempt: string | undefined;
  readonly from: number;
  until: number;
  cancelledBy: 'gateway' | 'staff' | undefined;
}

interface Operation {
  readonly invoke: Invoke;
  answer: Return | undefined;
  goneAt: number;
}

interface Facts {
  readonly history: History;
  readonly operations: ReadonlyMap<string, Operation>;
  readonly bookings: ReadonlyMap<string, Booking>;
  readonly bookingsOf: ReadonlyMap<string, readonly Booking[]>;
  readonly changesOf: ReadonlyMap<string, readonly Change[]>;
  readonly rows: ReadonlyMap<string, FinalRow>;
  readonly sends: readonly (Send & { readonly index: number })[];
  /** Attempts claimed under one principal and key. */
  readonly attemptsOf: ReadonlyMap<string, readonly string[]>;
}

type Report = (rule: Rule, text: string) => void;

const group = <K, V>(map: Map<K, V[]>, key: K, value: V): void => {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
};
const keyOf = (principal: string, key: string): string => `${principal}\n${key}`;
const LATER = Infinity;

function readFacts(history: History): Facts {
  const operations = new Map<string, Operation>();
  const bookings = new Map<string, Booking>();
  const bookingsOf = new Map<string, Booking[]>();
  const changesOf = new Map<string, Change[]>();
  const attemptsOf = new Map<string, string[]>();
  const sends: (Send & { index: number })[] = [];
  const applyEffect = (effect: Effect): void => {
    if (effect.write === 'cancel') {
      const booking = bookings.get(effect.ref);
      if (booking?.until === LATER) Object.assign(booking, { until: effect.at, cancelledBy: effect.by });
      return;
    }
    const { ref, slot, patient, attempt, at } = effect;
    const booking: Booking = { ref, slot, patient, attempt, from: at, until: LATER, cancelledBy: undefined };
    bookings.set(ref, booking);
    if (attempt !== undefined) group(bookingsOf, attempt, booking);
  };
  history.events.forEach((event, index) => {
    switch (event.type) {
      case 'invoke':
        operations.set(event.op, { invoke: event, answer: undefined, goneAt: LATER });
        break;
      case 'return': {
        const operation = operations.get(event.op);
        if (operation) operation.answer ??= event;
        break;
      }
      case 'gone': {
        const operation = operations.get(event.op);
        if (operation) operation.goneAt = Math.min(operation.goneAt, event.at);
        break;
      }
      case 'send':
        sends.push({ ...event, index });
        break;
      case 'effect':
        applyEffect(event);
        break;
      case 'change':
        group(changesOf, event.attempt, event);
        if (event.claimedBy) {
          group(attemptsOf, keyOf(event.claimedBy.principal, event.claimedBy.key), event.attempt);
        }
        break;
      default:
        break;
    }
  });
  const rows = new Map(history.rows.map((row) => [row.attempt, row]));
  return { history, operations, bookings, bookingsOf, changesOf, rows, sends, attemptsOf };
}

const liveAtEnd = (booking: Booking): boolean => booking.until === LATER;
const of = (facts: Facts, attempt: string): readonly Booking[] => facts.bookingsOf.get(attempt) ?? [];
const byStaff = (facts: Facts, attempt: string): boolean =>
  of(facts, attempt).some((booking) => booking.cancelledBy === 'staff');

/** Requests to cancel this appointment that may have done so. */
function cancelRequests(facts: Facts, attempt: string): Operation[] {
  return [...facts.operations.values()].filter(
    ({ invoke, answer }) =>
      invoke.kind === 'cancel' && invoke.appointment === attempt && (!answer || answer.result !== 'fail'),
  );
}

/** C1: what was acknowledged exists exactly once, at its place, for its patient, and is not lost later. */
function acknowledged(facts: Facts, report: Report): void {
  for (const { invoke, answer } of facts.operations.values()) {
    if (invoke.kind !== 'book' || answer?.result !== 'ok') continue;
    const attempt = answer.appointment ?? '';
    const all = of(facts, attempt);
    const cancelled = cancelRequests(facts, attempt).length > 0;
    for (const slot of invoke.slots ?? []) {
      const here = all.filter((booking) => booking.slot === slot && booking.patient === invoke.patient);
      const live = here.filter(liveAtEnd);
      const lost = live.length === 0 && !cancelled && !here.some(({ cancelledBy }) => cancelledBy === 'staff');
      if (live.length > 1 || lost || here.length === 0 || !here.some(({ from }) => from <= answer.at)) {
        report('C1', `${invoke.op} was told that ${attempt} has ${slot}; the practice has it ${live.length} times`);
      }
    }
    if (all.some((booking) => liveAtEnd(booking) && !(invoke.slots ?? []).includes(booking.slot))) {
      report('C1', `${attempt} stands at another place than ${invoke.op} was told`);
    }
  }
}

/** C2: no operation has more than one live booking, over all its references. */
function single(facts: Facts, report: Report): void {
  for (const [key, attempts] of facts.attemptsOf) {
    const bySlot = new Map<string, Booking[]>();
    for (const attempt of attempts) {
      for (const booking of of(facts, attempt)) if (liveAtEnd(booking)) group(bySlot, booking.slot, booking);
    }
    const holders = new Set([...bySlot.values()].flat().map(({ attempt }) => attempt));
    const twice = [...bySlot.values()].some((live) => live.length > 1) || holders.size > 1;
    if (twice) report('C2', `${key.replace('\n', ' ')} has more than one live booking`);
  }
}

const ENDED: ReadonlySet<AttemptState> = new Set<AttemptState>(['REJECTED', 'NOT_BOOKED']);

/** C3: a refused operation has no booking from then on, and neither has an attempt that ended without one. */
function refused(facts: Facts, report: Report): void {
  for (const { invoke, answer } of facts.operations.values()) {
    if (invoke.kind !== 'book' || answer?.result !== 'fail') continue;
    // A key used for something else is refused without a word about what it was used for first.
    if (answer.code === 'idempotency-key-reused') continue;
    for (const attempt of facts.attemptsOf.get(keyOf(invoke.principal, invoke.key ?? '')) ?? []) {
      const changes = facts.changesOf.get(attempt) ?? [];
      // Another request with the same key, sent at the same time or later, may book after all.
      const [claim] = changes;
      if (claim === undefined || (claim.at > invoke.at && claim.claimedBy?.op !== invoke.op)) continue;
      const wrong = of(facts, attempt).find((booking) => booking.until > answer.at);
      if (wrong) report('C3', `${invoke.op} was refused (${answer.code ?? ''}), and ${attempt} has ${wrong.ref}`);
    }
  }
  for (const [attempt, changes] of facts.changesOf) {
    const last = changes[changes.length - 1];
    if (!last || !ENDED.has(last.state)) continue;
    const wrong = of(facts, attempt).find((booking) => booking.until > last.at);
    if (wrong) report('C3', `${attempt} ended as ${last.state}, and ${wrong.ref} stands`);
  }
}

/** C4: what was acknowledged as cancelled is, and nothing is cancelled that nobody asked to cancel. */
function cancelled(facts: Facts, report: Report): void {
  for (const { invoke, answer } of facts.operations.values()) {
    if (invoke.kind !== 'cancel' || answer?.result !== 'ok') continue;
    const attempt = invoke.appointment ?? '';
    const wrong = of(facts, attempt).find((booking) => booking.until > answer.at);
    if (wrong) report('C4', `${invoke.op} was told that ${attempt} is cancelled, and ${wrong.ref} stands`);
  }
  for (const booking of facts.bookings.values()) {
    if (booking.cancelledBy !== 'gateway') continue;
    const { attempt = '', until } = booking;
    const asked = [...facts.operations.values()].some(
      ({ invoke }) => invoke.kind === 'cancel' && invoke.appointment === attempt && invoke.at <= until,
    );
    const takenBack = (facts.changesOf.get(attempt) ?? []).some(({ state, at }) => state === 'UNDOING' && at <= until);
    if (!asked && !takenBack) report('C4', `nobody asked to cancel ${booking.ref} of ${attempt || 'nobody here'}`);
  }
}

/** C5: every live booking made through us belongs to a row that says so. */
function known(facts: Facts, report: Report): void {
  const listed = new Set(facts.history.listed);
  for (const booking of facts.bookings.values()) {
    if (booking.attempt === undefined || !liveAtEnd(booking)) continue;
    const row = facts.rows.get(booking.attempt);
    const owned = row?.state === 'BOOKED' && row.refs.includes(booking.ref);
    const asked = row?.state === 'NEEDS_HUMAN' && listed.has(row.attempt);
    if (!owned && !asked) report('C5', `${booking.ref} of ${booking.attempt} stands; its row: ${row?.state ?? 'none'}`);
    if (row?.state === 'BOOKED' && !row.told && !listed.has(row.attempt)) {
      report('C5', `${row.attempt} is booked, nobody was told, and no operator sees it`);
    }
  }
}

/** C6: nothing is left open, and what was open agrees with the practice. */
function settled(facts: Facts, report: Report): void {
  const listed = new Set(facts.history.listed);
  for (const { attempt, state } of facts.history.rows) {
    const live = of(facts, attempt).filter(liveAtEnd).length;
    if (OPEN_STATES.has(state)) report('C6', `${attempt} is still ${state}`);
    if (state === 'NEEDS_HUMAN' && !listed.has(attempt)) report('C6', `${attempt} waits for a person whom nobody asks`);
    if (state === 'BOOKED' && live === 0 && !byStaff(facts, attempt)) {
      report('C6', `${attempt} is BOOKED, and the practice has nothing`);
    }
    if (state === 'CANCELLED' && live > 0) report('C6', `${attempt} is CANCELLED, and the practice has it`);
  }
}

/** C7: at no moment do live bookings and open attempts of a place exceed its capacity. Places that staff used excepted. */
function withinCapacity(facts: Facts, report: Report): void {
  const { events, capacity } = facts.history;
  const staffed = new Set<string>();
  for (const event of events) if (event.type === 'effect' && event.by === 'staff') staffed.add(event.slot);
  /** Attempts that hold a place in the ledger, and those that hold it at the practice. */
  const open = new Map<string, Set<string>>();
  const live = new Map<string, Map<string, string>>();
  const told = new Set<string>();
  const look = (slot: string, at: number): void => {
    if (staffed.has(slot) || told.has(slot)) return;
    const there = [...(live.get(slot)?.values() ?? [])];
    const holders = new Set([...there, ...(open.get(slot) ?? [])]);
    if (there.length <= capacity && holders.size <= capacity) return;
    told.add(slot);
    report('C7', `${slot} is held by ${[...holders].join(' and ')} at ${at}, ${there.length} of them live`);
  };
  for (const event of events) {
    if (event.type === 'effect' && event.by === 'gateway') {
      const here = live.get(event.slot) ?? new Map<string, string>();
      live.set(event.slot, here);
      if (event.write === 'book') here.set(event.ref, event.attempt ?? event.ref);
      else here.delete(event.ref);
      look(event.slot, event.at);
    } else if (event.type === 'change') {
      const holds = LIVE_STATES.has(event.state) && event.state !== 'BOOKED';
      for (const slot of event.slots) {
        const here = open.get(slot) ?? new Set<string>();
        open.set(slot, here);
        if (holds) here.add(event.attempt);
        else here.delete(event.attempt);
        look(slot, event.at);
      }
    }
  }
}

/** C8: equal keys get equal answers, and no principal gets another's. */
function equalAnswers(facts: Facts, report: Report): void {
  const byKey = new Map<string, Operation[]>();
  const ownerOf = new Map<string, string>();
  for (const operation of facts.operations.values()) {
    const { invoke, answer } = operation;
    if (invoke.kind !== 'book' || invoke.key === undefined) continue;
    group(byKey, keyOf(invoke.principal, invoke.key), operation);
    if (answer?.result !== 'ok') continue;
    const appointment = answer.appointment ?? '';
    const owner = ownerOf.get(appointment) ?? invoke.principal;
    ownerOf.set(appointment, owner);
    if (owner !== invoke.principal) report('C8', `${owner} and ${invoke.principal} both got ${appointment}`);
  }
  for (const [key, operations] of byKey) {
    const answered = operations.filter(({ answer }) => answer?.result === 'ok');
    for (const [index, first] of answered.entries()) {
      for (const second of answered.slice(index + 1)) {
        if (first.invoke.content !== second.invoke.content) {
          report('C8', `${key.replace('\n', ' ')} got an answer for another content`);
        } else if (first.answer?.appointment !== second.answer?.appointment && !gaveWay(facts, first, second)) {
          report('C8', `${first.invoke.op} and ${second.invoke.op} got different appointments for one key`);
        }
      }
      const appointment = first.answer?.appointment ?? '';
      if (cancelRequests(facts, appointment).length > 0 || byStaff(facts, appointment)) continue;
      const denied = operations.find(
        ({ invoke, answer }) =>
          invoke.content === first.invoke.content &&
          invoke.at > (first.answer?.at ?? LATER) &&
          answer?.result === 'fail',
      );
      if (denied) {
        report('C8', `${first.invoke.op} was told that it has ${appointment}, and its repeat ${denied.invoke.op} no`);
      }
    }
  }
}

const CONTENT_WINDOW_MS = 10 * MINUTE;

/**
 * C8, without a key or with another one: who asks for the same again soon after does not hear that it cannot have what
 * it has, though the answer that told it so was lost.
 */
function equalContents(facts: Facts, report: Report): void {
  const byContent = new Map<string, Operation[]>();
  for (const operation of facts.operations.values()) {
    const { principal, content, kind } = operation.invoke;
    if (kind === 'book' && content !== undefined) group(byContent, keyOf(principal, content), operation);
  }
  for (const operations of byContent.values()) {
    const had = operations.flatMap(({ invoke, answer }) =>
      answer?.appointment === undefined ? [] : [{ op: invoke.op, at: answer.at, appointment: answer.appointment }],
    );
    if (had.some(({ appointment }) => cancelRequests(facts, appointment).length > 0 || byStaff(facts, appointment))) {
      continue;
    }
    for (const { op, at, appointment } of had) {
      const claimedAt = facts.changesOf.get(appointment)?.[0]?.at ?? at;
      const denied = operations.find(
        ({ invoke, answer }) =>
          invoke.at > at &&
          (answer?.at ?? LATER) <= claimedAt + CONTENT_WINDOW_MS &&
          answer?.result === 'fail' &&
          answer.code !== 'idempotency-key-reused',
      );
      if (denied) report('C8', `${op} was answered with ${appointment}, and the equal ${denied.invoke.op} with a no`);
    }
  }
}

/** An appointment that was cancelled and whose attempt was then given up does not bind its key any more. */
function gaveWay(facts: Facts, ...operations: readonly Operation[]): boolean {
  return operations.some(({ answer }) => ENDED.has(facts.rows.get(answer?.appointment ?? '')?.state ?? 'BOOKED'));
}

const INTENTS: Record<Send['write'], ReadonlySet<AttemptState>> = {
  book: new Set<AttemptState>(['CONFIRMING']),
  cancel: new Set<AttemptState>(['CANCELLING', 'CANCEL_OPEN', 'UNDOING']),
};

/** C9: an older intent and audit row for every write; as many audit events as requests; an unbroken chain. */
function audited(facts: Facts, report: Report): void {
  const { audit, events } = facts.history;
  const indexes = new Map<Change, number>();
  events.forEach((event, index) => event.type === 'change' && indexes.set(event, index));
  for (const { write, attempt, ref, index, at } of facts.sends) {
    const owner = attempt ?? facts.bookings.get(ref ?? '')?.attempt ?? '';
    const intended = (facts.changesOf.get(owner) ?? []).some(
      (change) => INTENTS[write].has(change.state) && (indexes.get(change) ?? LATER) < index,
    );
    if (!intended)
      report('C9', `${write} for ${owner || ref || 'nobody'} was sent at ${at} before it was written down`);
  }
  if (audit.requests !== audit.requestEvents) {
    report('C9', `${audit.requests} requests, ${audit.requestEvents} audit events`);
  }
  if (!audit.chainHolds) report('C9', 'the chain of the audit trail is broken');
}

/** C10: no write begins for a consumer that has left. What has begun is finished, and what is undone is ours to undo. */
function notForTheGone(facts: Facts, report: Report): void {
  const begun = new Set<string>();
  for (const { write, op, at, attempt, ref } of facts.sends) {
    const operation = op === undefined ? undefined : facts.operations.get(op);
    if (!operation) continue;
    const isCancellation = write === 'cancel';
    const takesBack = isCancellation && operation.invoke.kind === 'book';
    const goesOn = isCancellation && begun.has(operation.invoke.op);
    begun.add(operation.invoke.op);
    if (takesBack || goesOn || at <= operation.goneAt) continue;
    report('C10', `${write} for ${attempt ?? ref ?? ''} was sent at ${at}; ${operation.invoke.op} left before`);
  }
}

/** C11: versions only grow, and two changes never build on the same one. */
function versions(facts: Facts, report: Report): void {
  for (const [attempt, changes] of facts.changesOf) {
    for (const [index, change] of changes.slice(1).entries()) {
      const before = changes[index];
      if (before && (change.version <= before.version || change.revision < before.revision)) {
        report('C11', `${attempt} went from version ${before.version} to ${change.version}`);
      }
    }
  }
  const quoted = new Map<string, string>();
  for (const { invoke, answer } of facts.operations.values()) {
    if (answer?.result !== 'ok' || invoke.appointment === undefined) continue;
    if (invoke.quotes !== undefined && answer.replayed !== true && invoke.kind !== 'read') {
      const change = `${invoke.appointment} version ${invoke.quotes}`;
      const other = quoted.get(change);
      quoted.set(change, invoke.op);
      if (other !== undefined) report('C11', `${other} and ${invoke.op} both changed ${change}`);
    }
  }
  const reads = [...facts.operations.values()]
    .filter(({ invoke, answer }) => invoke.kind === 'read' && answer?.result === 'ok')
    .sort((a, b) => a.invoke.at - b.invoke.at);
  for (const { invoke, answer } of reads) {
    const appointment = invoke.appointment ?? '';
    const version = Number(answer?.version);
    const before = [...reads].filter(
      (other) =>
        other.invoke.appointment === appointment &&
        (other.answer?.at ?? LATER) < invoke.at &&
        Number(other.answer?.version) > version,
    );
    if (before.length > 0) report('C11', `${invoke.op} saw an older version of ${appointment} than one before it`);
  }
}

/** C12: no word about a patient outside the ledger. */
function nothingLeaks({ history }: Facts, report: Report): void {
  for (const canary of history.canaries) {
    const text = history.texts.find((one) => one.includes(canary));
    if (text !== undefined) report('C12', `"${canary}" in a text for others`);
  }
}

const RULES = [
  acknowledged,
  single,
  refused,
  cancelled,
  known,
  settled,
  withinCapacity,
  equalAnswers,
  equalContents,
  audited,
  notForTheGone,
  versions,
  nothingLeaks,
];

export function checkHistory(history: History): readonly Violation[] {
  const facts = readFacts(history);
  const violations: Violation[] = [];
  for (const rule of RULES) rule(facts, (name, text) => violations.push({ rule: name, text }));
  return violations;
}
