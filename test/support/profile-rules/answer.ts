/**
 * A whole answer of the STU3 face against the rules: status, headers, and the body that the interaction promises.
 * Whatever a test asks the gateway, its answer passes through here.
 */
import { show, walk, type Violation } from './engine/walk.js';
import type { Json, Shape } from './engine/shape.js';
import { PAIRS } from './lists/spine.js';
import { each } from './parts/datatypes.js';
import { APPOINTMENT } from './profiles/appointment.js';
import {
  FOUND_ORGANIZATIONS,
  FOUND_PATIENTS,
  FOUND_PRACTITIONERS,
  REGISTERED,
  RETRIEVED_APPOINTMENTS,
} from './profiles/bundles.js';
import { CAPABILITY_STATEMENT } from './profiles/capability-statement.js';
import { FEDERATED_SLOTS, FREE_SLOTS } from './profiles/free-slots.js';
import { LOCATION } from './profiles/location.js';
import { REFUSAL } from './profiles/operation-outcome.js';
import { ORGANIZATION } from './profiles/organization.js';
import { PATIENT } from './profiles/patient.js';
import { PRACTITIONER } from './profiles/practitioner.js';
import { errorsIn } from '../validity.js';

export interface AnswerUnderCheck {
  readonly method: string;
  /** Below the service root, with the query. */
  readonly path: string;
  readonly interactionId: string | undefined;
  readonly prefer: string | undefined;
  /** An ODS code, or `federation/…`. */
  readonly addressee: string;
  readonly zone: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The JSON form of the body, whatever format it came in. */
  readonly body: Json;
  /** The format that the request asked for beyond doubt. */
  readonly asked: 'json' | 'xml' | undefined;
}

export interface Interaction {
  readonly title: string;
  readonly method: string;
  readonly path: RegExp;
  /** Where two interactions share an address. */
  readonly id?: string;
  readonly status: 200 | 201;
  readonly shape: Shape;
  /** A write of which `Prefer: return=minimal` leaves the body away. */
  readonly minimal?: true;
  /** The status that the Appointment has afterwards. */
  readonly leaves?: 'booked' | 'cancelled';
}

const ID = '[^/?]+';
const GET = 'GET';

export const SERVED: readonly Interaction[] = [
  { title: 'capability statement', method: GET, path: /^\/metadata$/, status: 200, shape: CAPABILITY_STATEMENT },
  { title: 'find a patient', method: GET, path: /^\/Patient$/, status: 200, shape: FOUND_PATIENTS },
  { title: 'read a patient', method: GET, path: RegExp(`^/Patient/(${ID})$`), status: 200, shape: PATIENT },
  {
    title: 'register a patient',
    method: 'POST',
    path: /^\/Patient\/\$gpc\.registerpatient$/,
    status: 200,
    shape: REGISTERED,
  },
  { title: 'find a practitioner', method: GET, path: /^\/Practitioner$/, status: 200, shape: FOUND_PRACTITIONERS },
  {
    title: 'read a practitioner',
    method: GET,
    path: RegExp(`^/Practitioner/(${ID})$`),
    status: 200,
    shape: PRACTITIONER,
  },
  { title: 'find an organisation', method: GET, path: /^\/Organization$/, status: 200, shape: FOUND_ORGANIZATIONS },
  {
    title: 'read an organisation',
    method: GET,
    path: RegExp(`^/Organization/(${ID})$`),
    status: 200,
    shape: ORGANIZATION,
  },
  { title: 'read a location', method: GET, path: RegExp(`^/Location/(${ID})$`), status: 200, shape: LOCATION },
  { title: 'search for free slots', method: GET, path: /^\/Slot$/, status: 200, shape: FREE_SLOTS },
  {
    title: 'book an appointment',
    method: 'POST',
    path: /^\/Appointment$/,
    status: 201,
    shape: APPOINTMENT,
    minimal: true,
    leaves: 'booked',
  },
  {
    title: "retrieve a patient's appointments",
    method: GET,
    path: RegExp(`^/Patient/(?:${ID})/Appointment$`),
    status: 200,
    shape: RETRIEVED_APPOINTMENTS,
  },
  {
    title: 'read an appointment',
    method: GET,
    path: RegExp(`^/Appointment/(${ID})$`),
    status: 200,
    shape: APPOINTMENT,
  },
  {
    title: 'amend an appointment',
    method: 'PUT',
    path: RegExp(`^/Appointment/(${ID})$`),
    id: 'rest:update:appointment-1',
    status: 200,
    shape: APPOINTMENT,
    minimal: true,
    leaves: 'booked',
  },
  {
    title: 'cancel an appointment',
    method: 'PUT',
    path: RegExp(`^/Appointment/(${ID})$`),
    id: 'rest:cancel:appointment-1',
    status: 200,
    shape: APPOINTMENT,
    minimal: true,
    leaves: 'cancelled',
  },
];
const FEDERATED: Interaction = {
  title: 'search for free slots over a group',
  method: GET,
  path: /^\/Slot$/,
  status: 200,
  shape: FEDERATED_SLOTS,
};

