/** Extensions whose definition says by a FHIRPath where they may stand. */
import { describe, expect, it } from 'vitest';
import { createValidator } from '../../src/validation/index.js';

const URL = 'https://clinic.example/fhir/StructureDefinition/mark';
const MARK = [{ url: URL, valueBoolean: true }];

const definition = (...expressions: readonly string[]) => ({
  resourceType: 'StructureDefinition',
  url: URL,
  name: 'Mark',
  status: 'draft',
  fhirVersion: '4.0.1',
  kind: 'complex-type',
  abstract: false,
  context: expressions.map((expression) => ({ type: 'fhirpath', expression })),
  type: 'Extension',
  baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Extension',
  derivation: 'constraint',
  differential: {
    element: [
      { path: 'Extension.url', fixedUri: URL },
      { path: 'Extension.value[x]', type: [{ code: 'boolean' }] },
    ],
  },
});

const told = (resource: object, ...expressions: readonly string[]): readonly string[] =>
  createValidator({ release: 'r4', definitions: [definition(...expressions)] })
    .validate({ resourceType: 'Patient', ...resource })
    .filter(({ rule }) => rule.kind === 'extension')
    .map(({ severity, expression }) => `${severity} ${expression}`);

describe('an extension may stand where its FHIRPath finds the element', () => {
  const official = { use: 'official', family: 'Example' };
  const usual = { use: 'usual', family: 'Example' };

  it('and nowhere else', () => {
    const names = {
      name: [
        { ...usual, extension: MARK },
        { ...official, extension: MARK },
      ],
    };
    expect(told(names, "Patient.name.where(use = 'official')")).toEqual(['error Patient.name[0].extension[0]']);
    expect(told(names, "name.where(use = 'usual')", "name.where(use = 'official')")).toEqual([]);
    expect(told({ ...names, extension: MARK }, 'Patient.name')).toEqual(['error Patient.extension[0]']);
    expect(told({ extension: MARK }, 'Patient.where(active.exists().not())')).toEqual([]);
  });

  it('on primitives, choices and contained resources too', () => {
    expect(told({ birthDate: '2000-01-01', _birthDate: { extension: MARK } }, 'Patient.birthDate')).toEqual([]);
    expect(told({ deceasedBoolean: true, _deceasedBoolean: { extension: MARK } }, 'Patient.deceased')).toEqual([]);
    const contained = [{ resourceType: 'Organization', id: 'o', name: 'x', telecom: [{ extension: MARK }] }];
    const held = { contained, managingOrganization: { reference: '#o' } };
    expect(told(held, 'Organization.telecom')).toEqual([]);
    expect(told(held, 'Patient.telecom')).toEqual(['error Patient.contained[0].telecom[0].extension[0]']);
  });

  it('and a note says where that could not be told', () => {
    const held = { extension: MARK };
    for (const expression of ['shout()', '(', "'a' + 1", 'generalPractitioner.memberOf(1)'])
      expect(told(held, expression)).toEqual(['information Patient.extension[0]']);
    expect(told(held, '(', 'Patient')).toEqual([]);
    const twins = {
      name: [
        { ...usual, extension: MARK },
        { ...usual, extension: MARK },
      ],
    };
    expect(told(twins, 'name | contact.name')).toEqual(['information Patient.name[1].extension[0]']);
  });
});
