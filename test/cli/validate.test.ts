/** `slotbridge validate` as people and scripts call it. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { endAll, run, type Ended } from './command.js';

const PROFILES = resolve(import.meta.dirname, '../../profiles');
const example = (path: string): string => readFileSync(join(PROFILES, path), 'utf8');
const BOOKED = example('stu3/examples/GPConnect-Appointment-1.booked.json');
const GP_CONNECT = 'https://fhir.nhs.uk/STU3/StructureDefinition';
const UK_PATIENT = example('r4/examples/UKCore-Patient.least.json');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'validate-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(endAll);

function write(path: string, content: string | Uint8Array | object): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  const text =
    typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content, null, 2);
  writeFileSync(file, text);
  return file;
}

function changed(text: string, change: (resource: Record<string, unknown>) => void): Record<string, unknown> {
  const resource = JSON.parse(text) as Record<string, unknown>;
  change(resource);
  return resource;
}

const wrongStatus = (): Record<string, unknown> => changed(BOOKED, (one) => (one['status'] = 'foo'));

const validate = (args: readonly string[], input?: string | Uint8Array): Promise<Ended> =>
  run(['validate', ...args], {}, input);

interface JsonResult {
  readonly file: string;
  readonly number?: number;
  readonly fhir?: string;
  readonly assumed?: boolean;
  readonly resourceType?: string;
  readonly valid: boolean;
  readonly issues: readonly {
    readonly severity: string;
    readonly expression: string;
    readonly pointer: string;
    readonly line?: number;
    readonly column?: number;
    readonly rule: { readonly kind: string; readonly profile?: string };
  }[];
}

interface JsonAnswer {
  readonly valid: boolean;
  readonly results: readonly JsonResult[];
  readonly notRead: readonly { readonly file: string; readonly reason: string }[];
  readonly summary: Readonly<Record<string, number>>;
}

const answerOf = ({ stdout }: Ended): JsonAnswer => JSON.parse(stdout) as JsonAnswer;
const kindsOf = (result: JsonResult | undefined): readonly string[] =>
  (result?.issues ?? []).filter(({ severity }) => severity === 'error').map(({ rule }) => rule.kind);

// Each test is a process or several, and machines that run tests are busy.
describe('slotbridge validate', { timeout: 60_000 }, () => {
  it('of valid resources exits 0 with a line that says so', async () => {
    const file = write('valid/booked.json', BOOKED);
    expect(await validate([file])).toEqual({ code: 0, stdout: '1 resource in 1 file: valid; FHIR STU3\n', stderr: '' });
  });

  it('of a resource that is not valid exits 1 with a line for each issue that editors can follow', async () => {
    const file = write('invalid/status.json', wrongStatus());
    const line =
      readFileSync(file, 'utf8')
        .split('\n')
        .findIndex((one) => one.includes('"foo"')) + 1;
    const { code, stdout, stderr } = await validate([file]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain(`${file}:${line}:13: error: Appointment.status has a code ("foo")`);
    expect(stdout).toMatch(/\(binding, Appointment\.status, GPConnect-Appointment-1\)\n/);
    expect(stdout).toMatch(/\n1 resource in 1 file: not valid; 1 error; FHIR STU3\n$/);
  });

  describe('of a folder', () => {
    let answer: JsonAnswer;
    let code: number | null;
    const resultsOf = (name: string): readonly JsonResult[] =>
      answer.results.filter(({ file }) => file === join(folder, 'all', name));

    beforeAll(async () => {
      write('all/b-list.json', [JSON.parse(BOOKED), wrongStatus(), { resourceType: 'Patient', name: [] }]);
      write(
        'all/c-lines.ndjson',
        `\ufeff${JSON.stringify(JSON.parse(BOOKED))}\n\n${JSON.stringify(wrongStatus())}\r\nno JSON\n`,
      );
      write('all/d-broken.json', '{"resourceType": "Patient",\n "name": [,]}');
      write('all/e-twice.json', '{"resourceType": "Patient",\n "gender": "male",\n "gender": "female"}');
      write('all/f-latin.json', Buffer.from('{"resourceType":"Patient",\n "gender":"m\u00e9"}', 'latin1'));
      write('all/g-wide.json', Buffer.from(`\ufeff${BOOKED}`, 'utf16le'));
      write('all/inner/h-core.json', UK_PATIENT);
      write('all/inner/i.xml', '<Patient xmlns="http://hl7.org/fhir">\n  <gender value="purple"/>\n</Patient>');
      write('all/inner/j-service.json', { resourceType: 'ServiceRequest', status: 'active' });
      write('all/inner/k-either.json', { resourceType: 'Patient', contact: [{ name: { text: 'Test' } }] });
      write('all/inner/l-newer.json', { resourceType: 'Appointment', status: 'waitlist', participant: [] });
      write('all/inner/m-says.json', { resourceType: 'CapabilityStatement', fhirVersion: '4.0.1' });
      write('all/inner/n-deep.json', `{"resourceType":"Patient","x":${'['.repeat(200_000)}${']'.repeat(200_000)}}`);
      write('all/inner/settings.json', { editor: true });
      write('all/inner/words.json', '// "resourceType" is not said here\n{}');
      write('all/inner/page.xml', '<page/>');
      write('all/inner/readme.md', 'words');
      write('all/node_modules/x.json', wrongStatus());
      write('all/.hidden/x.json', wrongStatus());
      const ended = await validate(['--format', 'json', join(folder, 'all')]);
      answer = answerOf(ended);
      code = ended.code;
    }, 60_000);

    it('tells everything below it, in the order of the names', () => {
      expect(code).toBe(1);
      expect(answer.valid).toBe(false);
      const files = [...new Set(answer.results.map(({ file }) => file))];
      expect(files).toEqual([...files].sort());
      expect(answer.summary).toMatchObject({ files: 14, resources: 18, notRead: 0 });
    });

    it('passes over what is no FHIR, and counts it', () => {
      expect(answer.summary['passedOver']).toBe(2);
      expect(answer.results.some(({ file }) => /settings|page|readme|node_modules|hidden/.test(file))).toBe(false);
    });

    it('gives each resource of a list its own result, with its place in the file', () => {
      const [first, second, third] = resultsOf('b-list.json');
      expect([first?.number, second?.number, third?.number]).toEqual([1, 2, 3]);
      expect([first?.valid, second?.valid, third?.valid]).toEqual([true, false, false]);
      const lines = readFileSync(join(folder, 'all/b-list.json'), 'utf8').split('\n');
      const line = lines.findIndex((one) => one.includes('"foo"')) + 1;
      expect(second?.issues).toMatchObject([{ expression: 'Appointment.status', pointer: '/status', line }]);
      expect(third?.issues).toMatchObject([{ expression: 'Patient.name', pointer: '/name', line: lines.length - 2 }]);
    });

    it('gives each line of NDJSON its own result, with the line of the file', () => {
      const results = resultsOf('c-lines.ndjson');
      expect(results.map(({ number, valid }) => [number, valid])).toEqual([
        [1, true],
        [2, false],
        [3, false],
      ]);
      expect(results[1]?.issues).toMatchObject([{ expression: 'Appointment.status', line: 3 }]);
      expect(results[2]?.issues).toMatchObject([{ line: 4, column: 1, rule: { kind: 'syntax' } }]);
    });

    it.each([
      ['d-broken.json', 2, 11],
      ['e-twice.json', 3, 2],
      ['f-latin.json', 2, 13],
      ['g-wide.json', 1, 1],
      ['inner/words.json', 1, 1],
    ])('%s is no text of a resource: an issue with its place', (name, line, column) => {
      const [result] = resultsOf(name);
      expect(result?.valid).toBe(false);
      expect(result?.issues).toMatchObject([{ severity: 'error', line, column, rule: { kind: 'syntax' } }]);
    });

    it('finds out the release of each', () => {
      const releases = Object.fromEntries(
        [
          'b-list.json',
          'inner/h-core.json',
          'inner/j-service.json',
          'inner/k-either.json',
          'inner/l-newer.json',
          'inner/m-says.json',
        ].map((name) => {
          const [result] = resultsOf(name);
          return [name, [result?.fhir, result?.assumed]];
        }),
      );
      expect(releases).toEqual({
        'b-list.json': ['stu3', false],
        'inner/h-core.json': ['r4', false],
        'inner/j-service.json': ['r4', false],
        'inner/k-either.json': ['stu3', true],
        // Where nothing tells, it is the release with fewer errors.
        'inner/l-newer.json': ['r4', true],
        'inner/m-says.json': ['r4', false],
      });
    });

    it('has an answer to what is deeper than any resource', () => {
      expect(kindsOf(resultsOf('inner/n-deep.json')[0])).toEqual(['unknown-element']);
    });

    it('reads XML', () => {
      expect(kindsOf(resultsOf('inner/i.xml')[0])).toEqual(['binding']);
    });
  });

  it('an OperationOutcome for one resource, a Bundle of them for several', async () => {
    const bad = write('outcome/bad.json', wrongStatus());
    const good = write('outcome/good.json', BOOKED);
    const [one, several] = await Promise.all([
      validate(['--format', 'outcome', bad]),
      validate(['--format', 'outcome', bad, good, join(folder, 'outcome/missing.json')]),
    ]);
    const outcome = JSON.parse(one.stdout) as { issue: readonly object[] };
    expect(one.code).toBe(1);
    expect(outcome).toMatchObject({
      resourceType: 'OperationOutcome',
      issue: [
        {
          severity: 'error',
          code: 'code-invalid',
          details: { coding: [{ code: 'binding' }] },
          diagnostics: `${GP_CONNECT}/GPConnect-Appointment-1 Appointment.status`,
          expression: ['Appointment.status'],
        },
      ],
    });
    expect(JSON.stringify(outcome.issue)).toContain('/operationoutcome-issue-line"');
    expect(several.code).toBe(2);
    const { entry } = JSON.parse(several.stdout) as { entry: readonly { resource: any }[] };
    expect(entry.map(({ resource }) => resource.issue[0].severity)).toEqual(['fatal', 'error', 'information']);
  });

  it('standard input may be JSON, XML or NDJSON', async () => {
    const line = JSON.stringify(JSON.parse(BOOKED));
    const [json, xml, lines] = await Promise.all([
      validate(['-'], JSON.stringify(wrongStatus(), null, 2)),
      validate(['-'], '\n<Patient xmlns="http://hl7.org/fhir"><gender value="purple"/></Patient>'),
      validate(['-'], `${line}\n${line}\n`),
    ]);
    expect([json.code, xml.code, lines.code]).toEqual([1, 1, 0]);
    expect(json.stdout).toMatch(/^<stdin>:\d+:13: error: /);
    expect(xml.stdout).toContain('Patient.gender');
    expect(lines.stdout).toMatch(/^2 resources in 1 file: valid; FHIR STU3\n$/);
  });

  it('what steers a terminal does not come through', async () => {
    const resource = changed(BOOKED, (one) => (one['status'] = '\u001b[2J\nfake.json:1:1: error: fake'));
    const { stdout } = await validate([write('terminal.json', resource)]);
    expect(stdout).not.toContain('\u001b');
    expect(stdout.split('\n').filter((line) => line.startsWith('fake'))).toEqual([]);
  });

  it.each([
    [
      'a file that is not there',
      ['missing.json'],
      /missing\.json:1:1: error: There is no such file or folder/,
      /1 file not read/,
    ],
    ['an empty folder', ['empty'], /^nothing was validated\n$/, /^nothing/],
  ])('%s: exit 2', async (_, names, said, end) => {
    mkdirSync(join(folder, 'empty'), { recursive: true });
    const { code, stdout } = await validate(names.map((name) => join(folder, name)));
    expect(code).toBe(2);
    expect(stdout).toMatch(said);
    expect(stdout).toMatch(end);
  });

  it.each([
    ['nothing to validate', [], /there is nothing to validate/],
    ['an unknown format', ['--format', 'pdf', 'x.json'], /--format <format>/],
    ['an unknown release', ['--fhir', 'r5', 'x.json'], /--fhir <release>/],
    ['no number of issues', ['--max-issues', 'few', 'x.json'], /'few' is no number of issues/],
    ['an unknown profile', ['--profile', 'gpconnect-slot', 'x.json'], /did you mean .*GPConnect-Slot-1\?/],
    ['a guide that is not there', ['--ig', 'nowhere.tgz', 'x.json'], /--ig nowhere\.tgz: .*no such file/i],
    ['a profile file that holds none', ['--profile', 'package.json', 'x.json'], /--profile package\.json: /],
    ['watching standard input', ['--watch', '-'], /standard input cannot be watched/],
  ])('%s: exit 2 with the reason', async (_, args, reason) => {
    const { code, stdout, stderr } = await validate(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(reason);
    expect(stderr).not.toMatch(/\n {4}at /);
  });
});
