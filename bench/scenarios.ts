/** What is asked: searches that find exactly a hundred and a thousand slots, and bookings that all get another free place. */
import { randomUUID } from 'node:crypto';
import { request } from 'undici';
import { slotIdOf } from '../src/connectors/hmis/slot-id.js';
import { createPracticeZone, MINUTE } from '../src/domain/time.js';
import type { Child } from './children.js';
import type { Scenario } from './load.js';
import {
  ASID,
  clinicianOf,
  dateAhead,
  FIRST_SINGLE,
  LONGEST_SEARCH,
  MANY_SLOTS,
  ODS_CODE,
  PATIENT_NUMBER,
  singlePlace,
  SLOTS,
} from './practice.js';

const BASE = `/${ODS_CODE}/STU3/1/gpconnect`;
const INTERACTION = 'urn:nhs:names:services:gpconnect:fhir:rest:';
const PROFILE = 'https://fhir.nhs.uk/STU3/StructureDefinition/';
const NHS_NUMBER = 'https://fhir.nhs.uk/Id/nhs-number';
const ODS = 'https://fhir.nhs.uk/Id/ods-organization-code';
/** Tokens live for five minutes; each is used for a while, as a busy consumer would. */
const TOKEN_MS = 60_000;

interface Entry {
  readonly resource: { readonly resourceType: string; readonly id: string };
}

function token(scope: string): string {
  const issued = Math.floor(Date.now() / 1000);
  const claims = {
    iss: 'https://hub.example.nhs.uk/',
    sub: 'user-1',
    aud: `https://gateway.example.nhs.uk${BASE}`,
    exp: issued + 300,
    iat: issued,
    reason_for_request: 'directcare',
    requested_scope: scope,
    requesting_device: {
      resourceType: 'Device',
      identifier: [{ system: 'https://hub.example.nhs.uk/Id/device', value: 'HUB-1' }],
      model: 'Benchmark hub',
      version: '1.0',
    },
    requesting_organization: {
      resourceType: 'Organization',
      identifier: [{ system: ODS, value: 'Z99902' }],
      name: 'Northdale 111 Service',
    },
    requesting_practitioner: {
      resourceType: 'Practitioner',
      id: 'user-1',
      identifier: [
        { system: 'https://fhir.nhs.uk/Id/sds-user-id', value: 'UNK' },
        { system: 'https://fhir.nhs.uk/Id/sds-role-profile-id', value: 'UNK' },
      ],
      name: [{ family: 'Handler', given: ['Casey'], prefix: ['Mx'] }],
    },
  };
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `Bearer ${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`;
}

function headersFor(interaction: string, scope: string): () => Record<string, string> {
  let authorization = '';
  let renewAt = 0;
  return () => {
    if (Date.now() >= renewAt) {
      authorization = token(scope);
      renewAt = Date.now() + TOKEN_MS;
    }
    return {
      'Ssp-TraceID': randomUUID(),
      'Ssp-From': '200000009999',
      'Ssp-To': ASID,
      'Ssp-InteractionID': INTERACTION + interaction,
      Authorization: authorization,
      Accept: 'application/fhir+json',
    };
  };
}

export function slotSearch(): Scenario {
  return searchFinding('slot search', SLOTS, 1, 7);
}

/** The longest period there is, full of slots. */
export function longSlotSearch(): Scenario {
  return searchFinding('long slot search', MANY_SLOTS, 0, LONGEST_SEARCH);
}

function searchFinding(name: string, slots: number, firstDay: number, lastDay: number): Scenario {
  const headers = headersFor('search:slot-1', 'organization/*.read');
  const actors = ['Practitioner', 'Location'].map((type) => `&_include%3Arecurse=Schedule%3Aactor%3A${type}`).join('');
  const path =
    `${BASE}/Slot?status=free&start=ge${dateAhead(firstDay)}&end=le${dateAhead(lastDay)}` +
    `&_include=Slot%3Aschedule${actors}`;
  return {
    name,
    expects: 200,
    next: () => ({ method: 'GET', path, headers: headers(), body: null }),
    check(body, target) {
      const { entry } = JSON.parse(body) as { readonly entry: readonly Entry[] };
      const found = entry.filter(({ resource }) => resource.resourceType === 'Slot').length;
      if (found !== slots) throw new Error(`${target.name} found ${String(found)} slots instead of ${String(slots)}`);
    },
  };
}

