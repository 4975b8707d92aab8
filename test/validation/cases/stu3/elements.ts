/** Cardinality, types, choices, fixed values, bindings and references as the GP Connect profiles have them. */
import { casesOf, type Case } from '../harness.js';
import {
  APPOINTMENT,
  CS,
  LOCATION,
  OBSERVATION,
  ORGANIZATION,
  OUTCOME,
  PATIENT,
  PRACTITIONER,
  REGISTERED,
  ROLE,
  SCHEDULE,
  SLOT,
} from './examples.js';

const SNOMED = 'http://snomed.info/sct';
const reason = { coding: [{ system: SNOMED, code: '25064002', display: 'Headache' }] };

const CARDINALITY = [
  ...casesOf('cardinality', APPOINTMENT, [
    ['a GP Connect Appointment with all that is asked for', {}],
    ['a GP Connect Appointment has a description', { description: undefined }, 'cardinality Appointment.description'],
    ['a GP Connect Appointment has a slot', { slot: undefined }, 'cardinality Appointment.slot'],
    ['a GP Connect Appointment may have several slots', { slot: [{ reference: 'Slot/1' }, { reference: 'Slot/2' }] }],
    ['an appointmentType is prohibited', { appointmentType: { text: 'x' } }, 'cardinality Appointment.appointmentType'],
    ['an indication is prohibited', { indication: [{ display: 'x' }] }, 'cardinality Appointment.indication'],
    ['one specialty is the most', { specialty: [{ text: 'a' }] }],
    [
      'two specialties are too many',
      { specialty: [{ text: 'a' }, { text: 'b' }] },
      'cardinality Appointment.specialty',
    ],
    [
      'a participant has an actor',
      { 'participant.1': { status: 'accepted', type: [{ text: 'x' }] } },
      'cardinality Appointment.participant[1].actor',
    ],
    ['an identifier has no use', { 'identifier.0.use': 'usual' }, 'cardinality Appointment.identifier[0].use'],
    ['an identifier has a value', { 'identifier.0.value': undefined }, 'cardinality Appointment.identifier[0].value'],
    [
      'two faults are both told',
      { description: undefined, 'identifier.0.system': undefined },
      'cardinality Appointment.description',
      'cardinality Appointment.identifier[0].system',
    ],
  ]),
  ...casesOf('cardinality', SCHEDULE, [
    ['a GP Connect Schedule has no active', { active: true }, 'cardinality Schedule.active'],
    [
      'a planning horizon has a start',
      { 'planningHorizon.start': undefined },
      'cardinality Schedule.planningHorizon.start',
    ],
    ['a planning horizon needs no end', { 'planningHorizon.end': undefined }],
    [
      'a Schedule needs no planning horizon, whose start is asked for only when it is there',
      { planningHorizon: undefined },
    ],
  ]),
  ...casesOf('cardinality', PRACTITIONER, [
    ['a Practitioner has one name and no second', { 'name.1': { family: 'Brand' } }, 'cardinality Practitioner.name'],
    ['a Practitioner has a name', { name: undefined }, 'cardinality Practitioner.name'],
    [
      'a Practitioner has no communication',
      { communication: [{ text: 'English' }] },
      'cardinality Practitioner.communication',
    ],
  ]),
  ...casesOf('cardinality', PATIENT, [
    [
      'a telecom of a Patient has a system and a value',
      { 'telecom.0': { use: 'home' } },
      'cardinality Patient.telecom[0].system',
      'cardinality Patient.telecom[0].value',
    ],
    [
      'a Patient has one general practitioner at most',
      { 'generalPractitioner.1': { reference: 'Organization/o-2' } },
      'cardinality Patient.generalPractitioner',
    ],
    [
      'an address of a Patient has no state',
      { address: [{ city: 'Ripon', state: 'Yorkshire' }] },
      'cardinality Patient.address[0].state',
    ],
    [
      'a contact of a Patient has a name with its use',
      { 'contact.0.name.use': undefined },
      'cardinality Patient.contact[0].name.use',
    ],
  ]),
];

