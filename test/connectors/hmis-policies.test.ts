/** What is peculiar to HMIS: which sessions are published, and what happens when a booking gets another number. */
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { hmisConnector } from '../../src/connectors/hmis/index.js';
import type { PracticePatientRef, SlotId } from '../../src/domain/identifiers.js';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.js';
import { booking, bookingOf, done, firstSlot, search } from '../contract/practice-system/harness.js';
import {
  createHmisPractice,
  MONDAY_8,
  practiceOf,
  type HmisPractice,
  type HmisPracticeOptions,
} from './hmis-practice.js';

const open: HmisPractice[] = [];
afterEach(async () => {
  for (const practice of open.splice(0)) await practice.close();
});

async function start(options: HmisPracticeOptions = {}): Promise<HmisPractice> {
  const practice = await createHmisPractice(options);
  open.push(practice);
  return practice;
}

const strict = { settings: { slotPolicy: { kind: 'strict' } } };
const windowed = { settings: { slotPolicy: { kind: 'window' } } };
const { slotRules } = practiceOf();

/** The desk gives away so many places while our booking is on its way. */
async function bookWhileDeskBooks(practice: HmisPractice, places: number, delayMs = 150) {
  const slot = await firstSlot(practice);
  practice.fault('book', { kind: 'delay', ms: delayMs, when: 'before' });
  const answer = practice.system.book(bookingOf(practice, slot), booking());
  while (practice.arrived('book') === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  for (let place = 0; place < places; place += 1) practice.bookAtDesk(slot);
  return { slot, answer: await answer };
}

/** Bookings of our patient that are not cancelled. */
const ours = ({ simulator }: HmisPractice): number =>
  simulator.hmis.bookings().filter(({ patientId, cancelled }) => patientId === 67890 && !cancelled).length;

describe('hmis: what is published', () => {
  const listed = async (practice: HmisPractice) => {
    const { slots, schedules } = await practice.system.listFreeSlots(practice.window, search());
    return { slots, names: schedules.map(({ type }) => type) };
  };

  it('is what is open, in our institution, of practitioners we know', async () => {
    const practice = await start();
    expect((await listed(practice)).names).toEqual(['Morning surgery', 'Quarter hours']);
    expect(practice.log).toEqual([
      expect.stringMatching(/^warn practice\.sessions .*"reason":"unknown-practitioner","count":1/),
    ]);
  });

  it('is dressed by the rules, which can keep it back', async () => {
    const rules = [
      { schedule: 'quarter *', dress: { bookable: false } },
      { practitioner: '42', dress: { type: 'Walk-in', channel: 'Telephone' as const } },
    ];
    const practice = await start({ practice: { slotRules: { ...slotRules, rules } } });
    const { slots, names } = await listed(practice);
    expect(names).toEqual(['Morning surgery']);
    expect(new Set(slots.map(({ type, channel }) => `${type}/${channel}`))).toEqual(new Set(['Walk-in/Telephone']));
  });

  it('asks for whole local days, also in summer', async () => {
    const practice = await start();
    const midnight = MONDAY_8 - 8 * HOUR;
    await practice.system.listFreeSlots({ start: midnight, end: midnight + DAY }, search());
    const query = practice.simulator.requests.all()[0]?.request.query;
    expect(query?.get('fromDate')).toBe('2026-05-18 00:00:00');
    expect(query?.get('toDate')).toBe('2026-05-18 23:59:59');
  });

  it("does not know another practice's sessions", async () => {
    const [riverside, quayside] = [await start(), await start()];
    const location = practiceOf().locations[0];
    const practitioner = practiceOf().practitioners[0];
    if (!location || !practitioner) throw new Error('test data');
    const elsewhere = await start({
      practice: {
        locations: [{ ...location, systemId: '11' }],
        practitioners: [{ ...practitioner, systemId: '51' }],
      },
    });
    const foreign = await firstSlot(elsewhere);
    expect(await riverside.system.readPlace(foreign.id, search())).toEqual({ state: 'unknown' });
    const answer = await quayside.system.book(bookingOf(quayside, foreign), booking());
    expect(answer).toEqual({ class: 'refused', reason: 'slot-taken' });
    expect(quayside.arrived('book')).toBe(0);
  });

  it("keeps another practice's bookings to itself", async () => {
    const practice = await start();
    practice.simulator.hmis.desk({ action: 'book', sessionInstanceId: 5400, patientId: 67890 });
    const foreign = practice.simulator.hmis.bookings()[0]?.bookingId ?? 0;
    expect(await practice.system.listAppointments?.('67890' as PracticePatientRef, search())).toEqual([]);
    expect(await practice.system.readAppointment(String(foreign) as never, search())).toBeUndefined();
  });
});

describe('hmis: a booking that gets another number', () => {
  it('is kept, with its real time, within the tolerance', async () => {
    const practice = await start();
    const { slot, answer } = await bookWhileDeskBooks(practice, 1);
    expect(done(answer)).toMatchObject({ start: slot.start + 10 * MINUTE, end: slot.end + 10 * MINUTE });
    expect(ours(practice)).toBe(1);
  });

  it('is taken back beyond the tolerance, and the slot called taken', async () => {
    const practice = await start();
    const { answer } = await bookWhileDeskBooks(practice, 2);
    expect(answer).toEqual({ class: 'refused', reason: 'slot-taken' });
    expect(ours(practice)).toBe(0);
    expect(practice.arrived('cancel')).toBe(1);
  });

  it('is taken back under the strict policy at any other time', async () => {
    const practice = await start(strict);
    const { answer } = await bookWhileDeskBooks(practice, 1);
    expect(answer).toEqual({ class: 'refused', reason: 'slot-taken' });
    expect(ours(practice)).toBe(0);
  });

  it('is kept under the window policy, at the time of the session', async () => {
    const practice = await start(windowed);
    const { slot, answer } = await bookWhileDeskBooks(practice, 5);
    expect(done(answer)).toMatchObject({ start: slot.start, end: slot.start + 2 * HOUR });
  });

  it('is kept at an exact time whatever numbers were burnt', async () => {
    const practice = await start({ practice: { practitioners: practiceOf().practitioners.slice(1) } });
    const slot = await firstSlot(practice);
    const first = done(await practice.system.book(bookingOf(practice, slot), booking()));
    await practice.system.cancel?.(first.ref, 'No longer needed', booking());
    expect(slot.timing).toBe('exact');
    expect(await firstSlot(practice)).toMatchObject({ id: slot.id, start: slot.start });
    const second = done(await practice.system.book(bookingOf(practice, slot), booking()));
    expect(second).toMatchObject({ start: slot.start, end: slot.end });
    expect(practice.simulator.hmis.bookings().map(({ serialNo }) => serialNo)).toEqual([1, 2]);
  });

  it('leaves the outcome open while it is not proven to be taken back', async () => {
    const practice = await start(strict);
    practice.fault('cancel', { kind: 'status', status: 500, body: {}, when: 'before' });
    const { answer } = await bookWhileDeskBooks(practice, 1);
    expect(answer).toEqual({ class: 'unknown', reason: 'not-taken-back' });
    expect(ours(practice)).toBe(1);
  });

  it('is called taken once taking it back is proven, however late', async () => {
    const practice = await start(strict);
    practice.fault('cancel', { kind: 'delay', ms: 1200, when: 'before' });
    const { answer } = await bookWhileDeskBooks(practice, 1);
    if (answer.class !== 'unknown' || !answer.late) throw new Error(`no late answer: ${answer.class}`);
    expect(await answer.late).toEqual({ class: 'refused', reason: 'slot-taken' });
    expect(ours(practice)).toBe(0);
  });

  it('is taken back also when its answer comes late', async () => {
    const practice = await start();
    const { answer } = await bookWhileDeskBooks(practice, 3, 1200);
    if (answer.class !== 'unknown' || !answer.late) throw new Error(`no late answer: ${answer.class}`);
    expect(await answer.late).toEqual({ class: 'refused', reason: 'slot-taken' });
    expect(ours(practice)).toBe(0);
  });

  it('is no evidence for a look-up until it is taken back', async () => {
    const practice = await start(strict);
    practice.fault('cancel', { kind: 'delay', ms: 1200, when: 'before' });
    const { slot, answer } = await bookWhileDeskBooks(practice, 1);
    if (answer.class !== 'unknown' || !answer.late) throw new Error(`no late answer: ${answer.class}`);
    const trace = { ...bookingOf(practice, slot), sentAt: practice.clock.now(), knownRefs: new Set<never>() };
    expect(await practice.system.lookUpBooking?.(trace, booking())).toEqual({
      found: 'no-evidence',
      reason: 'outside-tolerance',
    });
    await answer.late;
    expect(await practice.system.lookUpBooking?.(trace, booking())).toMatchObject({ found: 'cancelled' });
  });

  it('is never told by a look-up when it could not be taken back: a person has to decide', async () => {
    const practice = await start(strict);
    practice.fault('cancel', { kind: 'status', status: 500, body: {}, when: 'before' });
    const { slot } = await bookWhileDeskBooks(practice, 1);
    const trace = { ...bookingOf(practice, slot), sentAt: practice.clock.now(), knownRefs: new Set<never>() };
    expect(await practice.system.lookUpBooking?.(trace, booking())).toEqual({
      found: 'no-evidence',
      reason: 'outside-tolerance',
    });
  });

  it('is found at once, its answer still under way, when it keeps the time', async () => {
    const practice = await start();
    const slot = await firstSlot(practice);
    practice.fault('book', { kind: 'hang', when: 'after' });
    const answer = await practice.system.book(bookingOf(practice, slot), booking());
    expect(answer.class).toBe('unknown');
    const trace = { ...bookingOf(practice, slot), sentAt: practice.clock.now(), knownRefs: new Set<never>() };
    expect(await practice.system.lookUpBooking?.(trace, booking())).toMatchObject({ found: 'booked' });
  });

  it('is taken back when it gets a number released long before', async () => {
    const practice = await start();
    const { hmis } = practice.simulator;
    for (let place = 0; place < 5; place += 1) practice.bookAtDesk({ ...(await firstSlot(practice)) });
    const slot = await firstSlot(practice);
    hmis.desk({ action: 'retire', bookingId: hmis.bookings()[0]?.bookingId ?? 0 });
    const answer = await practice.system.book(bookingOf(practice, slot), booking());
    expect(answer).toEqual({ class: 'refused', reason: 'slot-taken' });
    expect(ours(practice)).toBe(0);
  });
});

describe('hmis: queue slots', () => {
  it('sells every place of a queue one after the other, each at a time that was offered', async () => {
    const practice = await start({ practice: { practitioners: practiceOf().practitioners.slice(0, 1) } });
    const sold = new Set<SlotId>();
    for (let place = 0; place < 12; place += 1) {
      const { slots } = await practice.system.listFreeSlots(practice.window, search());
      const slot = slots.find(({ id }) => !sold.has(id));
      if (!slot) throw new Error(`nothing to sell after ${place}`);
      sold.add(slot.id);
      const booked = done(await practice.system.book(bookingOf(practice, slot), booking()));
      expect(Math.abs(booked.start - slot.start)).toBeLessThanOrEqual(15 * MINUTE);
    }
    expect((await practice.system.listFreeSlots(practice.window, search())).slots).toEqual([]);
  });

  it('finds a booking made in the hour that the clocks repeat', async () => {
    const secondHalfPastOne = Date.UTC(2026, 9, 25, 1, 30);
    const practice = await start({
      data: {
        sessions: [{ id: 5001, name: 'Later', consultantId: 42, start: '2026-10-26 09:00', capacity: 6, duration: 10 }],
      },
    });
    practice.clock.advance(secondHalfPastOne - practice.clock.now());
    const window = { start: secondHalfPastOne, end: secondHalfPastOne + 3 * DAY };
    const [slot] = (await practice.system.listFreeSlots(window, search())).slots;
    if (!slot) throw new Error('no slot');
    const trace = { ...bookingOf(practice, slot), sentAt: practice.clock.now(), knownRefs: new Set<never>() };
    practice.fault('book', { kind: 'drop', when: 'after' });
    await practice.system.book(trace, booking());
    expect(await practice.system.lookUpBooking?.(trace, booking())).toMatchObject({ found: 'booked' });
  });
});

describe('hmis: settings', () => {
  const parse = (settings: object) => hmisConnector.settings(z.string()).safeParse({ key: 'k', ...settings });
  const problems = (settings: object): string[] =>
    parse(settings).error?.issues.map((issue) => issue.path.join('.')) ?? [];

  it('have defaults for all but the address and the key', () => {
    expect(parse({ baseUrl: 'https://hmis.example.org' }).data).toMatchObject({
      contextRoot: '/rh',
      nhsNumberHome: 'phn',
      slotPolicy: { kind: 'estimate', toleranceMinutes: 15 },
      settleSeconds: 180,
      timeouts: { searchMs: 2000, readMs: 3000, bookMs: 5000, cancelMs: 5000 },
    });
  });

  it('refuse plain http except on this machine or a private network, and only when allowed', () => {
    expect(problems({ baseUrl: 'http://127.0.0.1:8080' })).toEqual(['baseUrl']);
    expect(problems({ baseUrl: 'http://hmis.example.org', allowHttp: true })).toEqual(['baseUrl']);
    expect(problems({ baseUrl: 'http://[2001:db8::1]', allowHttp: true })).toEqual(['baseUrl']);
    for (const host of ['127.0.0.1:8080', 'localhost', '10.1.2.3', '192.168.0.9', '172.20.0.2', '[::1]', 'hmis']) {
      expect(problems({ baseUrl: `http://${host}`, allowHttp: true }), host).toEqual([]);
    }
  });

  it('refuse what would not work or would not be safe', () => {
    const baseUrl = 'https://hmis.example.org';
    expect(problems({ baseUrl: 'hmis.example.org' })).toEqual(['baseUrl']);
    expect(problems({ baseUrl: 'https://user:secret@hmis.example.org' })).toEqual(['baseUrl']);
    expect(problems({ baseUrl, key: 'a\r\nb' })).toEqual(['key']);
    expect(problems({ baseUrl, contextRoot: 'rh/' })).toEqual(['contextRoot']);
    expect(problems({ baseUrl, settleSeconds: 60 })).toEqual(['settleSeconds']);
    expect(problems({ baseUrl, timeouts: { bookMs: 50_000 }, settleSeconds: 159 })).toEqual(['settleSeconds']);
    expect(parse({ baseUrl, nothingOfOurs: 1 }).success).toBe(false);
  });
});
