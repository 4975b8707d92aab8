/** The steps of the consumer flow that most tests need on their way to what they are about. */
import { expect } from 'vitest';
import { CONTENT_TYPE, type Bend, type Json, type TestAnswer, type TestConsumer } from './consumer.js';

export const PROFILE = 'https://fhir.nhs.uk/STU3/StructureDefinition/';
export const CODES = 'https://fhir.nhs.uk/STU3/CodeSystem/';
export const NHS_NUMBER = 'https://fhir.nhs.uk/Id/nhs-number';

/** People of fixtures/hmis and fixtures/pds. */
export const RIVERSIDE_PATIENTS = [
  '9990000018',
  '9990000026',
  '9990000034',
  '9990000042',
  '9990000050',
  '9990000069',
  '9990000077',
  '9990000085',
] as const;
/** Traced on the register, without a record at any practice. */
export const UNREGISTERED = {
  nhsNumber: '9991000011',
  family: 'Hollingbeck',
  given: 'Tamsin',
  birthDate: '1991-06-14',
};

export interface FoundSlot {
  readonly id: string;
  readonly start: string;
  readonly end: string;
  readonly scheduleType: string;
  readonly location: string;
  readonly practitioner: string | undefined;
}

/** All parameters that a search SHALL carry; the fixtures' clock is on Monday 18 May 2026. */
export function slotPath(start = '2026-05-18', end = '2026-05-22', more = ''): string {
  const include = '_include=Slot%3Aschedule';
  return `/Slot?status=free&start=ge${encodeURIComponent(start)}&end=le${encodeURIComponent(end)}&${include}${more}`;
}

export const WITH_ACTORS =
  '&_include%3Arecurse=Schedule%3Aactor%3APractitioner&_include%3Arecurse=Schedule%3Aactor%3ALocation';

export async function freeSlots(consumer: TestConsumer, path = slotPath()): Promise<readonly FoundSlot[]> {
  const { status, body } = await consumer.get('searchSlots', path);
  expect(status).toBe(200);
  const resources: Json[] = (body.entry ?? []).map((entry: Json) => entry.resource);
  return resources
    .filter((resource) => resource.resourceType === 'Slot')
    .map((slot) => {
      const schedule = resources.find((one) => `Schedule/${one.id}` === slot.schedule.reference);
      const actors: string[] = schedule.actor.map((actor: Json) => actor.reference);
      return {
        id: slot.id,
        start: slot.start,
        end: slot.end,
        scheduleType: schedule.serviceCategory?.text,
        location: actors.find((actor) => actor.startsWith('Location/')) ?? '',
        practitioner: actors.find((actor) => actor.startsWith('Practitioner/')),
      };
    });
}

export async function patientId(consumer: TestConsumer, nhsNumber: string = RIVERSIDE_PATIENTS[0]): Promise<string> {
  const { status, body } = await consumer.get(
    'findPatient',
    `/Patient?identifier=${encodeURIComponent(`${NHS_NUMBER}|${nhsNumber}`)}`,
  );
  expect(status).toBe(200);
  return body.entry[0].resource.id;
}

/** A booking request that is right in everything. `change` edits it in place. */
export function bookingBody(slot: FoundSlot, patient: string, change: (body: Json) => void = () => undefined): Json {
  const actors = [`Patient/${patient}`, slot.location, ...(slot.practitioner ? [slot.practitioner] : [])];
  const body = {
    resourceType: 'Appointment',
    meta: { profile: [`${PROFILE}GPConnect-Appointment-1`] },
    contained: [
      {
        resourceType: 'Organization',
        id: 'booking-org',
        meta: { profile: [`${PROFILE}CareConnect-GPC-Organization-1`] },
        identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'Z99902' }],
        type: [
          {
            coding: [{ system: `${CODES}GPConnect-OrganisationType-1`, code: 'urgent-care', display: 'Urgent Care' }],
          },
        ],
        name: 'Northdale 111 Service',
        telecom: [{ system: 'phone', value: '01632 960999', use: 'work' }],
      },
    ],
    extension: [
      { url: `${PROFILE}Extension-GPConnect-BookingOrganisation-1`, valueReference: { reference: '#booking-org' } },
    ],
    status: 'booked',
    description: 'Sore throat for a week',
    start: slot.start,
    end: slot.end,
    slot: [{ reference: `Slot/${slot.id}` }],
    created: '2026-05-18T07:00:00+01:00',
    comment: 'Please call if late',
    participant: actors.map((reference) => ({ actor: { reference }, status: 'accepted' })),
  };
  change(body);
  return body;
}

/** Books and expects that it worked. */
export async function booked(
  consumer: TestConsumer,
  slot: FoundSlot,
  patient: string,
  bend?: Bend,
): Promise<TestAnswer> {
  const answer = await consumer.post('book', '/Appointment', bookingBody(slot, patient), bend);
  expect(answer.text && answer.status).toBe(201);
  return answer;
}

/** A registration request that is right in everything. `change` edits the patient in place. */
export function registrationBody(person = UNREGISTERED, change: (patient: Json) => void = () => undefined): Json {
  const patient = {
    resourceType: 'Patient',
    meta: { profile: [`${PROFILE}CareConnect-GPC-Patient-1`] },
    identifier: [
      {
        extension: [
          {
            url: `${PROFILE}Extension-CareConnect-GPC-NHSNumberVerificationStatus-1`,
            valueCodeableConcept: {
              coding: [
                {
                  system: `${CODES}CareConnect-NHSNumberVerificationStatus-1`,
                  code: '01',
                  display: 'Number present and verified',
                },
              ],
            },
          },
        ],
        system: NHS_NUMBER,
        value: person.nhsNumber,
      },
    ],
    name: [{ use: 'official', family: person.family, given: [person.given] }],
    telecom: [{ system: 'phone', value: '07700 900999', use: 'mobile' }],
    gender: 'female',
    birthDate: person.birthDate,
  };
  change(patient);
  return { resourceType: 'Parameters', parameter: [{ name: 'registerPatient', resource: patient }] };
}

/** Every refusal has one shape: an OperationOutcome of the profile, with this status and Spine code. */
export function expectRefusal(answer: TestAnswer, status: number, code: string): Json {
  expect({ status: answer.status, code: answer.body?.issue?.[0]?.details?.coding?.[0]?.code }).toEqual({
    status,
    code,
  });
  expect(answer.headers.get('content-type')).toBe(CONTENT_TYPE[answer.format]);
  expect(answer.headers.get('cache-control')).toContain('no-store');
  const { body } = answer;
  expect(body.resourceType).toBe('OperationOutcome');
  expect(body.meta.profile).toEqual([`${PROFILE}GPConnect-OperationOutcome-1`]);
  expect(body.issue).toHaveLength(1);
  const [issue] = body.issue;
  expect(issue.severity).toBe('error');
  expect(issue.details.coding).toHaveLength(1);
  expect(issue.details.coding[0].system).toBe(`${CODES}Spine-ErrorOrWarningCode-1`);
  expect(issue.details.coding[0].display).toBeTruthy();
  expect(issue.diagnostics).toBeTruthy();
  return issue;
}
