/** The package's entry for programs, built and imported by name as they import it. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createValidator, loadDefinitions, validateText } from '../../src/library/validation.js';

const ROOT = resolve(import.meta.dirname, '../..');
const UK_PATIENT = readFileSync(join(ROOT, 'profiles/r4/examples/UKCore-Patient.least.json'), 'utf8');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'library-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('validateText', () => {
  const validator = createValidator({ release: 'r4' });
  const place = (text: string): readonly (readonly unknown[])[] =>
    validateText(validator, text)
      .filter(({ severity }) => severity === 'error')
      .map(({ line, column, rule, expression }) => [line, column, rule.kind, expression]);

  it('finds nothing wrong where nothing is', () => {
    expect(place(UK_PATIENT)).toEqual([]);
  });

  it('tells line and column in JSON and in XML', () => {
    expect(place('{\n  "resourceType": "Patient",\n  "gender": "purple"\n}')).toEqual([
      [3, 13, 'binding', 'Patient.gender'],
    ]);
    expect(place('\n<Patient xmlns="http://hl7.org/fhir">\n  <gender value="purple"/>\n</Patient>')).toEqual([
      [3, 3, 'binding', 'Patient.gender'],
    ]);
  });

  it('points at what should not be there, and at the holder of what is missing', () => {
    expect(
      place('{\n  "resourceType": "Slot",\n  "nick": 1,\n  "schedule": {"display": "x"},\n  "status": "free"\n}'),
    ).toEqual([
      [3, 11, 'unknown-element', 'Slot.nick'],
      [1, 1, 'cardinality', 'Slot.start'],
      [1, 1, 'cardinality', 'Slot.end'],
    ]);
  });

  it('tells what is wrong with the text itself', () => {
    expect(place('{"resourceType": "Patient",}')).toMatchObject([[1, 28, 'syntax', '']]);
    expect(place('<Patient xmlns="http://hl7.org/fhir">')).toMatchObject([[1, 37, 'syntax', '']]);
  });

  it('holds it to the profiles asked for', () => {
    const text = '{"resourceType": "Patient", "active": true}';
    const profiles = ['https://fhir.hl7.org.uk/StructureDefinition/Nobody'];
    expect(validateText(validator, text, { profiles })).toMatchObject([
      { rule: { kind: 'profile' }, severity: 'error' },
    ]);
  });
});

describe('loadDefinitions', () => {
  it('reads XML', () => {
    const file = join(folder, 'list.xml');
    writeFileSync(
      file,
      '<ValueSet xmlns="http://hl7.org/fhir"><url value="https://example.org/list"/><status value="draft"/></ValueSet>',
    );
    const { definitions, problems } = loadDefinitions(file, { release: 'r4' });
    expect(problems).toEqual([]);
    expect(definitions).toMatchObject([{ resourceType: 'ValueSet', url: 'https://example.org/list' }]);
  });
});

const PROGRAM = `
import { createValidator, loadDefinitions, validateText, type ValidationIssue } from 'slotbridge/validation';

const { definitions } = loadDefinitions('definitions', { release: 'r4' });
const validator = createValidator({ release: 'r4', definitions });
const issues: readonly ValidationIssue[] = validateText(validator, '{"resourceType":"Patient","gender":"purple"}');
const places: string[] = issues.map(({ expression, line, column }) => \`\${expression} \${line}:\${column}\`);
process.stdout.write(JSON.stringify(places.filter((place) => place.startsWith('Patient.gender'))));
`;

describe('slotbridge/validation', () => {
  it('is imported from the built package by its name, with its types', { timeout: 180_000 }, async () => {
    // A package of its own with what is published: another test's build would be in the way, and this one in theirs.
    const root = join(folder, 'package');
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const call = (args: readonly string[], cwd: string): Promise<{ readonly stdout: string }> =>
      promisify(execFile)(process.execPath, args, { cwd });
    const build = ['-p', 'tsconfig.build.json', '--noCheck', '--sourceMap', 'false', '--outDir', join(root, 'dist')];
    await call([tsc, ...build], ROOT);
    writeFileSync(join(root, 'package.json'), readFileSync(join(ROOT, 'package.json')));
    for (const name of ['profiles', 'node_modules']) symlinkSync(join(ROOT, name), join(root, name));
    writeFileSync(join(root, 'program.ts'), PROGRAM);
    const options = { module: 'nodenext', target: 'es2023', strict: true, types: ['node'], rootDir: '.' };
    writeFileSync(join(root, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['program.ts'] }));
    await call([tsc], root);
    const { stdout } = await call(['program.js'], root);
    expect(JSON.parse(stdout)).toEqual(['Patient.gender 1:36']);
  });
});
