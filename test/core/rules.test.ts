/** The rules that decide without asking anybody: who is the same person, who may have a slot, which places fit. */
import { describe, expect, it } from 'vitest';
import {
  checkAdjacent,
  checkAgainstPlaces,
  checkBeforeReading,
  placeOf,
  type Place,
} from '../../src/core/rules/place-rules.js';
import { demographicsAgree } from '../../src/core/rules/verify-patient.js';
import { isOpenForBooking, mayUse } from '../../src/core/search-free-slots.js';
import type { BookingRequest } from '../../src/domain/appointment.js';
import { GatewayError, type ErrorCode } from '../../src/domain/errors.js';
import type { LocationId, PractitionerId, ScheduleId } from '../../src/domain/identifiers.js';
import type { PatientDemographics } from '../../src/domain/patient.js';
import type { Slot, SlotRestriction } from '../../src/domain/schedule.js';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.js';
import { ods, slotId } from '../records/samples.js';
import { bookingOf, NOW, practice, SCHEDULE, slotNumber } from './bench.js';

function person(birthDate: string, family: string, ...given: string[]): PatientDemographics {
  return {
    name: { family, given, prefix: [] },
    birthDate,
    gender: undefined,
    addresses: [],
    telecom: [],
    language: undefined,
  };
}

function codeOf(act: () => unknown): { readonly code: ErrorCode; readonly at: string | undefined } | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { code: error.code, at: error.fhirPath };
  }
}

describe('find a patient: an NHS number is verified when', () => {
  const register = person('1985-06-15', 'Testwell', 'Alan', 'James');
  it.each<[string, PatientDemographics]>([
    ['everything agrees', person('1985-06-15', 'Testwell', 'Alan')],
    ['the date of birth agrees and no name does', person('1985-06-15', 'Sampleton', 'Beatrice')],
    ['the day differs, family name and initial agree', person('1985-06-16', 'Testwell', 'Alan')],
    ['the month differs, family name and initial agree', person('1985-07-15', 'Testwell', 'Alan')],
    ['the year differs, family name and initial agree', person('1958-06-15', 'Testwell', 'Alan')],
    ['three characters of the family name agree', person('1985-06-16', 'Tesla', 'Alan')],
    ['the initial of the given name agrees', person('1985-06-16', 'Testwell', 'Albert')],
    ['names agree but for letter case and blanks', person('1985-06-16', ' TESTWELL', ' alan')],
  ])('%s', (_title, claimed) => {
    expect(demographicsAgree(claimed, register)).toBe(true);
    expect(demographicsAgree(register, claimed)).toBe(true);
  });

  it.each<[string, PatientDemographics]>([
    ['two parts of the date differ', person('1985-07-16', 'Testwell', 'Alan')],
    ['day and month have changed places', person('1985-15-06', 'Testwell', 'Alan')],
    ['all of the date differs', person('1990-01-01', 'Testwell', 'Alan')],
    ['the third character of the family name differs', person('1985-06-16', 'Tewstell', 'Alan')],
    ['the initial of the given name differs', person('1985-06-16', 'Testwell', 'Blan')],
    ['only the second given name agrees', person('1985-06-16', 'Testwell', 'James')],
    ['there is no given name to compare', person('1985-06-16', 'Testwell')],
  ])('not when %s', (_title, claimed) => {
    expect(demographicsAgree(claimed, register)).toBe(false);
    expect(demographicsAgree(register, claimed)).toBe(false);
  });
});

