/**
 * A GP Connect consumer, as a booking hub would write one: fhir-kit-client, with the proxy headers and the provenance
 * token that each request carries.
 */
import { randomUUID } from 'node:crypto';
import { Client, type FhirResource } from 'fhir-kit-client';
import type { Show } from './show.js';

const INTERACTION = 'urn:nhs:names:services:gpconnect:fhir:';

export const INTERACTIONS = {
  metadata: { id: `${INTERACTION}rest:read:metadata-1`, scope: 'organization/*.read' },
  findPatient: { id: `${INTERACTION}rest:search:patient-1`, scope: 'patient/*.read' },
  readPatient: { id: `${INTERACTION}rest:read:patient-1`, scope: 'patient/*.read' },
  registerPatient: { id: `${INTERACTION}operation:gpc.registerpatient-1`, scope: 'patient/*.write' },
  searchSlots: { id: `${INTERACTION}rest:search:slot-1`, scope: 'organization/*.read' },
  book: { id: `${INTERACTION}rest:create:appointment-1`, scope: 'patient/*.write' },
  readAppointment: { id: `${INTERACTION}rest:read:appointment-1`, scope: 'patient/*.read' },
} as const;
export type InteractionName = keyof typeof INTERACTIONS;

const CONSUMER_ASID = '200000009999';
export const CONSUMER_ORGANISATION = { odsCode: 'Z99902', name: 'Northdale 111 Service' };

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** The unsigned token of one request; it lives five minutes. */
function provenanceToken(audience: string, scope: string, now: number): string {
  const issued = Math.floor(now / 1000);
  const claims = {
    iss: 'https://hub.example.nhs.uk/',
    sub: 'user-3391',
    aud: audience,
    exp: issued + 300,
    iat: issued,
    reason_for_request: 'directcare',
    requested_scope: scope,
    requesting_device: {
      resourceType: 'Device',
      identifier: [{ system: 'https://hub.example.nhs.uk/Id/device', value: 'HUB-02' }],
      model: 'Northdale booking hub',
      version: '9.4.1',
    },
    requesting_organization: {
      resourceType: 'Organization',
      identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: CONSUMER_ORGANISATION.odsCode }],
      name: CONSUMER_ORGANISATION.name,
    },
    requesting_practitioner: {
      resourceType: 'Practitioner',
      id: 'user-3391',
      identifier: [
        { system: 'https://fhir.nhs.uk/Id/sds-user-id', value: 'UNK' },
        { system: 'https://fhir.nhs.uk/Id/sds-role-profile-id', value: 'UNK' },
      ],
      name: [{ family: 'Handler', given: ['Casey'], prefix: ['Mx'] }],
    },
  };
  return `${base64url({ alg: 'none', typ: 'JWT' })}.${base64url(claims)}.`;
}

export function consumerHeaders(
  baseUrl: string,
  asid: string,
  interaction: InteractionName,
  now: number,
): Record<string, string> {
  const { id, scope } = INTERACTIONS[interaction];
  return {
    'Ssp-TraceID': randomUUID(),
    'Ssp-From': CONSUMER_ASID,
    'Ssp-To': asid,
    'Ssp-InteractionID': id,
    Authorization: `Bearer ${provenanceToken(baseUrl, scope, now)}`,
  };
}

export class DemoStepFailed extends Error {}

export interface Addressed {
  readonly baseUrl: string;
  readonly asid: string;
}

export interface Consumer {
  readonly at: Addressed;
  /** Makes one request through the client, shows it and its outcome, and answers what came back. */
  step(
    purpose: string,
    interaction: InteractionName,
    shown: { readonly method: string; readonly path: string },
    run: (client: Client, headers: Record<string, string>) => Promise<FhirResource>,
    summary: (resource: FhirResource) => string,
  ): Promise<FhirResource>;
}

interface ClientFailure {
  readonly response?: { readonly status?: number; readonly data?: unknown };
}

function told(outcome: unknown): string {
  const { issue } = (outcome ?? {}) as { issue?: readonly { diagnostics?: string }[] };
  return issue?.[0]?.diagnostics ?? 'no OperationOutcome';
}

export function createConsumer(at: Addressed, show: Show): Consumer {
  const client = new Client({ baseUrl: at.baseUrl });
  return {
    at,
    async step(purpose, interaction, shown, run, summary) {
      show.request(shown.method, `${new URL(at.baseUrl).pathname}${decodeURIComponent(shown.path)}`, purpose);
      const began = performance.now();
      const elapsed = (): number => Math.round(performance.now() - began);
      try {
        const resource = await run(client, consumerHeaders(at.baseUrl, at.asid, interaction, Date.now()));
        show.answer(true, Client.httpFor(resource).response?.status ?? 0, elapsed(), summary(resource));
        return resource;
      } catch (error) {
        if (error instanceof DemoStepFailed) {
          show.answer(false, 200, elapsed(), error.message);
          throw error;
        }
        const { response } = error as ClientFailure;
        show.answer(false, response?.status ?? 0, elapsed(), response ? told(response.data) : String(error));
        throw new DemoStepFailed(purpose, { cause: error });
      }
    },
  };
}
