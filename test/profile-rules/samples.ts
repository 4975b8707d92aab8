/** One body of each kind that is right and says everything that may be said, for mutants to spoil. */
import type { Json, Shape } from '../support/profile-rules/engine/shape.js';
import { APPOINTMENT } from '../support/profile-rules/profiles/appointment.js';
import {
  FOUND_ORGANIZATIONS,
  FOUND_PATIENTS,
  FOUND_PRACTITIONERS,
  REGISTERED,
  RETRIEVED_APPOINTMENTS,
} from '../support/profile-rules/profiles/bundles.js';
import { CAPABILITY_STATEMENT } from '../support/profile-rules/profiles/capability-statement.js';
import { FEDERATED_SLOTS, FREE_SLOTS } from '../support/profile-rules/profiles/free-slots.js';
import { LOCATION } from '../support/profile-rules/profiles/location.js';
import { MISSING_PRACTICE, REFUSAL } from '../support/profile-rules/profiles/operation-outcome.js';
import { ORGANIZATION } from '../support/profile-rules/profiles/organization.js';
import { PATIENT } from '../support/profile-rules/profiles/patient.js';
import { PRACTITIONER } from '../support/profile-rules/profiles/practitioner.js';
import { SCHEDULE } from '../support/profile-rules/profiles/schedule.js';
import { SLOT } from '../support/profile-rules/profiles/slot.js';

const SD = 'https://fhir.nhs.uk/STU3/StructureDefinition/';
const CS = 'https://fhir.nhs.uk/STU3/CodeSystem/';
const ID = 'https://fhir.nhs.uk/Id/';

const stored = (profile: string): Json => ({
  versionId: '7',
  lastUpdated: '2027-06-07T10:00:00+01:00',
  profile: [SD + profile],
});
const coding = (system: string, code: string, display: string): Json => ({
  coding: [{ system: CS + system, code, display }],
});
const extension = (name: string, value: Json): Json => ({ url: SD + name, ...value });
const period = { start: '2027-06-07T10:02:31+01:00', end: '2027-12-05T00:00:00+00:00' };

const phone = { system: 'phone', value: '01632 960555', use: 'work', rank: 1, period };
const place = {
  use: 'work',
  type: 'physical',
  line: ['1 Quay Lane'],
  city: 'Testham',
  district: 'Testshire',
  postalCode: 'HG9 9ZZ',
  country: 'GB',
  period,
};
const personName = {
  use: 'official',
  text: 'HOLLIN Ewa (Mrs)',
  family: 'Hollin',
  given: ['Ewa'],
  prefix: ['Mrs'],
  suffix: ['MBE'],
  period,
};

const communication = extension('Extension-CareConnect-GPC-NHSCommunication-1', {
  extension: [
    {
      url: 'language',
      valueCodeableConcept: { ...coding('CareConnect-HumanLanguage-1', 'pl', 'Polish'), text: 'Polish' },
    },
    { url: 'preferred', valueBoolean: true },
    {
      url: 'modeOfCommunication',
      valueCodeableConcept: {
        ...coding('CareConnect-LanguageAbilityMode-1', 'ESP', 'Expressed spoken'),
        text: 'speaks',
      },
    },
    {
      url: 'communicationProficiency',
      valueCodeableConcept: { ...coding('CareConnect-LanguageAbilityProficiency-1', 'G', 'Good'), text: 'well' },
    },
    { url: 'interpreterRequired', valueBoolean: true },
  ],
});
const role = extension('Extension-GPConnect-PractitionerRole-1', {
  valueCodeableConcept: {
    ...coding('CareConnect-SDSJobRoleName-1', 'R0260', 'General Medical Practitioner'),
    text: 'GP partner',
  },
});
const channel = extension('Extension-GPConnect-DeliveryChannel-2', { valueCode: 'Telephone' });
const organisationType = [{ ...coding('GPConnect-OrganisationType-1', 'urgent-care', 'Urgent Care'), text: 'Urgent' }];