/** What the specification lists, and what else can become of a request: sizes, time limits, and trouble behind us. */
const STATUSES = new Set([
  200, 201, 400, 401, 403, 404, 405, 409, 410, 412, 415, 422, 500, 501, 408, 413, 414, 431, 429, 502, 503, 504,
]);
const REPEAT_LATER = new Set([429, 503, 504]);
const CONTENT_TYPE = {
  json: 'application/fhir+json;charset=utf-8',
  xml: 'application/fhir+xml;charset=utf-8',
} as const;

type Report = (path: string, rule: string, found: unknown) => void;

export function formatOf(headers: Headers): 'json' | 'xml' {
  return headers.get('content-type')?.startsWith('application/fhir+xml') ? 'xml' : 'json';
}

function checkXml(text: string, type: unknown, report: Report): void {
  const root = /^(?:\uFEFF)?(?:<\?xml[^>]*\?>\s*)?<([A-Za-z]+)((?:\s[^>]*)?)>/.exec(text);
  if (root?.[1] !== type) report('body', 'the root element of XML is the resource', root?.[1]);
  if (!/\sxmlns="http:\/\/hl7\.org\/fhir"/.test(root?.[2] ?? '')) {
    report('body', 'the root element of XML is in the namespace of FHIR', root?.[2]);
  }
  if (/<!DOCTYPE|<!ENTITY/i.test(text)) report('body', 'XML has no document type', 'one');
}

function checkHeaders(answer: AnswerUnderCheck, report: Report): void {
  const { headers, status, text, asked } = answer;
  const header = (name: string): string => headers.get(name) ?? '';
  if (!STATUSES.has(status)) report('status', 'the status is one that the specification lists', status);
  // Every response, errors included, SHALL be no-store.
  if (!/(^|[,\s])no-store([,\s]|$)/.test(header('cache-control'))) {
    report('Cache-Control', 'Cache-Control contains no-store', header('cache-control'));
  }
  if (!/^max-age=\d+/.test(header('strict-transport-security'))) {
    report('Strict-Transport-Security', 'HSTS SHALL be employed', header('strict-transport-security'));
  }
  if (REPEAT_LATER.has(status) && !/^[1-9]\d*$/.test(header('retry-after'))) {
    report('Retry-After', 'Retry-After says when to repeat', header('retry-after'));
  }
  if (text === '') return;
  const type = header('content-type');
  if (type !== CONTENT_TYPE[formatOf(headers)]) report('Content-Type', 'Content-Type is exact, without a space', type);
  // A refusal of the format, or of bytes before any header was understood, may come in another.
  if (asked !== undefined && asked !== formatOf(headers) && ![408, 415, 431].includes(status)) {
    report('Content-Type', 'the answer comes in the format asked for', type);
  }
}

function checkRefusal(
  answer: AnswerUnderCheck,
  ground: Parameters<typeof walk>[2],
  report: Report,
): readonly Violation[] {
  const found = walk(answer.body, REFUSAL, ground, 'OperationOutcome');
  each(answer.body?.issue).forEach((issue: Json, index) => {
    const given = each(issue.details?.coding)[0]?.code;
    const pair = `${answer.status} ${issue.code}`;
    if (!(PAIRS[given] ?? []).includes(pair)) {
      report(
        `OperationOutcome.issue[${index}]`,
        'status, issue type and Spine code belong together',
        `${pair} ${given}`,
      );
    }
  });
  for (const name of ['etag', 'location', 'last-modified']) {
    if (answer.headers.has(name)) report(name, 'a refusal has no version and no place', answer.headers.get(name));
  }
  return found;
}

/** ETag is exactly W/"meta.versionId", Location names the version, Content-Location the resource. */
function checkPlace(answer: AnswerUnderCheck, id: string | undefined, report: Report): void {
  const { headers, body, status } = answer;
  const etag = headers.get('etag') ?? '';
  const [, version] = /^W\/"([A-Za-z0-9\-.]{1,64})"$/.exec(etag) ?? [];
  if (version === undefined || (body !== undefined && version !== body.meta?.versionId)) {
    report('ETag', 'ETag is W/"meta.versionId" of a single resource', `${etag} of ${show(body?.meta?.versionId)}`);
  }
  if (id !== undefined && body !== undefined && body.id !== id) report('id', 'the id is the one asked for', body.id);
  if (status !== 201) return;
  const created: unknown = body?.id;
  const place = headers.get('location') ?? '';
  const [, told, toldVersion] =
    /^https?:\/\/.+\/STU3\/1\/gpconnect\/Appointment\/([^/]+)\/_history\/([^/]+)$/.exec(place) ?? [];
  if (told === undefined || toldVersion !== version || (body !== undefined && told !== created)) {
    report('Location', 'Location of what was created names id and version', `${place} for ${show(created)}`);
  }
  if (Number.isNaN(Date.parse(headers.get('last-modified') ?? ''))) {
    report('Last-Modified', 'what was created says when', headers.get('last-modified'));
  }
}

