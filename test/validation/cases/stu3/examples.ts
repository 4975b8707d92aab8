/** Valid synthetic resources that meet their GP Connect profiles, and bare ones of base STU3. */

export const SD = 'https://fhir.nhs.uk/STU3/StructureDefinition';
export const CS = 'https://fhir.nhs.uk/STU3/CodeSystem';

const profiled = (name: string) => ({ meta: { profile: [`${SD}/${name}`] } });
const concept = (system: string, code: string, display: string) => ({ coding: [{ system, code, display }] });

export const VERIFICATION = {
  url: `${SD}/Extension-CareConnect-GPC-NHSNumberVerificationStatus-1`,
  valueCodeableConcept: concept(`${CS}/CareConnect-NHSNumberVerificationStatus-1`, '01', 'Number present and verified'),
};

export const ORGANIZATION = {
  resourceType: 'Organization',
  ...profiled('CareConnect-GPC-Organization-1'),
  identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'A99977' }],
  type: [concept(`${CS}/GPConnect-OrganisationType-1`, 'gp-practice', 'GP Practice')],
  name: 'Millbeck Surgery',
  telecom: [{ system: 'phone', value: '01632 960123', use: 'work' }],
  address: [{ use: 'work', line: ['4 Weir Lane'], city: 'Harrogate', postalCode: 'HG9 9ZZ' }],
};

const booker = {
  resourceType: 'Organization',
  id: 'booker',
  identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'A99978' }],
  name: 'Weir Lane Urgent Care',
  telecom: [{ system: 'phone', value: '01632 960124' }],
};

export const APPOINTMENT = {
  resourceType: 'Appointment',
  ...profiled('GPConnect-Appointment-1'),
  contained: [booker],
  extension: [
    { url: `${SD}/Extension-GPConnect-BookingOrganisation-1`, valueReference: { reference: '#booker' } },
    { url: `${SD}/Extension-GPConnect-DeliveryChannel-2`, valueCode: 'Telephone' },
  ],
  identifier: [{ system: 'https://consumer.example/appointments', value: 'c-88' }],
  status: 'booked',
  description: 'Dressing change',
  start: '2026-07-01T14:15:00+01:00',
  end: '2026-07-01T14:30:00+01:00',
  slot: [{ reference: 'Slot/s-1' }],
  created: '2026-06-20T09:00:00+01:00',
  participant: [
    { actor: { reference: 'Patient/p-1' }, status: 'accepted' },
    { actor: { reference: 'Location/l-1' }, status: 'accepted' },
  ],
};