const organization: Json = {
  resourceType: 'Organization',
  id: 'org-1',
  meta: stored('CareConnect-GPC-Organization-1'),
  extension: [
    extension('Extension-CareConnect-GPC-MainLocation-1', {
      valueReference: { reference: 'Location/loc-1', display: 'Quay Lane' },
    }),
    { url: 'http://hl7.org/fhir/StructureDefinition/organization-period', valuePeriod: period },
  ],
  identifier: [{ system: `${ID}ods-organization-code`, value: 'A99901' }],
  active: true,
  type: organisationType,
  name: 'Riverside Surgery',
  alias: ['Riverside'],
  telecom: [phone],
  address: [place],
  partOf: { reference: 'Organization/org-9', display: 'Group' },
};

const location: Json = {
  resourceType: 'Location',
  id: 'loc-1',
  meta: stored('CareConnect-GPC-Location-1'),
  identifier: [{ system: `${ID}ods-site-code`, value: 'A99901001' }],
  status: 'active',
  name: 'Quay Lane',
  alias: ['Main surgery'],
  description: 'By the river',
  telecom: [phone],
  address: place,
  physicalType: {
    coding: [{ system: 'http://snomed.info/sct', code: '264358009', display: 'General practice premises' }],
    text: 'Surgery',
  },
  managingOrganization: { reference: 'Organization/org-1', display: 'Riverside Surgery' },
  partOf: { reference: 'Location/loc-9', display: 'Estate' },
};

const practitioner: Json = {
  resourceType: 'Practitioner',
  id: 'prac-1',
  meta: stored('CareConnect-GPC-Practitioner-1'),
  extension: [communication],
  identifier: [
    { system: `${ID}sds-user-id`, value: '555000111242' },
    { system: `${ID}sds-role-profile-id`, value: '555000333442' },
    { system: `${ID}sds-role-profile-id`, value: '555000333443' },
    { system: 'https://fhir.hl7.org.uk/Id/gmp-number', value: 'G0000001' },
  ],
  active: true,
  name: [personName],
  gender: 'female',
};

const schedule: Json = {
  resourceType: 'Schedule',
  id: 'sch-1',
  meta: stored('GPConnect-Schedule-1'),
  extension: [role],
  identifier: [{ system: `${ID}gpconnect-schedule-identifier`, value: '444' }],
  serviceCategory: { text: 'Morning surgery' },
  actor: [
    { reference: 'Location/loc-1', display: 'Quay Lane' },
    { reference: 'Practitioner/prac-1', display: 'Dr Hollin' },
  ],
  planningHorizon: { start: '2027-06-14T09:00:00+01:00', end: '2027-06-14T12:00:00+01:00' },
};

const slot: Json = {
  resourceType: 'Slot',
  id: 'slot-1',
  meta: stored('GPConnect-Slot-1'),
  extension: [channel],
  identifier: [{ system: 'https://riverside.example.nhs.uk/Id/slot', value: '1' }],
  serviceType: [{ text: 'GP routine' }],
  schedule: { reference: 'Schedule/sch-1', display: 'Morning surgery' },
  status: 'free',
  start: '2027-06-14T09:20:00+01:00',
  end: '2027-06-14T09:30:00+01:00',
  overbooked: false,
};

const patient: Json = {
  resourceType: 'Patient',
  id: 'pat-1',
  meta: stored('CareConnect-GPC-Patient-1'),
  extension: [
    extension('Extension-CareConnect-GPC-RegistrationDetails-1', {
      extension: [
        { url: 'registrationPeriod', valuePeriod: period },
        {
          url: 'registrationType',
          valueCodeableConcept: { ...coding('CareConnect-RegistrationType-1', 'T', 'Temporary'), text: 'Temporary' },
        },
        { url: 'preferredBranchSurgery', valueReference: { reference: 'Location/loc-1', display: 'Quay Lane' } },
      ],
    }),
    communication,
    extension('Extension-CareConnect-GPC-NominatedPharmacy-1', {
      valueReference: { reference: 'Organization/pharmacy-1', display: 'Quay Pharmacy' },
    }),
  ],
  identifier: [
    {
      extension: [
        extension('Extension-CareConnect-GPC-NHSNumberVerificationStatus-1', {
          valueCodeableConcept: {
            ...coding('CareConnect-NHSNumberVerificationStatus-1', '01', 'Number present and verified'),
            text: 'verified',
          },
        }),
      ],
      system: `${ID}nhs-number`,
      value: '9990000018',
    },
  ],
  active: true,
  name: [personName, { use: 'nickname', given: ['Eva'] }],
  telecom: [phone, { system: 'email', value: 'ewa@example.net', use: 'home' }],
  gender: 'female',
  birthDate: '1984-11-03',
  address: [{ ...place, use: 'home' }],
  contact: [
    {
      relationship: [{ text: 'Next of kin' }],
      name: personName,
      telecom: [phone],
      address: { ...place, use: 'home' },
      gender: 'male',
      organization: { reference: 'Organization/org-1', display: 'Riverside Surgery' },
      period,
    },
  ],
  generalPractitioner: [{ reference: 'Practitioner/prac-1', display: 'Dr Hollin' }],
  managingOrganization: { reference: 'Organization/org-1', display: 'Riverside Surgery' },
};