/** The same search, asked for in XML: beside JSON, because the format is all that differs. */
export function xmlSlotSearch(): Scenario {
  const json = slotSearch();
  return {
    ...json,
    name: 'XML slot search',
    beside: json,
    next() {
      const shot = json.next();
      return { ...shot, headers: { ...shot.headers, Accept: 'application/fhir+xml' } };
    },
    check(body, target) {
      const found = body.split('<resource><Slot>').length - 1;
      if (found !== SLOTS) throw new Error(`${target.name} found ${String(found)} slots instead of ${String(SLOTS)}`);
    },
  };
}

async function get(gateway: Child, interaction: string, scope: string, path: string): Promise<readonly Entry[]> {
  const answer = await request(gateway.url + BASE + path, { headers: headersFor(interaction, scope)() });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`the gateway answered ${String(answer.statusCode)}: ${text}`);
  return (JSON.parse(text) as { readonly entry: readonly Entry[] }).entry;
}

/** No place is asked for twice, whatever was booked before. */
let session = FIRST_SINGLE;

/** The ids that a booking needs are asked of the gateway, as any consumer would. */
export async function booking(gateway: Child): Promise<Scenario> {
  const identifier = encodeURIComponent(`${NHS_NUMBER}|${PATIENT_NUMBER}`);
  const [patient] = await get(gateway, 'search:patient-1', 'patient/*.read', `/Patient?identifier=${identifier}`);
  const search = slotSearch().next();
  const found = await get(gateway, 'search:slot-1', 'organization/*.read', search.path.slice(BASE.length));
  const location = found.find(({ resource }) => resource.resourceType === 'Location')?.resource.id ?? '';
  const headers = headersFor('create:appointment-1', 'patient/*.write');
  const zone = createPracticeZone('Europe/London');
  const body = (): string => {
    session += 1;
    const { date, time } = singlePlace(session);
    const { instant } = zone.fromLocal(date, time);
    const actors = [`Patient/${patient?.resource.id ?? ''}`, `Location/${location}`];
    return JSON.stringify({
      resourceType: 'Appointment',
      meta: { profile: [`${PROFILE}GPConnect-Appointment-1`] },
      contained: [
        {
          resourceType: 'Organization',
          id: 'booking-org',
          meta: { profile: [`${PROFILE}CareConnect-GPC-Organization-1`] },
          identifier: [{ system: ODS, value: 'Z99902' }],
          name: 'Northdale 111 Service',
          telecom: [{ system: 'phone', value: '01632 960999', use: 'work' }],
        },
      ],
      extension: [
        { url: `${PROFILE}Extension-GPConnect-BookingOrganisation-1`, valueReference: { reference: '#booking-org' } },
      ],
      status: 'booked',
      description: 'Sore throat for a week',
      start: zone.toLocal(instant),
      end: zone.toLocal(instant + 10 * MINUTE),
      slot: [{ reference: `Slot/${slotIdOf(session, 1, instant)}` }],
      created: zone.toLocal(Date.now()),
      comment: `Clinician ${clinicianOf(session)}`,
      participant: actors.map((reference) => ({ actor: { reference }, status: 'accepted' })),
    });
  };

  return {
    name: 'booking',
    expects: 201,
    next: () => ({
      method: 'POST',
      path: `${BASE}/Appointment`,
      headers: { ...headers(), 'Content-Type': 'application/fhir+json' },
      body: body(),
    }),
    check(text, target) {
      const { status } = JSON.parse(text) as { readonly status: string };
      if (status !== 'booked') throw new Error(`${target.name} answered with an appointment that is not booked`);
    },
  };
}
