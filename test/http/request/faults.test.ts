/** What validation makes of a body and of an answer. */
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/domain/errors.js';
import type { GatewayHttp } from '../../../src/http/exchange.js';
import { MOST_FAULTS, reportFaults, validBody } from '../../../src/http/request/faults.js';
import type { LogFields } from '../../../src/ports/runtime.js';
import { createValidator } from '../../../src/validation/index.js';

const PROFILES = 'https://fhir.nhs.uk/STU3/StructureDefinition/';
const validator = createValidator({ release: 'stu3', quoteValues: false, quietTerminology: true });

const RULES = { type: 'Patient', holds: ['Organization'] };

function refusal(body: unknown): GatewayError {
  try {
    validBody(validator, body, RULES);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  return expect.fail('nothing was refused');
}

const patient = (name: readonly object[]): object => ({
  resourceType: 'Patient',
  meta: { profile: [`${PROFILES}CareConnect-GPC-Patient-1`] },
  name,
});
const official = { use: 'official', family: 'Brackley' };

describe('a body', () => {
  it('that is valid comes back as it is', () => {
    const body = patient([official]);
    expect(validBody(validator, body, RULES)).toBe(body);
  });

  it('that breaks FHIR is refused, with its path once and the number of other faults', () => {
    const error = refusal({ resourceType: 'Patient', gender: 'm', active: 'yes', birthDate: 'today' });
    expect(error.code).toBe('invalid-resource');
    expect(error.message).toMatch(/^Patient\.active must be true or false, but is a string\. \(and 2 more\)$/);
  });

  it('that breaks a profile it claims is refused', () => {
    const error = refusal(patient([{ use: 'usual', family: 'Brackley' }]));
    expect(error.fhirPath).toBe('Patient.name');
    expect(error.message).not.toContain('Brackley');
  });

  it('whose items stand in another order than a profile asks for is let pass', () => {
    const body = patient([{ use: 'nickname', given: ['O'] }, official]);
    expect(validator.validate(body).map(({ rule }) => rule.kind)).toContain('order');
    expect(validBody(validator, body, RULES)).toBe(body);
  });

  it('with so many of those that others may be behind them is refused', () => {
    const name = [...Array.from({ length: 300 }, () => ({ use: 'nickname', given: ['O'] })), official];
    const gender = { ...patient(name), gender: 'of some kind' };
    expect(validator.validate(gender).some(({ rule }) => rule.kind === 'binding')).toBe(false);
    expect(refusal(gender).fhirPath).toBe('Patient.name[0]');
  });

  it('with no end of faults is looked at until enough have been found', () => {
    let looked = 0;
    const contact = Array.from({ length: 1000 }, () => ({
      get gender() {
        looked += 1;
        return 1;
      },
    }));
    const few = createValidator({ release: 'stu3', maxIssues: MOST_FAULTS });
    expect(few.validate({ ...patient([official]), contact })).toHaveLength(MOST_FAULTS + 1);
    // Several faults can come to one that is told of.
    expect(looked).toBeLessThan(500);
  });

  it('that holds a resource nobody reads is refused before that is looked at, at any depth', () => {
    const contained = [{ resourceType: 'Organization', contained: [{ resourceType: 'Questionnaire', item: 'x' }] }];
    const error = refusal({ ...patient([official]), contained });
    expect([error.code, error.fhirPath]).toEqual(['invalid-resource', 'Patient.contained[0].contained[0]']);
  });
});

describe('an answer that is checked', () => {
  function logged(resource: object): (LogFields | undefined)[] {
    const lines: (LogFields | undefined)[] = [];
    const log = { error: (_event: string, fields?: LogFields) => lines.push(fields) };
    const http = { context: { log }, face: { validator } } as unknown as GatewayHttp;
    reportFaults(http, { name: 'read a patient' }, { status: 200, resource, touched: [] });
    return lines;
  }

  it('is told of by place and rule, without a value', () => {
    expect(logged(patient([{ use: 'usual', family: 'Brackley' }]))).toEqual([
      {
        interaction: 'read a patient',
        reason: `Patient.name breaks slicing ${PROFILES}CareConnect-GPC-Patient-1 Patient.name:official`,
      },
    ]);
  });

  it('is told of by nothing when it is valid', () => {
    expect(logged(patient([official]))).toEqual([]);
  });
});
