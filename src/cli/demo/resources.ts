/** The resources a consumer sends, and the little it needs to read of those it gets. */
import type { FhirResource } from 'fhir-kit-client';
import { CONSUMER_ORGANISATION } from './consumer.js';

const PROFILE = 'https://fhir.nhs.uk/STU3/StructureDefinition/';
const CODES = 'https://fhir.nhs.uk/STU3/CodeSystem/';

export interface SeenSlot {
  readonly id: string;
  readonly start: string;
  readonly end: string;
  readonly type: string;
  /** Relative references of the slot's schedule. */
  readonly location: string;
  readonly practitioner: string | undefined;
  /** Service root of the practice, where the bundle says it (a federated search does). */
  readonly root: string | undefined;
}

interface Entry {
  readonly fullUrl?: string;
  readonly resource: Record<string, unknown> & { readonly resourceType: string; readonly id: string };
  readonly search?: { readonly mode?: string };
}

interface Reference {
  readonly reference: string;
}

export function entriesOf(bundle: FhirResource): readonly Entry[] {
  return ((bundle as { entry?: unknown }).entry ?? []) as readonly Entry[];
}

function rootOf(entry: Entry): string | undefined {
  return entry.fullUrl?.split('/').slice(0, -2).join('/');
}

/** Free slots of a bundle with the actors of their schedules, as the references in the bundle tie them together. */
export function slotsOf(bundle: FhirResource): readonly SeenSlot[] {
  const entries = entriesOf(bundle);
  const key = (root: string | undefined, reference: string): string => `${root ?? ''} ${reference}`;
  const schedules = new Map(
    entries
      .filter(({ resource }) => resource.resourceType === 'Schedule')
      .map((entry) => [key(rootOf(entry), `Schedule/${entry.resource.id}`), entry.resource]),
  );
  return entries
    .filter(({ resource }) => resource.resourceType === 'Slot')
    .map((entry) => {
      const { resource } = entry;
      const root = rootOf(entry);
      const schedule = schedules.get(key(root, (resource['schedule'] as Reference).reference));
      const actors = ((schedule?.['actor'] ?? []) as readonly Reference[]).map(({ reference }) => reference);
      return {
        id: resource.id,
        start: resource['start'] as string,
        end: resource['end'] as string,
        type: (resource['serviceType'] as readonly { text: string }[])[0]?.text ?? '',
        location: actors.find((actor) => actor.startsWith('Location/')) ?? '',
        practitioner: actors.find((actor) => actor.startsWith('Practitioner/')),
        root,
      };
    });
}

export function bookingOf(slot: SeenSlot, patientId: string, description: string, created: string): FhirResource {
  const actors = [`Patient/${patientId}`, slot.location, ...(slot.practitioner ? [slot.practitioner] : [])];
  return {
    resourceType: 'Appointment',
    meta: { profile: [`${PROFILE}GPConnect-Appointment-1`] },
    contained: [
      {
        resourceType: 'Organization',
        id: 'booking-org',
        meta: { profile: [`${PROFILE}CareConnect-GPC-Organization-1`] },
        identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: CONSUMER_ORGANISATION.odsCode }],
        type: [
          {
            coding: [{ system: `${CODES}GPConnect-OrganisationType-1`, code: 'urgent-care', display: 'Urgent Care' }],
          },
        ],
        name: CONSUMER_ORGANISATION.name,
        telecom: [{ system: 'phone', value: '01632 960999', use: 'work' }],
      },
    ],
    extension: [
      { url: `${PROFILE}Extension-GPConnect-BookingOrganisation-1`, valueReference: { reference: '#booking-org' } },
    ],
    status: 'booked',
    description,
    start: slot.start,
    end: slot.end,
    slot: [{ reference: `Slot/${slot.id}` }],
    created,
    participant: actors.map((reference) => ({ actor: { reference }, status: 'accepted' })),
  };
}

export interface Person {
  readonly nhsNumber: string;
  readonly family: string;
  readonly given: string;
  readonly birthDate: string;
}

export function registrationOf(person: Person): FhirResource {
  const verified = {
    url: `${PROFILE}Extension-CareConnect-GPC-NHSNumberVerificationStatus-1`,
    valueCodeableConcept: {
      coding: [
        {
          system: `${CODES}CareConnect-NHSNumberVerificationStatus-1`,
          code: '01',
          display: 'Number present and verified',
        },
      ],
    },
  };
  return {
    resourceType: 'Parameters',
    parameter: [
      {
        name: 'registerPatient',
        resource: {
          resourceType: 'Patient',
          meta: { profile: [`${PROFILE}CareConnect-GPC-Patient-1`] },
          identifier: [{ extension: [verified], system: 'https://fhir.nhs.uk/Id/nhs-number', value: person.nhsNumber }],
          name: [{ use: 'official', family: person.family, given: [person.given] }],
          telecom: [{ system: 'phone', value: '07700 900999', use: 'mobile' }],
          birthDate: person.birthDate,
        },
      },
    ],
  };
}
