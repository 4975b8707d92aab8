/** Texts of resources, and the lines and columns of what is wrong with them. */
import { describe, expect, it } from 'vitest';
import { createXmlReader } from '../../src/fhir/xml/index.js';
import { createValidator, loadBaseDefinitions, type ValidationIssue } from '../../src/validation/index.js';
import { locateIssues, validateText } from '../../src/validation/text/index.js';

const validator = createValidator({ release: 'stu3', quietTerminology: true });
const readXml = createXmlReader(loadBaseDefinitions('stu3'));

const JSON_TEXT = `{
  "resourceType": "Patient",
  "gender": "males",
  "name": [
    { "given": ["A", ""] },
    { "use": "official", "period": {"start": "2026-02-30"} }
  ],
  "contact": [{ "gender": "male" }],
  "contained": [{ "resourceType": "Slot", "status": "free" }]
}`;
const XML_TEXT = `<Patient xmlns="http://hl7.org/fhir">
  <contained><Slot><status value="free"/></Slot></contained>
  <name><period><start value="2026-02-30"/></period></name>
  <gender value="males"/>
  <contact>
    <gender value="male"/></contact>
</Patient>`;

function brief(issues: readonly ValidationIssue[]): string[] {
  return issues.map(({ line, column, rule, expression }) => `${line}:${column} ${rule.kind} ${expression}`);
}

describe('issues of a text', () => {
  it('stand where the JSON has them, and a missing element where its holder stands', () => {
    expect(brief(validateText(validator, JSON_TEXT, { format: 'json' })).sort()).toEqual([
      '3:13 binding Patient.gender',
      '5:22 empty Patient.name[0].given[1]',
      '6:46 format Patient.name[1].period.start',
      '8:15 invariant Patient.contact[0]',
      '9:17 cardinality Patient.contained[0].end',
      '9:17 cardinality Patient.contained[0].id',
      '9:17 cardinality Patient.contained[0].schedule',
      '9:17 cardinality Patient.contained[0].start',
    ]);
  });

  it('stand where the XML has them', () => {
    expect(brief(validateText(validator, XML_TEXT, { format: 'xml', readXml })).sort()).toEqual([
      '2:3 cardinality Patient.contained[0].end',
      '2:3 cardinality Patient.contained[0].id',
      '2:3 cardinality Patient.contained[0].schedule',
      '2:3 cardinality Patient.contained[0].start',
      '3:17 format Patient.name[0].period.start',
      '4:3 binding Patient.gender',
      '5:3 invariant Patient.contact[0]',
    ]);
  });

  it('are the same with the place added as without', () => {
    const placed = validateText(validator, JSON_TEXT, { format: 'json' });
    const bare = validator.validate(JSON.parse(JSON_TEXT));
    expect(placed.map(({ line: _line, column: _column, ...issue }) => issue)).toEqual(bare);
    expect(locateIssues(bare, JSON_TEXT, { format: 'json' })).toEqual(placed);
    const inXml = validator.validate(readXml(XML_TEXT).resource);
    expect(locateIssues(inXml, XML_TEXT, { format: 'xml', readXml })).toEqual(
      validateText(validator, XML_TEXT, { format: 'xml', readXml }),
    );
  });

  it('are those of the resource inside when it stands inside something else', () => {
    const parameters = `{"resourceType":"Parameters","parameter":[\n{"name":"resource","resource":\n{"resourceType":"Patient","active":1}}]}`;
    const at = '/parameter/0/resource';
    const issues = validateText(validator, parameters, { format: 'json', at });
    expect(brief(issues)).toEqual(['3:36 type Patient.active']);
    expect(issues[0]?.pointer).toBe('/active');
    const xml = `<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="resource"/>
      <resource><Patient><active value="maybe"/></Patient></resource></parameter></Parameters>`;
    expect(brief(validateText(validator, xml, { format: 'xml', readXml, at }))).toEqual(['2:26 type Patient.active']);
    expect(brief(validateText(validator, '{}', { format: 'json', at }))).toEqual(['1:1 resource-type Resource']);
  });

  it('keep what they have, and what has no place gets the one of what holds it', () => {
    const [issue] = validateText(validator, JSON_TEXT, { format: 'json' });
    if (issue === undefined) throw new Error('There should be issues.');
    const given = [{ ...issue, line: 70, column: 7 }];
    expect(locateIssues(given, JSON_TEXT, { format: 'json' })).toBe(given);
    const { line: _line, column: _column, ...bare } = issue;
    const [lost] = locateIssues([{ ...bare, pointer: '/name/1/nothing/4' }], JSON_TEXT, { format: 'json' });
    expect(lost).toMatchObject({ line: 6, column: 5, pointer: '/name/1/nothing/4' });
  });
});

