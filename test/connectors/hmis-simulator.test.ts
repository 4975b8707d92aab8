import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { loadHmisData } from '../../src/connectors/hmis/simulator/simulator.js';
import { DataFileError } from '../../src/connectors/simulation/data-file.js';
import { parseNhsNumber } from '../../src/domain/identifiers.js';
import {
  ask,
  book,
  DATA,
  idsOf,
  KEY,
  refusal,
  send,
  setClock,
  simulation,
  start,
} from '../support/hmis-installation.js';

afterEach(() => simulation.close());

describe('keys', () => {
  test('every channelling and patient address wants one; unknown, retired and missing keys are 401', async () => {
    await start();
    const wrong: Record<string, string>[] = [{}, { Finance: 'other' }, { Finance: 'retired-key' }, { Token: KEY }];
    for (const headers of wrong) {
      const answer = await send('GET', '/api/channel/specialities', undefined, headers);
      expect(answer.status).toBe(401);
      expect(await answer.json()).toEqual({ status: 'error', code: 401, message: 'Not a valid key' });
    }
    expect((await send('GET', '/api/patients/search?name=x', undefined, {})).status).toBe(401);
    expect((await send('GET', '/api/capabilities', undefined, {})).status).toBe(200);
  });

  test('a key dies at local midnight of the day it expires', async () => {
    await start();
    setClock(Date.UTC(2026, 4, 18, 22, 59, 59));
    expect((await ask('GET', '/channel/specialities')).http).toBe(200);
    setClock(Date.UTC(2026, 4, 18, 23));
    expect(await ask('GET', '/channel/specialities')).toMatchObject(refusal(401, /^Not a valid key$/));
    expect((await send('GET', '/api/channel/specialities', undefined, { Finance: 'endless-key' })).status).toBe(200);
  });

  test('expiry can be scripted', async () => {
    await start();
    simulation.faults.script({ fault: { kind: 'system', name: 'key-expired' } });
    expect((await ask('GET', '/channel/specialities')).http).toBe(401);
  });
});

describe('lists', () => {
  test('specialities and consultants, with members without a value left out', async () => {
    await start();
    expect(await ask('GET', '/channel/specialities')).toEqual({
      http: 200,
      status: 'success',
      code: 200,
      data: [{ id: 12, name: 'General Practice', code: 'GP', description: '' }],
    });
    const { data } = await ask('GET', '/channel/consultants?specialityId=12');
    const shared = {
      specialityId: 12,
      speciality: 'General Practice',
      institutionId: 10,
      institution: 'Riverside Surgery',
    };
    expect(data).toEqual([
      { id: 42, name: 'Amara Perera', title: 'Dr', ...shared },
      { id: 43, name: 'Tobias Wren', ...shared },
    ]);
    expect((await ask('GET', '/channel/consultants?specialityId=13')).data).toEqual([]);
    expect(await ask('GET', '/channel/consultants?specialityId=x')).toMatchObject(refusal(400, /specialityId/));
  });

  test('sessions by consultant and by both forms of date', async () => {
    await start();
    const list = async (query: string): Promise<number[]> =>
      idsOf((await ask('GET', `/channel/sessions${query}`)).data);
    expect(await list('')).toEqual([100, 101, 102, 200, 201, 202, 203]);
    expect(await list('?consultantId=42')).toEqual([100, 101, 102]);
    expect(await list('?consultantId=44')).toEqual([]);
    expect(await list('?fromDate=2026-05-20&toDate=2026-05-21')).toEqual([200, 201]);
    expect(await list('?fromDate=2026-05-19%2009:10:00&toDate=2026-05-20%2013:59:59')).toEqual([101, 102]);
    expect(await list('?fromDate=2026-05-01&toDate=2026-05-18')).toEqual([205]);
    expect(await list('?fromDate=2026-05-30&toDate=2026-06-30')).toEqual([204]);
    expect(await ask('GET', '/channel/sessions?fromDate=18/05/2026')).toMatchObject(refusal(400, /fromDate/));
  });

  test('one session, its counters before and after a booking', async () => {
    await start();
    expect((await ask('GET', '/channel/sessions/200')).data).toEqual({
      id: 200,
      name: 'Queue',
      consultantId: 43,
      consultantName: 'Tobias Wren',
      specialityId: 12,
      specialityName: 'General Practice',
      institutionId: 10,
      institutionName: 'Riverside Surgery',
      institutionCode: 'A99901',
      sessionDate: '2026-05-20 00:00:00',
      startingTime: '2026-05-20 14:00:00',
      endingTime: '2026-05-20 14:30:00',
      duration: 10,
      maxNo: 3,
      bookedPatientCount: 0,
      availableSlots: 3,
      nextAvailableAppointmentNumber: 1,
      total: 25,
      itemId: 902,
      status: 'Available',
      acceptOnlineBookings: true,
      doctorHoliday: false,
      started: false,
      completed: false,
      cancelled: false,
    });
    await book(200);
    const after = { bookedPatientCount: 1, availableSlots: 2, nextAvailableAppointmentNumber: 2 };
    expect((await ask('GET', '/channel/sessions/200')).data).toMatchObject(after);
    const unlimited = (await ask('GET', '/channel/sessions/201')).data;
    expect(unlimited).toMatchObject({ maxNo: 0 });
    for (const absent of ['availableSlots', 'duration', 'endingTime']) expect(unlimited).not.toHaveProperty(absent);
    expect(await ask('GET', '/channel/sessions/999')).toMatchObject(refusal(404, /not found/));
  });

  test('capabilities list the modules, without a code', async () => {
    await start();
    const { code, data } = await ask('GET', '/capabilities');
    expect(code).toBeUndefined();
    const { resources } = z.looseObject({ resources: z.array(z.looseObject({ path: z.string() })) }).parse(data);
    expect(resources.map(({ path }) => path)).toEqual(['/api/channel', '/api/patients']);
  });
});

