/**
 * Sends requests of every kind, right and bent, with canaries in every place that can name a patient, while practice
 * systems fail with words of their own; then looks for them wherever the gateway writes or answers. `npm test` sends some
 * hundred; `npm run test:privacy` 2,500, and prints its figures. SLOTBRIDGE_PRIVACY_SEED repeats a run.
 */
import Database from 'better-sqlite3';
import * as fc from 'fast-check';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fault } from '../../src/connectors/simulation/faults.js';
import type { RequestRecorder } from '../../src/connectors/simulation/requests.js';
import { parseNhsNumber } from '../../src/domain/identifiers.js';
import type { AuditRow } from '../../src/ports/audit.js';
import { anyRequest, basesOf, toSendable, type Asked, type Base } from '../support/any-request.js';
import { cancelled, put } from '../support/appointments.js';
import type { Bend, Json, TestAnswer, TestConsumer } from '../support/consumer.js';
import { bookingBody, freeSlots, patientId, registrationBody, slotPath, type FoundSlot } from '../support/flow.js';
import { startOperatedGateway, type OperatedGateway } from '../support/operator.js';
import { hitsIn, PATIENT_WORDS, PRACTICE_WORDS, SECRETS, SENT, USER } from './canaries.js';

const isLong = process.env['SLOTBRIDGE_PRIVACY'] === 'all';
const RUNS = isLong ? 2_500 : 120;
const SEED = Number(process.env['SLOTBRIDGE_PRIVACY_SEED'] ?? (isLong ? Date.now() % 2 ** 31 : 20_261_121));
/** Of these many requests one is a booking that succeeds, with its cancellation. */
const PROPER_EACH = 12;

const said = (status: number, when: 'before' | 'after' = 'before'): Fault => ({
  kind: 'status',
  status,
  body: { status: 'error', code: status, message: PRACTICE_WORDS, data: { name: PRACTICE_WORDS } },
  headers: { 'x-practice': PRACTICE_WORDS },
  when,
});
/** None of them holds a consumer up for long. */
const FAULTS: readonly (Fault | undefined)[] = [
  undefined,
  said(500),
  said(404),
  said(409),
  said(422),
  said(200),
  { kind: 'html', status: 500, body: `<p>${PRACTICE_WORDS}</p>`, when: 'before' },
  { kind: 'not-json', body: `{"message": "${PRACTICE_WORDS}`, when: 'before' },
  { kind: 'wrong-envelope', body: { [PRACTICE_WORDS]: PRACTICE_WORDS }, when: 'before' },
  { kind: 'redirect', to: `http://127.0.0.1:9/${encodeURIComponent(PRACTICE_WORDS)}`, status: 302, when: 'before' },
  { kind: 'drop', when: 'before' },
  { kind: 'truncated', when: 'after' },
  { kind: 'system', name: 'key-expired', when: 'before' },
];

let folder: string;
let temporary: string | undefined;
let gateway: OperatedGateway;
let consumer: TestConsumer;
let bases: readonly Base[];
let slots: FoundSlot[];
let patient: string;
let sent = 0;
let unwrittenBefore: string[];
let writes = 0;
const answers: TestAnswer[] = [];

