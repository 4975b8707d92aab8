/** Texts that are huge, deep, or no text of a resource at all. */
import { createXmlReader } from '../../../src/fhir/xml/index.js';
import { createValidator, loadBaseDefinitions } from '../../../src/validation/index.js';
import { validateText } from '../../../src/validation/text/index.js';
import type { HostileCase, HostileCases } from './case.js';

const HUGE = 100_000_000;
const DEEP = 100_000;

const validator = createValidator({ release: 'stu3' });
const readXml = createXmlReader(loadBaseDefinitions('stu3'));

const json = (text: () => string, ...expected: string[]): HostileCase => ({
  run: () => validateText(validator, text(), { format: 'json' }),
  expected,
});

const xml = (text: () => string, ...expected: string[]): HostileCase => ({
  run: () => validateText(validator, text(), { format: 'xml', readXml }),
  expected,
});

const filled = (start: string, item: string, end: string): string =>
  start + item.repeat(Math.floor(HUGE / item.length)) + end;
const inside = (start: string, end: string, middle: string): string => start.repeat(DEEP) + middle + end.repeat(DEEP);
const patient = (content: string): string => `{"resourceType":"Patient",${content}}`;
const NAMESPACE = 'xmlns="http://hl7.org/fhir"';
const numbered = (count: number, item: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => item(index)).join('');