describe('faults of a text', () => {
  it.each([
    ['', 'json', '1:1', 'The text is empty'],
    ['{"resourceType":"Patient",\n"active":true,}', 'json', '2:15', 'has a comma after it'],
    ['\ufeff{"resourceType":"Patient"}', 'json', '1:1', 'byte order mark'],
    ['{"resourceType":\n"Patient"', 'json', '2:10', 'ends before an object is closed'],
    ['', 'xml', '1:1', 'must contain a root element'],
    ['<Patient xmlns="http://hl7.org/fhir">\n</Patent>', 'xml', '2:9', 'not well-formed XML'],
    ['<Patient>\n</Patient>', 'xml', '1:9', 'namespace http://hl7.org/fhir'],
    ['{}', 'xml', '1:3', 'not well-formed XML'],
  ] as const)('%j in %s is an issue at %s', (text, format, place, message) => {
    const issues = validateText(validator, text, { format, readXml });
    expect(brief(issues)).toEqual([`${place} syntax `]);
    expect(issues).toEqual([expect.objectContaining({ severity: 'error', code: 'structure', pointer: '' })]);
    expect(issues[0]?.message).toContain(message);
    expect(issues[0]?.message).toMatch(/\.$/);
    expect(locateIssues([], text, { format, readXml })).toEqual([]);
  });

  it('are among the others: a name that stands twice', () => {
    const text =
      '{"resourceType":"Patient","gender":"male",\n"gender":"males","name":[{"use":"usual","use":"usual","text":"A"}],"Jane Doe":1}';
    const issues = validateText(validator, text.replace('"Jane Doe":1', '"Jane Doe":1,"Jane Doe":2'), {
      format: 'json',
    });
    expect(brief(issues)).toEqual([
      '2:1 syntax Patient.gender',
      '2:41 syntax Patient.name[0].use',
      '2:81 syntax Patient',
      '1:1 unknown-element Patient',
      '2:10 binding Patient.gender',
    ]);
    expect(issues[0]?.message).toContain('"gender" stands twice');
    expect(issues[2]?.message).not.toContain('Jane');
    const around = `{"parameter":[],"parameter":[{"resource":{"resourceType":"Patient","active":true}}]}`;
    expect(brief(validateText(validator, around, { format: 'json', at: '/parameter/0/resource' }))).toEqual([
      '1:17 syntax ',
    ]);
  });

  it('are told where nobody can read XML', () => {
    const [issue] = validateText(validator, '<Patient/>', { format: 'xml' });
    expect(issue?.message).toBe('XML can not be read here; give the resource as JSON.');
    const bare = validator.validate({ resourceType: 'Patient', active: 1 });
    expect(locateIssues(bare, '<Patient/>', { format: 'xml' })).toEqual(bare);
    expect(locateIssues(bare, '<Patient/>', { format: 'xml', readXml })).toEqual(bare);
    const broken = (): never => {
      throw new Error('Any.');
    };
    expect(validateText(validator, '<a/>', { format: 'xml', readXml: broken })).toMatchObject([{ message: 'Any.' }]);
  });
});
