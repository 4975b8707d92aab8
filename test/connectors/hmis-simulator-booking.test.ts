import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { ask, book, Booking, MONDAY, refusal, setClock, simulation, start } from '../support/hmis-installation.js';

afterEach(() => simulation.close());

describe('booking', () => {
  test('creates, reads and lists a booking', async () => {
    await start();
    const created = await ask('POST', '/channel/bookings', { sessionInstanceId: 200, patientId: 1, itemId: 902 });
    const booking = {
      bookingId: 777001,
      serialNo: 1,
      status: 'ACTIVE',
      sessionInstanceId: 200,
      patientId: 1,
      consultantId: 43,
      consultantName: 'Tobias Wren',
      institutionId: 10,
      appointmentAt: '2026-05-20 14:00:00',
      paymentMethod: 'OnCall',
      total: 25,
      netTotal: 25,
      paid: false,
      billId: 880001,
      billNo: 'RS/GP//26/000001',
      createdAt: '2026-05-18 10:00:00',
      cancelled: false,
    };
    expect(created).toEqual({ http: 201, status: 'success', code: 201, data: booking });
    expect((await ask('GET', '/channel/bookings/777001')).data).toEqual(booking);
    await book(201);
    const listed = z.array(Booking).parse((await ask('GET', '/channel/bookings/patient/1')).data);
    expect(listed.map(({ bookingId }) => bookingId)).toEqual([777002, 777001]);
    expect((await ask('GET', '/channel/bookings/patient/2')).data).toEqual([]);
  });

  test.each([
    [{ sessionInstanceId: 999, patientId: 1 }, 404, /Session not found/],
    [{ sessionInstanceId: 200, patientId: 9 }, 404, /Patient not found/],
    [{ sessionInstanceId: '200', patientId: 1 }, 400, /sessionInstanceId/],
    [{ sessionInstanceId: 200 }, 400, /patientId/],
    [{ sessionInstanceId: 200, patientId: 1, itemId: 5 }, 400, /itemId/],
    [{ sessionInstanceId: 205, patientId: 1 }, 409, /past/],
  ])('%j is %i', async (body, code, message) => {
    await start();
    expect(await ask('POST', '/channel/bookings', body)).toMatchObject(refusal(code, message));
    expect(simulation.hmis.bookings()).toEqual([]);
  });

  test('unknown bookings and patients are 404', async () => {
    await start();
    for (const path of ['/channel/bookings/1', '/channel/bookings/patient/9']) {
      expect(await ask('GET', path)).toMatchObject(refusal(404, /not found/));
    }
    expect(await ask('PUT', '/channel/bookings/1/cancel')).toMatchObject(refusal(404, /not found/));
  });

  test('a create can be answered 200, and with its code as text', async () => {
    await start({ createStatus: 200 });
    expect(await ask('POST', '/channel/bookings', { sessionInstanceId: 200, patientId: 1 })).toMatchObject({
      http: 200,
      code: 200,
    });
    simulation.hmis.turn({ createStatus: 201, codeAsString: true });
    expect(await ask('POST', '/patients', { name: 'X' })).toMatchObject({ http: 201, code: '201' });
  });

  test('is refused when the session is full, unless the installation overbooks', async () => {
    await start();
    await book(100);
    const again = { sessionInstanceId: 100, patientId: 2 };
    expect(await ask('POST', '/channel/bookings', again)).toMatchObject(refusal(409, /Full/));
    expect((await ask('GET', '/channel/sessions/100')).data).toMatchObject({ status: 'Full', availableSlots: 0 });
    simulation.hmis.turn({ enforceCapacity: false });
    expect((await ask('GET', '/channel/sessions/100')).data).toMatchObject({ status: 'Available' });
    expect((await book(100, 2)).appointmentAt).toBe('2026-05-19 09:10:00');
  });

  test('cancelling gives the place back and burns the number; twice is 409', async () => {
    await start();
    const { bookingId } = await book(100);
    setClock(MONDAY + 60_000);
    const cancelled = { status: 'PATIENT_CANCELED', cancelled: true, cancelledAt: '2026-05-18 10:01:00' };
    const answer = await ask('PUT', `/channel/bookings/${bookingId}/cancel`, { comment: 'x' });
    expect(answer).toMatchObject({ http: 200, data: cancelled });
    expect(await ask('PUT', `/channel/bookings/${bookingId}/cancel`)).toMatchObject(refusal(409, /already cancelled/));
    expect(await book(100, 2)).toMatchObject({ serialNo: 2, appointmentAt: '2026-05-19 09:10:00' });
    simulation.hmis.turn({ reuseCancelledNumbers: true });
    simulation.hmis.desk({ action: 'cancel', bookingId: bookingId + 1 });
    expect(await book(100, 2)).toMatchObject({ serialNo: 2 });
  });

  test('released numbers are drawn at random, and before any new one', async () => {
    let draw = 0.99;
    await start({}, { random: () => draw });
    const made = [await book(201), await book(201), await book(201), await book(201)];
    for (const { bookingId } of made.slice(0, 3)) simulation.hmis.desk({ action: 'retire', bookingId });
    expect((await ask('GET', '/channel/sessions/201')).data).toMatchObject({ nextAvailableAppointmentNumber: 5 });
    expect((await book(201)).serialNo).toBe(3);
    draw = 0;
    expect((await book(201)).serialNo).toBe(1);
    expect((await book(201)).serialNo).toBe(2);
    expect((await book(201)).serialNo).toBe(5);
  });

  test('numbers below the starting number are handed out once the counter has moved', async () => {
    await start();
    expect([(await book(202)).serialNo, (await book(202)).serialNo]).toEqual([5, 4]);
  });

  test('numbers the desk keeps back count as taken and are not protected', async () => {
    await start();
    expect((await book(203)).serialNo).toBe(1);
    expect((await ask('GET', '/channel/sessions/203')).data).toMatchObject({
      bookedPatientCount: 1,
      availableSlots: 1,
    });
    expect((await book(203)).serialNo).toBe(2);
    expect((await book(203)).serialNo).toBe(3);
    const more = { sessionInstanceId: 203, patientId: 1 };
    expect(await ask('POST', '/channel/bookings', more)).toMatchObject(refusal(409, /Full/));
  });

  test('without a race window parallel bookings share nothing; with one they share a number and overbook', async () => {
    await start();
    const body = { sessionInstanceId: 101, patientId: 1 };
    const both = async (): Promise<number[]> =>
      (await Promise.all([ask('POST', '/channel/bookings', body), ask('POST', '/channel/bookings', body)])).map(
        ({ http }) => http,
      );
    expect((await both()).sort()).toEqual([201, 409]);
    simulation.hmis.turn({ raceWindowMs: 100 });
    body.sessionInstanceId = 102;
    expect(await both()).toEqual([201, 201]);
    const serials = simulation.hmis.bookings().filter(({ sessionInstanceId }) => sessionInstanceId === 102);
    expect(serials.map(({ serialNo }) => serialNo)).toEqual([1, 1]);
  });

  test('reschedules once, under a new id, and the old number comes back', async () => {
    await start();
    const first = await book(100);
    const move = (id: number, sessionInstanceId: number) =>
      ask('PUT', `/channel/bookings/${id}/reschedule`, { sessionInstanceId });
    expect(await move(first.bookingId, 100)).toMatchObject(refusal(400, /already/));
    expect(await move(first.bookingId, 999)).toMatchObject(refusal(404, /Session not found/));
    const moved = Booking.parse((await move(first.bookingId, 101)).data);
    expect(moved).toMatchObject({ bookingId: first.bookingId + 1, appointmentAt: '2026-05-19 09:10:00' });
    expect((await ask('GET', `/channel/bookings/${first.bookingId}`)).http).toBe(404);
    expect(z.array(Booking).parse((await ask('GET', '/channel/bookings/patient/1')).data)).toHaveLength(1);
    expect(await move(moved.bookingId, 102)).toMatchObject(refusal(409, /already/));
    expect((await book(100, 2)).serialNo).toBe(1);
    expect(await move(first.bookingId + 2, 101)).toMatchObject(refusal(409, /Full/));
  });

  test('reads can lag behind writes', async () => {
    await start({ lookUpLagMs: 30_000 });
    const { bookingId } = await book(200);
    expect((await ask('GET', `/channel/bookings/${bookingId}`)).http).toBe(404);
    expect((await ask('GET', '/channel/bookings/patient/1')).data).toEqual([]);
    setClock(MONDAY + 30_000);
    expect((await ask('GET', `/channel/bookings/${bookingId}`)).http).toBe(200);
    expect((await ask('GET', '/channel/bookings/patient/1')).data).toHaveLength(1);
  });

  test.each(['other-session', 'other-patient', 'other-time'])('can be answered with %s', async (name) => {
    await start();
    simulation.faults.script({ fault: { kind: 'system', name, when: 'after' } });
    const told = await book(200);
    const held = simulation.hmis.bookings()[0];
    expect(held).toMatchObject({ sessionInstanceId: 200, patientId: 1, appointmentAt: '2026-05-20 14:00:00' });
    expect(told).not.toMatchObject({ sessionInstanceId: 200, patientId: 1, appointmentAt: '2026-05-20 14:00:00' });
  });
});

