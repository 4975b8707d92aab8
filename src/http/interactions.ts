/**
 * The interactions we serve. Routing, header checks, the scope of the token and the CapabilityStatement all read this
 * one table, so what is declared is what is served.
 *
 * Source: GP Connect API 1.2.7, interaction ids and scopes of Foundations and Appointment Management.
 */
import type { ServedInteraction } from '../fhir/representation.js';
import type { GatewayHttp, Answer, Exchange } from './exchange.js';
import type { GroupEntry, PracticeEntry } from '../core/directory.js';
import * as appointments from './handlers/appointments.js';
import * as directory from './handlers/directory.js';
import { readMetadata } from './handlers/metadata.js';
import * as patients from './handlers/patients.js';
import * as slots from './handlers/slots.js';

const ID = 'urn:nhs:names:services:gpconnect:fhir:';

interface Row {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Below the service root; `:id` is the logical id. */
  readonly path: string;
  readonly interactionId: string;
  readonly scope: string;
  readonly declares: ServedInteraction | undefined;
}

export interface PracticeInteraction extends Row {
  readonly handle: (http: GatewayHttp, entry: PracticeEntry, exchange: Exchange) => Promise<Answer>;
}

export interface GroupInteraction extends Row {
  readonly handle: (http: GatewayHttp, group: GroupEntry, exchange: Exchange) => Promise<Answer>;
}

const IDENTIFIER = 'identifier';

