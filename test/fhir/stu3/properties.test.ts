import fc from 'fast-check';
import type { Slot as FhirSlot } from 'fhir/r3.js';
import { expect, test } from 'vitest';
import type { Appointment, BookingRequest } from '../../../src/domain/appointment.js';
import { isGatewayError } from '../../../src/domain/errors.js';
import { parseNhsNumber, type NhsNumber, type PatientId, type SlotId } from '../../../src/domain/identifiers.js';
import type { Patient, RegistrationRequest } from '../../../src/domain/patient.js';
import { DELIVERY_CHANNELS, type Slot } from '../../../src/domain/schedule.js';
import { MINUTE, SECOND } from '../../../src/domain/time.js';
import { stu3Representation as stu3 } from '../../../src/fhir/stu3/index.js';
import { HUMAN_LANGUAGES } from '../../../src/fhir/stu3/languages.js';
import { londonZone, practiceOf, readDomainInput, readInput } from '../golden.js';

const practice = practiceOf('A99901');
const { appointment: bookedOnce } = readDomainInput<{ appointment: Appointment }>('read-an-appointment', 'booked');

/** Nothing but a `GatewayError`, and none that repeats a marked value. */
function expectOnlyGatewayErrors(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    expect(error.message).not.toContain('SECRET');
  }
}

const id = fc.stringMatching(/^[A-Za-z0-9\-.]{1,64}$/);
const word = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }).filter((text) => text.trim() !== '');
const second = fc.integer({ min: 1_600_000_000, max: 2_500_000_000 }).map((value) => value * SECOND);
const nhsNumber = fc
  .integer({ min: 999_000_000, max: 999_999_999 })
  .chain((nine) => fc.integer({ min: 0, max: 9 }).map((digit) => parseNhsNumber(`${String(nine)}${String(digit)}`)))
  .filter((number): number is NhsNumber => number !== undefined);

const place = fc.record(
  { line: fc.array(word, { maxLength: 3 }), city: word, district: word, postalCode: word, country: word },
  { requiredKeys: ['line', 'city'] },
);