describe('search for free slots: a restricted slot', () => {
  const restricted = (organisationTypes?: string[], organisations?: string[]): SlotRestriction => ({
    organisationTypes,
    organisations: organisations?.map(ods),
  });
  const kept: Readonly<Record<string, SlotRestriction | undefined>> = {
    'for everybody': undefined,
    'for urgent care': restricted(['urgent-care']),
    'for Z99902': restricted(undefined, ['Z99902']),
    'for urgent care and Z99902': restricted(['urgent-care'], ['Z99902']),
    'for nobody': restricted([]),
  };
  const asks: Readonly<Record<string, { organisationTypes: string[]; organisations: string[] }>> = {
    'nothing said': { organisationTypes: [], organisations: [] },
    'type only': { organisationTypes: ['urgent-care'], organisations: [] },
    'code only': { organisationTypes: [], organisations: ['Z99902'] },
    'type and code': { organisationTypes: ['urgent-care'], organisations: ['Z99902'] },
    'another type and another code': { organisationTypes: ['gp-practice'], organisations: ['Z99903'] },
    'right type, another code': { organisationTypes: ['urgent-care'], organisations: ['Z99903'] },
    'another type, right code': { organisationTypes: ['gp-practice'], organisations: ['Z99902'] },
    'code in another letter case': { organisationTypes: [], organisations: ['z99902'] },
  };
  it.each([
    ['for everybody', Object.keys(asks)],
    ['for urgent care', ['type only', 'type and code', 'right type, another code']],
    ['for Z99902', ['code only', 'type and code', 'another type, right code']],
    ['for urgent care and Z99902', ['type and code']],
    ['for nobody', []],
  ])('kept %s is shown to: %s', (restriction, shown) => {
    const slot = slotNumber(1, { restriction: kept[restriction] });
    expect(
      Object.keys(asks).filter((ask) => mayUse(slot, asks[ask] ?? { organisationTypes: [], organisations: [] })),
    ).toEqual(shown);
  });

  it.each([
    [0, undefined, 0, false],
    [0, undefined, 1, true],
    [HOUR, undefined, HOUR, false],
    [HOUR, undefined, HOUR + 1, true],
    [0, DAY, DAY, true],
    [0, DAY, DAY + 1, false],
  ])('embargo %i ms and horizon %s ms: %i ms ahead is open for booking: %s', (embargoMs, horizonMs, ahead, open) => {
    const rules = { ...practice().slotRules, embargoMs, horizonMs };
    expect(isOpenForBooking(rules, NOW + ahead, NOW)).toBe(open);
  });
});

const place = (n: number, over: Partial<Slot> = {}, schedule = SCHEDULE): Place => ({
  slot: slotNumber(n, over),
  schedule,
});

describe('book an appointment: several slots', () => {
  it('that follow one another in one schedule fit', () => {
    expect(codeOf(() => checkAdjacent([place(1), place(2), place(3)]))).toBeUndefined();
    expect(codeOf(() => checkAdjacent([place(1)]))).toBeUndefined();
  });

  it.each<[string, Place[]]>([
    ['with a gap', [place(1), place(3)]],
    ['with a gap after two that fit', [place(1), place(2), place(4)]],
    ['in the wrong order', [place(2), place(1)]],
    ['that overlap', [place(1), place(2, { start: slotNumber(2).start - 1 })]],
    ['of two schedules', [place(1), place(2, {}, { ...SCHEDULE, id: 'schedule-2' as ScheduleId })]],
    ['of two delivery channels', [place(1), place(2, { channel: 'Video' })]],
    ['of two service types', [place(1), place(2, { type: 'GP urgent' })]],
  ])('%s do not', (_title, places) => {
    expect(codeOf(() => checkAdjacent(places))).toEqual({ code: 'invalid-resource', at: 'Appointment.slot' });
  });
});

describe('book an appointment: what can be said without asking the practice', () => {
  const check = (over: Partial<BookingRequest>, multiSlot = true): ReturnType<typeof codeOf> =>
    codeOf(() =>
      checkBeforeReading(bookingOf([slotNumber(1)], over), practice(), NOW, multiSlot ? 'one-booking' : 'none'),
    );

  it.each<[string, Partial<BookingRequest>, boolean, ErrorCode | undefined, string | undefined]>([
    ['in the future', { start: NOW + 1 }, true, undefined, undefined],
    ['that starts now', { start: NOW }, true, 'invalid-resource', 'Appointment.start'],
    ['of one slot twice', { slots: [slotId('a'), slotId('a')] }, true, 'invalid-resource', 'Appointment.slot'],
    ['of two slots', { slots: [slotId('a'), slotId('b')] }, true, undefined, undefined],
    [
      'of two slots where one is sold at a time',
      { slots: [slotId('a'), slotId('b')] },
      false,
      'invalid-resource',
      'Appointment.slot',
    ],
    [
      'at an unknown location',
      { locationId: 'x' as LocationId },
      true,
      'reference-not-found',
      'Appointment.participant.actor',
    ],
    [
      'with an unknown practitioner',
      { practitionerId: 'x' as PractitionerId },
      true,
      'reference-not-found',
      'Appointment.participant.actor',
    ],
    ['with no practitioner', { practitionerId: undefined }, true, undefined, undefined],
  ])('one %s', (_title, over, multiSlot, code, at) => {
    expect(check(over, multiSlot)).toEqual(code && { code, at });
  });
});