const appointment: Json = {
  resourceType: 'Appointment',
  id: 'appt-1',
  meta: stored('GPConnect-Appointment-1'),
  contained: [
    {
      resourceType: 'Organization',
      id: 'booking-org',
      meta: { profile: [`${SD}CareConnect-GPC-Organization-1`] },
      identifier: [{ system: `${ID}ods-organization-code`, value: 'Z99902' }],
      type: organisationType,
      name: 'Northdale 111 Service',
      telecom: [phone],
      address: [place],
    },
  ],
  extension: [
    extension('Extension-GPConnect-BookingOrganisation-1', { valueReference: { reference: '#booking-org' } }),
    role,
    channel,
    extension('Extension-GPConnect-AppointmentCancellationReason-1', { valueString: 'No longer needed' }),
  ],
  identifier: [{ system: `${ID}gpconnect-appointment-identifier`, value: '898976578' }],
  status: 'cancelled',
  serviceCategory: { text: 'Morning surgery' },
  serviceType: [{ text: 'GP routine' }],
  priority: 0,
  description: 'Sore throat',
  start: '2027-06-14T09:20:00+01:00',
  end: '2027-06-14T09:40:00+01:00',
  minutesDuration: 20,
  slot: [
    { reference: 'Slot/slot-1', display: '09:20' },
    { reference: 'Slot/slot-2', display: '09:30' },
  ],
  created: '2027-06-07T10:05:12+01:00',
  comment: 'Please call if late',
  participant: [
    {
      type: [
        {
          coding: [
            { system: 'http://hl7.org/fhir/encounter-participant-type', code: 'PART', display: 'Participation' },
          ],
          text: 'who comes',
        },
      ],
      actor: { reference: 'Patient/pat-1', display: 'Ewa Hollin' },
      required: 'required',
      status: 'accepted',
    },
    { actor: { reference: 'Location/loc-1' }, status: 'accepted' },
    { actor: { reference: 'Practitioner/prac-1' }, status: 'accepted' },
  ],
};

function outcome(severity: string, type: string, code: string, display: string): Json {
  return {
    resourceType: 'OperationOutcome',
    meta: { profile: [`${SD}GPConnect-OperationOutcome-1`] },
    issue: [
      {
        severity,
        code: type,
        details: { coding: [{ system: `${CS}Spine-ErrorOrWarningCode-1`, code, display }], text: 'in words' },
        diagnostics: "Parameter 'end': 15 days; at most 14",
        location: ['/Slot'],
        expression: ['end'],
      },
    ],
  };
}

const parameter = (name: string, type: string): Json => ({
  name,
  definition: `http://hl7.org/fhir/SearchParameter/${name}`,
  type,
  documentation: 'see the page',
});
const served = (type: string, codes: readonly string[], more: Json = {}): Json => ({
  type,
  interaction: codes.map((code) => ({ code, documentation: 'see the page' })),
  ...more,
});

