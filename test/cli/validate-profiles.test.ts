/** `slotbridge validate` with profiles asked for, and with definitions that were brought along. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { create } from 'tar';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { endAll, run, type Ended } from './command.js';

const PROFILES = resolve(import.meta.dirname, '../../profiles');
const SEARCHSET = join(PROFILES, 'stu3/examples/GPConnect-Searchset-Bundle-1.two-entries.json');
const GP_CONNECT = 'https://fhir.nhs.uk/STU3/StructureDefinition';
const CLINIC = 'https://example.org/fhir/StructureDefinition/clinic-patient';
const TIDY = 'https://example.org/fhir/StructureDefinition/tidy-organization';

let folder = '';
let appointment = '';
let patient = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'validate-profiles-'));
  appointment = write('appointment.json', {
    resourceType: 'Appointment',
    status: 'booked',
    start: '2026-12-01T09:00:00Z',
    end: '2026-12-01T09:10:00Z',
    participant: [{ actor: { reference: 'Patient/1' }, status: 'accepted' }],
  });
  patient = write('patient.json', { resourceType: 'Patient', active: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(endAll);

function write(path: string, content: string | object): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  return file;
}

/** A profile by which one element has to be there. */
function requires(url: string, path: string, version = '4.0.1'): object {
  const type = path.slice(0, path.indexOf('.'));
  return {
    resourceType: 'StructureDefinition',
    url,
    name: 'Test',
    status: 'draft',
    fhirVersion: version,
    kind: 'resource',
    abstract: false,
    type,
    baseDefinition: `http://hl7.org/fhir/StructureDefinition/${type}`,
    derivation: 'constraint',
    differential: {
      element: [
        { id: type, path: type },
        { id: path, path, min: 1 },
      ],
    },
  };
}

const validate = (...args: readonly string[]): Promise<Ended> => run(['validate', ...args]);

// Each test is a process or several, and machines that run tests are busy.
describe('slotbridge validate --profile', { timeout: 60_000 }, () => {
  it('takes the url, and the last part of it', async () => {
    const [url, name] = await Promise.all([
      validate('--profile', `${GP_CONNECT}/GPConnect-Appointment-1`, appointment),
      validate('--profile', 'GPConnect-Appointment-1', appointment),
    ]);
    expect(url.code).toBe(1);
    expect(url.stdout).toMatch(/ error: .*\(\S+.*, GPConnect-Appointment-1\)\n/);
    expect(url.stdout).toMatch(/FHIR STU3\n$/);
    expect(name).toEqual(url);
  });

  it('holds each resource to those for its type, and refuses one that none is for', async () => {
    const all = ['--profile', 'GPConnect-Appointment-1', '--profile', 'CareConnect-GPC-Patient-1', '--format', 'json'];
    const organisation = write('organisation.json', { resourceType: 'Organization', name: 'Test Surgery' });
    const { code, stdout } = await validate(...all, appointment, patient, organisation);
    expect(code).toBe(1);
    const { results } = JSON.parse(stdout) as { results: readonly { issues: readonly any[] }[] };
    const profilesOf = (index: number): readonly unknown[] => [
      ...new Set((results[index]?.issues ?? []).map(({ rule }) => rule.profile ?? rule.kind)),
    ];
    expect(profilesOf(0)).toContain(`${GP_CONNECT}/GPConnect-Appointment-1`);
    expect(profilesOf(1)).toContain('https://fhir.nhs.uk/STU3/StructureDefinition/CareConnect-GPC-Patient-1');
    expect(profilesOf(2)).toEqual(['profile']);
  });

  it('looks into a Bundle for what it is for', async () => {
    const bundle = JSON.parse(readFileSync(SEARCHSET, 'utf8')) as { entry: readonly { resource: any }[] };
    for (const { resource } of bundle.entry) delete resource.meta;
    const profile = write('tidy.json', requires(TIDY, 'Organization.alias', '3.0.1'));
    const { code, stdout } = await validate('--profile', profile, write('bundle.json', bundle));
    expect(code).toBe(1);
    const at = bundle.entry.findIndex(({ resource }) => resource.resourceType === 'Organization');
    expect(stdout).toContain(`(cardinality, Bundle.entry[${at}].resource.alias, tidy-organization)`);
    const { stdout: refused } = await validate('--profile', 'GPConnect-Slot-1', join(folder, 'bundle.json'));
    expect(refused).toContain('(profile, Bundle)');
  });

  it('is told when it is broken, and nothing is validated', async () => {
    const broken = { ...requires(CLINIC, 'Patient.birthDate'), baseDefinition: CLINIC };
    const { code, stdout, stderr } = await validate('--profile', write('circular.json', broken), patient);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`--profile ${CLINIC} can't be used: `);
  });
});