describe('the desk', () => {
  const desk = async (body: unknown): Promise<{ status: number; body: unknown }> => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const answer = await fetch(`${simulation.url}/__simulation/desk`, init);
    return { status: answer.status, body: await answer.json() };
  };

  test.each([
    [{ action: 'hold' }, 'Hold', /hold/],
    [{ action: 'holiday' }, 'Holiday', /Holiday/],
    [{ action: 'end' }, 'Ended', /ended/],
    [{ action: 'cancel-session' }, 'Cancelled', /cancelled/],
  ])('%j makes a session %s and its bookings refused', async (action, status, message) => {
    await start();
    const { bookingId } = await book(200);
    expect(await desk({ ...action, sessionInstanceId: 200 })).toMatchObject({ status: 200, body: { status } });
    const more = { sessionInstanceId: 200, patientId: 2 };
    expect(await ask('POST', '/channel/bookings', more)).toMatchObject(refusal(409, message));
    const left = action.action === 'cancel-session' ? 'DOCTOR_CANCELED' : 'ACTIVE';
    expect((await ask('GET', `/channel/bookings/${bookingId}`)).data).toMatchObject({ status: left });
    if (action.action === 'cancel-session') return;
    await desk({ ...action, on: false, sessionInstanceId: 200 });
    expect((await book(200, 2)).serialNo).toBe(2);
  });

  test('a session that has started can still be booked', async () => {
    await start();
    expect((await desk({ action: 'start', sessionInstanceId: 200 })).body).toMatchObject({ status: 'Started' });
    expect((await book(200)).serialNo).toBe(1);
  });

  test('books whatever the capacity, completes, marks absent, reinstates and cancels', async () => {
    await start();
    await desk({ action: 'book', sessionInstanceId: 100 });
    expect(await desk({ action: 'book', sessionInstanceId: 100, patientId: 1 })).toMatchObject({
      status: 200,
      body: { serialNo: 2, patientId: 1 },
    });
    const bookingId = 777002;
    for (const [action, status] of [
      ['complete', 'COMPLETED'],
      ['absent', 'ABSENT'],
      ['reinstate', 'ACTIVE'],
      ['cancel', 'DOCTOR_CANCELED'],
    ]) {
      expect((await desk({ action, bookingId })).body).toMatchObject({ status });
      expect((await ask('GET', `/channel/bookings/${bookingId}`)).data).toMatchObject({ status });
    }
    await desk({ action: 'complete', bookingId: 777001 });
    expect(await ask('PUT', '/channel/bookings/777001/cancel')).toMatchObject(refusal(409, /completed/));
  });

  test('says what is wrong with a request', async () => {
    await start();
    expect(await desk({ action: 'dance' })).toMatchObject({ status: 400 });
    expect(await desk({ action: 'hold', sessionInstanceId: 1 })).toMatchObject({ status: 404 });
    expect(await desk({ action: 'complete', bookingId: 1 })).toMatchObject({ status: 404 });
  });

  test('knobs can be turned from another process', async () => {
    await start();
    const init = { method: 'POST', headers: { 'content-type': 'application/json' } };
    const turn = (body: unknown): Promise<Response> =>
      fetch(`${simulation.url}/__simulation/knobs`, { ...init, body: JSON.stringify(body) });
    expect(await (await turn({ createStatus: 200 })).json()).toMatchObject({
      createStatus: 200,
      enforceCapacity: true,
    });
    expect((await ask('POST', '/patients', { name: 'X' })).http).toBe(200);
    expect((await turn({ createStatus: 202 })).status).toBe(400);
  });
});