beforeAll(async () => {
  temporary = process.env['TMPDIR'];
  folder = mkdtempSync(join(tmpdir(), 'slotbridge-privacy-'));
  // Whatever is written for a while is written here.
  process.env['TMPDIR'] = folder;
  gateway = await startOperatedGateway({ ledgerFile: join(folder, 'ledger.sqlite') });
  consumer = gateway.consumer();
  unwrittenBefore = watchWrites();
  bases = (await basesOf(consumer)).map((base) => ({ ...base, ...(base.body && { body: withCanaries(base.body) }) }));
  patient = await patientId(consumer);
  slots = (await freeSlots(consumer, slotPath('2026-05-18', '2026-05-31'))).slice(10);
});
afterAll(async () => {
  await gateway.stop();
  if (temporary === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = temporary;
  rmSync(folder, { recursive: true, force: true });
});

function withCanaries(body: Json): Json {
  const copy = structuredClone(body);
  const person = copy.parameter?.[0]?.resource;
  if (copy.resourceType === 'Appointment') {
    copy.description = SENT.description;
    copy.comment = SENT.comment;
    for (const extension of copy.extension) {
      if (extension.valueString !== undefined) extension.valueString = SENT.reason;
    }
  }
  if (person) {
    person.name = [{ use: 'official', family: SENT.family, given: [SENT.given] }];
    person.birthDate = SENT.birthDate;
    person.telecom = [
      { system: 'phone', value: SENT.phone, use: 'mobile' },
      { system: 'email', value: SENT.email, use: 'home' },
    ];
    person.address = [{ use: 'temp', type: 'physical', line: [SENT.line] }];
  }
  return copy;
}

/** At every call that may change something at the practice: its intent has to be in the file of the ledger by then. */
function watchWrites(): string[] {
  const missing: string[] = [];
  const recorder = gateway.riverside.requests as RequestRecorder;
  const add = recorder.add.bind(recorder);
  const database = new Database(join(folder, 'ledger.sqlite'), { readonly: true });
  const audited = (kind: string, resource: string): boolean =>
    database
      .prepare(`select 1 from audit where event like ? and event like ? limit 1`)
      .get(`%"kind":"${kind}"%`, `%${resource}%`) !== undefined;
  const one = (query: string, ...values: string[]): string | undefined =>
    (database.prepare(query).get(...values) as { id: string } | undefined)?.id;
  const hasIntent = (path: string): boolean => {
    const [, reference = ''] = /\/channel\/bookings\/([^/]+)\/cancel$/.exec(path) ?? [];
    if (reference !== '') {
      const id = one(`select attempt_id as id from attempt_booking where practice_ref = ?`, reference);
      return id !== undefined && audited('booking-intent', `Appointment/${id}`);
    }
    if (/\/channel\/bookings$/.test(path)) {
      const id = one(`select id from attempt where state = 'CONFIRMING' order by updated_at desc limit 1`);
      return id !== undefined && audited('booking-intent', `Appointment/${id}`);
    }
    return /\/patients$/.test(path) && audited('registration-intent', '');
  };
  recorder.add = (request, at) => {
    if (request.method !== 'GET') {
      writes += 1;
      if (!hasIntent(request.path)) missing.push(`${request.method} ${request.path}`);
    }
    return add(request, at);
  };
  return missing;
}

async function play(asked: Asked, index: number): Promise<void> {
  const { name, method, path, bend, body } = toSendable(bases, asked);
  const fault = FAULTS[index % FAULTS.length];
  gateway.riverside.faults.clear();
  if (fault) gateway.riverside.faults.script({ fault });
  const mixed: Bend = {
    ...bend,
    claims: { ...namedUser(), ...bend.claims },
    headers: {
      'X-Patient': SENT.header,
      Cookie: `session=${SENT.cookie}`,
      'Ssp-TraceID': index % 3 === 0 ? SENT.header : undefined,
      'Idempotency-Key': index % 5 === 0 ? `${SENT.key}-${index}` : undefined,
      ...(index % 3 !== 0 && { 'Ssp-TraceID': `7a1c2d3e-0000-4000-8000-${String(index).padStart(12, '0')}` }),
      ...bend.headers,
    },
  };
  const joined = path.includes('?') ? '&' : '?';
  const at = index % 2 === 0 ? `${path}${joined}patient.name=${SENT.query}` : path;
  const given = typeof body === 'string' ? `${body}${SENT.fragment}` : body;
  sent += 1;
  answers.push(await consumer.send(method, name, at, mixed, given));
  if (index % PROPER_EACH === 0) await bookAndCancel(index);
}

function namedUser(): Record<string, unknown> {
  const practitioner = consumer.claims('metadata')['requesting_practitioner'] as object;
  return { requesting_practitioner: { ...practitioner, name: [{ family: USER.family, given: [USER.given] }] } };
}

/** With a fault now and then: what was carried out is found again, what was not is refused or stays open. */
async function bookAndCancel(index: number): Promise<void> {
  const slot = slots.shift();
  if (!slot) return;
  gateway.riverside.faults.clear();
  const match = { method: 'POST', path: '/rh/api/channel/bookings' };
  if (index % (2 * PROPER_EACH) === 0) gateway.riverside.faults.script({ match, fault: said(500, 'after') });
  if (index === PROPER_EACH) gateway.riverside.faults.script({ match, fault: { kind: 'drop', when: 'before' } });
  const bend = { claims: namedUser() };
  const body = withCanaries(bookingBody(slot, patient));
  sent += 1;
  const booking = await consumer.post('book', '/Appointment', body, bend);
  answers.push(booking);
  if (booking.status !== 201) return;
  sent += 1;
  answers.push(
    await put(
      consumer,
      'cancel',
      cancelled(booking.body, () => undefined, SENT.reason),
      bend,
    ),
  );
  slots.push(slot);
}

/** All of it: the trail gives out so many rows at a time. */
async function trail(): Promise<readonly AuditRow[]> {
  const { audit } = gateway.gateway.records;
  await audit.flush();
  const rows: AuditRow[] = [];
  for (;;) {
    const more = await audit.rows(rows.length + 1, 1_000);
    rows.push(...more);
    if (more.length === 0) return rows;
  }
}

/** Ten digits with the check digit of an NHS number. */
function nhsNumbersIn(text: string): readonly string[] {
  return [...text.matchAll(/(?<![\d.])\d{10}(?![\d.])/g)]
    .map(([digits]) => digits)
    .filter((digits) => parseNhsNumber(digits) !== undefined);
}

function filesBelow(path: string): readonly string[] {
  return readdirSync(path).flatMap((name) => {
    const one = join(path, name);
    return statSync(one).isDirectory() ? filesBelow(one) : [one];
  });
}

const USER_WORDS = [USER.family, USER.given];
const NOBODYS = [...SECRETS, PRACTICE_WORDS, 'Marchbanks', 'wagtail'];

describe('privacy', () => {
  let before: number;
  it('varied requests are sent, with canaries everywhere and faults at the practice', async () => {
    before = (await trail()).filter(({ event }) => event.kind === 'request').length;
    // A person who is registered in full, under the name that no one may read again.
    const person = { nhsNumber: '9991000054', family: 'Fairweather', given: 'Robin', birthDate: '2001-08-22' };
    const registration = registrationBody(person, (resource) => {
      resource.telecom = [{ system: 'phone', value: SENT.phone, use: 'mobile' }];
    });
    sent += 1;
    answers.push(await consumer.post('register', '/Patient/$gpc.registerpatient', registration));
    expect(answers[0]?.status).toBe(200);
    const all = fc.sample(anyRequest, { numRuns: RUNS, seed: SEED });
    for (const [index, asked] of all.entries()) await play(asked, index);
    gateway.riverside.faults.clear();
    // Somebody has to look after what has no proof for long.
    gateway.skip(40 * 60_000);
    const statuses = new Set(answers.map(({ status }) => status));
    for (const status of [200, 201, 400, 404, 422, 502, 503]) expect([...statuses]).toContain(status);
    expect(writes).toBeGreaterThan(RUNS / PROPER_EACH);
  }, 600_000);

  it('requests and audit events are as many, and the chain holds', async () => {
    const events = (await trail()).filter(({ event }) => event.kind === 'request').slice(before);
    expect(events.map(({ event }) => event.status)).toEqual(answers.map(({ status }) => status));
    expect(events).toHaveLength(sent);
    expect(await gateway.gateway.records.audit.verify()).toBeUndefined();
  });

  it('every call that changes something has an older intent in the file of the ledger', () => {
    expect(unwrittenBefore).toEqual([]);
  });

  it('no line of the log holds a canary, at any level', () => {
    const log = gateway.logLines.map((line) => JSON.stringify(line)).join('\n');
    expect(new Set(gateway.logLines.map(({ level }) => level))).toContain('warn');
    expect(hitsIn(log, [...PATIENT_WORDS, ...USER_WORDS, ...NOBODYS])).toEqual([]);
    expect(nhsNumbersIn(log)).toEqual([]);
  });

  it('neither metrics nor status nor the lists of operators do', async () => {
    const paths = ['/metrics', '/status', '/livez', '/readyz'];
    const lists: string[] = [];
    for (const list of ['open', 'needs-human', 'unclaimed']) {
      paths.push(`/attempts?list=${list}`);
      lists.push(...(await gateway.listed(list)));
    }
    expect(lists.length).toBeGreaterThan(0);
    paths.push(...lists.map((id) => `/attempts/${id}`));
    const text = (await Promise.all(paths.map(async (path) => (await gateway.operator(path)).text))).join('\n');
    expect(text.length).toBeGreaterThan(2_000);
    expect(hitsIn(text, [...PATIENT_WORDS, ...USER_WORDS, ...NOBODYS])).toEqual([]);
    expect(nhsNumbersIn(text)).toEqual([]);
  });

  it('no refusal quotes what was sent, or what a practice said; and no answer does the latter', () => {
    const refusals = answers.filter(({ status }) => status >= 400);
    expect(refusals.length).toBeGreaterThan(RUNS / 4);
    const inRefusals = refusals.map(({ text }) => text).join('\n');
    expect(hitsIn(inRefusals, [...PATIENT_WORDS, ...USER_WORDS, ...NOBODYS])).toEqual([]);
    expect(nhsNumbersIn(inRefusals)).toEqual([]);
    const everything = answers.map(({ text, headers }) => text + JSON.stringify([...headers])).join('\n');
    expect(hitsIn(everything, NOBODYS)).toEqual([]);
    const inHeaders = answers.map(({ headers }) => JSON.stringify([...headers])).join('\n');
    expect(hitsIn(inHeaders, [...PATIENT_WORDS, ...USER_WORDS])).toEqual([]);
  });

  it('the audit trail names the user and no patient', async () => {
    const text = JSON.stringify((await trail()).map(({ event }) => ({ ...event, traceId: undefined })));
    expect(text).toContain(USER.family);
    expect(hitsIn(text, [...PATIENT_WORDS, ...NOBODYS])).toEqual([]);
    expect(nhsNumbersIn(text)).toEqual([]);
  });

  it('no file does, the ledger and its log of writes among them', async () => {
    await trail();
    const files = filesBelow(folder);
    const names = files.map((file) => file.slice(folder.length + 1));
    expect(names).toEqual(expect.arrayContaining(['ledger.sqlite', 'ledger.sqlite-wal']));
    // The operator's token is a file of the test's, the trace id what the consumer has made of it.
    const words = [...PATIENT_WORDS, ...NOBODYS].filter((word) => word !== SENT.header);
    const hits = files.flatMap((file) => {
      const bytes = readFileSync(file);
      // Held in reserve for a full disk.
      if (bytes.equals(Buffer.alloc(bytes.length))) return [];
      const text = bytes.toString('latin1');
      const own = file.endsWith('/token') ? words.filter((word) => !SECRETS.includes(word)) : words;
      return hitsIn(text, own).map((word) => `${file.slice(folder.length + 1)}: ${word}`);
    });
    expect(hits).toEqual([]);
    if (isLong) {
      const rows = (await trail()).length;
      process.stdout.write(
        `privacy: seed ${SEED}, ${sent} requests, ${writes} calls that change something, ${rows} rows of the audit trail, ` +
          `${gateway.logLines.length} lines of the log, ${names.length} files, ${PATIENT_WORDS.length + NOBODYS.length} canaries: 0 hits\n`,
      );
    }
  });
});
