/** CareConnect-GPC-Patient-1 as find, read and register answer it. */
import { boolean, code, date, string } from '../engine/primitives.js';
import { extensions, many, never, one, type Json, type Shape } from '../engine/shape.js';
import { GENDER } from '../lists/codes.js';
import {
  address,
  contactPoint,
  each,
  humanName,
  identifier,
  IDENTIFIER,
  identifierSystems,
  PERIOD,
  reference,
  STRUCTURE,
} from '../parts/datatypes.js';
import { nhsCommunication, nhsNumberStatus, nominatedPharmacy, registrationDetails } from '../parts/extensions.js';
import { profiled } from '../parts/resource.js';

const PROFILE = `${STRUCTURE}CareConnect-GPC-Patient-1`;
const NHS_NUMBER = `${IDENTIFIER}nhs-number`;

/** Ten digits, the last of which is the check digit of the others. */
function isNhsNumber(value: Json): boolean {
  if (!/^\d{10}$/.test(value)) return false;
  const digits = [...(value as string)].map(Number);
  const sum = digits.slice(0, 9).reduce((total, digit, index) => total + digit * (10 - index), 0);
  return (11 - (sum % 11)) % 11 === digits[9];
}

const NHS_NUMBER_IDENTIFIER: Shape = identifier('Patient.identifier', NHS_NUMBER, {
  elements: { extension: many('1..*', extensions(nhsNumberStatus('1..1'))) },
  checks: [
    {
      rule: 'an NHS number has ten digits and its check digit',
      broken: ({ value }: Json) => !isNhsNumber(value) && 'another value',
    },
  ],
});

/** People to contact about the appointment; what they are to the patient is said in words. */
const CONTACT: Shape = {
  name: 'Patient.contact',
  elements: {
    relationship: many('1..*', {
      name: 'Patient.contact.relationship',
      prohibited: never('the page wants words', 'coding'),
      elements: { text: one('1..1', string) },
    }),
    name: one('1..1', humanName('Patient.contact', '0..1', '1..1')),
    telecom: many('0..*', contactPoint('Patient.contact', '1..1')),
    address: one('0..1', address('Patient.contact', '1..1')),
    gender: one('0..1', code, { codes: GENDER }),
    organization: one('0..1', reference('Organization')),
    period: one('0..1', PERIOD),
  },
  checks: [
    {
      rule: 'pat-1: a contact has a name, telecom, address or organization',
      broken: ({ name, telecom, address: place, organization }: Json) =>
        [name, telecom, place, organization].every((part) => part === undefined) && 'none of them',
    },
  ],
};

export const PATIENT: Shape = profiled('Patient', PROFILE, 'stored', {
  prohibited: {
    ...never('the profile prohibits it', 'photo', 'animal', 'communication', 'deceasedBoolean', 'multipleBirthInteger'),
    ...never('the page forbids it', 'maritalStatus', 'multipleBirthBoolean'),
    ...never('the acceptance pack expects none', 'link'),
    ...never('who has died is not answered', 'deceasedDateTime'),
  },
  elements: {
    extension: many(
      '0..*',
      extensions({ ...registrationDetails('0..1'), ...nhsCommunication('0..*'), ...nominatedPharmacy('0..1') }),
    ),
    // The acceptance pack lets a response carry no identifier besides the NHS number.
    identifier: many('1..1', NHS_NUMBER_IDENTIFIER),
    active: one('0..1', boolean, { fixed: true }),
    name: many('1..*', humanName('Patient', '0..1', '1..1')),
    telecom: many('0..*', contactPoint('Patient', '1..1')),
    gender: one('0..1', code, { codes: GENDER }),
    birthDate: one('1..1', date),
    address: many('0..*', address('Patient', '1..1')),
    contact: many('0..*', CONTACT),
    generalPractitioner: many('0..1', reference('Practitioner')),
    managingOrganization: one('1..1', reference('Organization')),
  },
  checks: [
    ...identifierSystems('Patient', { [NHS_NUMBER]: 1 }),
    {
      rule: 'Patient.name has one of use official, with a family name, before all others',
      broken: ({ name }: Json) => {
        const [first, ...others] = each(name);
        const right = first?.use === 'official' && first.family && others.every((one: Json) => one.use !== 'official');
        return (
          !right &&
          `uses ${each(name)
            .map((one: Json) => one.use)
            .join()}`
        );
      },
    },
  ],
});
