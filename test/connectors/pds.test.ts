import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNoDemographics } from '../../src/connectors/no-demographics.js';
import { loadPdsData } from '../../src/connectors/pds/simulator/index.js';
import type { Demographics } from '../../src/ports/demographics.js';
import { call, describeDemographicsContract, nhs, type KnownNumbers } from '../contract/demographics.contract.js';
import { startPds, type PdsBench } from './pds-bench.js';

const people = loadPdsData('fixtures/pds/people.yaml').people;
const ofKind = (...kinds: string[]): string[] =>
  people.flatMap((entry) => (kinds.includes(entry.kind) ? [entry.nhsNumber] : []));
const ALIVE_AFTER_ALL = '9992000120';

const numbers: KnownNumbers = {
  found: [...ofKind('traced'), ALIVE_AFTER_ALL],
  notFound: ['9999999999', '9991000291'],
  invalid: ofKind('invalidated'),
  superseded: ofKind('superseded'),
  sensitive: ofKind('sensitive'),
  deceased: ofKind('deceased').filter((number) => number !== ALIVE_AFTER_ALL),
};

describeDemographicsContract({
  name: 'PDS',
  numbers,
  hasRegister: true,
  create: async () => {
    const bench = await startPds();
    return { demographics: bench.demographics, close: () => bench.close() };
  },
});

describeDemographicsContract({
  name: 'none',
  numbers,
  hasRegister: false,
  create: () => {
    const demographics = createNoDemographics();
    return Promise.resolve({ demographics, close: () => demographics.close() });
  },
  excused: [{ reason: 'it answers at once, without waiting for anything', tests: ['gives up when the caller does'] }],
});

describe('what PDS knows of a person', () => {
  let bench: PdsBench;
  let demographics: Demographics;
  beforeAll(async () => {
    bench = await startPds();
    demographics = bench.demographics;
  });
  afterAll(() => bench.close());

  const found = async (number: string) => {
    const trace = await demographics.trace(nhs(number), call());
    if (trace.outcome !== 'found') throw new Error(`expected a person, got ${trace.outcome}`);
    return trace.demographics;
  };

  it('is read in full, empty address lines left out', async () => {
    expect(await found('9991000011')).toEqual({
      name: { family: 'Hollingbeck', given: ['Tamsin', 'Rose'], prefix: ['Ms'] },
      birthDate: '1991-06-14',
      gender: 'female',
      addresses: [
        { use: 'home', line: ['12 Larkspur Row', 'Harrowgate Mere', 'North Moorshire'], postalCode: 'HG9 9ZA' },
      ],
      telecom: [
        { system: 'phone', use: 'mobile', value: '07700 900101' },
        { system: 'phone', use: 'home', value: '01632 960101' },
        { system: 'email', use: 'home', value: 'tamsin.hollingbeck@example.org' },
      ],
      language: undefined,
    });
  });

  it('has a home and a temporary address', async () => {
    const { addresses } = await found('9991000038');
    expect(addresses.map(({ use, postalCode }) => [use, postalCode])).toEqual([
      ['home', 'HG9 9ZB'],
      ['temp', 'HG9 9ZC'],
    ]);
  });

  it('has a language and says whether an interpreter is needed', async () => {
    expect((await found('9991000046')).language).toEqual({ code: 'pl', display: 'Polish', interpreterRequired: true });
  });

  it('takes the usual name of today, not an earlier one that PDS also sends', async () => {
    expect((await found('9991000070')).name).toEqual({ family: 'Adeyemi-Cross', given: ['Funke'], prefix: ['Dr'] });
  });

  it('may be hardly anything', async () => {
    expect(await found('9991000097')).toEqual({
      name: { family: 'Quill', given: ['Ambrose'], prefix: [] },
      birthDate: '1972-02-29',
      gender: 'unknown',
      addresses: [],
      telecom: [],
      language: undefined,
    });
  });
});

describe('a trace on the wire', () => {
  let bench: PdsBench;
  beforeAll(async () => {
    bench = await startPds();
  });
  afterAll(() => bench.close());

  it('is one read with a fresh request id, the trace id, and FHIR asked for', async () => {
    const { demographics, simulation } = bench;
    simulation.requests.clear();
    await demographics.trace(nhs('9991000011'), call());
    await demographics.trace(nhs('9991000011'), call());
    const [first, second] = simulation.requests.all();
    expect(simulation.requests.all()).toHaveLength(2);
    expect(first?.path).toBe('/personal-demographics/FHIR/R4/Patient/9991000011');
    const headers = first?.request.headers ?? {};
    expect(headers['x-request-id']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(second?.request.headers['x-request-id']).not.toBe(headers['x-request-id']);
    expect(headers['x-correlation-id']).toBe('5f0f2a7e-5a0c-4b53-9b5e-1a7a3b7b8c11');
    expect(headers.accept).toBe('application/fhir+json');
    expect(headers.authorization).toBeUndefined();
  });

  it('sends a trace id that is no UUID as a UUID made from it', async () => {
    const { demographics, simulation } = bench;
    const odd = { signal: new AbortController().signal, traceId: 'żółw 9991000011\r\nx: y' };
    simulation.requests.clear();
    await demographics.trace(nhs('9991000011'), odd);
    await demographics.trace(nhs('9991000011'), odd);
    const sent = simulation.requests.all().map(({ request }) => request.headers['x-correlation-id']);
    expect(sent[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(sent[1]).toBe(sent[0]);
  });
});
