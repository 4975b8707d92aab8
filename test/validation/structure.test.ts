import { describe, expect, it } from 'vitest';
import { createStructureValidator, loadBaseDefinitions } from '../../src/validation/index.js';
import { APPOINTMENT } from './cases/appointment.js';
import type { Cases } from './cases/case.js';
import { BUNDLE, DEVICE, OPERATION_OUTCOME, ORGANIZATION, SCHEDULE, SLOT } from './cases/others.js';
import { PARAMETERS, PATIENT, PRACTITIONER } from './cases/people.js';
import { change, VALID_TYPES, validResource, type ValidType } from './resources.js';

const validator = createStructureValidator(loadBaseDefinitions('stu3'));

const CASES: Readonly<Record<ValidType, Cases>> = {
  Appointment: APPOINTMENT,
  Patient: PATIENT,
  Practitioner: PRACTITIONER,
  Parameters: PARAMETERS,
  Organization: ORGANIZATION,
  Device: DEVICE,
  Slot: SLOT,
  Schedule: SCHEDULE,
  Bundle: BUNDLE,
  OperationOutcome: OPERATION_OUTCOME,
};

describe.each(VALID_TYPES)('%s', (type) => {
  const { faults, harmless } = CASES[type];

  it('is valid as it stands', () => {
    expect(validator.validate(validResource(type), type)).toEqual([]);
    expect(validator.validate(validResource(type))).toEqual([]);
  });

  it.each(harmless)('stays valid with %s = %j', (path, value) => {
    expect(validator.validate(change(validResource(type), path, value), type)).toEqual([]);
  });

  it.each(faults)('with %s = %j has a fault at %s: %s', (path, value, fhirPath, rule) => {
    const issues = validator.validate(change(validResource(type), path, value), type);
    expect(issues.map((issue) => [issue.fhirPath, issue.rule])).toEqual([[fhirPath, rule]]);
    expect(issues[0]?.message).toMatch(/^[A-Z][^\n]*\.$/);
  });
});

describe('issues', () => {
  it('are counted in hundreds of cases', () => {
    const cases = Object.values(CASES).flatMap(({ faults, harmless }) => [...faults, ...harmless]);
    expect(cases.length).toBeGreaterThan(200);
  });

  it('say what is wrong and how to mend it', () => {
    const spoilt = validResource('Appointment');
    change(spoilt, 'status', 'reserved');
    change(spoilt, 'Comment', 'x');
    change(spoilt, 'participant.0.status', undefined);
    change(spoilt, 'slot', { reference: 'Slot/s-1' });
    expect(validator.validate(spoilt).map((issue) => issue.message)).toEqual([
      'Appointment has no element "Comment"; the element is called "comment".',
      'Appointment.slot must be a JSON array, but is an object.',
      'Appointment.status has a code that is not allowed; use one of: proposed, pending, booked, arrived, fulfilled, ' +
        'cancelled, noshow, entered-in-error.',
      'Appointment.participant has no status, which is required; add it.',
    ]);
  });

  it('never quote what was sent', () => {
    const secret = 'Zebedee Quux';
    const spoilt = validResource('Patient');
    change(spoilt, 'birthDate', secret);
    change(spoilt, 'gender', secret);
    change(spoilt, 'active', secret);
    change(spoilt, secret, secret);
    change(spoilt, 'name.0', { [secret]: secret, family: `${secret}\u0000` });
    change(spoilt, 'managingOrganization.reference', `Patient/${secret}`);
    change(spoilt, 'link.0.other', { reference: 'Slot/1', display: secret, identifier: secret });
    const issues = validator.validate(spoilt);
    expect(issues.length).toBeGreaterThan(6);
    expect(JSON.stringify(issues)).not.toContain('Zebedee');
  });

  it('stop at the cap', () => {
    const spoilt = change(validResource('Appointment'), 'slot', Array(80).fill({ colour: 'red' }));
    expect(validator.validate(spoilt)).toHaveLength(50);
    const three = createStructureValidator(loadBaseDefinitions('stu3'), { maxIssues: 3 });
    expect(three.validate(spoilt)).toEqual(validator.validate(spoilt).slice(0, 3));
  });

  it('come in the same order each time, whatever the order of the properties', () => {
    const spoilt = change(change(validResource('Slot'), 'status', 'open'), 'start', 'today');
    const reversed = Object.fromEntries(Object.entries(spoilt).reverse());
    expect(validator.validate(reversed)).toEqual(validator.validate(spoilt));
  });
});

describe('the type expected', () => {
  it.each([[null], [undefined], [7], ['Patient'], [[{ resourceType: 'Patient' }]], [{}]])('refuses %j', (content) => {
    const issues = validator.validate(content, 'Patient');
    expect(issues.map((issue) => [issue.fhirPath, issue.rule])).toEqual([['Patient', 'resource-type']]);
    expect(validator.validate(content)[0]?.fhirPath).toBe('Resource');
  });

  it('has to be a resource type of the definitions', () => {
    expect(() => validator.validate({}, 'Identifier')).toThrow(TypeError);
    expect(() => validator.prepare(['DomainResource'])).toThrow(TypeError);
  });
});

describe('an element its type prohibits', () => {
  it('is unknown there and known elsewhere', () => {
    const range = { low: { value: 1, unit: 'kg' } };
    const observation = { resourceType: 'Observation', status: 'final', code: { text: 'x' }, referenceRange: [range] };
    expect(validator.validate(observation)).toEqual([]);
    const low = { ...range.low, comparator: '<' };
    expect(validator.validate({ ...observation, valueQuantity: low })).toEqual([]);
    const issues = validator.validate({ ...observation, referenceRange: [{ low }] });
    const path = 'Observation.referenceRange[0].low.comparator';
    expect(issues.map((one) => [one.fhirPath, one.rule])).toEqual([[path, 'unknown-element']]);
  });
});

describe('a value set without a code list', () => {
  it('lets any code through', () => {
    const binary = { resourceType: 'Binary', contentType: 'text/anything', content: 'QQ==' };
    expect(validator.validate(binary)).toEqual([]);
  });
});

describe('a required binding of a concept', () => {
  const delivery = { resourceType: 'SupplyDelivery' };
  const system = 'http://hl7.org/fhir/supply-item-type';

  it('wants one coding from the list', () => {
    const other = { system: 'urn:x', code: 'x' };
    const good = { coding: [other, { system, code: 'device' }] };
    expect(validator.validate({ ...delivery, type: good })).toEqual([]);
    for (const type of [{ coding: [other] }, { text: 'device' }, { coding: [{ code: 'device' }] }])
      expect(validator.validate({ ...delivery, type }).map((issue) => issue.rule)).toEqual(['binding']);
  });
});
