/**
 * What every `Demographics` promises (`src/ports/demographics.ts`). An implementation is excused from a test by its
 * full name and with a reason.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseNhsNumber, type NhsNumber } from '../../src/domain/identifiers.js';
import { isGatewayError } from '../../src/domain/errors.js';
import { isLocalDate } from '../../src/domain/time.js';
import type { Demographics, Trace } from '../../src/ports/demographics.js';

/** Numbers whose state the register behind the subject is known to have. */
export interface KnownNumbers {
  readonly found: readonly string[];
  readonly notFound: readonly string[];
  readonly invalid: readonly string[];
  readonly superseded: readonly string[];
  readonly sensitive: readonly string[];
  readonly deceased: readonly string[];
}

export interface DemographicsSubject {
  readonly demographics: Demographics;
  readonly close: () => Promise<void>;
}

export interface Excuse {
  readonly reason: string;
  readonly tests: readonly string[];
}

export interface DemographicsContract {
  readonly name: string;
  readonly numbers: KnownNumbers;
  /** Where there is no register, each trace must say so. */
  readonly hasRegister: boolean;
  create(): Promise<DemographicsSubject>;
  readonly excused?: readonly Excuse[];
}

export function nhs(text: string): NhsNumber {
  const number = parseNhsNumber(text);
  if (!number) throw new Error('test data: no NHS number');
  return number;
}

export const call = (signal: AbortSignal = new AbortController().signal) => ({
  signal,
  traceId: '5f0f2a7e-5a0c-4b53-9b5e-1a7a3b7b8c11',
});

export function describeDemographicsContract(contract: DemographicsContract): void {
  const { numbers, hasRegister, excused = [] } = contract;
  const excuses = new Set(excused.flatMap(({ tests }) => tests));
  const named = new Set<string>();

  describe(`demographics contract: ${contract.name}`, () => {
    let subject: DemographicsSubject;
    beforeAll(async () => {
      subject = await contract.create();
    });
    afterAll(async () => {
      for (const excuse of excuses) expect(named, 'an excuse for a test that does not exist').toContain(excuse);
      await subject.close();
    });

    const test = (title: string, body: () => Promise<void>): void => {
      named.add(title);
      if (!excuses.has(title)) it(title, body);
    };
    const trace = (number: string, signal?: AbortSignal): Promise<Trace> =>
      subject.demographics.trace(nhs(number), call(signal));
    const expected = (outcome: Trace['outcome']): Trace['outcome'] => (hasRegister ? outcome : 'no-register');

    const kinds = [
      ['found', numbers.found],
      ['not-found', numbers.notFound],
      ['invalid', numbers.invalid],
      ['superseded', numbers.superseded],
      ['sensitive', numbers.sensitive],
      ['deceased', numbers.deceased],
    ] as const;
    for (const [outcome, list] of kinds) {
      test(`answers ${outcome} for each number of that kind`, async () => {
        expect(list.length).toBeGreaterThan(0);
        for (const number of list) expect((await trace(number)).outcome, number).toBe(expected(outcome));
      });
    }

    test('gives demographics with a found person and nothing with anybody else', async () => {
      for (const [, list] of kinds) {
        for (const number of list) {
          const answer = await trace(number);
          if (answer.outcome !== 'found') {
            expect(Object.keys(answer)).toEqual(['outcome']);
            continue;
          }
          const { name, birthDate, addresses, telecom } = answer.demographics;
          expect(name.family).not.toBe('');
          expect(isLocalDate(birthDate)).toBe(true);
          for (const line of addresses.flatMap((address) => address.line)) expect(line.trim()).not.toBe('');
          for (const { value } of telecom) expect(value).not.toBe('');
        }
      }
    });

    test('keeps traces that run at the same time apart', async () => {
      const asked = [...numbers.found, ...numbers.notFound, ...numbers.sensitive, ...numbers.found];
      const together = await Promise.all(asked.map((number) => trace(number)));
      for (const [index, number] of asked.entries()) expect(together[index]).toEqual(await trace(number));
    });

    test('answers the same person to a second trace', async () => {
      const [number = ''] = numbers.found;
      expect(await trace(number)).toEqual(await trace(number));
    });

    test('gives up when the caller does', async () => {
      const error: unknown = await trace(numbers.found[0] ?? '', AbortSignal.abort()).catch((e: unknown) => e);
      expect(isGatewayError(error) && error.code).toBe('demographics-unavailable');
    });
  });
}
