/**
 * The bare reference: express in front, undici behind, and nothing between them but what no gateway can do without:
 * parse what the practice system answers, make the resources of it, write them. No header is checked, no token is read,
 * nothing is validated, audited, logged or stored, and the practice system is believed in everything.
 *
 * Connections follow the gateway's rules, because they are not what is compared: reads over a pool of eight, each
 * write over a connection of its own.
 */
import type { AddressInfo } from 'node:net';
import express from 'express';
import { Client, Pool } from 'undici';

interface Row {
  readonly id: number;
  readonly name: string;
  readonly consultantId: number;
  readonly institutionId: number;
  readonly startingTime: string;
  readonly endingTime: string;
  readonly sessionDate: string;
  readonly maxNo: number;
  readonly duration: number;
  readonly itemId: number;
}
interface Envelope<T> {
  readonly data: T;
}

const origin = process.argv[2] ?? '';
const headers = { accept: 'application/json', finance: 'bench-practice-key' };
const pool = new Pool(origin, { connections: 8, pipelining: 1 });
const BASE = '/:practice/STU3/1/gpconnect';
const PROFILE = 'https://fhir.nhs.uk/STU3/StructureDefinition/';
const CODES = 'https://fhir.nhs.uk/STU3/CodeSystem/';
const SLOTS_A_QUEUE = 2;
/** As long as the gateway's, so that both write about as many bytes. */
const VERSION = '0123456789abcdef';
const ROLE = {
  url: `${PROFILE}Extension-GPConnect-PractitionerRole-1`,
  valueCodeableConcept: {
    coding: [
      { system: `${CODES}CareConnect-SDSJobRoleName-1`, code: 'R0260', display: 'General Medical Practitioner' },
    ],
  },
};

async function read<T>(path: string): Promise<T> {
  const { body } = await pool.request({ method: 'GET', path: `/rh/api${path}`, headers });
  return (JSON.parse(await body.text()) as Envelope<T>).data;
}

async function write<T>(path: string, content: unknown): Promise<T> {
  const client = new Client(origin, { pipelining: 0 });
  try {
    const { body } = await client.request({
      method: 'POST',
      path: `/rh/api${path}`,
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(content),
    });
    return (JSON.parse(await body.text()) as Envelope<T>).data;
  } finally {
    void client.destroy();
  }
}

/** Times come again with every search; the gateway remembers how they are written, so the reference does too. */
const written = new Map<string, string[]>();

function local(wall: string, minutes = 0): string {
  let texts = written.get(wall);
  if (texts === undefined) written.set(wall, (texts = []));
  return (texts[minutes] ??= `${new Date(instantOf(wall) + minutes * 60_000).toISOString().slice(0, 19)}+00:00`);
}

function instantOf(wall: string): number {
  return Date.parse(`${wall.replace(' ', 'T')}Z`);
}

/** Appointments of one clinician and day are one schedule, a queue is one by itself. */
function scheduleIdOf(row: Row): string {
  return row.maxNo === 1 ? `d${row.consultantId}-${row.sessionDate.slice(0, 10)}-${VERSION}` : `s${row.id}`;
}

function toSlot(row: Row, place: number, schedule: string): object {
  const minutes = place * row.duration;
  return {
    resourceType: 'Slot',
    id: `${row.id}-${place + 1}-${VERSION.slice(0, 6)}-01234567`,
    meta: { versionId: VERSION, profile: [`${PROFILE}GPConnect-Slot-1`] },
    extension: [{ url: `${PROFILE}Extension-GPConnect-DeliveryChannel-2`, valueCode: 'In-person' }],
    serviceType: [{ text: 'GP routine' }],
    schedule: { reference: `Schedule/${schedule}` },
    status: 'free',
    start: local(row.startingTime, minutes),
    end: local(row.startingTime, minutes + row.duration),
  };
}

function toSchedule(row: Row, id: string): object {
  return {
    resourceType: 'Schedule',
    id,
    meta: { versionId: VERSION, profile: [`${PROFILE}GPConnect-Schedule-1`] },
    extension: [ROLE],
    serviceCategory: { text: row.name },
    actor: [
      { reference: `Location/${String(row.institutionId)}` },
      { reference: `Practitioner/${String(row.consultantId)}` },
    ],
    planningHorizon: {
      start: local(row.startingTime),
      end: local(row.endingTime),
    },
  };
}

const app = express();
app.disable('x-powered-by');
app.disable('etag');

app.get(`${BASE}/Slot`, async (request, response) => {
  const end = /[?&]end=le([^&]*)/.exec(request.url)?.[1] ?? '';
  const rows = await read<readonly Row[]>(`/channel/sessions?fromDate=x&toDate=${end}`);
  const entry: object[] = [];
  const schedules = new Map<string, Row>();
  for (const row of rows) {
    const schedule = scheduleIdOf(row);
    if (!schedules.has(schedule)) schedules.set(schedule, row);
    const places = row.maxNo === 1 ? 1 : SLOTS_A_QUEUE;
    for (let place = 0; place < places; place += 1) entry.push({ resource: toSlot(row, place, schedule) });
  }
  for (const [id, row] of schedules) entry.push({ resource: toSchedule(row, id) });
  response.type('application/fhir+json').send(JSON.stringify({ resourceType: 'Bundle', type: 'searchset', entry }));
});

app.post(`${BASE}/Appointment`, express.json({ type: () => true }), async (request, response) => {
  const appointment = request.body as { readonly slot: readonly { readonly reference: string }[] };
  const session = Number(appointment.slot[0]?.reference.slice('Slot/'.length).split('-', 1)[0]);
  const row = await read<Row>(`/channel/sessions/${String(session)}`);
  const content = { sessionInstanceId: row.id, patientId: 501, paymentMethod: 'OnCall', itemId: row.itemId };
  const { bookingId } = await write<{ readonly bookingId: number }>('/channel/bookings', content);
  const written = { ...appointment, id: String(bookingId) };
  response.status(201).type('application/fhir+json').send(JSON.stringify(written));
});

const server = app.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.once('SIGINT', () => process.exit(0));
