/** Every golden case of the STU3 face, compared exactly: elements, values and order. */
import { describe, expect, test } from 'vitest';
import type { Appointment } from '../../../src/domain/appointment.js';
import { GatewayError, type ErrorCode } from '../../../src/domain/errors.js';
import type { Patient } from '../../../src/domain/patient.js';
import type { Practitioner } from '../../../src/domain/practice.js';
import type { FreeSlots } from '../../../src/domain/schedule.js';
import type { ServedInteraction, ServerFacts, SlotIncludes } from '../../../src/fhir/representation.js';
import { stu3Representation as stu3 } from '../../../src/fhir/stu3/index.js';
import { dehydrate, expectGolden, goldenCases, londonZone, practiceOf, readDomainInput, readInput } from '../golden.js';

interface ErrorInput {
  readonly code: ErrorCode;
  readonly message: string;
  readonly fhirPath?: string;
}

/** Something of the practice's directory, by our ids. */
interface Asked {
  readonly practice: string;
  readonly ids: readonly string[];
}

function practitionersOf(practice: string, ids: readonly string[]): readonly Practitioner[] {
  return practiceOf(practice).practitioners.filter(({ id }) => ids.includes(id));
}

function toError({ code, message, fhirPath }: ErrorInput): GatewayError {
  return new GatewayError(code, message, fhirPath === undefined ? {} : { fhirPath });
}

const operations: Readonly<Record<string, (operation: string, name: string) => unknown>> = {
  'find-a-patient': (operation, name) => {
    const input = readDomainInput<{ practice: string; patients: Patient[] }>(operation, name);
    return stu3.writePatientSearch(input.patients, practiceOf(input.practice));
  },
  'read-a-patient': (operation, name) => {
    const input = readDomainInput<{ practice: string; patient: Patient }>(operation, name);
    return stu3.writePatient(input.patient, practiceOf(input.practice));
  },
  'register-a-patient': (operation, name) => {
    const input = readDomainInput<{ practice: string; patient: Patient }>(operation, name);
    return stu3.writeRegistration(input.patient, practiceOf(input.practice));
  },
  'find-a-practitioner': (operation, name) => {
    const { practice, ids } = readInput<Asked>(operation, name);
    return stu3.writePractitionerSearch(practitionersOf(practice, ids), practiceOf(practice));
  },
  'read-a-practitioner': (operation, name) => {
    const { practice, ids } = readInput<Asked>(operation, name);
    const [practitioner] = practitionersOf(practice, ids);
    if (practitioner === undefined) throw new Error(`no practitioner ${ids.join()} among the fixtures`);
    return stu3.writePractitioner(practitioner, practiceOf(practice));
  },
  'find-an-organisation': (operation, name) => {
    const { ids } = readInput<Asked>(operation, name);
    return stu3.writeOrganizationSearch(ids.map(practiceOf));
  },
  'read-an-organisation': (operation, name) =>
    stu3.writeOrganization(practiceOf(readInput<Asked>(operation, name).practice)),
  'read-a-location': (operation, name) => {
    const { practice, ids } = readInput<Asked>(operation, name);
    const location = practiceOf(practice).locations.find(({ id }) => id === ids[0]);
    if (location === undefined) throw new Error(`no location ${ids.join()} among the fixtures`);
    return stu3.writeLocation(location, practiceOf(practice));
  },
  'parse-a-registration': (operation, name) => dehydrate(stu3.parseRegistration(readInput(operation, name))),
  'parse-a-booking': (operation, name) => dehydrate(stu3.parseBooking(readInput(operation, name), londonZone)),
  'read-an-appointment': (operation, name) => {
    const input = readDomainInput<{ practice: string; appointment: Appointment }>(operation, name);
    return stu3.writeAppointment(input.appointment, practiceOf(input.practice));
  },
  'retrieve-appointments': (operation, name) => {
    const input = readDomainInput<{ practice: string; appointments: Appointment[] }>(operation, name);
    return stu3.writeAppointmentSearch(input.appointments, practiceOf(input.practice));
  },
  'parse-an-amendment': (operation, name) => dehydrate(stu3.parseAmendment(readInput(operation, name), londonZone)),
  'parse-a-cancellation': (operation, name) =>
    dehydrate(stu3.parseCancellation(readInput(operation, name), londonZone)),
  'search-for-free-slots': (operation, name) => {
    const input = readDomainInput<{ practice: string; includes: SlotIncludes; free: FreeSlots }>(operation, name);
    return stu3.writeFreeSlots({ practice: practiceOf(input.practice), free: input.free }, input.includes);
  },
  'search-several-practices': (operation, name) => {
    const input = readDomainInput<{
      includes: SlotIncludes;
      parts: { practice: string; free: FreeSlots }[];
      shortfalls: (ErrorInput & { practice: string })[];
    }>(operation, name);
    return stu3.writeFederatedSlots(
      input.parts.map(({ practice, free }) => ({ practice: practiceOf(practice), free })),
      input.shortfalls.map((shortfall) => ({ practice: practiceOf(shortfall.practice), error: toError(shortfall) })),
      input.includes,
      (odsCode) => `https://gateway.example.nhs.uk/${odsCode}/STU3/1/gpconnect`,
    );
  },
  'write-an-error': (operation, name) => stu3.writeOutcome(toError(readInput(operation, name))),
  'get-the-capability-statement': (operation, name) => {
    const input = readInput<{ rows: ServedInteraction[]; facts: ServerFacts }>(operation, name);
    return stu3.writeCapabilities(input.rows, input.facts);
  },
};

describe.each(Object.entries(operations))('%s', (operation, run) => {
  test.each(goldenCases(operation))('%s', (name) => {
    expectGolden(operation, name, run(operation, name));
  });
});

test('search for free slots: the same practice answers the same version each time, other content another one', () => {
  const { free } = readDomainInput<{ free: FreeSlots }>('search-for-free-slots', 'everything-included');
  const practice = practiceOf('A99901');
  const organisationVersion = (name: string): string | undefined =>
    stu3
      .writeFreeSlots({ practice: { ...practice, name }, free }, { practitioner: false, location: false })
      .entry?.find((entry) => entry.resource?.resourceType === 'Organization')?.resource?.meta?.versionId;
  expect(organisationVersion(practice.name)).toMatch(/^[0-9a-f]{12}$/);
  expect(organisationVersion(practice.name)).toBe(organisationVersion(practice.name));
  expect(organisationVersion('Another name')).not.toBe(organisationVersion(practice.name));
});