const capabilities: Json = {
  resourceType: 'CapabilityStatement',
  version: '1.2.7',
  name: 'GP Connect',
  status: 'active',
  date: '2027-05-01',
  publisher: 'Slotbridge',
  contact: [{ name: 'Service desk' }],
  description: 'Appointments',
  copyright: 'Ours',
  kind: 'capability',
  software: { name: 'Slotbridge', version: '0.1.0', releaseDate: '2027-05-01' },
  fhirVersion: '3.0.1',
  acceptUnknown: 'both',
  format: ['application/fhir+json', 'application/fhir+xml'],
  profile: [{ reference: `${SD}GPConnect-Slot-1` }, { reference: `${SD}GPConnect-Schedule-1` }],
  rest: [
    {
      mode: 'server',
      security: { cors: true },
      resource: [
        served('Patient', ['read', 'search-type'], { searchParam: [parameter('identifier', 'token')] }),
        served('Location', ['read']),
        served('Appointment', ['read', 'create', 'update', 'search-type'], {
          updateCreate: false,
          searchParam: [parameter('start', 'date')],
        }),
        served('Slot', ['search-type'], {
          searchInclude: [
            'Schedule:actor:Location',
            'Schedule:actor:Practitioner',
            'Slot:schedule',
            'Location:managingOrganization',
          ],
          searchParam: [
            parameter('start', 'date'),
            parameter('end', 'date'),
            parameter('status', 'token'),
            parameter('searchFilter', 'token'),
          ],
        }),
      ],
      operation: [
        {
          name: 'gpc.registerpatient',
          definition: {
            reference: 'https://fhir.nhs.uk/STU3/OperationDefinition/GPConnect-RegisterPatient-Operation-1',
          },
        },
      ],
    },
  ],
};

const bundle = (...resources: readonly Json[]): Json => ({
  resourceType: 'Bundle',
  type: 'searchset',
  entry: resources.map((resource) => ({ resource })),
});

const ROOT = 'https://gateway.example.nhs.uk/A99901/STU3/1/gpconnect';
const federatedEntry = (resource: Json, mode: string): Json => ({
  fullUrl: `${ROOT}/${resource.resourceType}/${resource.id}`,
  resource,
  search: { mode },
});

export interface Sample {
  readonly shape: Shape;
  readonly body: Json;
}

export const SAMPLES = {
  Appointment: { shape: APPOINTMENT, body: appointment },
  Slot: { shape: SLOT, body: slot },
  Schedule: { shape: SCHEDULE, body: schedule },
  Patient: { shape: PATIENT, body: patient },
  Practitioner: { shape: PRACTITIONER, body: practitioner },
  Organization: { shape: ORGANIZATION, body: organization },
  Location: { shape: LOCATION, body: location },
  refusal: { shape: REFUSAL, body: outcome('error', 'invalid', 'INVALID_PARAMETER', 'Invalid parameter') },
  'missing practice': {
    shape: MISSING_PRACTICE,
    body: outcome('warning', 'timeout', 'INTERNAL_SERVER_ERROR', 'Unexpected internal server error'),
  },
  CapabilityStatement: { shape: CAPABILITY_STATEMENT, body: capabilities },
  registered: {
    shape: REGISTERED,
    body: { ...bundle(patient), meta: { profile: [`${SD}GPConnect-Searchset-Bundle-1`] } },
  },
  patients: { shape: FOUND_PATIENTS, body: { ...bundle(patient), total: 1 } },
  practitioners: { shape: FOUND_PRACTITIONERS, body: { ...bundle(practitioner), total: 1 } },
  organisations: { shape: FOUND_ORGANIZATIONS, body: { ...bundle(organization), total: 1 } },
  appointments: { shape: RETRIEVED_APPOINTMENTS, body: { ...bundle(appointment), total: 1 } },
  'free slots': {
    shape: FREE_SLOTS,
    body: { ...bundle(slot, { ...slot, id: 'slot-2' }, schedule, location, practitioner, organization), total: 2 },
  },
  'federated slots': {
    shape: FEDERATED_SLOTS,
    body: {
      resourceType: 'Bundle',
      type: 'searchset',
      total: 1,
      entry: [
        federatedEntry(slot, 'match'),
        ...[schedule, location, practitioner, organization].map((one) => federatedEntry(one, 'include')),
        {
          resource: outcome('warning', 'timeout', 'INTERNAL_SERVER_ERROR', 'Unexpected internal server error'),
          search: { mode: 'outcome' },
        },
      ],
    },
  },
} as const satisfies Readonly<Record<string, Sample>>;

export type SampleName = keyof typeof SAMPLES;

/** The request that the samples answer: every include, and days that hold their slots. */
export const GROUND = {
  zone: 'Europe/London',
  query: new URLSearchParams([
    ['start', 'ge2027-06-14'],
    ['end', 'le2027-06-14'],
    ['_include', 'Slot:schedule'],
    ['_include:recurse', 'Schedule:actor:Practitioner'],
    ['_include:recurse', 'Schedule:actor:Location'],
  ]),
};