describe('book an appointment: the place as the practice shows it now', () => {
  it.each([
    ['taken', 'slot-taken'],
    ['unknown', 'reference-not-found'],
    ['malformed', 'invalid-resource'],
  ] as const)('%s is refused', (state, code) => {
    expect(codeOf(() => placeOf({ state }))).toEqual({ code, at: 'Appointment.slot' });
  });

  const slot = slotNumber(1);
  const check = (over: Partial<BookingRequest>, dress: Partial<Slot> = {}, rules = {}): ReturnType<typeof codeOf> => {
    const here = practice({ slotRules: { ...practice().slotRules, ...rules } });
    return codeOf(() => checkAgainstPlaces(bookingOf([slot], over), here, [place(1, dress)], NOW));
  };
  const organisation = (code: string, type?: string): Partial<BookingRequest> => ({
    bookingOrganisation: {
      ...bookingOf([slot]).bookingOrganisation,
      odsCode: ods(code),
      type: type === undefined ? undefined : { code: type, display: undefined },
    },
  });
  const forZ2: Partial<Slot> = { restriction: { organisationTypes: undefined, organisations: [ods('Z99902')] } };
  const forGps: Partial<Slot> = { restriction: { organisationTypes: ['gp-practice'], organisations: undefined } };

  it.each<[string, ReturnType<typeof codeOf>]>([
    ['all as it is', check({})],
    ['the channel of the slot', check({ channel: 'In-person' })],
    ['kept for the organisation that books', check(organisation('Z99902'), forZ2)],
    ['kept for its type', check(organisation('Z99903', 'gp-practice'), forGps)],
    ['exactly at the horizon', check({}, {}, { horizonMs: slot.start - NOW })],
  ])('fits: %s', (_title, refused) => {
    expect(refused).toBeUndefined();
  });

  it.each<[string, ReturnType<typeof codeOf>, string]>([
    ['another start', check({ start: slot.start + MINUTE }), 'Appointment.start'],
    ['another end', check({ end: slot.end - MINUTE }), 'Appointment.start'],
    ['another location', check({ locationId: 'location-2' as LocationId }), 'Appointment.participant.actor'],
    ['another practitioner', check({ practitionerId: 'x' as PractitionerId }), 'Appointment.participant.actor'],
    ['another channel', check({ channel: 'Video' }), 'Appointment.extension'],
    ['another role', check({ roleCode: 'R0600' }), 'Appointment.extension'],
    ['kept for another organisation', check(organisation('Z99903'), forZ2), 'Appointment.slot'],
    ['kept for a type, none said', check(organisation('Z99902'), forGps), 'Appointment.slot'],
    ['under embargo', check({}, {}, { embargoMs: slot.start - NOW }), 'Appointment.slot'],
    ['beyond the horizon', check({}, {}, { horizonMs: slot.start - NOW - 1 }), 'Appointment.slot'],
  ])('does not fit: %s', (_title, refused, at) => {
    expect(refused).toEqual({ code: 'invalid-resource', at });
  });

  it('each slot must be open, not only the first', () => {
    const two = bookingOf([slotNumber(1), slotNumber(2)]);
    const places: [Place, Place] = [place(1), place(2, forGps)];
    expect(codeOf(() => checkAgainstPlaces(two, practice(), places, NOW))?.code).toBe('invalid-resource');
    expect(codeOf(() => checkAgainstPlaces(two, practice(), [place(1), place(2)], NOW))).toBeUndefined();
  });
});

it('two people who both lack a given name have no initial in common', () => {
  expect(demographicsAgree(person('1985-06-15', 'Testwell'), person('1985-06-16', 'Testwell'))).toBe(false);
  expect(demographicsAgree(person('1985-06-15', 'Testwell', ' '), person('1985-06-16', 'Testwell', ''))).toBe(false);
});
