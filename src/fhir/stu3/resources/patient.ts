/** Patient by CareConnect-GPC-Patient-1, and the two bundles that carry patients, of GP Connect 1.2.7. */
import type { Address, Bundle, ContactPoint, Extension, Patient as FhirPatient } from 'fhir/r3.js';
import type { Patient, TemporaryRegistration } from '../../../domain/patient.js';
import { isLocalDate, type PracticeZone } from '../../../domain/time.js';
import type { Practice } from '../../../domain/practice.js';
import {
  EXTENSION,
  IDENTIFIER_SYSTEM,
  NHS_NUMBER_STATUS,
  PART,
  PROFILE,
  SYSTEM,
  TEMPORARY_REGISTRATION,
} from '../codes.js';
import {
  directoryOf,
  nhsCommunication,
  searchset,
  toAddresses,
  toOfficialName,
  toTelecom,
  unrepresentable,
} from './directory.js';

function registrationParts(registration: TemporaryRegistration, zone: PracticeZone): Extension[] {
  const { start, end } = registration;
  // per-1: a period does not end before it starts.
  if (!(start <= end)) throw unrepresentable('Patient.extension', 'the registration ends before it starts');
  return [
    { url: PART.registrationPeriod, valuePeriod: { start: zone.toLocal(start), end: zone.toLocal(end) } },
    {
      url: PART.registrationType,
      valueCodeableConcept: { coding: [{ system: SYSTEM.registrationType, ...TEMPORARY_REGISTRATION }] },
    },
  ];
}

function registrationDetails(patient: Patient, practice: Practice): Extension[] {
  const parts: Extension[] = patient.temporaryRegistration
    ? registrationParts(patient.temporaryRegistration, practice.zone)
    : [];
  // A reference SHALL resolve on this server, so a site that the practice no longer has is left out.
  if (patient.preferredLocation !== undefined && directoryOf(practice).location(patient.preferredLocation)) {
    parts.push({
      url: PART.preferredBranchSurgery,
      valueReference: { reference: `Location/${patient.preferredLocation}` },
    });
  }
  return parts.length > 0 ? [{ url: EXTENSION.registrationDetails, extension: parts }] : [];
}

/** Temporary contact details SHOULD end when the temporary registration does. */
function endTemporary<T extends Address | ContactPoint>(part: T, lastDay: string | undefined): T {
  return part.use === 'temp' && lastDay !== undefined ? { ...part, period: { end: lastDay } } : part;
}

export function writePatient(patient: Patient, practice: Practice): FhirPatient {
  const { name, birthDate, gender, addresses, telecom, language } = patient.demographics;
  if (!isLocalDate(birthDate)) throw unrepresentable('Patient.birthDate', 'the date of birth in the record is no date');

  const registration = patient.temporaryRegistration;
  const lastDay = registration && practice.zone.toLocalDate(registration.end);
  const extension = [
    ...registrationDetails(patient, practice),
    ...(language ? [nhsCommunication(language, language.interpreterRequired)] : []),
  ];
  // The use SHALL be populated. Of an email it has no meaning, but consumers expect it on every contact alike.
  const contacts = toTelecom(telecom)
    .map((contact) => ({ ...contact, use: contact.use ?? 'home' }))
    .map((contact) => endTemporary(contact, lastDay));
  const address = toAddresses(addresses).map((part) => endTemporary(part, lastDay));
  const practitioner = patient.generalPractitioner;
  return {
    resourceType: 'Patient',
    id: patient.id,
    meta: { versionId: patient.version, profile: [PROFILE.patient] },
    ...(extension.length > 0 && { extension }),
    identifier: [
      {
        extension: [
          {
            url: EXTENSION.nhsNumberStatus,
            valueCodeableConcept: {
              coding: [{ system: SYSTEM.nhsNumberStatus, ...NHS_NUMBER_STATUS[patient.nhsNumberStatus] }],
            },
          },
        ],
        system: IDENTIFIER_SYSTEM.nhsNumber,
        value: patient.nhsNumber,
      },
    ],
    active: true,
    name: [toOfficialName(name, 'Patient.name')],
    ...(contacts.length > 0 && { telecom: contacts }),
    ...(gender && { gender }),
    birthDate,
    ...(address.length > 0 && { address }),
    ...(practitioner !== undefined &&
      directoryOf(practice).practitioner(practitioner) && {
        generalPractitioner: [{ reference: `Practitioner/${practitioner}` }],
      }),
    // The organisation addressed by the URL, not the one the patient is registered with.
    managingOrganization: { reference: `Organization/${practice.odsCode}` },
    // No contact persons (contact): no practice system behind us has told any.
  };
}

export function writePatientSearch(patients: readonly Patient[], practice: Practice): Bundle {
  return searchset(patients.map((patient) => writePatient(patient, practice)));
}

/** GPConnect-Searchset-Bundle-1: no total, no link, no entry.search, and exactly one Patient. */
export function writeRegistration(patient: Patient, practice: Practice): Bundle {
  // registrationType SHALL be populated in the answer to a registration.
  if (patient.temporaryRegistration === undefined) {
    throw unrepresentable('Patient.extension', 'the record does not say that the registration is temporary');
  }
  return {
    resourceType: 'Bundle',
    meta: { profile: [PROFILE.searchsetBundle] },
    type: 'searchset',
    entry: [{ resource: writePatient(patient, practice) }],
  };
}
