/** Valid resources of R4 that the cases change; every person is made up. */
import { NHS_NUMBER, type Resource, UK } from './kit.js';

export const CODES = 'https://codes.example/CodeSystem/one';
export const OTHER_CODES = 'https://codes.example/CodeSystem/other';

export const PATIENT: Resource = {
  resourceType: 'Patient',
  id: 'p-1',
  identifier: [{ use: 'official', system: NHS_NUMBER, value: '9990000018' }],
  active: true,
  name: [{ use: 'official', family: 'Okafor', given: ['Ada', 'Lin'] }],
  telecom: [{ system: 'phone', value: '07700 900123', use: 'mobile', rank: 1 }],
  gender: 'female',
  birthDate: '1984-02-29',
  address: [{ use: 'home', line: ['4 Weir Lane'], city: 'Harrogate', postalCode: 'HG9 9ZZ' }],
};

export const UK_PATIENT: Resource = { ...PATIENT, meta: { profile: [`${UK}/UKCore-Patient`] } };

export const ORGANIZATION: Resource = {
  resourceType: 'Organization',
  id: 'o-1',
  identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'A99977' }],
  name: 'Millbeck Surgery',
  telecom: [{ system: 'phone', value: '01632 960123', use: 'work' }],
};

export const UK_ORGANIZATION: Resource = { ...ORGANIZATION, meta: { profile: [`${UK}/UKCore-Organization`] } };

export const APPOINTMENT: Resource = {
  resourceType: 'Appointment',
  id: 'a-1',
  status: 'booked',
  description: 'Dressing change',
  start: '2026-07-01T14:15:00+01:00',
  end: '2026-07-01T14:30:00+01:00',
  minutesDuration: 15,
  slot: [{ reference: 'Slot/s-1' }],
  created: '2026-06-20',
  participant: [
    { actor: { reference: 'Patient/p-1' }, status: 'accepted' },
    { actor: { reference: 'Location/l-1' }, required: 'required', status: 'accepted' },
  ],
};

export const UK_APPOINTMENT: Resource = { ...APPOINTMENT, meta: { profile: [`${UK}/UKCore-Appointment`] } };

/** Booked by a contained Organization. */
export const HOLDER: Resource = {
  ...APPOINTMENT,
  contained: [{ ...ORGANIZATION, id: 'booker' }],
  extension: [
    {
      url: `${UK}/Extension-UKCore-BookingOrganization`,
      valueReference: { reference: '#booker', display: 'Millbeck' },
    },
  ],
};

export const SLOT: Resource = {
  resourceType: 'Slot',
  id: 's-1',
  schedule: { reference: 'Schedule/c-1' },
  status: 'free',
  start: '2026-07-01T14:15:00+01:00',
  end: '2026-07-01T14:30:00+01:00',
};

export const UK_SLOT: Resource = { ...SLOT, meta: { profile: [`${UK}/UKCore-Slot`] } };

export const SCHEDULE: Resource = {
  resourceType: 'Schedule',
  id: 'c-1',
  actor: [{ reference: 'Location/l-1' }],
  planningHorizon: { start: '2026-07-01', end: '2026-07-31' },
};

export const OBSERVATION: Resource = {
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: CODES, code: 'pulse' }] },
  subject: { reference: 'Patient/p-1' },
  valueQuantity: { value: 72, unit: 'beats/min' },
};

export const QUESTIONNAIRE: Resource = {
  resourceType: 'Questionnaire',
  status: 'draft',
  item: [
    {
      linkId: '1',
      type: 'group',
      item: [
        { linkId: '1.1', type: 'group', item: [{ linkId: '1.1.1', type: 'string', text: 'Who comes with you?' }] },
      ],
    },
  ],
};

const AT = 'https://gateway.example/R4';

export const BUNDLE: Resource = {
  resourceType: 'Bundle',
  type: 'searchset',
  total: 1,
  link: [{ relation: 'self', url: `${AT}/Appointment?patient=p-1` }],
  entry: [
    { fullUrl: `${AT}/Appointment/a-1`, resource: APPOINTMENT, search: { mode: 'match' } },
    { fullUrl: `${AT}/Patient/p-1`, resource: PATIENT, search: { mode: 'include' } },
  ],
};

export const PARAMETERS: Resource = {
  resourceType: 'Parameters',
  parameter: [{ name: 'period', part: [{ name: 'start', valueDate: '2026-07-01' }] }],
};