describe('container answers', () => {
  test.each([
    ['GET', '/rh/api/channel/nothing', 404],
    ['GET', '/rh/api/channel/bookings/abc', 404],
    ['GET', '/other/api/channel/specialities', 404],
    ['DELETE', '/rh/api/channel/bookings', 405],
  ])('%s %s is an HTML page with %i', async (method, path, status) => {
    await start();
    const answer = await fetch(simulation.url + path, { method, headers: { Finance: KEY } });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'text/html;charset=utf-8']);
  });

  test('a body that is not called JSON is 415, one that is not JSON is 400', async () => {
    await start();
    const post = (type: string, body: string): Promise<Response> => {
      const headers = { Finance: KEY, 'content-type': type };
      return fetch(`${simulation.url}/rh/api/patients`, { method: 'POST', headers, body });
    };
    expect((await post('text/plain', 'x')).status).toBe(415);
    expect((await post('application/json', '{')).status).toBe(400);
  });
});

describe('patients', () => {
  test.each([
    ['phone=01632%20960201', [1]],
    ['phone=07700%20900201', [1]],
    ['nic=N2', [2]],
    ['phn=9990000026', [2]],
    ['code=MRN2', [2]],
    ['patientId=1', [1]],
    ['name=Alan%20Testwell', [1]],
    ['name=Alan', []],
    ['phn=999000', []],
  ])('search by %s', async (query, found) => {
    await start();
    expect(idsOf((await ask('GET', `/patients/search?${query}`)).data)).toEqual(found);
  });

  test('search without anything to search for is refused', async () => {
    await start();
    expect(await ask('GET', '/patients/search?surname=x')).toMatchObject(refusal(400, /required/));
  });

  test('registration needs a name only, ignores an id and checks no duplicates', async () => {
    await start();
    const created = await ask('POST', '/patients', {
      id: 1,
      name: 'Cedric Mockford',
      dob: '1950-01-02',
      phn: '9990000018',
    });
    expect(created).toEqual({
      http: 201,
      status: 'success',
      code: 201,
      data: { id: 3, name: 'Cedric Mockford', dob: '1950-01-02 00:00:00', phn: '9990000018' },
    });
    expect(idsOf((await ask('GET', '/patients/search?phn=9990000018')).data)).toEqual([1, 3]);
    for (const body of [{}, { name: ' ' }, { name: 'A', dob: '02/01/1950' }, { name: 'A', phone: 7 }, []]) {
      expect(await ask('POST', '/patients', body)).toMatchObject(refusal(400, /invalid/));
    }
    expect(simulation.hmis.patients()).toHaveLength(3);
  });

  test('a duplicate may be answered outside the envelope', async () => {
    await start({ alreadyExists: true });
    expect(await ask('POST', '/patients', { name: 'X', phn: '9990000018' })).toEqual({
      http: 200,
      status: 'already_exists',
      id: 1,
      name: 'Alan Testwell',
    });
  });
});

