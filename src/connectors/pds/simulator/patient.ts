/** A person of the data file as PDS sends one (FHIR R4, UK Core). */
import type { PdsPerson } from './data.js';

const UK_CORE = 'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-';
const CODES = 'https://fhir.hl7.org.uk/CodeSystem/UKCore-';
const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';

const SECURITY = {
  U: 'unrestricted',
  R: 'restricted',
  V: 'very restricted',
  REDACTED: 'redacted',
} as const;

const NOTIFICATION = {
  informal: { code: '1', display: 'Informal - death notice received via an update from a local NHS Organisation' },
  formal: { code: '2', display: 'Formal - death notice received from Registrar of Deaths' },
  removed: { code: 'U', display: 'Removed' },
} as const;

type Json = Record<string, unknown>;

function concept(system: string, code: string, display: string): Json {
  return { coding: [{ system: CODES + system, version: '1.0.0', code, display }] };
}

function deathNotification(person: PdsPerson): Json[] {
  if (person.kind !== 'deceased') return [];
  const { code, display } = NOTIFICATION[person.notification];
  return [
    {
      url: `${UK_CORE}DeathNotificationStatus`,
      extension: [
        {
          url: 'deathNotificationStatus',
          valueCodeableConcept: concept('DeathNotificationStatus', code, display),
        },
        { url: 'systemEffectiveDate', valueDateTime: `${person.on}T00:00:00+00:00` },
      ],
    },
  ];
}

function communication({ language }: PdsPerson): Json[] {
  if (!language) return [];
  return [
    {
      url: `${UK_CORE}NHSCommunication`,
      extension: [
        { url: 'language', valueCodeableConcept: concept('HumanLanguage', language.code, language.display) },
        { url: 'interpreterRequired', valueBoolean: language.interpreter },
      ],
    },
  ];
}

function namesOf(person: PdsPerson): Json[] {
  const former = person.formerly.map(({ family, given, until }, index) => ({
    id: `former-${index + 1}`,
    use: 'usual',
    period: { start: person.birthDate, end: until },
    given,
    family,
  }));
  const { family, given, prefix } = person;
  const usual = { id: 'usual', use: 'usual', period: { start: person.birthDate }, given, family };
  return [...former, prefix.length > 0 ? { ...usual, prefix } : usual];
}

/** Where the person can be found; left out of every record that is not open. */
function whereabouts(person: PdsPerson): Json {
  const phones = Object.entries(person.phones).map(([use, value], index) => ({
    id: `phone-${index + 1}`,
    period: { start: '2020-01-01' },
    system: 'phone',
    value,
    use,
  }));
  const email = person.email
    ? [{ id: 'email-1', period: { start: '2020-01-01' }, system: 'email', value: person.email, use: 'home' }]
    : [];
  const addresses = person.addresses.map(({ use, lines, postcode, start, end }, index) => ({
    id: `address-${index + 1}`,
    period: { start: start ?? '2020-01-01', ...(end ? { end } : {}) },
    use,
    line: lines,
    postalCode: postcode,
  }));
  return {
    ...(addresses.length > 0 ? { address: addresses } : {}),
    ...(phones.length + email.length > 0 ? { telecom: [...phones, ...email] } : {}),
  };
}

export function patientOf(person: PdsPerson): Json {
  const code = person.kind === 'sensitive' ? person.security : 'U';
  const extension = [...deathNotification(person), ...communication(person)];
  const head = {
    resourceType: 'Patient',
    id: person.nhsNumber,
    identifier: [
      {
        system: 'https://fhir.nhs.uk/Id/nhs-number',
        value: person.nhsNumber,
        extension: [
          {
            url: `${UK_CORE}NHSNumberVerificationStatus`,
            valueCodeableConcept: concept(
              'NHSNumberVerificationStatus',
              'number-present-and-verified',
              'Number present and verified',
            ),
          },
        ],
      },
    ],
    meta: { versionId: '2', security: [{ system: CONFIDENTIALITY, code, display: SECURITY[code] }] },
  };
  if (code === 'V' || code === 'REDACTED') return head;
  return {
    ...head,
    name: namesOf(person),
    gender: person.gender,
    birthDate: person.birthDate,
    ...(person.kind === 'deceased' && person.notification !== 'removed'
      ? { deceasedDateTime: `${person.on}T00:00:00+00:00` }
      : {}),
    ...(extension.length > 0 ? { extension } : {}),
    ...(code === 'U' ? whereabouts(person) : {}),
  };
}
