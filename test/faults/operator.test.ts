/** Practices that lose answers for longer than anybody waits, and an operator who settles what is left. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FaultScript } from '../../src/connectors/simulation/faults.js';
import { MINUTE } from '../../src/domain/time.js';
import type { AuditEvent } from '../../src/ports/audit.js';
import {
  BOOKING_CALL,
  CANCEL_CALL,
  cancelled,
  exactSlots,
  put,
  read,
  sessionOf,
  standing,
} from '../support/appointments.js';
import type { Json, TestAnswer } from '../support/consumer.js';
import {
  booked,
  bookingBody,
  expectRefusal,
  patientId,
  RIVERSIDE_PATIENTS,
  slotPath,
  type FoundSlot,
} from '../support/flow.js';
import { OPERATOR, startOperatedGateway, until, type OperatedGateway } from '../support/operator.js';

let gateway: OperatedGateway;
let nextSlot: () => FoundSlot;
let patient: string;
beforeAll(async () => {
  gateway = await startOperatedGateway();
  nextSlot = await exactSlots(gateway.consumer(), slotPath('2026-05-19', '2026-05-29'));
  patient = await patientId(gateway.consumer());
});
afterAll(() => gateway.stop());
afterEach(() => gateway.riverside.faults.clear());

const REASON = 'Rang the desk, Ms Okafor looked it up';
const GONE: FaultScript['fault'] = { kind: 'drop', when: 'before' };
const READS = { method: 'GET' };

const book = (slot: FoundSlot): Promise<TestAnswer> =>
  gateway
    .consumer()
    .post('book', '/Appointment', bookingBody(slot, patient), { headers: { 'Idempotency-Key': `"key-${slot.id}"` } });
const bookingAt = (slot: FoundSlot): Json => standing(gateway).find((one) => one.sessionInstanceId === sessionOf(slot));
const answer = (id: string, answered: object): ReturnType<OperatedGateway['operator']> =>
  gateway.operator(`/attempts/${id}/answer`, { reason: REASON, ...answered });

/** A booking whose answer is lost, at a practice that cannot be read from then on. */
async function lost(when: 'before' | 'after', slot = nextSlot()): Promise<{ slot: FoundSlot; id: string }> {
  gateway.riverside.faults.script({ match: BOOKING_CALL, fault: { kind: 'hang', when } });
  const before = gateway.riverside.requests.count(BOOKING_CALL);
  const slow = book(slot);
  await until(() => Promise.resolve(gateway.riverside.requests.count(BOOKING_CALL) > before));
  gateway.riverside.faults.script({ match: READS, times: 'always', fault: GONE });
  const issue = expectRefusal(await slow, 504, 'INTERNAL_SERVER_ERROR');
  return { slot, id: /Reference: ([A-Za-z0-9\-.]+)/.exec(issue.diagnostics)?.[1] ?? '' };
}

async function lostForGood(when: 'before' | 'after'): Promise<{ slot: FoundSlot; id: string }> {
  const made = await lost(when);
  expect(await gateway.listed('open')).toContain(made.id);
  gateway.skip(40 * MINUTE);
  await until(async () => (await gateway.listed('needs-human')).includes(made.id));
  return made;
}

async function audited(kind: AuditEvent['kind'], id: string): Promise<readonly AuditEvent[]> {
  await gateway.gateway.records.audit.flush();
  const rows = await gateway.gateway.records.audit.rows(1, 10_000);
  return rows
    .map(({ event }) => event)
    .filter((one) => one.kind === kind && one.resources.includes(`Appointment/${id}`));
}

describe('a booking that happened, and whose answer was lost', () => {
  it('is answered by an operator, checked against the practice, audited, and told to the consumer', async () => {
    const { slot, id } = await lostForGood('after');
    const { reference, ...other } = { reference: String(bookingAt(slot).bookingId), elsewhere: nextSlot() };
    const shown = await gateway.operator(`/attempts/${id}`);
    expect(shown.body).toMatchObject({
      id,
      practice: 'A99901',
      list: 'needs-human',
      state: 'NEEDS_HUMAN',
      answers: ['booked', 'not-booked', 'look-again'],
      bookedBy: { odsCode: 'Z99902', name: 'Northdale 111 Service' },
    });
    expect(Date.parse(shown.body.start)).toBe(Date.parse(slot.start));
    // Nothing of the patient, and nothing that the patient said.
    for (const secret of [patient, RIVERSIDE_PATIENTS[0], 'Sore throat', 'Please call']) {
      expect(shown.text).not.toContain(secret);
    }
    // While the practice cannot be asked, nobody's word is taken without saying so.
    expect(await answer(id, { answer: 'booked', references: [reference] })).toMatchObject({ status: 503 });
    gateway.riverside.faults.clear();
    expect((await answer(id, { answer: 'not-booked' })).body.detail).toContain(`${reference} stands at the practice`);
    expect(await answer(id, { answer: 'booked', references: ['999999'] })).toMatchObject({ status: 409 });
    const another = await booked(
      gateway.consumer(),
      other.elsewhere,
      await patientId(gateway.consumer(), RIVERSIDE_PATIENTS[1]),
    );
    expect(another.status).toBe(201);
    const theirs = String(bookingAt(other.elsewhere).bookingId);
    expect((await answer(id, { answer: 'booked', references: [theirs] })).body.detail).toMatch(
      /belongs to the attempt/,
    );
    expect(await audited('attempt-resolved', id)).toEqual([]);

    const sent = gateway.riverside.requests.count(BOOKING_CALL);
    const settled = await answer(id, { answer: 'booked', references: [reference] });
    expect([settled.status, settled.body.state]).toEqual([200, 'BOOKED']);
    expect(await audited('attempt-resolved', id)).toMatchObject([
      { userName: OPERATOR, reason: REASON, state: 'BOOKED', code: 'booked', practice: 'A99901' },
    ]);
    const repeated = await book(slot);
    expect([repeated.status, repeated.body.id]).toEqual([201, id]);
    expect(gateway.riverside.requests.count(BOOKING_CALL)).toBe(sent);
    expect(await gateway.listed('needs-human')).toEqual([]);
    // Once is enough.
    expect(await answer(id, { answer: 'not-booked' })).toMatchObject({ status: 409 });
    expect(await gateway.gateway.records.audit.verify()).toBeUndefined();
  }, 60_000);

  it('is settled by the gateway itself when the operator has it looked for again', async () => {
    const { id } = await lostForGood('after');
    gateway.riverside.faults.clear();
    expect((await answer(id, { answer: 'look-again' })).body.state).toBe('CONFIRM_OPEN');
    await until(async () => (await gateway.operator(`/attempts/${id}`)).body.state === 'BOOKED');
  }, 60_000);
});

