/**
 * The NHS Personal Demographics Service FHIR API (R4) as a real server: `GET Patient/{NHS number}` for the people of a
 * data file, and the token address of the NHS API platform.
 * https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
 */
import type { SimulatedAnswer, SimulatedRequest } from '../../simulation/messages.js';
import { createSimulationServer, type Simulation } from '../../simulation/server.js';
import { createAccess } from './access.js';
import { isNhsNumber, type PdsData, type PdsEntry } from './data.js';
import { patientOf } from './patient.js';

export { loadPdsData, pdsDataJsonSchema, type PdsData } from './data.js';

const PDS_ROOT = '/personal-demographics/FHIR/R4';
export const PDS_TOKEN_PATH = '/oauth2/token';
const PATIENT_PATH = `${PDS_ROOT}/Patient/`;

export interface PdsSimulatorOptions {
  readonly data: PdsData;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly now?: () => number;
}

export interface PdsSimulation extends Simulation {
  readonly pds: {
    /** For the connector's `baseUrl`. */
    readonly baseUrl: string;
    readonly tokenUrl: string;
    people(): readonly PdsEntry[];
    revokeTokens(): void;
  };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const FHIR_JSON = { 'content-type': 'application/fhir+json; charset=utf-8' };

/** Spine code → status, FHIR issue type and display, as PDS words them. */
const OUTCOMES = {
  RESOURCE_NOT_FOUND: [404, 'not-found', 'Resource not found'],
  INVALIDATED_RESOURCE: [404, 'not-found', 'Resource that has been marked as invalid was requested'],
  INVALID_RESOURCE_ID: [400, 'value', 'Resource Id is invalid'],
  MISSING_VALUE: [400, 'required', 'Required value is missing'],
  INVALID_VALUE: [400, 'value', 'Provided value is invalid'],
  ACCESS_DENIED: [401, 'forbidden', 'Access Denied'],
  UNSUPPORTED_SERVICE: [404, 'not-supported', 'Service not supported by the simulator'],
} as const;

function outcome(code: keyof typeof OUTCOMES): SimulatedAnswer {
  const [status, type, display] = OUTCOMES[code];
  const coding = [
    { system: 'https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode', version: '1', code, display },
  ];
  const issue = [{ severity: 'error', code: type, details: { coding } }];
  return { status, headers: FHIR_JSON, body: { resourceType: 'OperationOutcome', issue } };
}

function answerFor(people: ReadonlyMap<string, PdsEntry>, nhsNumber: string): SimulatedAnswer {
  if (!isNhsNumber(nhsNumber)) return outcome('INVALID_RESOURCE_ID');
  const asked = people.get(nhsNumber);
  const entry = asked?.kind === 'superseded' ? people.get(asked.by) : asked;
  if (!entry || entry.kind === 'superseded') return outcome('RESOURCE_NOT_FOUND');
  if (entry.kind === 'invalidated') return outcome('INVALIDATED_RESOURCE');
  return { status: 200, headers: { ...FHIR_JSON, etag: 'W/"2"' }, body: patientOf(entry) };
}

export async function createPdsSimulator(options: PdsSimulatorOptions): Promise<PdsSimulation> {
  const { data, host, port, now = Date.now } = options;
  const people = new Map(data.people.map((entry) => [entry.nhsNumber, entry]));
  const access = createAccess(data, now);

  const readPatient = (request: SimulatedRequest, nhsNumber: string): SimulatedAnswer => {
    if (!access.admits(request)) return outcome('ACCESS_DENIED');
    const requestId = request.headers['x-request-id'];
    if (requestId === undefined) return outcome('MISSING_VALUE');
    if (!UUID.test(String(requestId))) return outcome('INVALID_VALUE');
    const answer = answerFor(people, nhsNumber);
    return { ...answer, headers: { ...answer.headers, 'x-request-id': String(requestId) } };
  };

  const simulation = await createSimulationServer({
    host,
    port,
    now,
    handle(request) {
      const { method, path } = request;
      if (method === 'POST' && path === PDS_TOKEN_PATH) return access.token(request);
      const nhsNumber = path.startsWith(PATIENT_PATH) ? path.slice(PATIENT_PATH.length) : undefined;
      if (method !== 'GET' || nhsNumber === undefined) return outcome('UNSUPPORTED_SERVICE');
      return readPatient(request, nhsNumber);
    },
  });

  return {
    ...simulation,
    pds: {
      baseUrl: simulation.url + PDS_ROOT,
      tokenUrl: simulation.url + PDS_TOKEN_PATH,
      people: () => data.people,
      revokeTokens: () => access.revokeTokens(),
    },
  };
}
