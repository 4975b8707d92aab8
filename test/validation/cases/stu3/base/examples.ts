/** Valid synthetic resources that claim no profile; their extensions are ones nobody defined. */

type Resource = Readonly<Record<string, unknown>>;

const EXTENSIONS = 'https://example.org/StructureDefinition';
const SYSTEMS = 'https://example.org/CodeSystem';

const organization: Resource = {
  resourceType: 'Organization',
  id: 'booker',
  identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'A99977' }],
  active: true,
  type: [{ coding: [{ system: `${SYSTEMS}/GPConnect-OrganisationType-1`, code: 'gp-practice' }], text: 'GP practice' }],
  name: 'Millbeck Surgery',
  alias: ['Millbeck'],
  telecom: [{ system: 'phone', value: '01632 960123', use: 'work', rank: 1 }],
  address: [{ use: 'work', type: 'physical', line: ['4 Weir Lane'], city: 'Harrogate', postalCode: 'HG9 9ZZ' }],
};

const appointment: Resource = {
  resourceType: 'Appointment',
  meta: { versionId: '2', profile: ['http://hl7.org/fhir/StructureDefinition/Appointment'] },
  language: 'en-GB',
  contained: [organization],
  extension: [
    {
      url: `${EXTENSIONS}/booker`,
      valueReference: { reference: '#booker' },
    },
    { url: `${EXTENSIONS}/channel`, valueCode: 'Telephone' },
  ],
  identifier: [{ system: 'https://consumer.example/appointments', value: 'c-88' }],
  status: 'booked',
  serviceCategory: { text: 'Afternoon clinic' },
  serviceType: [{ text: 'Nurse 15 min' }],
  description: 'Dressing change',
  start: '2026-07-01T14:15:00+01:00',
  end: '2026-07-01T14:30:00+01:00',
  minutesDuration: 15,
  slot: [{ reference: 'Slot/s-1' }],
  created: '2026-06-20T09:00:00+01:00',
  comment: 'Uses a wheelchair.',
  participant: [
    { actor: { reference: 'Patient/p-1' }, status: 'accepted' },
    { actor: { reference: 'Location/l-1' }, status: 'accepted', required: 'required' },
    { actor: { reference: 'Practitioner/n-1' }, status: 'tentative' },
  ],
};

const patient: Resource = {
  resourceType: 'Patient',
  id: 'p-1',
  meta: { versionId: '3', lastUpdated: '2026-05-02T10:11:12.345Z' },
  text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">Summary</div>' },
  extension: [
    {
      url: `${EXTENSIONS}/language`,
      extension: [
        { url: 'language', valueCodeableConcept: { coding: [{ system: `${SYSTEMS}/Language-1`, code: 'cy' }] } },
        { url: 'interpreterRequired', valueBoolean: false },
      ],
    },
  ],
  identifier: [
    {
      extension: [{ url: `${EXTENSIONS}/status`, valueCodeableConcept: { coding: [{ code: '01' }] } }],
      use: 'official',
      system: 'https://fhir.nhs.uk/Id/nhs-number',
      value: '9990000018',
      period: { start: '2001-03' },
    },
  ],
  active: true,
  name: [{ use: 'official', family: 'Okafor', given: ['Ada', 'Lin'], prefix: ['Dr'] }],
  telecom: [{ system: 'phone', value: '07700 900123', use: 'mobile', period: { end: '2026-09-01' } }],
  gender: 'female',
  birthDate: '1984-02-29',
  _birthDate: { extension: [{ url: 'https://example.org/birth-time', valueDateTime: '1984-02-29T04:05:06Z' }] },
  deceasedBoolean: false,
  address: [{ use: 'home', line: ['1 Mill Row', 'Flat 3'], city: 'Ripon', postalCode: 'HG9 8ZZ', country: 'GBR' }],
  maritalStatus: { text: 'Not asked' },
  multipleBirthInteger: 2,
  photo: [{ contentType: 'image/png', data: 'AAECAw==', size: 4 }],
  contact: [{ relationship: [{ text: 'Sister' }], name: { family: 'Okafor' }, gender: 'female' }],
  communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'cy' }] }, preferred: true }],
  generalPractitioner: [{ reference: 'Practitioner/n-1' }, { reference: 'Organization/o-1' }],
  managingOrganization: { reference: 'Organization/o-1' },
  link: [{ other: { reference: 'Patient/p-2' }, type: 'seealso' }],
};

