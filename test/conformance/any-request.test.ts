/**
 * Whatever a consumer sends, it gets a well-formed answer of the specification's tables, and a request that is refused
 * changes nothing at any practice. Every answer is checked against its profile by the consumer itself.
 */
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anyRequest, basesOf, toSendable, type Base } from '../support/any-request.js';
import type { TestConsumer } from '../support/consumer.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

/** Statuses and codes that a consumer can be answered; a code that only our own faults have is not among them. */
const ANSWERS: ReadonlySet<string> = new Set([
  '200',
  '201',
  '400 BAD_REQUEST',
  '400 INVALID_IDENTIFIER_SYSTEM',
  '400 INVALID_IDENTIFIER_VALUE',
  '400 INVALID_NHS_NUMBER',
  '400 INVALID_PATIENT_DEMOGRAPHICS',
  '403 ACCESS DENIED',
  '404 BAD_REQUEST',
  '404 ORGANISATION_NOT_FOUND',
  '404 PATIENT_NOT_FOUND',
  '404 PRACTITIONER_NOT_FOUND',
  '404 NO_RECORD_FOUND',
  '409 DUPLICATE_REJECTED',
  '409 FHIR_CONSTRAINT_VIOLATION',
  '413 BAD_REQUEST',
  '414 BAD_REQUEST',
  '415 BAD_REQUEST',
  '422 INVALID_RESOURCE',
  '422 INVALID_PARAMETER',
  '422 REFERENCE_NOT_FOUND',
  '431 BAD_REQUEST',
  '501 NOT_IMPLEMENTED',
]);
/** Refused for what the request itself says: nobody is asked anything. */
const ASKS_NOBODY: ReadonlySet<string> = new Set([
  '400 BAD_REQUEST',
  '400 INVALID_IDENTIFIER_SYSTEM',
  '400 INVALID_IDENTIFIER_VALUE',
  '404 BAD_REQUEST',
  '415 BAD_REQUEST',
  '422 INVALID_PARAMETER',
  '501 NOT_IMPLEMENTED',
]);

let gateway: TestGateway;
let consumer: TestConsumer;
let bases: readonly Base[];

beforeAll(async () => {
  gateway = await startTestGateway();
  consumer = gateway.consumer();
  bases = await basesOf(consumer);
});
afterAll(() => gateway.stop());

const writesSoFar = (): number =>
  [gateway.riverside, gateway.hillside]
    .flatMap((simulation) => simulation.requests.all())
    .filter(({ method }) => method !== 'GET').length;

describe('Any request [5.1-16 7.1-1]', () => {
  it('gets an answer of the tables, and nothing of a refused one reaches a practice', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(anyRequest, async (asked) => {
        const { name, method, path, bend, body } = toSendable(bases, asked);
        const [calls, writes] = [gateway.practiceCalls(), writesSoFar()];

        const answer = await consumer.send(method, name, path, bend, body);

        const code =
          answer.body?.resourceType === 'OperationOutcome' ? answer.body.issue[0].details.coding[0].code : '';
        const told = [answer.status, code].filter(Boolean).join(' ');
        seen.add(told);
        expect(ANSWERS).toContain(told);
        if (answer.status >= 400) expect(writesSoFar(), `${told} wrote to a practice`).toBe(writes);
        if (ASKS_NOBODY.has(told)) expect(gateway.practiceCalls(), `${told} asked a practice`).toBe(calls);
      }),
      { numRuns: Number(process.env['SLOTBRIDGE_PROPERTY_RUNS'] ?? 400) },
    );
    // A generator that only ever met one refusal would prove little.
    expect(seen.size).toBeGreaterThan(5);
  }, 120_000);
});