const TYPES = [
  ...casesOf('type', SLOT, [
    ['overbooked is true or false, not text', { overbooked: 'no' }, 'type Slot.overbooked'],
    ['overbooked false', { overbooked: false }],
    ['a schedule is one reference', { schedule: ['Schedule/1'] }, 'type Slot.schedule'],
    ['a meta is an object', { meta: [] }, 'type Slot.meta'],
  ]),
  ...casesOf('choice', PATIENT, [
    ['deceased as a dateTime', { deceasedDateTime: '2026-01-02' }],
    ['deceased as a boolean, which the profile took away', { deceasedBoolean: true }, 'type Patient.deceasedBoolean'],
    ['deceased false is a boolean too', { deceasedBoolean: false }, 'type Patient.deceasedBoolean'],
    ['multiple birth as a boolean', { multipleBirthBoolean: true }],
    [
      'multiple birth as a number, which the profile took away',
      { multipleBirthInteger: 2 },
      'type Patient.multipleBirthInteger',
    ],
    ['deceased of a type that base does not have', { deceasedString: 'yes' }, 'unknown-element Patient.deceasedString'],
    ['deceased without its type', { deceased: true }, 'unknown-element Patient.deceased'],
  ]),
  ...casesOf('choice', OBSERVATION, [
    ['an Observation with one value', { valueQuantity: { value: 80, unit: 'kg' } }],
    [
      'an Observation with two values',
      { valueQuantity: { value: 80 }, valueString: 'eighty' },
      'cardinality Observation.value',
    ],
    [
      'an Observation with a value and a half of another',
      { valueString: 'x', _valueTime: { extension: [{ url: 'urn:x', valueCode: 'y' }] } },
      'cardinality Observation.value',
    ],
    [
      'an Observation with both halves of one value',
      { valueString: 'x', _valueString: { extension: [{ url: 'urn:x', valueCode: 'y' }] } },
    ],
    ['a value whose type is wrong inside', { valueQuantity: 80 }, 'type Observation.valueQuantity'],
    ['a value type of R4 only', { valueInteger: 80 }, 'unknown-element Observation.valueInteger'],
  ]),
];

const FIXED = [
  ...casesOf('fixed', REGISTERED, [
    ['a registration answer is a searchset', {}],
    ['a registration answer is no collection', { type: 'collection' }, 'fixed Bundle.type'],
  ]),
  ...casesOf('fixed', APPOINTMENT, [
    ['a reason is coded in SNOMED CT', { reason: [reason] }, 'information terminology Appointment.reason[0]'],
    [
      'a reason of another system',
      { reason: [{ coding: [{ system: 'http://read.info/ctv3', code: 'x', display: 'x' }] }] },
      'fixed Appointment.reason[0].coding[0].system',
      'binding Appointment.reason[0]',
    ],
  ]),
  ...casesOf('fixed', OUTCOME, [
    ['details from the Spine list', { 'issue.0.details.text': 'Free words beside the code' }],
    [
      'details of the right code in another version of the system',
      { 'issue.0.details.coding.0.system': `${CS}/Spine-ErrorOrWarningCode-2` },
      'fixed OperationOutcome.issue[0].details.coding[0].system',
      'binding OperationOutcome.issue[0].details',
    ],
    [
      'details whose system ends in a slash',
      { 'issue.0.details.coding.0.system': `${CS}/Spine-ErrorOrWarningCode-1/` },
      'fixed OperationOutcome.issue[0].details.coding[0].system',
      'binding OperationOutcome.issue[0].details',
    ],
  ]),
  ...casesOf('fixed', SLOT, [
    [
      'the url of a known extension in other letters is another extension',
      { 'extension.0.url': `https://fhir.nhs.uk/STU3/structuredefinition/Extension-GPConnect-DeliveryChannel-2` },
      'warning extension Slot.extension[0]',
    ],
  ]),
];

