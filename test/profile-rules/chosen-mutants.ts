/** Mutants for the rules that no element table says: invariants, displays, references, what belongs together. */
import type { Json } from '../support/profile-rules/engine/shape.js';
import type { Mutant } from './generated-mutants.js';
import { SAMPLES, type SampleName } from './samples.js';

type Row = readonly [sample: SampleName, rule: string, change: (body: Json) => void];

const resource = (body: Json, type: string): Json =>
  body.entry.map((entry: Json) => entry.resource).find((one: Json) => one.resourceType === type);
const dropEntries = (body: Json, type: string): void => {
  body.entry = body.entry.filter((entry: Json) => entry.resource.resourceType !== type);
};
const extensionOf = (node: Json, name: string): Json => node.extension.find((one: Json) => one.url.endsWith(name));
const codingOf = (extension: Json): Json => extension.valueCodeableConcept.coding[0];
const declared = (body: Json, type: string): Json => body.rest[0].resource.find((one: Json) => one.type === type);

const REFERENCES: readonly (readonly [SampleName, string, (body: Json) => Json])[] = [
  ['Slot', 'Schedule', (body) => body.schedule],
  ['Schedule', 'Location, Practitioner', (body) => body.actor[1]],
  ['Appointment', 'Slot', (body) => body.slot[0]],
  ['Appointment', 'Patient, Location, Practitioner', (body) => body.participant[0].actor],
  ['Patient', 'Practitioner', (body) => body.generalPractitioner[0]],
  ['Patient', 'Organization', (body) => body.managingOrganization],
  ['Patient', 'Location', (body) => body.extension[0].extension[2].valueReference],
  ['Location', 'Organization', (body) => body.managingOrganization],
  ['Location', 'Location', (body) => body.partOf],
  ['Organization', 'Organization', (body) => body.partOf],
];
/** None of them is type/id. */
const BAD_REFERENCES = [
  'Basic/1',
  '#one',
  'https://gateway.example.nhs.uk/A/Slot/1',
  'Slot',
  'Slot/',
  'slot/1',
  'Slot/a b',
];

const identifiers: readonly Row[] = (
  [
    ['Patient', 'Patient', 'https://fhir.nhs.uk/Id/nhs-number'],
    ['Practitioner', 'Practitioner', 'https://fhir.nhs.uk/Id/sds-user-id'],
    ['Practitioner', 'Practitioner', 'https://fhir.hl7.org.uk/Id/gmp-number'],
    ['Organization', 'Organization', 'https://fhir.nhs.uk/Id/ods-organization-code'],
    ['Location', 'Location', 'https://fhir.nhs.uk/Id/ods-site-code'],
  ] as const
).flatMap(([sample, owner, system]): Row[] => [
  [sample, `${owner}.identifier has the known systems only`, (body) => (body.identifier[0].system = `${system}x`)],
  [
    sample,
    `${owner}.identifier of ${system} is 0..1`,
    (body) => {
      const own = body.identifier.find((one: Json) => one.system === system);
      body.identifier.push({ ...own, value: '1' });
    },
  ],
]);

const bookingOrg = (body: Json): Json => body.contained[0];

