/** The extensions that answers may carry, by URL: where they may stand, what they hold, how often. */
import { boolean, code, string } from '../engine/primitives.js';
import { extensions, one, type Cardinality, type ExtensionRule, type Shape } from '../engine/shape.js';
import {
  CODE_SYSTEM,
  DELIVERY_CHANNEL,
  LANGUAGE_MODE,
  LANGUAGE_PROFICIENCY,
  NHS_NUMBER_STATUS,
  PRACTITIONER_ROLE,
  REGISTRATION_TYPE,
} from '../lists/codes.js';
import { HUMAN_LANGUAGE } from '../lists/languages.js';
import { concept, PERIOD, reference, STRUCTURE } from './datatypes.js';

type Row = Readonly<Record<string, ExtensionRule>>;

const conceptOf = (name: string, list: Parameters<typeof concept>[1], open?: RegExp): ExtensionRule['value'] => [
  'valueCodeableConcept',
  one('1..1', concept(`${CODE_SYSTEM}${name}`, list, open)),
];

const BOOKING_ORGANISATION: Shape = {
  name: 'Reference to the booking organisation',
  elements: { reference: one('1..1', string) },
  checks: [
    {
      rule: 'the booking organisation is a contained one: #id',
      broken: ({ reference: given }) => !/^#[A-Za-z0-9\-.]{1,64}$/.test(given) && given,
    },
  ],
};

export const cancellationReason = (card: Cardinality): Row => ({
  [`${STRUCTURE}Extension-GPConnect-AppointmentCancellationReason-1`]: {
    card,
    value: ['valueString', one('1..1', string)],
  },
});

export const bookingOrganisation = (card: Cardinality): Row => ({
  [`${STRUCTURE}Extension-GPConnect-BookingOrganisation-1`]: {
    card,
    value: ['valueReference', one('1..1', BOOKING_ORGANISATION)],
  },
});

/** DeliveryChannel-2. Its predecessor was withdrawn by 1.2.1 and is known nowhere here. */
export const deliveryChannel = (card: Cardinality): Row => ({
  [`${STRUCTURE}Extension-GPConnect-DeliveryChannel-2`]: {
    card,
    value: ['valueCode', one('1..1', code, { codes: DELIVERY_CHANNEL })],
  },
});

/** The binding is extensible: other roles of the same code system may stand where none of the twenty fits. */
export const practitionerRole = (card: Cardinality): Row => ({
  [`${STRUCTURE}Extension-GPConnect-PractitionerRole-1`]: {
    card,
    value: conceptOf('CareConnect-SDSJobRoleName-1', PRACTITIONER_ROLE, /^R\d{4}$/),
  },
});

export const nhsNumberStatus = (card: Cardinality): Row => ({
  [`${STRUCTURE}Extension-CareConnect-GPC-NHSNumberVerificationStatus-1`]: {
    card,
    value: conceptOf('CareConnect-NHSNumberVerificationStatus-1', NHS_NUMBER_STATUS),
  },
});

/** registrationStatus is 0..0, and so is no child here. */
export const registrationDetails = (card: Cardinality): Row => ({
  [`${STRUCTURE}Extension-CareConnect-GPC-RegistrationDetails-1`]: {
    card,
    children: extensions({
      registrationPeriod: { card: '0..1', value: ['valuePeriod', one('1..1', PERIOD)] },
      registrationType: { card: '0..1', value: conceptOf('CareConnect-RegistrationType-1', REGISTRATION_TYPE) },
      preferredBranchSurgery: { card: '0..1', value: ['valueReference', one('1..1', reference('Location'))] },
    }),
  },
});

export const nhsCommunication = (card: Cardinality): Row => ({
  [`${STRUCTURE}Extension-CareConnect-GPC-NHSCommunication-1`]: {
    card,
    children: extensions({
      language: { card: '1..1', value: conceptOf('CareConnect-HumanLanguage-1', HUMAN_LANGUAGE) },
      preferred: { card: '0..*', value: ['valueBoolean', one('1..1', boolean)] },
      modeOfCommunication: { card: '0..*', value: conceptOf('CareConnect-LanguageAbilityMode-1', LANGUAGE_MODE) },
      communicationProficiency: {
        card: '0..1',
        value: conceptOf('CareConnect-LanguageAbilityProficiency-1', LANGUAGE_PROFICIENCY),
      },
      interpreterRequired: { card: '0..1', value: ['valueBoolean', one('1..1', boolean)] },
    }),
  },
});

export const nominatedPharmacy = (card: Cardinality): Row => ({
  [`${STRUCTURE}Extension-CareConnect-GPC-NominatedPharmacy-1`]: {
    card,
    value: ['valueReference', one('1..1', reference('Organization'))],
  },
});

export const mainLocation = (card: Cardinality): Row => ({
  [`${STRUCTURE}Extension-CareConnect-GPC-MainLocation-1`]: {
    card,
    value: ['valueReference', one('1..1', reference('Location'))],
  },
});

export const organizationPeriod = (card: Cardinality): Row => ({
  'http://hl7.org/fhir/StructureDefinition/organization-period': {
    card,
    value: ['valuePeriod', one('1..1', PERIOD)],
  },
});