const BINDINGS = [
  ...casesOf('required-binding', PATIENT, [
    ['a gender from the list', { gender: 'unknown' }],
    ['a gender that is its display', { gender: 'Female' }, 'binding Patient.gender'],
    ['the gender of a contact', { 'contact.0.gender': 'f' }, 'binding Patient.contact[0].gender'],
    [
      'a marital status from the list',
      {
        maritalStatus: { coding: [{ system: 'http://hl7.org/fhir/v3/MaritalStatus', code: 'M', display: 'Married' }] },
      },
    ],
    [
      'the unknown marital status is of the second system',
      { maritalStatus: { coding: [{ system: 'http://hl7.org/fhir/v3/NullFlavor', code: 'UNK', display: 'unknown' }] } },
    ],
    [
      'a code of the first system under the second',
      { maritalStatus: { coding: [{ system: 'http://hl7.org/fhir/v3/NullFlavor', code: 'M', display: 'Married' }] } },
      'binding Patient.maritalStatus',
    ],
    [
      'a marital status outside the list',
      {
        maritalStatus: {
          coding: [{ system: 'http://hl7.org/fhir/v3/MaritalStatus', code: 'C', display: 'Common law' }],
        },
      },
      'binding Patient.maritalStatus',
    ],
    [
      'a language outside the list',
      { 'extension.0.extension.0.valueCodeableConcept.coding.0.code': 'xx' },
      'binding Patient.extension[0].extension[0].valueCodeableConcept',
    ],
    [
      'a language of the list that is no ISO code',
      { 'extension.0.extension.0.valueCodeableConcept.coding.0.code': 'q4' },
    ],
    [
      'a registration type in small letters',
      { 'extension.1.extension.1.valueCodeableConcept.coding.0.code': 't' },
      'binding Patient.extension[1].extension[1].valueCodeableConcept',
    ],
    [
      'a verification status without its zero',
      { 'identifier.0.extension.0.valueCodeableConcept.coding.0.code': '1' },
      'binding Patient.identifier[0].extension[0].valueCodeableConcept',
    ],
    ['the last verification status', { 'identifier.0.extension.0.valueCodeableConcept.coding.0.code': '08' }],
    [
      'a required concept in words alone',
      { 'identifier.0.extension.0.valueCodeableConcept': { text: 'verified' } },
      'binding Patient.identifier[0].extension[0].valueCodeableConcept',
    ],
  ]),
  ...casesOf('required-binding', OUTCOME, [
    ['a Spine code with a space in it', { 'issue.0.details.coding.0.code': 'ACCESS DENIED' }],
    [
      'a Spine code with an underscore instead',
      { 'issue.0.details.coding.0.code': 'ACCESS_DENIED' },
      'binding OperationOutcome.issue[0].details',
    ],
    ['a severity outside the list', { 'issue.0.severity': 'warn' }, 'binding OperationOutcome.issue[0].severity'],
  ]),
  ...casesOf('extensible-binding', APPOINTMENT, [
    [
      'a delivery channel from the list',
      { 'extension.1.valueCode': 'Video' },
      'no warning binding Appointment.extension[1].valueCode',
    ],
    [
      'a delivery channel outside the list',
      { 'extension.1.valueCode': 'Letter' },
      'warning binding Appointment.extension[1].valueCode',
    ],
    [
      'a delivery channel in small letters',
      { 'extension.1.valueCode': 'video' },
      'warning binding Appointment.extension[1].valueCode',
    ],
    [
      'a participant type from the list',
      { 'participant.0.type': [{ coding: [{ system: 'http://hl7.org/fhir/v3/ParticipationType', code: 'PPRF' }] }] },
      'no warning binding Appointment.participant[0].type[0]',
    ],
    [
      'a participant type of the second system',
      { 'participant.0.type': [{ coding: [{ system: 'http://hl7.org/fhir/participant-type', code: 'translator' }] }] },
      'no warning binding Appointment.participant[0].type[0]',
    ],
    [
      'a participant type outside the list',
      {
        'participant.0.type': [
          { coding: [{ system: 'http://hl7.org/fhir/encounter-participant-type', code: 'PPRF' }] },
        ],
      },
      'warning binding Appointment.participant[0].type[0]',
    ],
  ]),
  ...casesOf('extensible-binding', ORGANIZATION, [
    [
      'an organisation type from the list',
      { 'type.0.coding.0.code': 'urgent-care' },
      'no warning binding Organization.type[0]',
    ],
    [
      'an organisation type outside the list',
      { 'type.0.coding.0.code': 'hospital' },
      'warning binding Organization.type[0]',
    ],
    [
      'an organisation type with one coding of two in the list',
      { 'type.0.coding.1': { system: 'urn:x', code: 'y' } },
      'no warning binding Organization.type[0]',
    ],
  ]),
  ...casesOf('extensible-binding', SCHEDULE, [
    [
      'a role of the system that is not among the twenty',
      { 'extension.0.valueCodeableConcept.coding.0.code': 'R0050' },
      'warning binding Schedule.extension[0].valueCodeableConcept',
    ],
    [
      'a role among the twenty',
      { 'extension.0.valueCodeableConcept.coding.0.code': 'R6300' },
      'no warning binding Schedule.extension[0].valueCodeableConcept',
    ],
  ]),
];