describe('slotbridge validate --ig', { timeout: 60_000 }, () => {
  const claiming = { resourceType: 'Patient', meta: { profile: [CLINIC] }, active: true };

  it('knows what a folder or a package defines, and which release it is for', async () => {
    write('guide/clinic-patient.json', requires(CLINIC, 'Patient.birthDate'));
    write('work/package/package.json', { name: 'example.clinic', version: '1.0.0', fhirVersions: ['4.0.1'] });
    write('work/package/clinic-patient.json', requires(CLINIC, 'Patient.birthDate'));
    const archive = join(folder, 'clinic.tgz');
    create({ file: archive, gzip: true, sync: true, cwd: join(folder, 'work') }, ['package']);
    const file = write('claiming.json', claiming);
    const [guide, packed, asked] = await Promise.all([
      validate('--ig', join(folder, 'guide'), file),
      validate('--ig', archive, file),
      validate('--ig', archive, '--profile', 'clinic-patient', patient),
    ]);
    for (const { code, stdout, stderr } of [guide, packed, asked]) {
      expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
      expect(stdout).toContain('Patient has no birthDate, which is required; add it.');
      expect(stdout).toMatch(/not valid; 1 error.*; FHIR R4\n$/);
    }
  });

  it('tells which definition is broken, and why', async () => {
    write('mixed/clinic-patient.json', { ...requires(CLINIC, 'Patient.birthDate'), baseDefinition: CLINIC });
    write('mixed/tidy.json', requires(TIDY, 'Organization.alias'));
    const { code, stdout, stderr } = await validate('--ig', join(folder, 'mixed'), write('claim.json', claiming));
    expect(code).toBe(0);
    expect(stderr).toContain(`warning: ${CLINIC}: `);
    expect(stdout).toMatch(/warning: .*\(profile, Patient\.meta\.profile\[0\]/);
  });
});

const PATIENT_BASE = { type: 'Patient', baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient' };

describe('slotbridge validate --ig without anything to validate', { timeout: 60_000 }, () => {
  it('compiles all definitions, and names those that cannot be used', async () => {
    write('checked/good/clinic-patient.json', requires(CLINIC, 'Patient.birthDate'));
    write('checked/tidy.json', { ...requires(TIDY, 'Organization.alias'), baseDefinition: TIDY });
    const [good, bad, json] = await Promise.all([
      validate('--ig', join(folder, 'checked/good')),
      validate('--ig', join(folder, 'checked')),
      validate('--format', 'json', '--ig', join(folder, 'checked')),
    ]);
    expect(good).toEqual({ code: 0, stdout: '1 definition: all can be used\n', stderr: '' });
    expect(bad.code).toBe(1);
    expect(bad.stdout).toMatch(/^https:\S+tidy-organization: error: .+\n2 definitions: 1 problem\n$/);
    expect(JSON.parse(json.stdout)).toMatchObject({ valid: false, definitions: 2, problems: [{ definition: TIDY }] });
  });

  it('checks definitions that do not say their release against both', async () => {
    const about = (path: string) => ({ ...requires(TIDY, path), fhirVersion: undefined });
    const stu3 = write('nameless/stu3.json', { ...about('Patient.animal'), ...PATIENT_BASE });
    const broken = write('nameless/broken.json', { ...about('Patient.nickname'), ...PATIENT_BASE });
    const untyped = write('nameless/untyped.json', { resourceType: 'StructureDefinition', url: TIDY });
    const [ofOne, ofNone, ofNoType] = await Promise.all([stu3, broken, untyped].map((file) => validate('--ig', file)));
    expect(ofOne).toMatchObject({ code: 0, stdout: '1 definition: all can be used\n' });
    expect(ofNone?.code).toBe(1);
    expect(ofNoType).toMatchObject({ code: 1, stdout: expect.stringContaining('does not say which type') as string });
  });
});

describe('slotbridge validate', { timeout: 60_000 }, () => {
  it('--list-profiles lists what is known for a type, with the definitions brought along', async () => {
    write('listed/clinic-patient.json', requires(CLINIC, 'Patient.birthDate'));
    const [text, json] = await Promise.all([
      validate('--ig', join(folder, 'listed'), '--list-profiles', 'Patient'),
      validate('--fhir', 'stu3', '--format', 'json', '--list-profiles'),
    ]);
    expect(text).toEqual({
      code: 0,
      stdout: [
        `stu3  Patient  ${GP_CONNECT}/CareConnect-GPC-Patient-1`,
        `r4    Patient  ${CLINIC}`,
        'r4    Patient  https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient',
        '',
      ].join('\n'),
      stderr: '',
    });
    const listed = JSON.parse(json.stdout) as readonly { release: string; type: string; url: string }[];
    expect(listed.every(({ release }) => release === 'stu3')).toBe(true);
    expect(listed.map(({ url }) => url)).toContain(`${GP_CONNECT}/GPConnect-Slot-1`);
  });

  it('--max-issues and --quiet-terminology leave out what they say', async () => {
    const file = write('much.json', {
      resourceType: 'Patient',
      ...Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`extra${index}`, index])),
    });
    const note = join(PROFILES, 'stu3/examples/GPConnect-Appointment-1.every-element.json');
    const [few, loud, quiet] = await Promise.all([
      validate('--max-issues', '3', file),
      validate(note),
      validate('--quiet-terminology', note),
    ]);
    expect(few.stdout.split('\n').filter((line) => line.includes('(unknown-element, '))).toHaveLength(3);
    expect(few.stdout).toContain('(too-large');
    expect(loud.stdout).toContain('(terminology, ');
    expect(quiet.stdout).not.toContain('terminology');
  });
});
