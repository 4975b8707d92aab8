/** The rules that hold every answer of every test: what is right passes, and each of them catches what it is there for. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { allRules } from '../support/profile-rules/engine/all-rules.js';
import type { Json, Shape } from '../support/profile-rules/engine/shape.js';
import { ruleNames, walk } from '../support/profile-rules/engine/walk.js';
import { CHOSEN_MUTANTS } from './chosen-mutants.js';
import { mutantsOf, type Mutant } from './generated-mutants.js';
import { GROUND, SAMPLES, type SampleName } from './samples.js';

const GOLDENS = new URL('../../fixtures/stu3/', import.meta.url);
const read = (path: string): Json => JSON.parse(readFileSync(new URL(path, GOLDENS), 'utf8'));

/** What each folder of golden files holds. What a `parse-` folder expects is no FHIR. */
const GOLDEN_SHAPES: Readonly<Record<string, Shape>> = {
  'find-a-patient': SAMPLES.patients.shape,
  'find-a-practitioner': SAMPLES.practitioners.shape,
  'find-an-organisation': SAMPLES.organisations.shape,
  'get-the-capability-statement': SAMPLES.CapabilityStatement.shape,
  'read-a-location': SAMPLES.Location.shape,
  'read-a-patient': SAMPLES.Patient.shape,
  'read-a-practitioner': SAMPLES.Practitioner.shape,
  'read-an-appointment': SAMPLES.Appointment.shape,
  'read-an-organisation': SAMPLES.Organization.shape,
  'register-a-patient': SAMPLES.registered.shape,
  'retrieve-appointments': SAMPLES.appointments.shape,
  'search-for-free-slots': SAMPLES['free slots'].shape,
  'search-several-practices': SAMPLES['federated slots'].shape,
  'write-an-error': SAMPLES.refusal.shape,
};

const goldens = readdirSync(GOLDENS, { withFileTypes: true })
  .filter((folder) => folder.isDirectory() && !folder.name.startsWith('parse-'))
  .flatMap(({ name }) =>
    readdirSync(new URL(`${name}/`, GOLDENS))
      .filter((file) => file.endsWith('.expected.json'))
      .map((file) => [name, file] as const),
  );

describe('what is right', () => {
  it.each(goldens)(
    'the golden file %s/%s breaks no rule [21-1 21-2 21-3 21-4 21-5 21-6 21-7 21-8 21-9]',
    (folder, file) => {
      const shape = GOLDEN_SHAPES[folder];
      if (!shape) throw new Error(`which shape have the bodies of fixtures/stu3/${folder}?`);
      const written = read(`${folder}/${file}`);
      const { includes = {} } = read(`${folder}/${file.replace('.expected.', '.input.')}`);
      const query = new URLSearchParams({ start: 'ge2020-01-01', end: 'le2039-12-31' });
      if (includes.location) query.append('_include:recurse', 'Schedule:actor:Location');
      if (includes.practitioner) query.append('_include:recurse', 'Schedule:actor:Practitioner');
      expect(walk(written.outcome ?? written, shape, { ...GROUND, query })).toEqual([]);
    },
  );

  it.each(Object.keys(SAMPLES) as SampleName[])(
    'the sample of %s, which says all that may be said, breaks no rule',
    (name) => {
      expect(walk(SAMPLES[name].body, SAMPLES[name].shape, GROUND)).toEqual([]);
    },
  );

  it.each([
    ['2027-03-28T00:59:00+00:00', '2027-03-28T02:00:00+01:00'],
    ['2027-10-31T01:30:00+01:00', '2027-10-31T01:30:00+00:00'],
    ['2027-12-14T09:20:00+00:00', '2027-12-14T09:30:00+00:00'],
  ])('the local times from %s to %s are right', (start, end) => {
    expect(walk({ ...SAMPLES.Slot.body, start, end }, SAMPLES.Slot.shape, GROUND)).toEqual([]);
  });

  it('a practice in another zone writes its times in that zone', () => {
    const { versionId, profile } = SAMPLES.Slot.body.meta;
    const times = { start: '2027-06-14T10:20:00+02:00', end: '2027-06-14T10:30:00+02:00' };
    const body = { ...SAMPLES.Slot.body, meta: { versionId, profile }, ...times };
    expect(walk(body, SAMPLES.Slot.shape, { ...GROUND, zone: 'Europe/Paris' })).toEqual([]);
  });

  it('what nobody asked for is not missed, and what was found for nobody is an empty Bundle', () => {
    const { shape, body } = SAMPLES['free slots'];
    const query = new URLSearchParams({ start: 'ge2027-06-14', end: 'le2027-06-14' });
    const plain = structuredClone<Json>(body);
    plain.entry = plain.entry.filter(
      ({ resource }: Json) => !['Location', 'Practitioner'].includes(resource.resourceType as string),
    );
    expect(walk(plain, shape, { ...GROUND, query })).toEqual([]);
    expect(walk({ resourceType: 'Bundle', type: 'searchset' }, shape, { ...GROUND, query })).toEqual([]);
    expect(walk(body, shape, { ...GROUND, query }).map(({ rule }) => rule)).toEqual([
      'Location is there if asked for, and then every one of the Schedules',
      'Practitioner is there if asked for, and then every one of the Schedules',
    ]);
  });
});

const MUTANTS: readonly Mutant[] = [
  ...(Object.keys(SAMPLES) as SampleName[]).flatMap(mutantsOf),
  ...CHOSEN_MUTANTS,
  {
    sample: 'Slot',
    rule: ruleNames.empty,
    what: 'a Schedule that says nothing',
    body: { ...SAMPLES.Slot.body, schedule: {} },
  },
];

describe('what is wrong', () => {
  it.each(Object.keys(SAMPLES) as SampleName[])('every mutant of the sample of %s is caught by its rule', (name) => {
    const own = MUTANTS.filter(({ sample }) => sample === name);
    const missed = own.filter(
      ({ rule, body }) => !walk(body, SAMPLES[name].shape, GROUND).some((violation) => violation.rule === rule),
    );
    expect(missed.map(({ rule, what }) => `${what}: ${rule}`)).toEqual([]);
    expect(own.length).toBeGreaterThan(10);
  });

  it('every rule has a mutant that it catches', () => {
    const rules = allRules(Object.values(SAMPLES).map(({ shape }) => shape));
    const caught = new Set(MUTANTS.map(({ rule }) => rule));
    expect([...rules].filter((rule) => !caught.has(rule))).toEqual([]);
    expect(rules.size).toBeGreaterThan(500);
  });

  it('there are at least 250 mutants', () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(250);
  });

  it.each([null, undefined, [], 'text', 7, {}])('a body that is %j is no resource', (body) => {
    expect(walk(body, SAMPLES.Slot.shape, GROUND)).not.toEqual([]);
  });
});