describe('a booking that did not happen', () => {
  it('is answered not-booked, and the slot can be booked', async () => {
    const { slot, id } = await lostForGood('before');
    gateway.riverside.faults.clear();
    expect((await answer(id, { answer: 'not-booked' })).body.state).toBe('NOT_BOOKED');
    const again = await book(slot);
    expect(again.text && again.status).toBe(201);
    expect(again.body.id).not.toBe(id);
    expect(standing(gateway).filter((one) => one.sessionInstanceId === sessionOf(slot))).toHaveLength(1);
  }, 60_000);

  it('at a practice that stays away is believed unchecked, and only then', async () => {
    const { id } = await lostForGood('before');
    expect(await answer(id, { answer: 'not-booked' })).toMatchObject({ status: 503 });
    const settled = await answer(id, { answer: 'not-booked', unchecked: true });
    expect([settled.status, settled.body.state]).toEqual([200, 'NOT_BOOKED']);
    expect(settled.body.evidence).toBe(`not-booked, as ${OPERATOR} has found, unchecked`);
  }, 60_000);
});

describe('a cancellation that stays open', () => {
  it('is put before an operator, while the appointment still shows as booked', async () => {
    const { body } = await booked(gateway.consumer(), nextSlot(), patient);
    gateway.riverside.faults.script({ match: CANCEL_CALL, times: 'always', fault: GONE });
    expectRefusal(await put(gateway.consumer(), 'cancel', cancelled(body)), 504, 'INTERNAL_SERVER_ERROR');
    expect(await gateway.listed('open')).toContain(body.id);
    gateway.skip(40 * MINUTE);
    await until(async () => (await gateway.listed('needs-human')).includes(body.id));
    await until(() => Promise.resolve(gateway.logLines.some(({ event }) => event === 'cancellation-needs-human')));
    expect((await read(gateway.consumer(), body.id)).body.status).toBe('booked');
    expect((await gateway.operator(`/attempts/${body.id}`)).body.answers).toEqual(['cancelled', 'still-booked']);
    expect(await answer(body.id, { answer: 'booked', references: ['1'] })).toMatchObject({ status: 409 });
    expect((await answer(body.id, { answer: 'cancelled' })).body.detail).toMatch(/stands at the practice/);
    expect((await answer(body.id, { answer: 'still-booked' })).body.state).toBe('BOOKED');
    expect((await read(gateway.consumer(), body.id)).body).toEqual(body);
    // The next try starts anew.
    gateway.riverside.faults.clear();
    expect((await put(gateway.consumer(), 'cancel', cancelled(body))).status).toBe(200);
  }, 60_000);
});

describe('a booking that nobody was told of', () => {
  it('is unclaimed after ten minutes, until an operator has told somebody', async () => {
    const { id } = await lost('after');
    gateway.riverside.faults.clear();
    await until(async () => (await gateway.operator(`/attempts/${id}`)).body.state === 'BOOKED');
    expect(await gateway.listed('unclaimed')).not.toContain(id);
    expect(await answer(id, { answer: 'told' })).toMatchObject({ status: 409 });
    // Its consumer books another one meanwhile, which may be one too many.
    const other = await booked(gateway.consumer(), nextSlot(), patient);
    expect(await gateway.listed('possible-duplicate')).toEqual([other.body.id]);
    const shown = await gateway.operator(`/attempts/${other.body.id}`);
    expect(shown.body).toMatchObject({ list: 'possible-duplicate', possibleDuplicateOf: [id], answers: [] });
    expect(shown.body.advice).toContain('Look after that attempt first');
    expect(shown.text).not.toContain(patient);
    expect((await gateway.operator('/metrics')).text).toContain(
      'slotbridge_possible_duplicate_attempts{practice="A99901"} 1\n',
    );
    gateway.clock.advance(11 * MINUTE);
    expect(await gateway.listed('unclaimed')).toContain(id);
    expect((await answer(id, { answer: 'told' })).status).toBe(200);
    expect(await gateway.listed('unclaimed')).not.toContain(id);
    expect(await gateway.listed('possible-duplicate')).toEqual([]);
    expect(await audited('attempt-resolved', id)).toMatchObject([{ code: 'told', userName: OPERATOR }]);
  }, 60_000);

  it('is claimed by a consumer that reads it', async () => {
    const { id } = await lost('after');
    gateway.riverside.faults.clear();
    await until(async () => (await gateway.operator(`/attempts/${id}`)).body.state === 'BOOKED');
    gateway.clock.advance(11 * MINUTE);
    expect(await gateway.listed('unclaimed')).toContain(id);
    expect((await read(gateway.consumer(), id)).status).toBe(200);
    expect(await gateway.listed('unclaimed')).not.toContain(id);
  }, 60_000);
});
