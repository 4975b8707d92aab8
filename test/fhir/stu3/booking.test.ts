import { describe, expect, test } from 'vitest';
import { parseBooking } from '../../../src/fhir/stu3/requests/booking.js';
import { londonZone, readInput } from '../golden.js';
import { refusalOf } from '../refusal.js';
import { validated } from '../validated.js';

type Json = Record<string, unknown>;

const SD = 'https://fhir.nhs.uk/STU3/StructureDefinition/';
const body = (): Json => readInput<Json>('parse-a-booking', 'everything-allowed');
const list = (name: string): Json[] => body()[name] as Json[];
const set = (name: string, value: unknown): Json => ({ ...body(), [name]: value });
const parse = (resource: unknown) =>
  parseBooking(validated(resource, { type: 'Appointment', holds: ['Organization'] }), londonZone);

function without(name: string): Json {
  const changed = body();
  delete changed[name];
  return changed;
}

/** The body with its booking organisation changed; `undefined` takes an element away. */
function organisation(change: Json): Json {
  const changed: Json = { ...list('contained')[0], ...change };
  for (const [name, value] of Object.entries(change)) if (value === undefined) delete changed[name];
  return set('contained', [changed]);
}

const slots = (...references: string[]): Json =>
  set(
    'slot',
    references.map((reference) => ({ reference })),
  );
const taking = (...references: string[]): Json =>
  set(
    'participant',
    references.map((reference) => ({ actor: { reference }, status: 'accepted' })),
  );
const extended = (...more: Json[]): Json => set('extension', [...list('extension').slice(0, 1), ...more]);
const pointer = (reference: string): Json =>
  set('extension', [{ url: `${SD}Extension-GPConnect-BookingOrganisation-1`, valueReference: { reference } }]);
const BASE = 'https://gateway.example.nhs.uk/A99901/STU3/1/gpconnect/';
const ORG = 'Appointment.contained[0]';
const ownCode: Json = { system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'Z99902' };
const phone: Json = { system: 'phone', value: '01632960999' };
const video: Json = { url: `${SD}Extension-GPConnect-DeliveryChannel-2`, valueCode: 'Video' };

describe('book an appointment: accepted', () => {
  test.each<[string, Json]>([
    ['100 characters of description, of any size', set('description', '😀'.repeat(100))],
    ['500 characters of comment', set('comment', 'x'.repeat(500))],
    ['an extension nobody knows', extended({ url: 'x:y', valueString: 'z' })],
    ['no organisation type', organisation({ type: undefined })],
    ['no practitioner', taking('Patient/p', 'Location/l')],
  ])('%s', (_rule, accepted) => {
    expect(parse(accepted).bookingOrganisation.odsCode).toBe('Z99902');
  });

  test('serviceCategory and serviceType are ignored', () => {
    expect(JSON.stringify(parse(body()))).not.toMatch(/Something else|Whatever/);
  });
});