describe('notifications', () => {
  async function listen(path = '/rh/ws/notify'): Promise<{ socket: WebSocket; frames: string[] }> {
    const frames: string[] = [];
    const socket = new WebSocket(`${simulation.url.replace('http', 'ws')}${path}`);
    socket.on('message', (data: Buffer) => frames.push(data.toString()));
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return { socket, frames };
  }

  test('tell of online bookings and cancellations, and of nothing the desk does', async () => {
    await start();
    const { frames } = await listen();
    simulation.hmis.desk({ action: 'book', sessionInstanceId: 200 });
    const { bookingId } = await book(200);
    await ask('PUT', `/channel/bookings/${bookingId}/cancel`);
    await expect.poll(() => frames).toEqual(['Online Booking Completed - 200', 'Online Booking Cancelled - 200']);
  });

  test('can be lost or come twice', async () => {
    await start({ notifications: 'drop' });
    const { frames } = await listen();
    await book(200);
    simulation.hmis.turn({ notifications: 'duplicate' });
    await book(201);
    await expect.poll(() => frames).toEqual(['Online Booking Completed - 201', 'Online Booking Completed - 201']);
  });

  test('exist at one address only and end with the simulation', async () => {
    await start();
    await expect(listen('/rh/api/ws/notify')).rejects.toThrow(/404/);
    const { socket } = await listen();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await simulation.close();
    await closed;
  });
});
