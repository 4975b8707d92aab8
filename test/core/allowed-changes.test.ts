/** What an amendment and a cancellation may change: element by element, and over generated appointments. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refuseOtherChanges, type ChangeKind } from '../../src/core/rules/allowed-changes.js';
import type { Appointment, AppointmentAsSent } from '../../src/domain/appointment.js';
import { isGatewayError } from '../../src/domain/errors.js';
import type { AppointmentId, LocationId, PatientId, PractitionerId, SlotId } from '../../src/domain/identifiers.js';
import { MINUTE } from '../../src/domain/time.js';
import { NOW, ods } from '../records/samples.js';

const ORGANISATION = {
  localId: 'booking-org',
  odsCode: ods('Z99902'),
  name: 'Northdale 111 Service',
  telecom: [
    { system: 'phone', value: '01632 960999', use: 'work' },
    { system: 'email', value: 'desk@consumer.example' },
  ],
  addresses: [],
  type: { code: 'urgent-care', display: 'Urgent Care' },
} as const;

const STORED: Appointment = {
  id: 'appointment-1' as AppointmentId,
  version: '3',
  priority: undefined,
  status: 'booked',
  start: NOW,
  end: NOW + 20 * MINUTE,
  slots: ['slot-1' as SlotId, 'slot-2' as SlotId],
  scheduleType: 'Monday surgery',
  slotType: 'GP routine',
  channel: 'In-person',
  role: { code: 'R0260', display: 'General Medical Practitioner' },
  patientId: 'patient-1' as PatientId,
  locationId: 'location-1' as LocationId,
  practitionerId: 'practitioner-1' as PractitionerId,
  description: 'Sore throat',
  comment: 'Please call',
  created: NOW - 1234,
  lastModified: NOW,
  bookingOrganisation: ORGANISATION,
  cancellationReason: undefined,
  identifiers: [{ system: 'https://consumer.example/id', value: 'b-1' }],
};

/** As a consumer that read it sends it back. */
function unchanged(stored: Appointment): AppointmentAsSent {
  return {
    ...stored,
    created: Math.floor(stored.created / 1000) * 1000,
    minutes: (stored.end - stored.start) / MINUTE,
    priority: undefined,
    roleCode: stored.role?.code,
    slotTypes: [stored.slotType],
  };
}

function refusedPath(kind: ChangeKind, sent: AppointmentAsSent, stored = STORED): string | undefined {
  try {
    refuseOtherChanges(kind, sent, stored);
    return undefined;
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    expect(error.code).toBe('invalid-resource');
    return error.fhirPath;
  }
}

type Change = readonly [string, Partial<AppointmentAsSent>, string];

/** Each differs from what is stored, and is refused whatever the interaction. */
const NEVER: readonly Change[] = [
  ['another id', { id: 'another' }, 'id'],
  ['another start', { start: STORED.start + MINUTE }, 'start'],
  ['another end', { end: STORED.end + MINUTE }, 'end'],
  ['a slot less', { slots: STORED.slots.slice(1) }, 'slot'],
  ['a slot more', { slots: [...STORED.slots, 'slot-3' as SlotId] }, 'slot'],
  ['another slot', { slots: ['slot-1' as SlotId, 'slot-3' as SlotId] }, 'slot'],
  ['another patient', { patientId: 'patient-2' as PatientId }, 'participant'],
  ['another location', { locationId: 'location-2' as LocationId }, 'participant'],
  ['another practitioner', { practitionerId: 'practitioner-2' as PractitionerId }, 'participant'],
  ['no practitioner', { practitionerId: undefined }, 'participant'],
  ['another created', { created: NOW }, 'created'],
  ['another length', { minutes: 10 }, 'minutesDuration'],
  ['a priority', { priority: 5 }, 'priority'],
  ['another channel', { channel: 'Video' }, 'extension'],
  ['another role', { roleCode: 'R0600' }, 'extension'],
  ['another identifier', { identifiers: [{ system: 'https://consumer.example/id', value: 'b-2' }] }, 'identifier'],
  ['no booking organisation', { bookingOrganisation: undefined }, 'contained'],
  ['another ODS code', { bookingOrganisation: { ...ORGANISATION, odsCode: ods('Z99903') } }, 'contained'],
  ['another name', { bookingOrganisation: { ...ORGANISATION, name: 'Another' } }, 'contained'],
  ['a contact less', { bookingOrganisation: { ...ORGANISATION, telecom: ORGANISATION.telecom.slice(1) } }, 'contained'],
  [
    'another type',
    { bookingOrganisation: { ...ORGANISATION, type: { code: 'gp-practice', display: undefined } } },
    'contained',
  ],
];
const TEXTS: readonly Change[] = [
  ['another description', { description: 'Other words' }, 'description'],
  ['another comment', { comment: 'Other words' }, 'comment'],
  ['no comment', { comment: undefined }, 'comment'],
];
const SERVICE: readonly Change[] = [
  ['another service category', { scheduleType: 'Another' }, 'serviceCategory'],
  ['another service type', { slotTypes: ['Another'] }, 'serviceType'],
  ['one more service type', { slotTypes: ['GP routine', 'Another'] }, 'serviceType'],
];
const LEFT_OUT: readonly Change[] = [
  ['no created', { created: undefined }, ''],
  ['no length', { minutes: undefined }, ''],
  ['no channel', { channel: undefined }, ''],
  ['no role', { roleCode: undefined }, ''],
  ['no identifiers', { identifiers: [] }, ''],
  ['no service category', { scheduleType: undefined }, ''],
  ['no service type', { slotTypes: [] }, ''],
  ['slots in another order', { slots: [...STORED.slots].reverse() }, ''],
  [
    'contacts in another order',
    { bookingOrganisation: { ...ORGANISATION, telecom: [...ORGANISATION.telecom].reverse() } },
    '',
  ],
  ['another local id of the organisation', { bookingOrganisation: { ...ORGANISATION, localId: '1' } }, ''],
  ['no type of the organisation', { bookingOrganisation: { ...ORGANISATION, type: undefined } }, ''],
];