describe('data files', () => {
  const practiceFile = (name: string): string => `fixtures/hmis/${name}.yaml`;

  test('of the demo hold three practices with more than 300 places in 14 days, most of them exact', async () => {
    const places: Record<string, number> = {};
    const exact: Record<string, number> = {};
    for (const name of ['riverside', 'hillside']) {
      const data = loadHmisData(practiceFile(name));
      expect(data.patients).toHaveLength(12);
      for (const { phn } of data.patients) expect(parseNhsNumber(phn ?? '')).toMatch(/^999/);
      await start({}, { data });
      for (const { institutionCode, capacity } of simulation.hmis.sessions()) {
        places[institutionCode] = (places[institutionCode] ?? 0) + capacity;
        if (capacity === 1) exact[institutionCode] = (exact[institutionCode] ?? 0) + 1;
      }
      const key = { Finance: `demo-${name}-key` };
      expect((await send('GET', '/api/channel/sessions', undefined, key)).status).toBe(200);
      if (name === 'riverside') await simulation.close();
    }
    expect(Object.keys(places).sort()).toEqual(['A99901', 'A99902', 'A99903']);
    for (const count of Object.values(places)) expect(count).toBeGreaterThan(300);
    for (const count of Object.values(exact)) expect(count).toBeGreaterThan(250);
  });

  test('repeat sessions on days and weekdays at the same time of day over a clock change', async () => {
    const sessions = [
      { id: 500, name: 'Weekend', consultantId: 42, days: ['0', '2-9'], weekdays: ['sun', 'mon'], start: '09:00' },
      {
        id: 600,
        name: 'Given away',
        consultantId: 42,
        start: '2026-10-26 09:00',
        repeat: { every: '10m', count: 2 },
        capacity: 4,
        duration: 10,
        booked: 2,
      },
    ];
    // Friday; the clocks go back on Sunday the 25th.
    const friday = Date.UTC(2026, 9, 23, 12);
    await start({}, { data: loadHmisData({ ...DATA, sessions }), now: () => friday });
    const made = simulation.hmis.sessions().map(({ id, start: at }) => [id, new Date(at).toISOString().slice(0, 16)]);
    expect(made).toEqual([
      [501, '2026-10-25T09:00'],
      [502, '2026-10-26T09:00'],
      [600, '2026-10-26T09:00'],
      [601, '2026-10-26T09:10'],
      [508, '2026-11-01T09:00'],
    ]);
    expect((await ask('GET', '/channel/sessions/502')).data).toMatchObject({ startingTime: '2026-10-26 09:00:00' });
    expect((await ask('GET', '/channel/sessions/601')).data).toMatchObject({
      bookedPatientCount: 2,
      availableSlots: 2,
    });
  });

  test('are refused with every problem, each with its line', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hmis-data-'));
    const file = join(folder, 'bad.yaml');
    const text = [
      'zone: Europe/Lundun',
      'keys: [{ key: k, expires: soon }]',
      'institutions: [{ id: 1, name: A, code: A1 }, { id: 1, name: B, code: B1 }]',
      'specialities: [{ id: 1, name: GP }]',
      'consultants: [{ id: 1, name: C, specialityId: 2, institutionId: 1 }]',
      'sessions:',
      "  - { name: a, consultantId: 1, start: '09:00' }",
      "  - { name: b, consultantId: 1, start: '+1d 09:00', days: ['0-1'] }",
      "  - { name: c, consultantId: 1, start: 'nine' }",
      "  - { name: d, consultantId: 1, start: '+1d 09:00', repeat: { every: ten, count: 2 } }",
      'knobs: { createStatus: 202 }',
      'colour: red',
    ];
    const problemsOf = (lines: readonly string[]): string[] => {
      writeFileSync(file, lines.join('\n'));
      try {
        loadHmisData(file);
      } catch (error) {
        if (error instanceof DataFileError) return error.problems.map(({ line, path }) => `${line}: ${path}`).sort();
        throw error;
      }
      return [];
    };
    expect(problemsOf(text)).toEqual(
      ['1: zone', '2: keys[0].expires', '7: sessions[0].start', '8: sessions[1].start', '9: sessions[2].start']
        .concat(['3: institutions[1].id', '5: consultants[0].specialityId'])
        .concat(['10: sessions[3].repeat.every', '11: knobs.createStatus', '12: colour'])
        .sort(),
    );
    const sound = ['zone: Europe/London', 'keys: [{ key: k }]', ...text.slice(2, 6)];
    const clash = [
      "  - { id: 5, name: a, consultantId: 1, start: '+1d 09:00', repeat: { every: 10m, count: 3 } }",
      "  - { id: 7, name: b, consultantId: 9, start: '+1d 09:00' }",
    ];
    expect(problemsOf([...sound, ...clash])).toEqual([
      '3: institutions[1].id',
      '5: consultants[0].specialityId',
      '8: sessions[1].consultantId',
      '8: sessions[1].id',
    ]);
    rmSync(folder, { recursive: true });
  });
});