export const TEXTS: HostileCases = {
  words: json(() => 'Patient', 'syntax'),
  'no text': json(() => '', 'syntax'),
  null: json(() => 'null', 'resource-type'),
  'a number of a million digits': json(() => '9'.repeat(1_000_000), 'resource-type'),
  'a zero byte': json(() => '\0', 'syntax'),
  'bytes that are no UTF-8': json(() => Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0x7d]).toString('utf8'), 'syntax'),
  'XML for JSON': json(() => `<Patient ${NAMESPACE}/>`, 'syntax'),
  'JSON for XML': xml(() => patient('"active":true'), 'syntax'),
  YAML: json(() => 'resourceType: Patient', 'syntax'),
  'two resources': json(() => `${patient('"active":true')}\n${patient('"active":true')}`, 'syntax'),
  '100 MB in one string': json(() => filled(patient('"id":"').slice(0, -1), 'x', '"}'), 'format'),
  '100 MB in one string that is not closed': json(() => filled('{"a":"', 'x', ''), 'syntax'),
  '100 MB of space': json(() => filled('', ' ', ''), 'syntax'),
  '100 MB of empty objects': json(() => filled('{"resourceType":"Patient","name":[', '{},', '{}]}'), 'too-large'),
  '100 MB of numbers': json(() => filled('{"resourceType":"Patient","name":[', '1,', '1]}'), 'too-large'),
  '100 MB of properties': json(() => filled('{"resourceType":"Patient"', ',"a":1', '}'), 'too-large'),
  '250 million characters': json(() => ' '.repeat(250_000_000), 'too-large'),
  'a million numbers for names': json(() => patient(`"name":[${'1,'.repeat(1_000_000)}1]`), 'type'),
  '200,000 empty names': json(() => patient(`"name":[${'{},'.repeat(200_000)}{}]`), 'empty'),
  '200,000 unknown elements': json(
    () => patient(`"active":true${numbered(200_000, (at) => `,"x${at}":1`)}`),
    'unknown-element',
  ),
  'a name a million times in one object': json(
    () => patient(`"active":true${',"active":true'.repeat(1_000_000)}`),
    'syntax',
  ),
  'a property name of a megabyte': json(() => patient(`"${'a'.repeat(1_000_000)}":1`), 'unknown-element'),
  'lists 100,000 levels deep': json(() => patient(`"name":${inside('[', ']', '')}`), 'type'),
  'lists 100,000 levels deep alone': json(() => inside('[', ']', ''), 'resource-type'),
  'objects 100,000 levels deep': json(() => patient(`"x":${inside('{"x":', '}', '1')}`), 'unknown-element'),
  'extensions 100,000 levels deep': json(
    () => patient(inside('"extension":[{"url":"urn:x",', '}]', '"valueString":"x"')),
    'too-large',
  ),
  'extensions of primitives 100,000 levels deep': json(
    () => patient(`"_active":{${inside('"extension":[{"url":"urn:x","_valueBoolean":{', '}}]', '"id":"x"')}}`),
    'too-large',
  ),
  'Bundles 100,000 levels deep': json(
    () => inside('{"resourceType":"Bundle","type":"collection","entry":[{"resource":', '}]}', patient('"active":true')),
    'too-large',
  ),
  'Parameters 100,000 levels deep': json(
    () => inside('{"resourceType":"Parameters","parameter":[{"name":"a","resource":', '}]}', patient('"active":true')),
    'too-large',
  ),
  'parts of Parameters 100,000 levels deep': json(
    () => `{"resourceType":"Parameters","parameter":[{"name":"a"${inside(',"part":[{"name":"a"', '}]', '')}}]}`,
    'too-large',
  ),
  'contained resources 100,000 levels deep': json(
    () => inside('{"resourceType":"Patient","id":"a","contained":[', ']}', patient('"active":true')),
    'invariant',
  ),
  'items of a Questionnaire 100,000 levels deep': json(
    () =>
      `{"resourceType":"Questionnaire","status":"draft"${inside(',"item":[{"linkId":"a","type":"group"', '}]', '')}}`,
    'too-large',
  ),
  'a narrative 100,000 levels deep': json(
    () =>
      patient(
        `"text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">${inside('<p>', '</p>', 'a')}</div>"}`,
      ),
    'invariant',
  ),
  'a narrative of ten megabytes': json(
    () =>
      patient(
        `"text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">${'<p>a</p>'.repeat(1_250_000)}</div>"}`,
      ),
    'format',
  ),
  'a narrative that laughs': json(
    () =>
      patient(
        `"text":{"status":"generated","div":"<!DOCTYPE a [<!ENTITY b \\"b\\">]><div xmlns=\\"http://www.w3.org/1999/xhtml\\">${'&b;'.repeat(10_000)}</div>"}`,
      ),
    'format',
  ),
  'XML 100,000 levels deep': xml(
    () => `<Patient ${NAMESPACE}>${inside('<extension>', '</extension>', '')}</Patient>`,
    'syntax',
  ),
  'XML 150 levels deep': xml(
    () => `<Patient ${NAMESPACE}>${'<extension url="urn:x">'.repeat(150)}${'</extension>'.repeat(150)}</Patient>`,
    'too-large',
  ),
  'XHTML 100,000 levels deep in XML': xml(
    () =>
      `<Patient ${NAMESPACE}><text><div xmlns="http://www.w3.org/1999/xhtml">${inside('<p>', '</p>', '')}</div></text></Patient>`,
    'syntax',
  ),
  '100 MB of XML elements': xml(() => filled(`<Patient ${NAMESPACE}>`, '<name/>', '</Patient>'), 'syntax'),
  '900,000 XML elements': xml(() => `<Patient ${NAMESPACE}>${'<name/>'.repeat(900_000)}</Patient>`, 'empty'),
  '100 MB in one XML attribute': xml(() => filled(`<Patient ${NAMESPACE}><id value="`, 'x', '"/></Patient>'), 'format'),
  '100 MB of an XML comment': xml(
    () => filled(`<Patient ${NAMESPACE}><!--`, 'x', '--><gender value="x"/></Patient>'),
    'binding',
  ),
  '100,000 XML attributes': xml(
    () => `<Patient ${NAMESPACE}><name ${numbered(100_000, (at) => `a${at}="" `)}/></Patient>`,
    'unknown-element',
  ),
  '100,000 XML namespaces': xml(
    () => `<Patient ${NAMESPACE} ${numbered(100_000, (at) => `xmlns:a${at}="urn:${at}" `)}><name/></Patient>`,
    'empty',
  ),
  'a million references to characters': xml(
    () => `<Patient ${NAMESPACE}><id value="${'&#97;'.repeat(1_000_000)}"/></Patient>`,
    'format',
  ),
  'entities that multiply': xml(
    () =>
      `<!DOCTYPE a [<!ENTITY e0 "ha">${numbered(30, (at) => `<!ENTITY e${at + 1} "${`&e${at};`.repeat(10)}">`)}]>` +
      `<Patient ${NAMESPACE}><id value="&e30;"/></Patient>`,
    'syntax',
  ),
  'a file named by an entity': xml(
    () => `<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><Patient ${NAMESPACE}><id value="&e;"/></Patient>`,
    'syntax',
  ),
  'XML elements with the names of an object': xml(
    () => `<Patient ${NAMESPACE}><__proto__/><constructor/><toString value="a"/><resourceType value="Slot"/></Patient>`,
    'unknown-element',
  ),
  'an XML root named __proto__': xml(() => `<__proto__ ${NAMESPACE}/>`, 'resource-type'),
};
