import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPdsDemographics } from '../../src/connectors/pds/index.js';
import { GatewayError } from '../../src/domain/errors.js';
import type { Trace } from '../../src/ports/demographics.js';
import { call, nhs } from '../contract/demographics.contract.js';
import { loadPdsData } from '../../src/connectors/pds/simulator/index.js';
import { startPds, type PdsBench } from './pds-bench.js';

const SOMEBODY = '9991000011';
const data = loadPdsData('fixtures/pds/people.yaml');
let bench: PdsBench;

beforeEach(async () => {
  bench = await startPds({ data, timeoutMs: 400 });
});
afterEach(() => bench.close());

const trace = (signal?: AbortSignal): Promise<Trace> => bench.demographics.trace(nhs(SOMEBODY), call(signal));

async function failure(signal?: AbortSignal): Promise<GatewayError> {
  const error: unknown = await trace(signal).then(
    (answer) => `answered ${answer.outcome}`,
    (e: unknown) => e,
  );
  if (!(error instanceof GatewayError)) throw new Error(`expected a GatewayError, got ${String(error)}`);
  expect(error.code).toBe('demographics-unavailable');
  return error;
}

const faults = () => bench.simulation.faults;
const outcome = (code: string) => ({
  resourceType: 'OperationOutcome',
  issue: [{ details: { coding: [{ system: 'https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode', code }] } }],
});
const fhir = { 'content-type': 'application/fhir+json' };

