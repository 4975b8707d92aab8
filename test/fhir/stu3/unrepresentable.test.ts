/** Data that make a valid resource impossible fail the whole answer; nothing is dropped in silence, nothing invalid sent. */
import { describe, expect, test } from 'vitest';
import type { Appointment } from '../../../src/domain/appointment.js';
import type { LocationId, PractitionerId, ScheduleId } from '../../../src/domain/identifiers.js';
import type { Patient } from '../../../src/domain/patient.js';
import type { Practice } from '../../../src/domain/practice.js';
import type { FreeSlots, Schedule, Slot } from '../../../src/domain/schedule.js';
import { stu3Representation as stu3 } from '../../../src/fhir/stu3/index.js';
import { practiceOf, readDomainInput } from '../golden.js';
import { refusalOf } from '../refusal.js';

const practice = practiceOf('A99901');
const { patient } = readDomainInput<{ patient: Patient }>('register-a-patient', 'temporary');
const { appointment } = readDomainInput<{ appointment: Appointment }>('read-an-appointment', 'booked');
const { free } = readDomainInput<{ free: FreeSlots }>('search-for-free-slots', 'everything-included');
const BOTH = { practitioner: true, location: true };

const FAILED = { status: 500, code: 'INTERNAL_SERVER_ERROR' };

describe('patient [4.5-1]', () => {
  test.each<[string, Patient]>([
    ['no family name', withDemographics({ name: { ...patient.demographics.name, family: ' ' } })],
    ['no whole birth date', withDemographics({ birthDate: '1991' })],
    ['a registration that ends before it starts', { ...patient, temporaryRegistration: { start: 2, end: 1 } }],
    ['a registration without its period', { ...patient, temporaryRegistration: undefined }],
  ])('%s', (_rule, broken) => {
    expect(refusalOf(() => stu3.writeRegistration(broken, practice))).toMatchObject(FAILED);
  });
});

function withDemographics(change: Partial<Patient['demographics']>): Patient {
  return { ...patient, demographics: { ...patient.demographics, ...change } };
}

describe('appointment [4.5-1 10.4-12]', () => {
  const organisation = appointment.bookingOrganisation;
  if (organisation === undefined) throw new Error('the golden input has no booking organisation');
  test.each<[string, Appointment]>([
    ['no description', { ...appointment, description: '' }],
    ['no slot', { ...appointment, slots: [] }],
    ['no slot type', { ...appointment, slotType: '' }],
    ['an end before its start', { ...appointment, end: appointment.start }],
    ['no time at all', { ...appointment, start: Number.NaN }],
    [
      'a booking organisation with a home telephone (org-3)',
      {
        ...appointment,
        bookingOrganisation: { ...organisation, telecom: [{ system: 'phone', value: '01632960999', use: 'home' }] },
      },
    ],
    [
      'a booking organisation with a home address (org-2)',
      {
        ...appointment,
        bookingOrganisation: { ...organisation, addresses: [{ use: 'home', line: ['1 Dock Street'] }] },
      },
    ],
  ])('%s', (_rule, broken) => {
    expect(refusalOf(() => stu3.writeAppointment(broken, practice))).toMatchObject(FAILED);
  });
});

describe('free slots [4.5-2]', () => {
  const slot = (change: Partial<Slot>): FreeSlots => ({
    ...free,
    slots: free.slots.map((each, index) => (index === 0 ? { ...each, ...change } : each)),
  });
  const schedule = (change: Partial<Schedule>): FreeSlots => ({
    ...free,
    schedules: free.schedules.map((each, index) => (index === 0 ? { ...each, ...change } : each)),
  });
  test.each<[string, FreeSlots, Practice]>([
    ['a slot of no schedule', slot({ scheduleId: 'x' as ScheduleId }), practice],
    ['a slot without type', slot({ type: ' ' }), practice],
    ['a slot that ends when it starts', slot({ start: 5, end: 5 }), practice],
    ['a slot without time', slot({ start: Number.NaN }), practice],
    ['a schedule at no location of the practice', schedule({ locationId: 'x' as LocationId }), practice],
    ['a schedule of no practitioner of the practice', schedule({ practitionerId: 'x' as PractitionerId }), practice],
    ['a planning horizon that ends before it starts', schedule({ planningHorizon: { start: 2, end: 1 } }), practice],
    [
      'a practice with a home telephone (org-3)',
      free,
      { ...practice, telecom: [{ system: 'phone', value: '01632960001', use: 'home' }] },
    ],
    ['a practice with a home address (org-2)', free, { ...practice, address: { ...practice.address, use: 'home' } }],
  ])('%s', (_rule, broken, from) => {
    expect(refusalOf(() => stu3.writeFreeSlots({ practice: from, free: broken }, BOTH))).toMatchObject(FAILED);
  });

  test('a practice that nobody else stands beside fails a search over several, instead of seeming to have no slots', () => {
    const broken = [{ practice, free: slot({ type: '' }) }];
    expect(refusalOf(() => stu3.writeFederatedSlots(broken, [], BOTH, () => ''))).toMatchObject(FAILED);
  });

  test('a broken schedule without slots in the answer disturbs nobody', () => {
    const unused: FreeSlots = { slots: [], schedules: schedule({ locationId: 'x' as LocationId }).schedules };
    expect(stu3.writeFreeSlots({ practice, free: unused }, BOTH).entry).toBeUndefined();
  });

  test('a fault of our own in a search over several is not passed off as the practice’s', () => {
    const zone = {
      ...practice.zone,
      toLocal: () => {
        throw new TypeError('ours');
      },
    };
    const parts = [{ practice: { ...practice, zone }, free }];
    expect(() => stu3.writeFederatedSlots(parts, [], BOTH, () => '')).toThrow(TypeError);
  });
});

test('an address or a telecom that says nothing is left out, because an empty element is invalid', () => {
  const written = stu3.writePatient(
    withDemographics({ addresses: [{ use: 'home', line: [''] }], telecom: [{ system: 'phone', value: '' }] }),
    practice,
  );
  expect(Object.keys(written)).not.toContain('address');
  expect(Object.keys(written)).not.toContain('telecom');
});

test('get the capability statement: a type that has operations only is no resource of the statement', () => {
  const operation = { name: 'gpc.registerpatient', definition: 'https://fhir.nhs.uk/STU3/OperationDefinition/x' };
  const facts = { version: '0.1.0', releaseDate: '2027-05-01', limits: [] };
  const [rest] = stu3.writeCapabilities([{ type: 'Patient', code: 'operation', operation }], facts).rest ?? [];
  expect(Object.keys(rest ?? {})).toEqual(['mode', 'security', 'operation']);
});