const practitioner: Resource = {
  resourceType: 'Practitioner',
  id: 'n-1',
  identifier: [
    { system: 'https://fhir.nhs.uk/Id/sds-user-id', value: '555000111222' },
    { system: 'https://fhir.nhs.uk/Id/sds-role-profile-id', value: 'UNK' },
  ],
  name: [{ family: 'Brandt', given: ['Ines'], prefix: ['Ms'] }],
  gender: 'unknown',
  qualification: [{ code: { text: 'RGN' }, issuer: { display: 'A college' } }],
  communication: [{ coding: [{ system: 'urn:ietf:bcp:47', code: 'en' }] }],
};

const parameters: Resource = {
  resourceType: 'Parameters',
  parameter: [
    { name: 'registerPatient', resource: patient },
    {
      name: 'options',
      part: [
        { name: 'dryRun', valueBoolean: true },
        { name: 'note', valueString: 'Synthetic' },
      ],
    },
  ],
};

const device: Resource = {
  resourceType: 'Device',
  identifier: [{ system: 'https://consumer.example/devices', value: 'web-7' }],
  udi: { deviceIdentifier: 'di-1', entryType: 'manual' },
  status: 'active',
  model: 'Booking desk',
  version: '4.1.0',
  manufactureDate: '2024',
  url: 'https://consumer.example/product',
};

const slot: Resource = {
  resourceType: 'Slot',
  id: 's-1',
  meta: { versionId: '1' },
  extension: [{ url: `${EXTENSIONS}/channel`, valueCode: 'In-person' }],
  serviceType: [{ text: 'Nurse 15 min' }],
  schedule: { reference: 'Schedule/sc-1' },
  status: 'free',
  start: '2026-07-01T14:15:00+01:00',
  end: '2026-07-01T14:30:00+01:00',
  overbooked: false,
};

const schedule: Resource = {
  resourceType: 'Schedule',
  id: 'sc-1',
  active: true,
  serviceCategory: { text: 'Afternoon clinic' },
  actor: [{ reference: 'Location/l-1' }, { reference: 'Practitioner/n-1', display: 'Nurse' }],
  planningHorizon: { start: '2026-07-01T14:00:00+01:00', end: '2026-07-01T17:00:00+01:00' },
  comment: 'Ground floor',
};

const operationOutcome: Resource = {
  resourceType: 'OperationOutcome',
  issue: [
    {
      severity: 'error',
      code: 'invalid',
      details: { coding: [{ system: `${SYSTEMS}/Spine-ErrorOrWarningCode-1`, code: 'INVALID_RESOURCE' }] },
      diagnostics: 'Appointment.start is missing.',
      location: ['/f:Appointment'],
      expression: ['Appointment.start'],
    },
  ],
};

const bundle: Resource = {
  resourceType: 'Bundle',
  type: 'searchset',
  total: 3,
  link: [{ relation: 'self', url: 'https://provider.example/Slot?status=free' }],
  entry: [
    { fullUrl: 'https://provider.example/Slot/s-1', resource: slot, search: { mode: 'match', score: 0.5 } },
    { resource: schedule, search: { mode: 'include' } },
    { resource: operationOutcome, link: [{ relation: 'up', url: 'urn:oid:1.2.0.3' }] },
  ],
};

/** By type. */
export const EXAMPLES = {
  Appointment: appointment,
  Patient: patient,
  Practitioner: practitioner,
  Parameters: parameters,
  Organization: organization,
  Device: device,
  Slot: slot,
  Schedule: schedule,
  Bundle: bundle,
  OperationOutcome: operationOutcome,
} as const;