const isSingle = (interaction: Interaction): boolean =>
  [PATIENT, PRACTITIONER, ORGANIZATION, LOCATION, APPOINTMENT].includes(interaction.shape);

function interactionOf(answer: AnswerUnderCheck, path: string): Interaction | undefined {
  if (answer.addressee.startsWith('federation/')) {
    return answer.method === FEDERATED.method && FEDERATED.path.test(path) ? FEDERATED : undefined;
  }
  return SERVED.find(
    ({ method, path: form, id }) =>
      method === answer.method && form.test(path) && (id === undefined || answer.interactionId?.endsWith(id)),
  );
}

function checkSuccess(
  answer: AnswerUnderCheck,
  ground: Parameters<typeof walk>[2],
  report: Report,
): readonly Violation[] {
  // What is encoded without need means the same.
  const path = (answer.path.split('?')[0] ?? '').replace(/%[2-7][\da-f]/gi, decodeURIComponent);
  const interaction = interactionOf(answer, path);
  if (interaction === undefined) {
    report('status', 'nothing but an interaction succeeds', `${answer.status} to ${answer.method} ${path}`);
    return [];
  }
  const { shape, title } = interaction;
  if (answer.status !== interaction.status) {
    report('status', `${title} succeeds with ${interaction.status}`, answer.status);
  }
  const asked = interaction.path.exec(path)?.[1];
  if (isSingle(interaction)) checkPlace(answer, asked && decodeURIComponent(asked), report);
  if (shape === FEDERATED_SLOTS && !/^\d+\/\d+$/.test(answer.headers.get('x-practices-answered') ?? '')) {
    report('X-Practices-Answered', 'a federated answer says how many practices answered', 'nothing');
  }
  if (answer.body === undefined) {
    const allowed = interaction.minimal && /return\s*=\s*"?minimal/i.test(answer.prefer ?? '');
    if (!allowed) report('body', 'only a write with return=minimal is answered without a body', 'nothing');
    return [];
  }
  if (/return\s*=\s*"?minimal/i.test(answer.prefer ?? '') && interaction.minimal) {
    report('body', 'a write with return=minimal is answered without a body', 'a body');
  }
  const { leaves } = interaction;
  if (leaves !== undefined && answer.body.status !== leaves) {
    report('Appointment.status', `${title} leaves the Appointment ${leaves}`, answer.body.status);
  }
  if (
    leaves === 'cancelled' &&
    !JSON.stringify(answer.body.extension ?? []).includes('AppointmentCancellationReason-1')
  ) {
    report('Appointment.extension', 'a cancelled Appointment says why', 'no reason');
  }
  return walk(answer.body, shape, ground, String(answer.body.resourceType));
}

export function violationsOf(answer: AnswerUnderCheck): readonly Violation[] {
  const violations: Violation[] = [];
  const report: Report = (path, rule, found) => {
    violations.push({ path, rule, found: typeof found === 'string' ? found : show(found) });
  };
  checkHeaders(answer, report);
  // Neither is an interaction of the specification, and neither has a body to check.
  if (answer.method === 'HEAD' || (answer.method === 'OPTIONS' && answer.status < 300)) return violations;
  if (answer.text !== '' && formatOf(answer.headers) === 'xml') {
    checkXml(answer.text, answer.body?.resourceType, report);
  }
  const query = new URLSearchParams(answer.path.split('?').slice(1).join('?').replaceAll('+', '%2B'));
  const ground = { zone: answer.zone, query };
  const check = answer.status < 400 ? checkSuccess : checkRefusal;
  violations.push(...check(answer, ground, report));
  return violations;
}

/**
 * Throws a list that says where, which rule, and what was found. The validator is asked as well: it and the rules here
 * were written apart from each other, from the same specification.
 */
export function assertAnswer(answer: AnswerUnderCheck): void {
  const lines = [
    ...violationsOf(answer).map(({ path, rule, found }) => `${path}: ${rule}; found ${found}`),
    ...(answer.body === undefined ? [] : errorsIn(answer.body)),
  ];
  if (lines.length === 0) return;
  const head = `the answer ${answer.status} to ${answer.method} ${answer.path} breaks ${lines.length} rule(s):`;
  throw new Error([head, ...lines.map((line) => `  ${line}`)].join('\n'));
}