export const PRACTICE_INTERACTIONS: readonly PracticeInteraction[] = [
  {
    name: 'capability statement',
    method: 'GET',
    path: '/metadata',
    interactionId: `${ID}rest:read:metadata-1`,
    scope: 'organization/*.read',
    declares: undefined,
    handle: readMetadata,
  },
  {
    name: 'find a patient',
    method: 'GET',
    path: '/Patient',
    interactionId: `${ID}rest:search:patient-1`,
    scope: 'patient/*.read',
    declares: {
      type: 'Patient',
      code: 'search-type',
      searchParams: [
        {
          name: IDENTIFIER,
          type: 'token',
          documentation: 'NHS number, as https://fhir.nhs.uk/Id/nhs-number|{value}',
        },
      ],
    },
    handle: patients.findPatient,
  },
  {
    name: 'read a patient',
    method: 'GET',
    path: '/Patient/:id',
    interactionId: `${ID}rest:read:patient-1`,
    scope: 'patient/*.read',
    declares: { type: 'Patient', code: 'read' },
    handle: patients.readPatient,
  },
  {
    name: 'register a patient',
    method: 'POST',
    path: '/Patient/$gpc.registerpatient',
    interactionId: `${ID}operation:gpc.registerpatient-1`,
    scope: 'patient/*.write',
    declares: {
      code: 'operation',
      operation: {
        name: 'gpc.registerpatient',
        definition: 'https://fhir.nhs.uk/STU3/OperationDefinition/GPConnect-RegisterPatient-Operation-1',
      },
    },
    handle: patients.registerPatient,
  },
  {
    name: 'find a practitioner',
    method: 'GET',
    path: '/Practitioner',
    interactionId: `${ID}rest:search:practitioner-1`,
    scope: 'organization/*.read',
    declares: {
      type: 'Practitioner',
      code: 'search-type',
      searchParams: [
        {
          name: IDENTIFIER,
          type: 'token',
          documentation: 'SDS user id, as https://fhir.nhs.uk/Id/sds-user-id|{value}',
        },
      ],
    },
    handle: directory.findPractitioner,
  },
  {
    name: 'read a practitioner',
    method: 'GET',
    path: '/Practitioner/:id',
    interactionId: `${ID}rest:read:practitioner-1`,
    scope: 'organization/*.read',
    declares: { type: 'Practitioner', code: 'read' },
    handle: directory.readPractitioner,
  },
  {
    name: 'find an organisation',
    method: 'GET',
    path: '/Organization',
    interactionId: `${ID}rest:search:organization-1`,
    scope: 'organization/*.read',
    declares: {
      type: 'Organization',
      code: 'search-type',
      searchParams: [
        {
          name: IDENTIFIER,
          type: 'token',
          documentation: 'ODS code, as https://fhir.nhs.uk/Id/ods-organization-code|{value}',
        },
      ],
    },
    handle: directory.findOrganization,
  },
  {
    name: 'read an organisation',
    method: 'GET',
    path: '/Organization/:id',
    interactionId: `${ID}rest:read:organization-1`,
    scope: 'organization/*.read',
    declares: { type: 'Organization', code: 'read' },
    handle: directory.readOrganization,
  },
  {
    name: 'read a location',
    method: 'GET',
    path: '/Location/:id',
    interactionId: `${ID}rest:read:location-1`,
    scope: 'organization/*.read',
    declares: { type: 'Location', code: 'read' },
    handle: directory.readLocation,
  },
  {
    name: 'search for free slots',
    method: 'GET',
    path: '/Slot',
    interactionId: `${ID}rest:search:slot-1`,
    scope: 'organization/*.read',
    declares: {
      type: 'Slot',
      code: 'search-type',
      searchParams: [
        { name: 'start', type: 'date' },
        { name: 'end', type: 'date' },
        { name: 'status', type: 'token' },
        { name: 'searchFilter', type: 'token' },
      ],
      searchIncludes: [
        'Schedule:actor:Location',
        'Schedule:actor:Practitioner',
        'Slot:schedule',
        'Location:managingOrganization',
      ],
    },
    handle: slots.searchFreeSlots,
  },
  {
    name: 'book an appointment',
    method: 'POST',
    path: '/Appointment',
    interactionId: `${ID}rest:create:appointment-1`,
    scope: 'patient/*.write',
    declares: { type: 'Appointment', code: 'create' },
    handle: appointments.bookAppointment,
  },
  {
    name: 'read an appointment',
    method: 'GET',
    path: '/Appointment/:id',
    interactionId: `${ID}rest:read:appointment-1`,
    scope: 'patient/*.read',
    declares: { type: 'Appointment', code: 'read' },
    handle: appointments.readAppointment,
  },
  {
    name: "retrieve a patient's appointments",
    method: 'GET',
    path: '/Patient/:id/Appointment',
    interactionId: `${ID}rest:search:patient_appointments-1`,
    scope: 'patient/*.read',
    // The template names `identifier` here, which is wrong (Contradiction 28): the parameter is `start`.
    declares: { type: 'Appointment', code: 'search-type', searchParams: [{ name: 'start', type: 'date' }] },
    handle: appointments.retrieveAppointments,
  },
  {
    name: 'amend an appointment',
    method: 'PUT',
    path: '/Appointment/:id',
    interactionId: `${ID}rest:update:appointment-1`,
    scope: 'patient/*.write',
    declares: { type: 'Appointment', code: 'update' },
    handle: appointments.amendAppointment,
  },
  {
    name: 'cancel an appointment',
    method: 'PUT',
    path: '/Appointment/:id',
    interactionId: `${ID}rest:cancel:appointment-1`,
    scope: 'patient/*.write',
    declares: { type: 'Appointment', code: 'update' },
    handle: appointments.cancelAppointment,
  },
];

/** Below `/federation/{group}/`. */
export const GROUP_INTERACTIONS: readonly GroupInteraction[] = [
  {
    name: 'search for free slots over a group of practices',
    method: 'GET',
    path: '/Slot',
    interactionId: `${ID}rest:search:slot-1`,
    scope: 'organization/*.read',
    declares: undefined,
    handle: slots.searchGroupSlots,
  },
];

/** The rows of the table that the CapabilityStatement is written from. */
export function declaredRows(): readonly ServedInteraction[] {
  return PRACTICE_INTERACTIONS.flatMap(({ declares }) => declares ?? []);
}