export const PATIENT = {
  resourceType: 'Patient',
  id: 'p-1',
  ...profiled('CareConnect-GPC-Patient-1'),
  extension: [
    {
      url: `${SD}/Extension-CareConnect-GPC-NHSCommunication-1`,
      extension: [
        { url: 'language', valueCodeableConcept: concept(`${CS}/CareConnect-HumanLanguage-1`, 'cy', 'Welsh') },
        { url: 'interpreterRequired', valueBoolean: false },
      ],
    },
    {
      url: `${SD}/Extension-CareConnect-GPC-RegistrationDetails-1`,
      extension: [
        { url: 'registrationPeriod', valuePeriod: { start: '2026-06-07' } },
        {
          url: 'registrationType',
          valueCodeableConcept: concept(`${CS}/CareConnect-RegistrationType-1`, 'T', 'Temporary'),
        },
      ],
    },
  ],
  identifier: [{ extension: [VERIFICATION], system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9990000018' }],
  name: [
    { use: 'official', family: 'Okafor', given: ['Ada', 'Lin'] },
    { use: 'nickname', text: 'Addie' },
  ],
  telecom: [{ system: 'phone', value: '07700 900123', use: 'mobile' }],
  gender: 'female',
  birthDate: '1984-02-29',
  contact: [{ relationship: [{ text: 'Sister' }], name: { use: 'official', family: 'Okafor' } }],
  generalPractitioner: [{ reference: 'Practitioner/n-1' }],
  managingOrganization: { reference: 'Organization/o-1' },
};

export const PRACTITIONER = {
  resourceType: 'Practitioner',
  ...profiled('CareConnect-GPC-Practitioner-1'),
  identifier: [
    { system: 'https://fhir.nhs.uk/Id/sds-user-id', value: '555000111222' },
    { system: 'https://fhir.nhs.uk/Id/sds-role-profile-id', value: '555000111333' },
    { system: 'https://fhir.nhs.uk/Id/sds-role-profile-id', value: '555000111444' },
  ],
  name: [{ family: 'Brandt', given: ['Ines'], prefix: ['Ms'] }],
  gender: 'female',
};

export const LOCATION = {
  resourceType: 'Location',
  ...profiled('CareConnect-GPC-Location-1'),
  identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-site-code', value: 'A99977001' }],
  name: 'Mill Row branch',
  address: { line: ['1 Mill Row'], city: 'Ripon' },
  physicalType: {
    coding: [
      { system: 'http://snomed.info/sct', code: '264372000', display: 'Pharmacy' },
      { system: 'http://read.info/readv2', code: '9N1..', display: 'Site of encounter' },
      { system: 'http://read.info/ctv3', code: 'XM1..', display: 'Site' },
    ],
  },
  managingOrganization: { reference: 'Organization/o-1' },
};

export const ROLE = {
  resourceType: 'PractitionerRole',
  ...profiled('CareConnect-GPC-PractitionerRole-1'),
  practitioner: { reference: 'Practitioner/n-1' },
  code: [
    concept(`${CS}/CareConnect-SDSJobRoleName-1`, 'R0260', 'General Medical Practitioner'),
    concept('https://example.org/roles', 'lead', 'Lead'),
  ],
};

export const SLOT = {
  resourceType: 'Slot',
  id: 's-1',
  ...profiled('GPConnect-Slot-1'),
  extension: [{ url: `${SD}/Extension-GPConnect-DeliveryChannel-2`, valueCode: 'In-person' }],
  serviceType: [{ text: 'Nurse 15 min' }],
  schedule: { reference: 'Schedule/sc-1' },
  status: 'free',
  start: '2026-07-01T14:15:00+01:00',
  end: '2026-07-01T14:30:00+01:00',
};

export const SCHEDULE = {
  resourceType: 'Schedule',
  id: 'sc-1',
  ...profiled('GPConnect-Schedule-1'),
  extension: [
    {
      url: `${SD}/Extension-GPConnect-PractitionerRole-1`,
      valueCodeableConcept: concept(`${CS}/CareConnect-SDSJobRoleName-1`, 'R0260', 'General Medical Practitioner'),
    },
  ],
  identifier: [{ system: 'https://fhir.nhs.uk/Id/gpconnect-schedule-identifier', value: '12' }],
  serviceCategory: { text: 'Afternoon clinic' },
  actor: [{ reference: 'Location/l-1' }, { reference: 'Practitioner/n-1' }],
  planningHorizon: { start: '2026-07-01T14:00:00+01:00', end: '2026-07-01T17:00:00+01:00' },
};

export const OUTCOME = {
  resourceType: 'OperationOutcome',
  ...profiled('GPConnect-OperationOutcome-1'),
  issue: [
    {
      severity: 'error',
      code: 'invalid',
      details: concept(`${CS}/Spine-ErrorOrWarningCode-1`, 'INVALID_RESOURCE', 'Invalid validation of resource'),
    },
  ],
};

export const REGISTERED = {
  resourceType: 'Bundle',
  ...profiled('GPConnect-Searchset-Bundle-1'),
  type: 'searchset',
  entry: [{ resource: PATIENT }],
};

export const SEARCH = {
  resourceType: 'Bundle',
  type: 'searchset',
  total: 1,
  entry: [
    { fullUrl: 'https://provider.example/Slot/s-1', resource: SLOT, search: { mode: 'match' } },
    { fullUrl: 'https://provider.example/Schedule/sc-1', resource: SCHEDULE, search: { mode: 'include' } },
  ],
};

export const OBSERVATION = { resourceType: 'Observation', status: 'final', code: { text: 'Weight' } };

export const BARE_PATIENT = {
  resourceType: 'Patient',
  identifier: [
    { system: 'urn:a', value: '1' },
    { system: 'urn:b', value: '2' },
  ],
  name: [{ use: 'official', family: 'Okafor', given: ['Ada'] }],
  telecom: [{ system: 'phone', value: '07700 900123' }],
  active: true,
  birthDate: '1984-02-29',
};
