/** Extensions, invariants, primitives with extensions, and resources inside resources. */
import { casesOf, type Case } from '../harness.js';
import {
  APPOINTMENT,
  BARE_PATIENT,
  CS,
  OBSERVATION,
  ORGANIZATION,
  PATIENT,
  REGISTERED,
  SCHEDULE,
  SD,
  SEARCH,
  SLOT,
} from './examples.js';

const CORE = 'http://hl7.org/fhir/StructureDefinition';
const why = { extension: [{ url: 'https://example.org/why', valueCode: 'unknown' }] };
const cancelled = { url: `${SD}/Extension-GPConnect-AppointmentCancellationReason-1`, valueString: 'Away' };
const text = { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">A place</div>' };

const EXTENSIONS = [
  ...casesOf('extension', APPOINTMENT, [
    ['a cancellation reason of an Appointment', { 'extension.2': cancelled }],
    [
      'a cancellation reason without a value',
      { 'extension.2': { url: cancelled.url } },
      'cardinality Appointment.extension[2].value',
      'invariant ext-1 Appointment.extension[2]',
    ],
    [
      'a cancellation reason as a code',
      { 'extension.2': { url: cancelled.url, valueCode: 'away' } },
      'type Appointment.extension[2].valueCode',
    ],
    [
      'an extension nobody defined',
      { 'extension.2': { url: 'https://example.org/nobody', valueCode: 'x' } },
      'warning extension Appointment.extension[2]',
    ],
    [
      'a verification status on an Appointment',
      {
        'extension.2': {
          url: `${SD}/Extension-CareConnect-GPC-NHSNumberVerificationStatus-1`,
          valueCodeableConcept: { coding: [{ system: `${CS}/CareConnect-NHSNumberVerificationStatus-1`, code: '01' }] },
        },
      },
      'extension Appointment.extension[2]',
    ],
    [
      'a booking organisation that is a place',
      {
        'extension.2': {
          url: `${SD}/Extension-GPConnect-PractitionerRole-1`,
          valueReference: { reference: 'Location/1' },
        },
      },
      'type Appointment.extension[2].valueReference',
    ],
    ['a known extension is known to be so', {}, 'no warning extension Appointment.extension[1]'],
  ]),
  ...casesOf('extension', SCHEDULE, [
    [
      'a delivery channel does not belong on a Schedule',
      { 'extension.1': { url: `${SD}/Extension-GPConnect-DeliveryChannel-2`, valueCode: 'Video' } },
      'extension Schedule.extension[1]',
    ],
  ]),
  ...casesOf('extension', PATIENT, [
    [
      'a time of birth beside the date of birth',
      { _birthDate: { extension: [{ url: `${CORE}/patient-birthTime`, valueDateTime: '1984-02-29T04:05:06Z' }] } },
    ],
    [
      'a time of birth on the Patient',
      { 'extension.2': { url: `${CORE}/patient-birthTime`, valueDateTime: '1984-02-29T04:05:06Z' } },
      'extension Patient.extension[2]',
    ],
    [
      'a time of birth as a date',
      { _birthDate: { extension: [{ url: `${CORE}/patient-birthTime`, valueDate: '1984-02-29' }] } },
      'type Patient.birthDate.extension[0].valueDate',
    ],
    [
      'a part of an extension with a value of another type',
      { 'extension.0.extension.1': { url: 'interpreterRequired', valueString: 'no' } },
      'type Patient.extension[0].extension[1].valueString',
    ],
  ]),
];

const PRIMITIVES = [
  ...casesOf('primitive-extension', PATIENT, [
    ['a gender that is only said to be missing', { gender: undefined, _gender: why }],
    [
      'a given name in the second place only said to be missing',
      { 'name.0.given': ['Ada', null], 'name.0._given': [null, why] },
    ],
    [
      'given names with nulls on both sides',
      { 'name.0.given': ['Ada', null], 'name.0._given': [why, null] },
      'empty Patient.name[0].given[1]',
    ],
    ['given names whose halves end at different places', { 'name.0._given': [null, null, why] }],
    [
      'a given name that is null without another half',
      { 'name.0.given': [null, 'Ada'] },
      'empty Patient.name[0].given[0]',
    ],
    ['a half of a date of birth that is empty', { _birthDate: {} }, 'empty Patient.birthDate'],
    ['a half of a date of birth that is text', { _birthDate: '1984' }, 'type Patient.birthDate'],
    ['a half of a date of birth as a list', { _birthDate: [why] }, 'type Patient.birthDate'],
    ['a half of a list that is no list', { 'name.0._given': why }, 'type Patient.name[0].given'],
    [
      'an unknown element in the half of a primitive',
      { _gender: { code: 'f' } },
      'unknown-element Patient.gender.code',
    ],
    ['the half of an element that is no primitive', { _contact: [why] }, 'unknown-element Patient._contact'],
    [
      'a malformed extension in the half of a primitive',
      { _birthDate: { extension: [{ url: 'urn:x', valueDate: '1984-02-30' }] } },
      'format Patient.birthDate.extension[0].valueDate',
    ],
  ]),
  ...casesOf('primitive-extension', APPOINTMENT, [
    ['a required description that is only said to be missing', { description: undefined, _description: why }],
  ]),
];

const period = (start: string, end: string) => ({ planningHorizon: { start, end } });
const INVARIANTS = [
  ...casesOf('invariant', SCHEDULE, [
    ['a period of one moment', period('2026-07-01T14:00:00+01:00', '2026-07-01T14:00:00+01:00')],
    [
      'a period that ends before it starts',
      period('2026-07-02', '2026-07-01'),
      'invariant per-1 Schedule.planningHorizon',
    ],
    [
      'a period that only seems to end before it starts, by its zones',
      period('2026-07-01T14:30:00+01:00', '2026-07-01T14:00:00Z'),
    ],
    [
      'a period that only seems to end after it starts, by its zones',
      period('2026-07-01T14:00:00Z', '2026-07-01T14:30:00+01:00'),
      'invariant per-1 Schedule.planningHorizon',
    ],
  ]),
  ...casesOf('invariant', ORGANIZATION, [
    ["an organisation's telephone at home", { 'telecom.0.use': 'home' }, 'invariant org-3 Organization.telecom[0]'],
    ["an organisation's address at home", { 'address.0.use': 'home' }, 'invariant org-2 Organization.address[0]'],
    ["an organisation's mobile telephone", { 'telecom.0.use': 'mobile' }],
  ]),
  ...casesOf('invariant', BARE_PATIENT, [
    ['a telecom value without a system', { 'telecom.0.system': undefined }, 'invariant cpt-2 Patient.telecom[0]'],
    ['a telecom system without a value', { 'telecom.0.value': undefined }],
    ['a contact with a gender alone', { contact: [{ gender: 'male' }] }, 'invariant pat-1 Patient.contact[0]'],
    ['a contact with a telephone alone', { contact: [{ telecom: [{ system: 'phone', value: '01632 960125' }] }] }],
    ['a photo with data and no content type', { photo: [{ data: 'QUJD' }] }, 'invariant att-1 Patient.photo[0]'],
    [
      'an extension with neither value nor parts',
      { extension: [{ url: 'urn:x' }] },
      'invariant ext-1 Patient.extension[0]',
    ],
    [
      'an extension with both value and parts',
      { extension: [{ url: 'urn:x', valueCode: 'y', extension: [{ url: 'z', valueCode: 'y' }] }] },
      'invariant ext-1 Patient.extension[0]',
    ],
    [
      'a reference to a contained resource that is not there',
      { managingOrganization: { reference: '#o' } },
      'invariant ref-1 Patient.managingOrganization',
    ],
  ]),
  ...casesOf(
    'invariant',
    { resourceType: 'Appointment', status: 'proposed', participant: [{ type: [{ text: 'x' }], status: 'accepted' }] },
    [
      ['a proposed appointment without times', {}],
      ['a booked appointment without times', { status: 'booked' }, 'invariant app-3 Appointment'],
      ['a cancelled appointment without times', { status: 'cancelled' }],
      [
        'a participant with neither type nor actor',
        { 'participant.0.type': undefined },
        'invariant app-1 Appointment.participant[0]',
      ],
      ['a proposed appointment with a start alone', { start: '2026-07-01T14:15:00Z' }, 'invariant app-2 Appointment'],
    ],
  ),
];

const location = { resourceType: 'Location', id: 'l', name: 'Branch' };
const CONTAINED = [
  ...casesOf('contained', APPOINTMENT, [
    [
      'a booking organisation without a name does not meet its profile',
      { 'contained.0.name': undefined },
      'reference-target Appointment.extension[0].valueReference',
    ],
    [
      'a booking organisation of another type',
      { 'contained.0': { ...location, id: 'booker' } },
      'reference-target Appointment.extension[0].valueReference',
    ],
    ['a contained resource that nobody refers to', { 'contained.1': location }, 'invariant dom-3 Appointment'],
    [
      'a contained resource without an id',
      { 'contained.1': { ...location, id: undefined } },
      'cardinality Appointment.contained[1].id',
    ],
    [
      'two contained resources with one id',
      { 'contained.1': { ...location, id: 'booker' } },
      'invariant Appointment.contained[1].id',
    ],
    ['a contained resource with a version', { 'contained.0.meta': { versionId: '1' } }, 'invariant dom-4 Appointment'],
    ['a contained resource with a tag', { 'contained.0.meta': { tag: [{ system: 'urn:x', code: 'y' }] } }],
    [
      'a booking organisation that is elsewhere',
      { contained: undefined, 'extension.0.valueReference.reference': 'Organization/o-1' },
    ],
  ]),
  ...casesOf(
    'contained',
    {
      ...OBSERVATION,
      contained: [{ ...location, id: 'd', resourceType: 'Patient', name: [{ text: 'x' }] }],
      subject: { reference: '#d' },
    },
    [
      ['a contained Patient by base rules', {}],
      [
        'an unknown element of a contained resource',
        { 'contained.0.nickname': 'x' },
        'unknown-element Observation.contained[0].nickname',
      ],
      ['a contained resource with a narrative', { 'contained.0.text': text }, 'invariant dom-1 Observation'],
      [
        'a contained resource of a type that is not allowed there',
        {
          'contained.0': {
            resourceType: 'Slot',
            id: 'd',
            schedule: { reference: 'Schedule/1' },
            status: 'free',
            start: '2026-07-01T14:15:00Z',
            end: '2026-07-01T14:30:00Z',
          },
        },
        'reference-target Observation.subject',
      ],
      [
        'a contained resource that breaks the profile it claims',
        { 'contained.0.meta': { profile: [`${SD}/CareConnect-GPC-Patient-1`] } },
        'slicing Observation.contained[0].name',
      ],
    ],
  ),
];

const BUNDLES = [
  ...casesOf('bundle-entry', SEARCH, [
    ['a search answer whose entries meet their profiles', {}],
    [
      'an entry that breaks the profile it claims',
      { 'entry.0.resource.appointmentType': { text: 'x' } },
      'cardinality Bundle.entry[0].resource.appointmentType',
    ],
    [
      'an entry that claims no profile is held to base alone',
      { 'entry.0.resource.meta': undefined, 'entry.0.resource.appointmentType': { text: 'x' } },
    ],
    [
      'two entries that break their profiles',
      { 'entry.0.resource.serviceCategory': { text: 'x' }, 'entry.1.resource.serviceType': [{ text: 'x' }] },
      'cardinality Bundle.entry[0].resource.serviceCategory',
      'cardinality Bundle.entry[1].resource.serviceType',
      'reference-target Bundle.entry[0].resource.schedule',
    ],
    [
      'a Slot whose Schedule in the Bundle does not meet the profile wanted of it',
      { 'entry.1.resource.meta': undefined, 'entry.1.resource.active': true },
      'reference-target Bundle.entry[0].resource.schedule',
    ],
    [
      'a Slot whose Schedule in the Bundle meets the profile without claiming it',
      { 'entry.1.resource.meta': undefined },
    ],
    ['a Slot whose Schedule is not in the Bundle', { 'entry.0.resource.schedule.reference': 'Schedule/another' }],
    [
      'an entry without resource, request or response',
      { 'entry.1.resource': undefined },
      'invariant bdl-5 Bundle.entry[1]',
    ],
    [
      'an address that names a version',
      { 'entry.1.fullUrl': 'https://provider.example/Schedule/sc-9/_history/1' },
      'invariant bdl-8 Bundle.entry[1]',
    ],
    [
      'two entries of one address',
      { 'entry.1.fullUrl': 'https://provider.example/Slot/s-1' },
      'invariant bdl-7 Bundle',
    ],
    [
      'a total in a collection',
      { type: 'collection', 'entry.0.search': undefined, 'entry.1.search': undefined },
      'invariant bdl-1 Bundle',
    ],
    ['a search mode in a history', { type: 'history' }, 'invariant bdl-2 Bundle'],
  ]),
  ...casesOf('bundle-entry', REGISTERED, [
    [
      'a registered Patient without an official name',
      { 'entry.0.resource.name.0.use': 'usual' },
      'slicing Bundle.entry[0].resource.name',
    ],
    ['a registration answer with a total', { total: 1 }, 'cardinality Bundle.total'],
    ['a registration answer without an entry', { entry: undefined }, 'cardinality Bundle.entry'],
  ]),
];

const OTHERS = [
  ...casesOf('empty', SLOT, [
    ['a list without items', { serviceType: [] }, 'empty Slot.serviceType'],
    ['an object without members', { 'serviceType.0': {} }, 'empty Slot.serviceType[0]'],
    ['a text without characters', { comment: '' }, 'empty Slot.comment'],
    ['a text of one character', { comment: '-' }],
  ]),
  ...casesOf('resource-type', SLOT, [['a Slot where one is asked for', {}]], { type: 'Slot' }),
  ...casesOf('resource-type', SLOT, [['a Slot where a Schedule is asked for', {}, 'resource-type Schedule']], {
    type: 'Schedule',
  }),
  ...casesOf('unknown-element', SLOT, [
    [
      'an element of R4 that STU3 does not have',
      { serviceCategory2: { text: 'x' } },
      'unknown-element Slot.serviceCategory2',
    ],
    ['an element of another type', { planningHorizon: { start: '2026' } }, 'unknown-element Slot.planningHorizon'],
    ['a known element', { overbooked: true }],
  ]),
];

export const RESOURCE_CASES: readonly Case[] = [
  ...EXTENSIONS,
  ...PRIMITIVES,
  ...INVARIANTS,
  ...CONTAINED,
  ...BUNDLES,
  ...OTHERS,
];