describe('PDS in trouble', () => {
  it.each([
    ['drops the connection', { kind: 'drop' }, 'unreachable'],
    ['answers a page of HTML with 200', { kind: 'html', status: 200 }, 'not-understood'],
    ['answers a page of HTML with 502', { kind: 'html', status: 502 }, 'fault'],
    ['answers a page of HTML with 404', { kind: 'html', status: 404 }, 'not-understood'],
    ['breaks off in the middle', { kind: 'truncated' }, 'unreachable'],
    ['answers what is not JSON', { kind: 'not-json' }, 'not-understood'],
    ['answers JSON of another shape', { kind: 'wrong-envelope' }, 'not-understood'],
    ['answers 500', { kind: 'status', status: 500 }, 'fault'],
    ['answers 403', { kind: 'status', status: 403, body: {} }, 'refused'],
    ['answers 404 that is not about a person', { kind: 'status', status: 404, body: {} }, 'not-understood'],
    ['answers 400 that is not about the number', { kind: 'status', status: 400, body: {} }, 'not-understood'],
    ['answers null', { kind: 'status', status: 200, body: 'null', headers: fhir }, 'not-understood'],
  ] as const)('%s: no demographics, and the next trace works', async (_, fault, kind) => {
    faults().script({ fault });
    const error = await failure();
    expect(error.cause).toMatchObject({ kind });
    expect((await trace()).outcome).toBe('found');
  });

  it.each([
    ['is late with its answer', { kind: 'delay', ms: 1_500 }],
    ['never answers', { kind: 'hang' }],
    ['answers a byte at a time', { kind: 'trickle', ms: 50 }],
  ] as const)('%s: the deadline ends the trace', async (_, fault) => {
    faults().script({ fault });
    const started = performance.now();
    expect((await failure()).cause).toMatchObject({ kind: 'timeout' });
    expect(performance.now() - started).toBeLessThan(1_450);
    expect((await trace()).outcome).toBe('found');
  });

  it('ends a trace whose caller has left, long before the deadline', async () => {
    await bench.close();
    bench = await startPds({ data, timeoutMs: 10_000 });
    faults().script({ fault: { kind: 'hang' } });
    const caller = new AbortController();
    setTimeout(() => caller.abort(), 100);
    const started = performance.now();
    await failure(caller.signal);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it('answers more than a register needs: reading stops at the cap', async () => {
    faults().script({ fault: { kind: 'huge', bytes: 1024 * 1024 + 1 } });
    expect((await failure()).cause).toMatchObject({ message: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' });
    faults().script({ fault: { kind: 'huge', bytes: 1024 * 1024 - 1 } });
    expect((await failure()).cause).not.toMatchObject({ message: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' });
  });

  it('is too busy: the consumer is told when to come back', async () => {
    const busy = { kind: 'status', status: 429, body: outcome('TOO_MANY_REQUESTS') } as const;
    faults().script({ fault: { ...busy, headers: { ...fhir, 'retry-after': '7' } } });
    expect(await failure()).toMatchObject({ retryAfterSeconds: 7, retryable: true });
    faults().script({ fault: { ...busy, headers: { ...fhir, 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' } } });
    expect((await failure()).retryAfterSeconds).toBeUndefined();
  });

  it('cannot be reached at all', async () => {
    await bench.simulation.close();
    expect((await failure()).cause).toMatchObject({ kind: 'unreachable', message: 'ECONNREFUSED' });
  });
});

describe('somebody else in place of PDS', () => {
  let decoy: Server;
  let visits = 0;
  let answer = (): { headers: Record<string, string>; body: Buffer } => ({ headers: {}, body: Buffer.alloc(0) });
  const url = (): string => `http://127.0.0.1:${(decoy.address() as AddressInfo).port}`;
  beforeEach(async () => {
    visits = 0;
    decoy = createServer((_, response) => {
      visits += 1;
      const { headers, body } = answer();
      response.writeHead(200, headers).end(body);
    });
    await new Promise<void>((resolve) => decoy.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => new Promise((resolve) => decoy.close(resolve)));

  it.each([301, 302, 307, 308])('is not followed to by a redirect %i', async (status) => {
    faults().script({ fault: { kind: 'redirect', to: `${url()}/Patient/${SOMEBODY}`, status } });
    await failure();
    expect(visits).toBe(0);
  });

  it('cannot fill the memory with a small compressed answer', async () => {
    answer = () => ({
      headers: { ...fhir, 'content-encoding': 'gzip' },
      body: gzipSync(Buffer.alloc(20 * 1024 * 1024, 0x20)),
    });
    const demographics = createPdsDemographics({
      settings: { baseUrl: url(), allowHttp: true, authentication: { kind: 'none' }, timeoutMs: 2_000 },
      runtime: bench.runtime,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    const error: unknown = await demographics.trace(nhs(SOMEBODY), call()).catch((e: unknown) => e);
    expect(visits).toBe(1);
    expect(error).toMatchObject({ cause: { message: 'COMPRESSED_ANSWER' } });
    await demographics.close();
  });
});

describe('a Patient that is not what it should be', () => {
  const proper = {
    resourceType: 'Patient',
    id: SOMEBODY,
    identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: SOMEBODY }],
    meta: { security: [{ code: 'U' }] },
    name: [{ use: 'usual', family: 'Hollingbeck', given: ['Tamsin'] }],
    birthDate: '1991-06-14',
  };
  const answered = (body: unknown): void => {
    faults().script({ fault: { kind: 'status', status: 200, headers: fhir, body: JSON.stringify(body) } });
  };

  it('is understood when it is proper', async () => {
    answered(proper);
    expect((await trace()).outcome).toBe('found');
  });

  it('is refused when it is not called JSON', async () => {
    const html = { 'content-type': 'text/html' };
    faults().script({ fault: { kind: 'status', status: 200, headers: html, body: JSON.stringify(proper) } });
    expect((await failure()).cause).toMatchObject({ kind: 'not-understood' });
  });

  const other = '9991000038';
  it.each([
    ['of no known confidentiality', { ...proper, meta: { security: [{ code: 'N' }] } }],
    ['without a confidentiality', { ...proper, meta: {} }],
    ['with an id that is no NHS number', { ...proper, id: 'abc' }],
    ['whose identifier contradicts its id', { ...proper, id: other }],
    ['without an identifier', { ...proper, identifier: [] }],
    ['without a usual name', { ...proper, name: [{ ...proper.name[0], use: 'nickname' }] }],
    ['whose usual name is over', { ...proper, name: [{ ...proper.name[0], period: { end: '2026-05-17' } }] }],
    ['whose usual name begins tomorrow', { ...proper, name: [{ ...proper.name[0], period: { start: '2026-05-19' } }] }],
    ['without a family name', { ...proper, name: [{ use: 'usual', given: ['Tamsin'] }] }],
    ['with half a birth date', { ...proper, birthDate: '1991-06' }],
    ['with an impossible birth date', { ...proper, birthDate: '1991-02-30' }],
    ['with an unknown gender', { ...proper, gender: 'F' }],
    ['with a name too long to be one', { ...proper, name: [{ use: 'usual', family: 'x'.repeat(201) }] }],
    ['that is another resource', { ...proper, resourceType: 'Practitioner' }],
  ])('%s: refused', async (_, body) => {
    answered(body);
    expect((await failure()).cause).toMatchObject({ kind: 'not-understood' });
  });

  it.each([
    [
      'about another number',
      { ...proper, id: other, identifier: [{ ...proper.identifier[0], value: other }] },
      'superseded',
    ],
    ['with a second, closed label', { ...proper, meta: { security: [{ code: 'U' }, { code: 'V' }] } }, 'sensitive'],
    ['with a date of death and no notification', { ...proper, deceasedDateTime: '2020-01-01' }, 'deceased'],
    ['that says dead without a date', { ...proper, deceasedBoolean: true }, 'deceased'],
    ['that says not dead', { ...proper, deceasedBoolean: false }, 'found'],
  ])('%s: what it means', async (_, body, expected) => {
    answered(body);
    expect((await trace()).outcome).toBe(expected);
  });

  it('loses what we have no place for: old numbers, other uses, addresses gone by', async () => {
    answered({
      ...proper,
      telecom: [
        { system: 'phone', value: '01632 960188', use: 'old' },
        { system: 'fax', value: '01632 960189', use: 'home' },
        { system: 'phone', value: '01632 960190', period: { end: '2026-05-17' } },
        { system: 'phone', value: ' 01632 960191 ', use: 'work', period: { end: '2026-05-18' } },
        { system: 'email', value: '' },
      ],
      address: [
        { use: 'billing', line: ['1 Any Street'] },
        { use: 'temp', line: ['2 Any Street'], period: { start: '2026-05-19' } },
        { use: 'home', line: ['', ' 3 Any Street '], postalCode: 'HG9 9ZZ' },
      ],
    });
    const answer = await trace();
    expect(answer).toMatchObject({
      demographics: {
        telecom: [{ system: 'phone', value: '01632 960191', use: 'work' }],
        addresses: [{ use: 'home', line: ['3 Any Street'], postalCode: 'HG9 9ZZ' }],
      },
    });
  });
});

describe('what leaves the connector', () => {
  it('is never an NHS number, a name or a birth date: not in a log line, a message or a cause', async () => {
    for (const { nhsNumber } of data.people) {
      await bench.demographics.trace(nhs(nhsNumber), { signal: call().signal, traceId: nhsNumber });
    }
    const spoilt = { id: SOMEBODY, name: 'Hollingbeck', birthDate: '1991-06-14' };
    const kinds = [
      { kind: 'drop' },
      { kind: 'truncated' },
      { kind: 'html' },
      { kind: 'redirect', to: `http://127.0.0.1:9/Patient/${SOMEBODY}` },
      { kind: 'status', status: 500, body: spoilt },
      { kind: 'wrong-envelope', body: spoilt },
      { kind: 'not-json', body: `Hollingbeck ${SOMEBODY}` },
    ] as const;
    const told: unknown[] = [];
    for (const fault of kinds) {
      faults().script({ fault });
      const error = await failure();
      told.push(error.message, error.stack, error.cause, (error.cause as Error).stack, (error.cause as Error).cause);
    }
    const { lines } = bench.log;
    expect(lines).toHaveLength(data.people.length + kinds.length);
    const text = JSON.stringify(lines) + told.map(String).join('\n');
    expect(text).not.toMatch(/999\d{7}/);
    expect(text).not.toMatch(/Hollingbeck|1991-06-14/);
    expect(text).not.toContain('Patient/');
  });
});
