/** Finding, reading and registering patients; and what may be written down about them. */
import { expect } from 'vitest';
import type { PracticePatientRef } from '../../../src/domain/identifiers.js';
import { booking, bookingOf, done, firstSlot, search, spoiltAnswers, type Test } from './harness.js';

export function patientTests(test: Test): void {
  test('finds a patient by NHS number', async ({ system, patients: { known } }) => {
    const found = await system.findPatients(known.nhsNumber, search());
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      ref: known.ref,
      nhsNumber: known.nhsNumber,
      demographics: { name: { family: known.family }, birthDate: known.birthDate },
    });
  });

  test('finds nobody under a number nobody has', async ({ system, patients: { stranger } }) => {
    expect(await system.findPatients(stranger.nhsNumber, search())).toEqual([]);
  });

  test('gives back every record of one number, and picks none', async ({ system, patients: { twice } }) => {
    const found = await system.findPatients(twice, search());
    expect(new Set(found.map(({ ref }) => ref)).size).toBe(2);
  });

  test('throws, and finds not nobody, when the search fails', async (practice) => {
    const { system, patients } = practice;
    practice.fault('find', { kind: 'wrong-envelope', when: 'before' });
    await expect(system.findPatients(patients.known.nhsNumber, search())).rejects.toMatchObject({
      code: 'practice-system-fault',
    });
    practice.fault('find', { kind: 'hang', when: 'before' });
    await expect(system.findPatients(patients.known.nhsNumber, search())).rejects.toMatchObject({
      code: 'practice-timeout',
    });
    await practice.goDown();
    await expect(system.findPatients(patients.known.nhsNumber, search())).rejects.toMatchObject({
      code: 'practice-unavailable',
    });
  });

  test('reads a patient it found', async ({ system, patients: { known } }) => {
    const [found] = await system.findPatients(known.nhsNumber, search());
    expect(await system.readPatient(known.ref, search())).toEqual(found);
  });

  test('reads nobody where there is nobody', async ({ system }) => {
    for (const ref of ['999999', 'nonsense', '../1']) {
      expect(await system.readPatient(ref as PracticePatientRef, search()), ref).toBeUndefined();
    }
  });

  test('registers a stranger, who is found from then on', async ({ system, patients: { stranger } }) => {
    const ref = done(await system.registerPatient(stranger, booking()));
    const found = await system.findPatients(stranger.nhsNumber, search());
    expect(found.map((patient) => patient.ref)).toEqual([ref]);
    expect(found[0]?.demographics).toMatchObject({
      name: { family: stranger.demographics.name.family },
      birthDate: stranger.demographics.birthDate,
      gender: stranger.demographics.gender,
    });
  });

  test('registers a stranger twice as if once', async (practice) => {
    const before = practice.patientRecords();
    const first = done(await practice.system.registerPatient(practice.patients.stranger, booking()));
    const second = done(await practice.system.registerPatient(practice.patients.stranger, booking()));
    expect(second).toBe(first);
    expect(practice.patientRecords()).toBe(before + 1);
  });

  test('registers nobody under a number that two records have', async (practice) => {
    const { twice, stranger } = practice.patients;
    const answer = await practice.system.registerPatient({ ...stranger, nhsNumber: twice }, booking());
    expect(answer.class).toBe('refused');
    expect(practice.arrived('register')).toBe(0);
  });

  test('sends no registration for a caller that has gone', async (practice) => {
    const { stranger } = practice.patients;
    const answer = await practice.system.registerPatient(stranger, booking(AbortSignal.abort()));
    expect(answer.class).toBe('not-sent');
    expect(practice.arrived('register')).toBe(0);
  });

  test('sends no registration that it may not send any more', async (practice) => {
    const { stranger } = practice.patients;
    const answer = await practice.system.registerPatient(stranger, { ...booking(), maySend: () => false });
    expect(answer.class).toBe('not-sent');
    expect(practice.arrived('register')).toBe(0);
  });

  test('sends no registration when it could not search first', async (practice) => {
    practice.fault('find', { kind: 'not-json', when: 'before' });
    expect((await practice.system.registerPatient(practice.patients.stranger, booking())).class).toBe('not-sent');
    expect(practice.arrived('register')).toBe(0);
  });

  test('says so when the key is refused to a registration', async (practice) => {
    practice.fault('register', practice.keyRefused);
    expect(await practice.system.registerPatient(practice.patients.stranger, booking())).toEqual({ class: 'auth' });
    practice.fault('find', practice.keyRefused);
    expect(await practice.system.registerPatient(practice.patients.stranger, booking())).toEqual({ class: 'auth' });
  });

  for (const when of ['before', 'after'] as const) {
    for (const [name, fault] of spoiltAnswers(when)) {
      test(`does not know whether it registered after ${name} (${when}), and never twice`, async (practice) => {
        const { system, patients } = practice;
        const before = practice.patientRecords();
        practice.fault('register', fault);
        expect(await system.registerPatient(patients.stranger, booking())).toMatchObject({ class: 'unknown' });
        expect(practice.patientRecords()).toBe(before + (when === 'before' ? 0 : 1));
        done(await system.registerPatient(patients.stranger, booking()));
        expect(practice.patientRecords()).toBe(before + 1);
      });
    }
  }

  test('books for a patient it has just registered', async (practice) => {
    const patientRef = done(await practice.system.registerPatient(practice.patients.stranger, booking()));
    const request = { ...bookingOf(practice, await firstSlot(practice)), patientRef };
    expect(done(await practice.system.book(request, booking())).patientRef).toBe(patientRef);
  });
}

export function privacyTests(test: Test): void {
  test('writes nothing about a patient into the log or into what a consumer reads', async (practice) => {
    const { system, patients } = practice;
    const { demographics } = patients.stranger;
    const heard: string[] = [];
    const hear = (work: Promise<unknown>): Promise<unknown> =>
      work.then(
        () => undefined,
        (error: unknown) => heard.push(String(error)),
      );
    const slot = await firstSlot(practice);
    for (const operation of ['place', 'book', 'look-up', 'read', 'cancel', 'find', 'register'] as const) {
      for (const [, fault] of spoiltAnswers('after')) practice.fault(operation, fault);
    }
    for (let round = 0; round < 20; round += 1) {
      await hear(system.findPatients(patients.known.nhsNumber, search()));
      await hear(system.readPatient(patients.known.ref, search()));
      await hear(system.readPlace(slot.id, search()));
      await hear(system.registerPatient(patients.stranger, booking()));
      await hear(system.book(bookingOf(practice, slot), booking()));
    }
    expect(practice.log.length).toBeGreaterThan(20);
    const written = [...practice.log, ...heard].join('\n');
    const secrets = [
      patients.known.nhsNumber,
      patients.stranger.nhsNumber,
      patients.known.family,
      demographics.name.family,
      demographics.birthDate,
      patients.known.birthDate,
      ...demographics.telecom.map(({ value }) => value),
      ...demographics.addresses.flatMap(({ line }) => line),
    ];
    for (const secret of secrets) expect(written).not.toContain(secret);
  });
}