const ROWS: readonly Row[] = [
  ...REFERENCES.flatMap(([sample, targets, find]) =>
    BAD_REFERENCES.map((bad): Row => [
      sample,
      `Reference to ${targets} is relative: type/id`,
      (body) => (find(body).reference = bad),
    ]),
  ),
  ...identifiers,
  [
    'Appointment',
    'booking Organization.identifier has the known systems only',
    (body) => (bookingOrg(body).identifier[0].system = 'https://fhir.nhs.uk/Id/other'),
  ],
  [
    'Appointment',
    'booking Organization.identifier of https://fhir.nhs.uk/Id/ods-organization-code is 0..1',
    (body) => bookingOrg(body).identifier.push(bookingOrg(body).identifier[0]),
  ],

  // Displays and extensible bindings
  [
    'Schedule',
    "a display of GPConnect-PractitionerRole-1 is the code's own",
    (body) => (codingOf(body.extension[0]).display = 'GP'),
  ],
  [
    'Schedule',
    'GPConnect-PractitionerRole-1 is extended with codes of its system only',
    (body) => Object.assign(codingOf(body.extension[0]), { code: 'GP', display: 'GP' }),
  ],
  [
    'Organization',
    "a display of GPConnect-OrganisationType-1 is the code's own",
    (body) => (body.type[0].coding[0].display = 'urgent care'),
  ],
  [
    'Patient',
    "a display of CareConnect-NHSNumberVerificationStatus-1 is the code's own",
    (body) => (codingOf(body.identifier[0].extension[0]).code = '02'),
  ],
  [
    'Patient',
    "a display of CareConnect-RegistrationType-1 is the code's own",
    (body) => (codingOf(body.extension[0].extension[1]).code = 'R'),
  ],
  [
    'Patient',
    "a display of CareConnect-HumanLanguage-1 is the code's own",
    (body) => (codingOf(body.extension[1].extension[0]).code = 'pt'),
  ],
  [
    'Practitioner',
    "a display of CareConnect-LanguageAbilityMode-1 is the code's own",
    (body) => (codingOf(body.extension[0].extension[2]).code = 'EWR'),
  ],
  [
    'Practitioner',
    "a display of CareConnect-LanguageAbilityProficiency-1 is the code's own",
    (body) => (codingOf(body.extension[0].extension[3]).code = 'P'),
  ],

  // Periods, contacts and organisations
  ['Patient', 'per-1: a period does not end before it starts', (body) => (body.telecom[0].period.end = '2027-06-01')],
  ['Patient', 'cpt-2: a value of a Patient ContactPoint needs a system', (body) => delete body.telecom[0].system],
  ['Patient', 'use SHALL be there on a Patient ContactPoint', (body) => delete body.telecom[0].use],
  [
    'Patient',
    'cpt-2: a value of a Patient.contact ContactPoint needs a system',
    (body) => delete body.contact[0].telecom[0].system,
  ],
  ['Patient', 'use SHALL be there on a Patient.contact ContactPoint', (body) => delete body.contact[0].telecom[0].use],
  ['Location', 'cpt-2: a value of a Location ContactPoint needs a system', (body) => delete body.telecom[0].system],
  [
    'Organization',
    'cpt-2: a value of a Organization ContactPoint needs a system',
    (body) => delete body.telecom[0].system,
  ],
  [
    'Appointment',
    'cpt-2: a value of a booking Organization ContactPoint needs a system',
    (body) => delete bookingOrg(body).telecom[0].system,
  ],
  [
    'Organization',
    'org-1: Organization has a name or an identifier',
    (body) => {
      delete body.name;
      delete body.identifier;
    },
  ],
  ['Organization', 'org-2: Organization.address is never of use home', (body) => (body.address[0].use = 'home')],
  ['Organization', 'org-3: Organization.telecom is never of use home', (body) => (body.telecom[0].use = 'home')],
  [
    'Appointment',
    'org-1: booking Organization has a name or an identifier',
    (body) => {
      delete bookingOrg(body).name;
      delete bookingOrg(body).identifier;
    },
  ],
  [
    'Appointment',
    'org-2: booking Organization.address is never of use home',
    (body) => (bookingOrg(body).address[0].use = 'home'),
  ],
  [
    'Appointment',
    'org-3: booking Organization.telecom is never of use home',
    (body) => (bookingOrg(body).telecom[0].use = 'home'),
  ],

  // Patients
  ['Patient', 'an NHS number has ten digits and its check digit', (body) => (body.identifier[0].value = '9990000019')],
  [
    'Patient',
    'an NHS number has ten digits and its check digit',
    (body) => (body.identifier[0].value = '999 000 0018'),
  ],
  ...[
    (body: Json) => (body.name[0].use = 'usual'),
    (body: Json) => body.name.reverse(),
    (body: Json) => (body.name[1].use = 'official'),
    (body: Json) => delete body.name[0].family,
  ].map((change): Row => [
    'Patient',
    'Patient.name has one of use official, with a family name, before all others',
    change,
  ]),
  [
    'Patient',
    'pat-1: a contact has a name, telecom, address or organization',
    (body) => (body.contact[0] = { relationship: [{ text: 'Friend' }] }),
  ],

  // Appointments
  [
    'Appointment',
    'app-1: a participant has a type or an actor',
    (body) => (body.participant[1] = { status: 'accepted' }),
  ],
  ['Appointment', 'app-2: start and end come together', (body) => delete body.end],
  [
    'Appointment',
    'app-3: only a proposed or cancelled appointment lacks start or end',
    (body) => {
      body.status = 'booked';
      delete body.start;
    },
  ],
  ['Appointment', 'Appointment.description is at most 100 characters', (body) => (body.description = 'x'.repeat(101))],
  ['Appointment', 'Appointment.comment is at most 500 characters', (body) => (body.comment = 'x'.repeat(501))],
  ['Appointment', 'Appointment.end is after its start', (body) => (body.end = body.start)],
  ['Appointment', 'Appointment.minutesDuration is the time from start to end', (body) => (body.minutesDuration = 10)],
  ...(['Patient', 'Location'] as const).flatMap((type, index): Row[] => [
    ['Appointment', `Appointment.participant names one ${type}`, (body) => body.participant.splice(index, 1)],
    [
      'Appointment',
      `Appointment.participant names one ${type}`,
      (body) => body.participant.push(body.participant[index]),
    ],
  ]),
  [
    'Appointment',
    'Appointment.participant names at most one Practitioner',
    (body) => body.participant.push(body.participant[2]),
  ],
  ...['booked', 'pending', 'fulfilled'].map((status): Row => [
    'Appointment',
    'only a cancelled appointment has a cancellation reason',
    (body) => (body.status = status),
  ]),
  ['Appointment', 'Appointment.slot names no slot twice', (body) => (body.slot[1] = body.slot[0])],
  [
    'Appointment',
    'the booking organisation is a contained one: #id',
    (body) => (body.extension[0].valueReference.reference = 'Organization/booking-org'),
  ],
  [
    'Appointment',
    'dom-1: a contained resource has no narrative',
    (body) => (bookingOrg(body).text = { status: 'empty' }),
  ],
  ['Appointment', 'dom-2: a contained resource contains nothing', (body) => (bookingOrg(body).contained = [{}])],
  ['Appointment', 'dom-3: every contained resource is referred to', (body) => (bookingOrg(body).id = 'other')],
  ['Appointment', 'dom-3: every contained resource is referred to', (body) => body.extension.shift()],
  ['Appointment', 'ref-1: every #id is the id of a contained resource', (body) => delete body.contained],

  // Times
  ...[
    '2027-06-14T08:20:00Z',
    '2027-06-14T09:20:00',
    '2027-06-14T09:20:00.000+01:00',
    '2027-06-14T08:20:00+00:00',
    '2027-06-14T10:20:00+02:00',
    '2027-12-14T09:20:00+01:00',
    '2027-03-28T01:30:00+00:00',
    '2027-10-31T01:30:00+02:00',
    '2027-06-31T09:20:00+01:00',
    '2027-06-14T24:00:00+01:00',
    '2027-06-14T09:20+01:00',
    '2027-06-14',
    1_812_961_200_000,
  ].map((bad): Row => [
    'Slot',
    'GPConnect-Slot-1.start is a local time yyyy-mm-ddThh:mm:ss+hh:mm with the offset in force',
    (body) => (body.start = bad),
  ]),
  ['Slot', 'Slot.end is after its start', (body) => (body.end = body.start)],
  ...(['Location', 'Practitioner'] as const).map((type, index): Row => [
    'Schedule',
    `Schedule.actor names ${type === 'Location' ? 'one' : 'at most one'} ${type}`,
    (body) => body.actor.push(body.actor[index]),
  ]),
  ['Schedule', 'Schedule.actor names one Location', (body) => body.actor.shift()],

  // Outcomes
  ...(
    [
      ['refusal', 'OperationOutcome (error)'],
      ['missing practice', 'OperationOutcome (warning)'],
    ] as const
  ).flatMap(([sample, name]): Row[] => [
    [sample, `${name}: a display is the code's own`, (body) => (body.issue[0].details.coding[0].display = 'Bad')],
    [sample, `${name}: diagnostics SHALL be there for some codes`, (body) => delete body.issue[0].diagnostics],
    [
      sample,
      `${name}: diagnostics hold no NHS number`,
      (body) => (body.issue[0].diagnostics = 'Nobody is 999 000 0018'),
    ],
  ]),

  // The capability statement
  ['CapabilityStatement', 'CapabilityStatement.format names JSON and XML, each once', (body) => body.format.pop()],
  [
    'CapabilityStatement',
    'CapabilityStatement.profile names nothing twice',
    (body) => body.profile.push(body.profile[0]),
  ],
  [
    'CapabilityStatement',
    'CapabilityStatement.rest lists each type once',
    (body) => body.rest[0].resource.push(declared(body, 'Location')),
  ],
  [
    'CapabilityStatement',
    'rest.resource declares interactions of its type only, each once',
    (body) => declared(body, 'Location').interaction.push({ code: 'search-type' }),
  ],
  [
    'CapabilityStatement',
    'rest.resource declares interactions of its type only, each once',
    (body) => declared(body, 'Location').interaction.push({ code: 'read' }),
  ],
  [
    'CapabilityStatement',
    'rest.resource declares parameters of its type only, with their type',
    (body) => (declared(body, 'Appointment').searchParam = [{ name: 'identifier', type: 'token' }]),
  ],
  [
    'CapabilityStatement',
    'rest.resource declares parameters of its type only, with their type',
    (body) => (declared(body, 'Slot').searchParam[0].type = 'token'),
  ],
  ['CapabilityStatement', 'a search declares all its parameters', (body) => declared(body, 'Slot').searchParam.pop()],
  [
    'CapabilityStatement',
    'updateCreate is false, and there where updates are',
    (body) => (declared(body, 'Appointment').updateCreate = true),
  ],
  [
    'CapabilityStatement',
    'updateCreate is false, and there where updates are',
    (body) => (declared(body, 'Patient').updateCreate = false),
  ],
  [
    'CapabilityStatement',
    'Slot declares all four includes, and nothing else any',
    (body) => declared(body, 'Slot').searchInclude.pop(),
  ],
  [
    'CapabilityStatement',
    'Slot declares all four includes, and nothing else any',
    (body) => (declared(body, 'Patient').searchInclude = ['Slot:schedule']),
  ],

  // Bundles
  ['practitioners', 'a Bundle holds no resource twice', (body) => body.entry.push(body.entry[0])],
  [
    'registered',
    'a registered Patient has exactly one registrationDetails',
    (body) => resource(body, 'Patient').extension.shift(),
  ],
  [
    'registered',
    'a registered Patient SHALL have its registrationType',
    (body) => extensionOf(resource(body, 'Patient'), 'RegistrationDetails-1').extension.splice(1, 1),
  ],
  [
    'appointments',
    'every appointment starts on a day that was asked for',
    (body) => {
      resource(body, 'Appointment').start = '2027-06-13T09:20:00+01:00';
    },
  ],
  [
    'appointments',
    'every appointment is of the same patient',
    (body) => {
      const other = structuredClone(resource(body, 'Appointment'));
      other.id = 'appt-2';
      other.participant[0].actor.reference = 'Patient/pat-2';
      body.entry.push({ resource: other });
    },
  ],
  ...(
    [
      ['free slots', ''],
      ['federated slots', 'at each practice: '],
    ] as const
  ).flatMap(([sample, prefix]): Row[] => [
    [sample, `${prefix}the Schedule of every Slot is there`, (body) => dropEntries(body, 'Schedule')],
    [
      sample,
      `${prefix}a Schedule is there for its Slots only`,
      (body) => (resource(body, 'Slot').schedule = resource(body, 'Schedule')) && dropEntries(body, 'Slot'),
    ],
    [
      sample,
      `${prefix}Location is there if asked for, and then every one of the Schedules`,
      (body) => dropEntries(body, 'Location'),
    ],
    [
      sample,
      `${prefix}Practitioner is there if asked for, and then every one of the Schedules`,
      (body) => dropEntries(body, 'Practitioner'),
    ],
    [
      sample,
      `${prefix}a Location or Practitioner is there for its Schedules only`,
      (body) => resource(body, 'Schedule').actor.pop(),
    ],
    [
      sample,
      `${prefix}the Organization is there, once, if and only if there are Slots`,
      (body) => dropEntries(body, 'Organization'),
    ],
    [
      sample,
      `${prefix}the Organization is there, once, if and only if there are Slots`,
      (body) => dropEntries(body, 'Slot'),
    ],
    [
      sample,
      `${prefix}the managingOrganization of every Location is there`,
      (body) => (resource(body, 'Location').managingOrganization.reference = 'Organization/other'),
    ],
    [
      sample,
      `${prefix}every Slot lies wholly inside the period asked for`,
      (body) => (resource(body, 'Slot').end = '2027-06-15T00:10:00+01:00'),
    ],
    [
      sample,
      `${prefix}every Slot lies wholly inside the period asked for`,
      (body) => (resource(body, 'Slot').start = '2027-06-13T23:50:00+01:00'),
    ],
    [sample, 'total counts the Slots', (body) => (body.total = 9)],
  ]),
  ['federated slots', 'an entry has the mode of its kind', (body) => (body.entry[1].search.mode = 'match')],
  ...['https://gateway.example.nhs.uk/A99901/STU3/1/gpconnect/Slot/other', 'Slot/slot-1', 'urn:uuid:slot-1'].map(
    (fullUrl): Row => [
      'federated slots',
      'a fullUrl stands below the root of a practice and ends with type and id',
      (body) => (body.entry[0].fullUrl = fullUrl),
    ],
  ),
  [
    'federated slots',
    'a fullUrl stands below the root of a practice and ends with type and id',
    (body) => delete body.entry[0].fullUrl,
  ],
];

export const CHOSEN_MUTANTS: readonly Mutant[] = ROWS.map(([sample, rule, change], index) => {
  const body = structuredClone<Json>(SAMPLES[sample].body);
  change(body);
  return { sample, rule, what: `row ${index + 1}`, body };
});