describe('book an appointment: refused as INVALID_RESOURCE', () => {
  test.each(['id', 'appointmentType', 'indication', 'supportingInformation', 'incomingReferral', 'requestedPeriod'])(
    '%s must not be sent',
    (name) => {
      expect(refusalOf(() => parse(set(name, 'x')))).toMatchObject({ status: 422, path: `Appointment.${name}` });
    },
  );

  test.each(['reason', 'specialty'])('%s must not be sent', (name) => {
    expect(refusalOf(() => parse(set(name, [])))).toMatchObject({ status: 422, path: `Appointment.${name}` });
  });

  test.each(['start', 'end', 'status', 'slot', 'description', 'created', 'participant'])('%s missing', (name) => {
    expect(refusalOf(() => parse(without(name)))).toMatchObject({
      status: 422,
      code: 'INVALID_RESOURCE',
      path: `Appointment.${name}`,
    });
  });

  test.each<[string, unknown, string]>([
    // Each of the two is missed by the other.
    ['contained missing', without('contained'), 'Appointment.extension[0].valueReference'],
    ['extension missing', without('extension'), 'Appointment'],
    ['neither', { ...without('contained'), extension: [video] }, 'Appointment.contained'],
    ['a body that is no resource', [], 'Appointment'],
    ['another resource type', set('resourceType', 'Slot'), 'Appointment'],
    ['no profile', without('meta'), 'Appointment.meta.profile'],
    ['another profile', set('meta', { profile: ['x:y'] }), 'Appointment.meta.profile'],
    ['a status other than booked', set('status', 'pending'), 'Appointment.status'],
    [
      'a cancellation reason',
      extended({ url: `${SD}Extension-GPConnect-AppointmentCancellationReason-1`, valueString: 'none' }),
      'Appointment.extension[1]',
    ],
    [
      'the withdrawn delivery channel',
      extended({ url: `${SD}Extension-GPConnect-DeliveryChannel-1` }),
      'Appointment.extension[1]',
    ],
    [
      'a delivery channel outside the list',
      extended({ url: `${SD}Extension-GPConnect-DeliveryChannel-2`, valueCode: 'video' }),
      'Appointment.extension[1].valueCode',
    ],
    [
      'a role without code',
      extended({ url: `${SD}Extension-GPConnect-PractitionerRole-1` }),
      'Appointment.extension[1]',
    ],
    ['the delivery channel twice', extended(video, video), 'Appointment.extension'],
    ['start in UTC notation', set('start', '2027-06-14T08:20:00Z'), 'Appointment.start'],
    ['start with a fraction', set('start', '2027-06-14T09:20:00.000+01:00'), 'Appointment.start'],
    ['start with an offset wrong for the date', set('start', '2027-06-14T08:20:00+00:00'), 'Appointment.start'],
    ['end in UTC notation', set('end', '2027-06-14T08:40:00Z'), 'Appointment.end'],
    ['end not after start', set('end', '2027-06-14T09:20:00+01:00'), 'Appointment.end'],
    ['created as a date', set('created', '2027-06-07'), 'Appointment.created'],
    ['no slot reference', set('slot', [{ display: 'x' }]), 'Appointment.slot[0].reference'],
    ['an absolute slot reference', slots(`${BASE}Slot/1`), 'Appointment.slot[0].reference'],
    ['a versioned slot reference', slots('Slot/1/_history/1'), 'Appointment.slot[0].reference'],
    ['a slot reference with strange characters', slots('Slot/1', 'Slot/a_b'), 'Appointment.slot[1].reference'],
    ['a reference to something else as slot', slots('Schedule/1'), 'Appointment.slot[0]'],
    ['a slot twice', slots('Slot/1', 'Slot/1'), 'Appointment.slot'],
    ['no participants', taking(), 'Appointment.participant'],
    ['no patient', taking('Location/l'), 'Appointment.participant'],
    ['no location', taking('Patient/p'), 'Appointment.participant'],
    ['two patients', taking('Patient/p', 'Patient/q', 'Location/l'), 'Appointment.participant[1].actor'],
    [
      'an absolute patient reference',
      taking(`${BASE}Patient/p`, 'Location/l'),
      'Appointment.participant[0].actor.reference',
    ],
    [
      'an absolute location reference',
      taking('Patient/p', `${BASE}Location/l`),
      'Appointment.participant[1].actor.reference',
    ],
    [
      'a participant of another type',
      taking('Patient/p', 'Location/l', 'Device/d'),
      'Appointment.participant[2].actor.reference',
    ],
    ['a participant without actor', set('participant', [{ status: 'accepted' }]), 'Appointment.participant[0].actor'],
    [
      'a participant without status',
      set('participant', [{ actor: { reference: 'Patient/p' } }]),
      'Appointment.participant[0].status',
    ],
    [
      'a participation status outside the list',
      set('participant', [{ actor: { reference: 'Patient/p' }, status: 'yes' }]),
      'Appointment.participant[0].status',
    ],
    ['an identifier without value', set('identifier', [{ system: 'x:y' }]), 'Appointment.identifier[0].value'],
    ['an identifier without system', set('identifier', [{ value: '1' }]), 'Appointment.identifier[0].system'],
    [
      'a use on an identifier',
      set('identifier', [{ system: 'x:y', value: '1', use: 'usual' }]),
      'Appointment.identifier[0].use',
    ],
    ['101 characters of description', set('description', 'x'.repeat(101)), 'Appointment.description'],
    ['a blank description', set('description', '  '), 'Appointment.description'],
    ['501 characters of comment', set('comment', 'x'.repeat(501)), 'Appointment.comment'],
    [
      'a modifier extension',
      set('modifierExtension', [{ url: 'x:y', valueBoolean: true }]),
      'Appointment.modifierExtension',
    ],
  ])('%s', (_rule, refused, path) => {
    expect(refusalOf(() => parse(refused))).toMatchObject({ status: 422, code: 'INVALID_RESOURCE', path });
  });

  test.each<[string, Json, string]>([
    ['another contained resource', organisation({ resourceType: 'Patient' }), ORG],
    [
      'two contained resources',
      set('contained', [...list('contained'), { ...list('contained')[0], id: 'other' }]),
      'Appointment',
    ],
    ['no profile', organisation({ meta: undefined }), `${ORG}.meta.profile`],
    [
      'a version',
      organisation({ meta: { versionId: '1', profile: [`${SD}CareConnect-GPC-Organization-1`] } }),
      'Appointment',
    ],
    ['no id', organisation({ id: undefined }), `${ORG}.id`],
    ['no identifier', organisation({ identifier: undefined }), `${ORG}.identifier`],
    ['no ODS code', organisation({ identifier: [{ system: 'x:y', value: 'Z99902' }] }), `${ORG}.identifier`],
    [
      'a malformed ODS code',
      organisation({ identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'z 1' }] }),
      `${ORG}.identifier[0].value`,
    ],
    ['two ODS codes', organisation({ identifier: [ownCode, ownCode] }), `${ORG}.identifier`],
    ['a use on the ODS code', organisation({ identifier: [{ ...ownCode, use: 'usual' }] }), `${ORG}.identifier[0].use`],
    ['something contained in it (dom-2)', organisation({ contained: [list('contained')[0]] }), 'Appointment'],
    [
      'a modifier extension',
      organisation({ modifierExtension: [{ url: 'x:y', valueBoolean: true }] }),
      `${ORG}.modifierExtension`,
    ],
    ['a telecom without system', organisation({ telecom: [{ value: '1' }] }), `${ORG}.telecom[0]`],
    [
      'a telecom of an unknown kind',
      organisation({ telecom: [{ system: 'x', value: '1' }] }),
      `${ORG}.telecom[0].system`,
    ],
    ['a telecom of an unknown use', organisation({ telecom: [{ ...phone, use: 'x' }] }), `${ORG}.telecom[0].use`],
    ['an address of an unknown use', organisation({ address: [{ use: 'x' }] }), `${ORG}.address[0].use`],
    ['no name', organisation({ name: undefined }), `${ORG}.name`],
    ['no telecom', organisation({ telecom: undefined }), `${ORG}.telecom`],
    ['a telecom without value', organisation({ telecom: [{ system: 'phone' }] }), `${ORG}.telecom[0].value`],
    [
      'a home telecom (org-3)',
      organisation({ telecom: [{ system: 'phone', value: '1', use: 'home' }] }),
      `${ORG}.telecom[0]`,
    ],
    ['a home address (org-2)', organisation({ address: [{ use: 'home' }] }), `${ORG}.address[0]`],
    ['a state in the address', organisation({ address: [{ state: 'x' }] }), `${ORG}.address[0].state`],
    ['a type of another code system', organisation({ type: [{ text: 'x' }] }), `${ORG}.type[0].coding`],
    ['two types', organisation({ type: [{}, {}] }), `${ORG}.type`],
    ['a reference by another id', pointer('#other'), 'Appointment'],
    ['an absolute reference that ends in the fragment', pointer(`${BASE}Appointment/1#booking-org`), 'Appointment'],
    ['a reference to an organisation outside', pointer('Organization/booking-org'), 'Appointment'],
  ])('booking organisation: %s', (_rule, refused, path) => {
    expect(refusalOf(() => parse(refused))).toMatchObject({ status: 422, code: 'INVALID_RESOURCE', path });
  });

  test('no message repeats what the consumer wrote', () => {
    const secret = `Brackley${'x'.repeat(100)}`;
    for (const name of ['description', 'status', 'start', 'end', 'created', 'reason']) {
      expect(refusalOf(() => parse(set(name, secret))).message).not.toContain('Brackley');
    }
  });
});