const registration: fc.Arbitrary<RegistrationRequest> = fc
  .record({
    nhsNumber,
    demographics: fc.record({
      name: fc.record({ family: word, given: fc.array(word, { minLength: 1, maxLength: 3 }), prefix: fc.array(word) }),
      birthDate: fc
        .date({ min: new Date('1900-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
        .map((date) => date.toISOString().slice(0, 10)),
      gender: fc.constantFrom('male', 'female', 'other', 'unknown', undefined),
      addresses: fc
        .subarray(['home', 'temp'] as const)
        .chain((uses) => fc.tuple(...uses.map((use) => place.map((address) => ({ use, ...address }))))),
      telecom: fc
        .subarray(['home', 'work', 'mobile', 'temp'] as const)
        .chain((uses) =>
          fc.tuple(...uses.map((use) => word.map((value) => ({ system: 'phone' as const, value, use })))),
        ),
      language: fc.option(
        fc.record({
          code: fc.constantFrom(...HUMAN_LANGUAGES.keys()),
          interpreterRequired: fc.constantFrom(true, false, undefined),
        }),
        { nil: undefined },
      ),
    }),
  })
  .map((request) => {
    const { language } = request.demographics;
    const display = HUMAN_LANGUAGES.get(language?.code ?? '') ?? '';
    return { ...request, demographics: { ...request.demographics, language: language && { ...language, display } } };
  });

const booking: fc.Arbitrary<BookingRequest> = fc
  .record({
    slots: fc.uniqueArray(id, { minLength: 1, maxLength: 4 }),
    start: second,
    minutes: fc.integer({ min: 1, max: 600 }),
    created: second,
    description: word,
    comment: fc.option(word, { nil: undefined }),
    channel: fc.constantFrom(...DELIVERY_CHANNELS, undefined),
    priority: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
    identifiers: fc.array(fc.record({ system: word, value: word }), { maxLength: 2 }),
    patientId: id,
  })
  .map(({ minutes, slots, patientId, ...request }) => ({
    ...request,
    end: request.start + minutes * MINUTE,
    slots: slots as SlotId[],
    patientId: patientId as PatientId,
    locationId: bookedOnce.locationId,
    practitionerId: bookedOnce.practitionerId,
    bookingOrganisation: bookedOnce.bookingOrganisation as NonNullable<Appointment['bookingOrganisation']>,
    roleCode: bookedOnce.role?.code,
  }));

test('a booking request survives being written as an appointment and parsed again', () => {
  fc.assert(
    fc.property(booking, (request) => {
      const { id: _id, ...written } = stu3.writeAppointment({ ...bookedOnce, ...request }, practice);
      expect(stu3.parseBooking(JSON.parse(JSON.stringify(written)), londonZone)).toEqual(request);
    }),
  );
});

test('a registration request survives being written as a patient and parsed again', () => {
  fc.assert(
    fc.property(registration, (request) => {
      const patient: Patient = {
        id: 'pat-1' as PatientId,
        version: '1',
        nhsNumberStatus: 'verified',
        temporaryRegistration: undefined,
        preferredLocation: undefined,
        generalPractitioner: undefined,
        ...request,
      };
      const { id: _id, active: _active, managingOrganization: _by, ...resource } = stu3.writePatient(patient, practice);
      const body = { resourceType: 'Parameters', parameter: [{ name: 'registerPatient', resource }] };
      expect(stu3.parseRegistration(JSON.parse(JSON.stringify(body)))).toEqual(request);
    }),
  );
});

test('slots come out in order of time and id, whatever order they came in', () => {
  const slot = fc.record({ id, start: second.map((start) => start - (start % (240 * MINUTE))) });
  const schedule = { id: 's', version: '1', locationId: 'harbour-main' };
  fc.assert(
    fc.property(fc.array(slot, { maxLength: 30 }), (slots) => {
      const free = {
        slots: slots.map((each) => ({
          ...each,
          version: '1',
          scheduleId: 's',
          end: each.start + MINUTE,
          type: 't',
          channel: 'Video',
        })) as Slot[],
        schedules: [schedule] as never[],
      };
      const bundle = stu3.writeFreeSlots({ practice, free }, { practitioner: false, location: false });
      const written = (bundle.entry ?? []).flatMap(({ resource }) =>
        resource?.resourceType === 'Slot' ? (resource as FhirSlot) : [],
      );
      const order = written.map((each) => [Date.parse(each.start), each.id ?? ''] as const);
      expect(order).toHaveLength(slots.length);
      order.slice(1).forEach(([start, ownId], index) => {
        const [earlier, otherId] = order[index] ?? [Infinity, ''];
        expect(earlier < start || (earlier === start && otherId <= ownId)).toBe(true);
      });
    }),
  );
});

const name = fc.oneof(
  fc.constantFrom('identifier', 'start', 'end', 'status', '_include', '_include:recurse', 'searchFilter'),
  fc.string(),
);
const dateish = fc
  .tuple(
    fc.constantFrom('ge', 'le', ''),
    fc.date({ noInvalidDate: true }),
    fc.constantFrom('', '+00:00', '+01:00', 'Z'),
  )
  .map(([prefix, date, offset]) => `${prefix}${date.toISOString().slice(0, offset === '' ? 10 : 19)}${offset}`);
const value = fc.oneof(
  dateish,
  fc.constantFrom('free', 'Slot:schedule', 'https://fhir.nhs.uk/Id/nhs-number|SECRET', 'geSECRET', '|', ''),
  fc.string(),
);

test('no query string makes a search throw anything but a GatewayError, nor repeat what it was given', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 8 }), (pairs) => {
      const query = new URLSearchParams(pairs);
      expectOnlyGatewayErrors(() => stu3.parsePatientSearch(query));
      expectOnlyGatewayErrors(() => stu3.parseSlotSearch(query, londonZone));
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(dateish, dateish, (start, end) => {
      const query = new URLSearchParams({ start, end, status: 'free', _include: 'Slot:schedule' });
      expectOnlyGatewayErrors(() => stu3.parseSlotSearch(query, londonZone));
    }),
    { numRuns: 500 },
  );
});

/** A good body with one part, at any depth, replaced by something else. */
function spoiled(body: unknown): fc.Arbitrary<unknown> {
  const paths: (readonly string[])[] = [];
  const walk = (part: unknown, path: readonly string[]): void => {
    paths.push(path);
    if (typeof part !== 'object' || part === null) return;
    for (const [key, inner] of Object.entries(part)) walk(inner, [...path, key]);
  };
  walk(body, []);
  const junk = fc.oneof(
    fc.constantFrom('SECRET', null, undefined, 7, true, [], {}, [null], ['SECRET'], [{}], { SECRET: 'SECRET' }),
    fc.anything(),
  );
  return fc.tuple(fc.constantFrom(...paths), junk).map(([path, replacement]) => replaced(body, path, replacement));
}

function replaced(part: unknown, [key, ...rest]: readonly string[], replacement: unknown): unknown {
  if (key === undefined) return replacement;
  if (Array.isArray(part)) {
    return part.map((item: unknown, index) => (String(index) === key ? replaced(item, rest, replacement) : item));
  }
  const element = part as Record<string, unknown>;
  return { ...element, [key]: replaced(element[key], rest, replacement) };
}

test('no body makes a parse throw anything but a GatewayError, nor repeat what it was given', () => {
  fc.assert(
    fc.property(spoiled(readInput('parse-a-booking', 'everything-allowed')), (body) => {
      expectOnlyGatewayErrors(() => stu3.parseBooking(body, londonZone));
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(spoiled(readInput('parse-a-registration', 'everything-allowed')), (body) => {
      expectOnlyGatewayErrors(() => stu3.parseRegistration(body));
    }),
    { numRuns: 500 },
  );
});