describe.each(['amend', 'cancel'] as const)('%s', (kind) => {
  it.each(NEVER)('%s is refused, and named', (_what, change, element) => {
    expect(refusedPath(kind, { ...unchanged(STORED), ...change })).toBe(`Appointment.${element}`);
  });

  it.each(LEFT_OUT)('%s is tolerated', (_what, change) => {
    expect(refusedPath(kind, { ...unchanged(STORED), ...change })).toBeUndefined();
  });

  it.each([...TEXTS, ...SERVICE])(
    '%s: an amendment tolerates it, a cancellation does not',
    (_what, change, element) => {
      const expected = kind === 'amend' ? undefined : `Appointment.${element}`;
      expect(refusedPath(kind, { ...unchanged(STORED), ...change })).toBe(expected);
    },
  );

  it('an appointment that the practice made has no booking organisation, and is given none', () => {
    const stored = { ...STORED, bookingOrganisation: undefined };
    expect(refusedPath(kind, unchanged(stored), stored)).toBeUndefined();
    expect(refusedPath(kind, { ...unchanged(stored), bookingOrganisation: ORGANISATION }, stored)).toBe(
      'Appointment.contained',
    );
  });
});

describe('over generated appointments', () => {
  const text = fc.string({ minLength: 1, maxLength: 30 });
  const stored: fc.Arbitrary<Appointment> = fc
    .record({
      start: fc.integer({ min: 1_700_000_000, max: 2_000_000_000 }).map((second) => second * 1000),
      length: fc.integer({ min: 1, max: 120 }),
      slots: fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{1,8}$/), { minLength: 1, maxLength: 4 }),
      created: fc.integer({ min: 1_600_000_000_000, max: 1_700_000_000_000 }),
      practitionerId: fc.option(text, { nil: undefined }),
      comment: fc.option(text, { nil: undefined }),
      scheduleType: fc.option(text, { nil: undefined }),
      channel: fc.constantFrom('In-person', 'Telephone', 'Video', undefined),
      withOrganisation: fc.boolean(),
    })
    .map(({ length, slots, practitionerId, withOrganisation, ...rest }) => ({
      ...STORED,
      ...rest,
      end: rest.start + length * MINUTE,
      slots: slots as SlotId[],
      practitionerId: practitionerId as PractitionerId | undefined,
      bookingOrganisation: withOrganisation ? ORGANISATION : undefined,
    }));

  it('what was read, with other texts, is always an amendment; with none, always a cancellation', () => {
    fc.assert(
      fc.property(stored, text, fc.option(text, { nil: undefined }), (appointment, description, comment) => {
        expect(refusedPath('amend', { ...unchanged(appointment), description, comment }, appointment)).toBeUndefined();
        expect(refusedPath('cancel', unchanged(appointment), appointment)).toBeUndefined();
      }),
    );
  });

  it('any single other change never is', () => {
    const others: readonly ((sent: AppointmentAsSent) => Partial<AppointmentAsSent>)[] = [
      ({ id }) => ({ id: `${id}x` }),
      ({ start }) => ({ start: start + 1000 }),
      ({ end }) => ({ end: end - 1000 }),
      ({ slots }) => ({ slots: [...slots, 'UPPER' as SlotId] }),
      ({ patientId }) => ({ patientId: `${patientId}x` as PatientId }),
      ({ locationId }) => ({ locationId: `${locationId}x` as LocationId }),
      ({ practitionerId }) => ({ practitionerId: `${practitionerId ?? ''}x` as PractitionerId }),
      ({ created }) => ({ created: (created ?? 0) + 1000 }),
      ({ minutes }) => ({ minutes: (minutes ?? 0) + 1 }),
      () => ({ priority: 0 }),
      ({ channel }) => ({ channel: channel === 'Video' ? 'Telephone' : 'Video' }),
      ({ roleCode }) => ({ roleCode: `${roleCode ?? ''}1` }),
      ({ identifiers }) => ({ identifiers: [...identifiers, { system: 's', value: 'v' }] }),
      ({ bookingOrganisation }) => ({ bookingOrganisation: bookingOrganisation ? undefined : ORGANISATION }),
    ];
    fc.assert(
      fc.property(
        stored,
        fc.constantFrom(...others),
        fc.constantFrom<ChangeKind>('amend', 'cancel'),
        (appointment, other, kind) => {
          const sent = unchanged(appointment);
          expect(refusedPath(kind, { ...sent, ...other(sent) }, appointment)).toMatch(/^Appointment\./);
        },
      ),
    );
  });
});