const TARGETS = [
  ...casesOf('reference-target', SLOT, [
    ['a Slot is of a Schedule', { 'schedule.reference': 'https://elsewhere.example/fhir/Schedule/77/_history/2' }],
    ['a Slot is not of a Slot', { 'schedule.reference': 'Slot/77' }, 'reference-target Slot.schedule'],
    [
      'a Slot is not of a Location elsewhere',
      { 'schedule.reference': 'https://elsewhere.example/fhir/Location/77' },
      'reference-target Slot.schedule',
    ],
    ['a Slot of a Schedule told by uuid', { 'schedule.reference': 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0' }],
  ]),
  ...casesOf('reference-target', SCHEDULE, [
    [
      'a Schedule is not of a Device, which the profile took away',
      { 'actor.1.reference': 'Device/1' },
      'reference-target Schedule.actor[1]',
    ],
    [
      'a Schedule is not of a Patient, which the profile took away',
      { 'actor.0.reference': 'Patient/1' },
      'reference-target Schedule.actor[0]',
    ],
    ['an actor by words alone', { 'actor.1': { display: 'Locum' } }],
  ]),
  ...casesOf('reference-target', PATIENT, [
    ['a general practitioner may be an organisation', { 'generalPractitioner.0.reference': 'Organization/1' }],
    [
      'a general practitioner is no role',
      { 'generalPractitioner.0.reference': 'PractitionerRole/1' },
      'reference-target Patient.generalPractitioner[0]',
    ],
    [
      'a branch surgery is a place',
      { 'extension.1.extension.2': { url: 'preferredBranchSurgery', valueReference: { reference: 'Organization/1' } } },
      'reference-target Patient.extension[1].extension[2].valueReference',
    ],
  ]),
  ...casesOf('reference-target', LOCATION, [
    [
      'a place is managed by an organisation',
      { 'managingOrganization.reference': 'Location/1' },
      'reference-target Location.managingOrganization',
    ],
    ['a place is part of a place', { partOf: { reference: 'Location/main' } }],
  ]),
  ...casesOf('reference-target', ROLE, [
    [
      'a role is of a practitioner',
      { 'practitioner.reference': 'Person/1' },
      'reference-target PractitionerRole.practitioner',
    ],
  ]),
];

export const ELEMENT_CASES: readonly Case[] = [...CARDINALITY, ...TYPES, ...FIXED, ...BINDINGS, ...TARGETS];
