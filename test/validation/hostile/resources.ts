/** Resources that JSON can hold, and values that it can't but a program can pass. */
import { createValidator, type ValidateOptions } from '../../../src/validation/index.js';
import { EXAMPLES } from '../cases/stu3/base/examples.js';
import type { HostileCase, HostileCases } from './case.js';

const stu3 = createValidator({ release: 'stu3' });
const r4 = createValidator({ release: 'r4' });

const of = (make: () => unknown, ...expected: string[]): HostileCase => ({
  run: () => stu3.validate(make()),
  expected,
});
const inR4 = (make: () => unknown, ...expected: string[]): HostileCase => ({
  run: () => r4.validate(make()),
  expected,
});
const asked = (make: () => unknown, options: ValidateOptions, ...expected: string[]): HostileCase => ({
  run: () => stu3.validate(make(), options),
  expected,
});
const appointment = (change: object): unknown => ({ ...EXAMPLES.Appointment, ...change });
const patient = (change: object): unknown => ({ resourceType: 'Patient', ...change });
const times = (count: number, item: unknown): unknown[] => Array<unknown>(count).fill(item);

/** A tree that is small in memory and immense to walk: each level holds the one below ten times. */
function laughing(levels: number): unknown {
  let extension: unknown = { url: 'urn:x', valueString: 'x' };
  for (let level = 0; level < levels; level += 1) extension = { url: 'urn:x', extension: Array(10).fill(extension) };
  return patient({ extension: [extension] });
}

function circular(): unknown {
  const extension: Record<string, unknown> = { url: 'urn:x' };
  extension['extension'] = [extension];
  return patient({ extension: [extension] });
}

/** Each refers to the next, and all are of the same Bundle. */
function chain(length: number): unknown {
  const entry = Array.from({ length }, (_, index) => ({
    fullUrl: `https://example.org/Patient/${index}`,
    resource: {
      resourceType: 'Patient',
      id: String(index),
      link: times(10, { other: { reference: `Patient/${(index + 1) % length}` }, type: 'seealso' }),
    },
  }));
  return { resourceType: 'Bundle', type: 'collection', entry };
}

const PRIMITIVES =
  'base64Binary boolean code date dateTime decimal id instant integer markdown oid positiveInt string time unsignedInt uri canonical url uuid'.split(
    ' ',
  );
/** Each is what a pattern that back-tracks would take for ever for, in some format or other. */
const BOMBS = [
  ' a',
  '=',
  '1.',
  '\u2003',
  '<div>',
  '2026-',
  'urn:oid:1.',
  'A ',
  'a-',
  '0',
  '+',
  '12:',
  '\ud800',
  '\t',
].map((part) => part.repeat(90_000));
const formats = (release: 'stu3' | 'r4'): unknown => ({
  resourceType: 'Patient',
  extension: BOMBS.flatMap((text) =>
    PRIMITIVES.filter((type) => release === 'r4' || !['canonical', 'url', 'uuid'].includes(type)).map((type) => ({
      url: 'urn:x',
      [`value${type.charAt(0).toUpperCase()}${type.slice(1)}`]: text,
    })),
  ),
});

/** Names that every object seems to have. */
const INHERITED = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'];
const named = (name: string): HostileCases => ({
  [`${name} as key`]: of(
    () =>
      JSON.parse(`{"resourceType":"Patient","${name}":{"active":true},"name":[{"${name}":{"family":"x"}}]}`) as unknown,
    'unknown-element',
  ),
  [`${name} as resourceType`]: of(() => ({ resourceType: name }), 'resource-type'),
  [`${name} as resourceType of a contained resource`]: of(
    () => patient({ contained: [{ resourceType: name }] }),
    'resource-type',
  ),
  [`${name} as type asked for`]: asked(() => patient({ active: true }), { type: name }, 'resource-type'),
  [`${name} as profile asked for`]: asked(() => patient({ active: true }), { profiles: [name] }, 'profile'),
  [`${name} as code, with its system`]: of(
    () =>
      patient({
        meta: { profile: [name] },
        extension: [
          { url: name, valueString: 'x' },
          { url: `urn:${name}`, valueString: 'x' },
        ],
        identifier: [{ system: name, value: name, use: name }],
        gender: name,
        maritalStatus: { coding: [{ system: name, code: name }] },
        generalPractitioner: [{ reference: `${name}/1` }, { reference: `#${name}` }],
        managingOrganization: { reference: `Patient/${name}` },
      }),
    'binding',
    'invariant',
    'reference-target',
  ),
});

const throwing = (): unknown =>
  Object.defineProperty({ resourceType: 'Patient' }, 'active', {
    enumerable: true,
    get() {
      throw new Error('Not this one.');
    },
  });

export const RESOURCES: HostileCases = {
  nothing: of(() => undefined, 'resource-type'),
  'a list': of(() => [EXAMPLES.Patient], 'resource-type'),
  'a function': of(() => () => undefined, 'resource-type'),
  'a symbol': of(() => Symbol('Patient'), 'resource-type'),
  'a Map': of(() => new Map([['resourceType', 'Patient']]), 'resource-type'),
  'a resource without prototype': of(
    () => Object.assign(Object.create(null) as object, patient({ active: 1 })),
    'type',
  ),
  'a resource that is frozen': of(() => Object.freeze(patient({ active: 1 })), 'type'),
  'a getter that throws': of(throwing, 'resource-type'),
  'a Proxy that throws': of(
    () =>
      new Proxy(patient({}) as object, {
        get: (target, name) => {
          if (name === 'resourceType') return 'Patient';
          if (typeof name === 'symbol') return Reflect.get(target, name) as unknown;
          throw new Error('Not this one.');
        },
      }),
    'resource-type',
  ),
  'a Proxy that was revoked': of(() => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  }, 'resource-type'),
  'a getter that changes its mind': of(() => {
    let turn = 0;
    return patient({
      get birthDate() {
        turn += 1;
        return turn % 2 === 0 ? '2026-01-01' : { a: turn };
      },
      active: 'no',
    });
  }, 'type'),
  'a resource in itself': of(circular, 'too-large'),
  'a resource of another release': inR4(
    () => ({ resourceType: 'EligibilityRequest', status: 'active' }),
    'resource-type',
  ),
  'an STU3 Appointment for R4': inR4(() => EXAMPLES.Appointment, 'type'),
  'an abstract type': of(() => ({ resourceType: 'DomainResource' }), 'resource-type'),
  'a data type for a resource': of(() => ({ resourceType: 'HumanName', family: 'x' }), 'resource-type'),
  'a resourceType of a megabyte': of(() => ({ resourceType: 'P'.repeat(1_000_000) }), 'resource-type'),
  'a resourceType that is a list': of(() => ({ resourceType: ['Patient'] }), 'resource-type'),
  'a type other than asked for': asked(() => patient({ active: true }), { type: 'Slot' }, 'resource-type'),
  'an unknown profile': asked(() => patient({ active: true }), { profiles: ['https://example.org/x'] }, 'profile'),
  'a profile for another type': asked(
    () => patient({ active: true }),
    { profiles: ['https://fhir.nhs.uk/STU3/StructureDefinition/GPConnect-Appointment-1'] },
    'profile',
  ),
  '10,000 profiles of its own': of(
    () => patient({ meta: { profile: Array.from({ length: 10_000 }, (_, at) => `urn:profile:${at}`) }, active: 1 }),
    'type',
  ),
  ...Object.assign({}, ...INHERITED.map(named)),
  'numbers that are none': of(
    () => ({
      resourceType: 'Patient',
      multipleBirthInteger: NaN,
      extension: [Infinity, -Infinity, 1e308, 2 ** 53, 1.5, 10n].map((value) => ({
        url: 'urn:x',
        valueInteger: value,
      })),
    }),
    'format',
  ),
  'a list with holes': of(() => patient({ name: Array<unknown>(1000), active: 'x' }), 'type'),
  'halves of surrogate pairs': of(
    () =>
      patient({
        id: '\ud800',
        name: [{ family: '\udc00\ud800', given: ['a\ud83d'] }],
        extension: [{ url: 'urn:\ud800', valueString: '\ud800' }],
        ['\ud800']: 1,
      }),
    'format',
    'unknown-element',
  ),
  'an extension 30 levels deep': of(() => {
    let extension: unknown = { url: 'urn:x', valueString: 'x' };
    for (let level = 0; level < 30; level += 1) extension = { url: 'urn:x', extension: [extension] };
    return patient({ extension: [extension] });
  }),
  'ten to the power of 20 extensions': of(() => laughing(20), 'too-large'),
  '6,000 faulty list items': of(
    () => appointment({ slot: times(6_000, { reference: 'Patient/1', x: 1 }) }),
    'unknown-element',
    'reference-target',
  ),
  '200,000 numbers where objects belong': of(() => appointment({ identifier: times(200_000, 1) }), 'type'),
  '100,000 elements with ten faults each': of(
    () =>
      patient({
        contact: Array.from({ length: 100_000 }, () => ({
          gender: 'x',
          name: 1,
          a: 1,
          telecom: [{ system: 'x' }],
          period: { start: '2026-02-30', end: 'x' },
        })),
      }),
    'binding',
    'type',
    'unknown-element',
  ),
  '100,000 references': of(() => appointment({ slot: times(100_000, { reference: 'Slot/1' }) })),
  '100,000 references to what is contained, and is not': of(
    () => appointment({ slot: Array.from({ length: 100_000 }, (_, at) => ({ reference: `#${at}` })) }),
    'invariant',
  ),
  '50,000 contained resources, each referred to': of(
    () =>
      appointment({
        contained: Array.from({ length: 50_000 }, (_, at) => ({ resourceType: 'Slot', id: `s${at}` })),
        slot: Array.from({ length: 50_000 }, (_, at) => ({ reference: `#s${at}` })),
      }),
    'cardinality',
  ),
  'a Bundle of 5,000 that refer to each other in a circle': of(() => chain(5_000)),
  'a Bundle of 20,000 with one address': of(
    () => ({
      resourceType: 'Bundle',
      type: 'collection',
      entry: times(20_000, {
        fullUrl: 'urn:uuid:6b4a1f9a-0000-4000-8000-000000000000',
        resource: patient({ active: true }),
      }),
    }),
    'invariant',
  ),
  '100,000 extensions nobody knows': of(() =>
    patient({ extension: Array.from({ length: 100_000 }, (_, at) => ({ url: `urn:x:${at}`, valueString: 'x' })) }),
  ),
  'a reference of a million slashes': of(() => patient({ managingOrganization: { reference: '/'.repeat(1_000_000) } })),
  'a megabyte of everything, STU3': of(() => formats('stu3'), 'format', 'type'),
  'a megabyte of everything, R4': inR4(() => formats('r4'), 'format', 'type'),
};
