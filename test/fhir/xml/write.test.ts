/** How FHIR's JSON form is written as XML. */
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/domain/errors.js';
import { codec, NAMESPACE, XHTML, type Json } from './codec.js';

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>';

/** What stands inside the root element of a Patient. */
function inside(patient: Json): string {
  const written = codec.write({ resourceType: 'Patient', ...patient });
  const [start, end] = [`${DECLARATION}<Patient xmlns="${NAMESPACE}">`, '</Patient>'];
  expect(written.startsWith(start) && written.endsWith(end), written).toBe(true);
  return written.slice(start.length, -end.length);
}

describe('XML writer', () => {
  it('names the root after the resource type, in the namespace of FHIR', () => {
    expect(codec.write({ resourceType: 'Slot' })).toBe(`${DECLARATION}<Slot xmlns="${NAMESPACE}"/>`);
  });

  it.each<[string, Json, string]>([
    ['a value is an attribute', { gender: 'female' }, '<gender value="female"/>'],
    ['a boolean is its word', { active: false }, '<active value="false"/>'],
    ['a number is its digits', { multipleBirthInteger: 2 }, '<multipleBirthInteger value="2"/>'],
    ['the id of a resource is an element', { id: 'p1' }, '<id value="p1"/>'],
    [
      'the id of an element is an attribute',
      { name: [{ id: 'n', family: 'A' }] },
      '<name id="n"><family value="A"/></name>',
    ],
    [
      'the url of an extension is an attribute, and a choice carries its type',
      { extension: [{ valueCode: 'a', url: 'u' }] },
      '<extension url="u"><valueCode value="a"/></extension>',
    ],
    [
      'elements stand in the order of their definition, whatever the order in JSON',
      { birthDate: '1990', gender: 'male', id: 'a', name: [{ given: ['B', 'C'], family: 'D' }] },
      '<id value="a"/><name><family value="D"/><given value="B"/><given value="C"/></name><gender value="male"/><birthDate value="1990"/>',
    ],
    [
      'a primitive has its id and extensions with it',
      { _birthDate: { id: 'x', extension: [{ url: 'u' }] }, birthDate: '1990' },
      '<birthDate value="1990" id="x"><extension url="u"/></birthDate>',
    ],
    [
      'of a list of primitives each has its own',
      { name: [{ given: ['A', null, 'C'], _given: [null, { id: 'b' }, { id: 'c' }] }] },
      '<name><given value="A"/><given id="b"/><given value="C" id="c"/></name>',
    ],
    ['a primitive may have extensions only', { _gender: { id: 'x' } }, '<gender id="x"/>'],
    [
      'a contained resource stands inside, in no namespace of its own',
      { contained: [{ resourceType: 'Slot', id: 's' }, { resourceType: 'Device' }] },
      '<contained><Slot><id value="s"/></Slot></contained><contained><Device/></contained>',
    ],
    ['undefined is left out, as in JSON', { id: undefined, gender: 'male' }, '<gender value="male"/>'],
    ['an empty object is an empty element', { maritalStatus: {} }, '<maritalStatus/>'],
  ])('%s', (_title, patient, expected) => {
    expect(inside(patient)).toBe(expected);
  });

  it('a Bundle holds resources of any type', () => {
    const bundle = {
      resourceType: 'Bundle',
      type: 'searchset',
      entry: [{ resource: { resourceType: 'Patient', id: 'a' } }],
    };
    expect(codec.write(bundle)).toContain('<entry><resource><Patient><id value="a"/></Patient></resource></entry>');
  });

  it.each([
    ['&<>"\'', "&amp;&lt;&gt;&quot;'"],
    ['a\tb\nc\rd', 'a&#9;b&#10;c&#13;d'],
    [']]>', ']]&gt;'],
    ['é中😀\u0085\u2028', 'é中😀\u0085\u2028'],
  ])('%j is escaped so that a parser gives it back', (text, expected) => {
    expect(inside({ id: text })).toBe(`<id value="${expected}"/>`);
    expect(inside({ name: [{ id: text }] })).toBe(`<name id="${expected}"/>`);
  });

  it.each([
    [1e21, '1000000000000000000000'],
    [1.5e-7, '0.00000015'],
    [-1.25e22, '-12500000000000000000000'],
    [5e-324, `0.${'0'.repeat(323)}5`],
    [0.1, '0.1'],
    [-0, '0'],
  ])('the number %d is written without an exponent', (number, expected) => {
    const written = codec.write({ resourceType: 'Observation', valueQuantity: { value: number } });
    expect(written).toContain(`<value value="${expected}"/>`);
    expect(Number(expected)).toBe(number + 0);
  });

  it.each([
    [`<div xmlns="${XHTML}">a</div>`, `<div xmlns="${XHTML}">a</div>`],
    ['<div>a</div>', `<div xmlns="${XHTML}">a</div>`],
    [`<h:div xmlns:h='${XHTML}'><h:br></h:br></h:div>`, `<div xmlns="${XHTML}"><br/></div>`],
    ['<div title="a>b">&#169;<!-- no --><![CDATA[<&]]></div>', `<div xmlns="${XHTML}" title="a&gt;b">©&lt;&amp;</div>`],
  ])('narrative %s is written as its own XHTML', (div, expected) => {
    expect(inside({ text: { status: 'generated', div } })).toBe(`<text><status value="generated"/>${expected}</text>`);
  });

  it.each<[string, unknown]>([
    ['no object', 'Patient'],
    ['no resourceType', {}],
    ['a resourceType that is no resource', { resourceType: 'HumanName' }],
    ['an abstract type', { resourceType: 'DomainResource' }],
    ['an element that the definition has not', { resourceType: 'Patient', colour: 'red' }],
    ['the same, after one out of order', { resourceType: 'Patient', gender: 'male', id: 'a', colour: 'red' }],
    ['a list where none may be', { resourceType: 'Patient', gender: ['male'] }],
    ['one where a list must be', { resourceType: 'Patient', name: { family: 'A' } }],
    ['null', { resourceType: 'Patient', gender: null }],
    ['null in a list with nothing beside it', { resourceType: 'Patient', name: [{ given: ['a', null] }] }],
    ['an object where a text must be', { resourceType: 'Patient', gender: {} }],
    ['a text where an object must be', { resourceType: 'Patient', maritalStatus: 'S' }],
    ['a number that is none', { resourceType: 'Patient', multipleBirthInteger: NaN }],
    ['NUL', { resourceType: 'Patient', id: 'a\u0000' }],
    ['a control character', { resourceType: 'Patient', id: '\u001b' }],
    ['U+FFFE', { resourceType: 'Patient', id: '\ufffe' }],
    ['half a surrogate pair', { resourceType: 'Patient', id: '\ud83d' }],
    ['narrative that is not closed', { resourceType: 'Patient', text: { div: '<div>' } }],
    ['narrative that is no div', { resourceType: 'Patient', text: { div: '<p>a</p>' } }],
    ['narrative with something beside it', { resourceType: 'Patient', text: { div: '<div/><div/>' } }],
    ['narrative that closes what is around it', { resourceType: 'Patient', text: { div: '<div/></f:text><f:text>' } }],
    ['narrative with an entity of HTML', { resourceType: 'Patient', text: { div: '<div>&nbsp;</div>' } }],
    ['narrative with a DOCTYPE', { resourceType: 'Patient', text: { div: '<!DOCTYPE div><div/>' } }],
  ])('%s has no XML form, and nothing of it is told', (_title, resource) => {
    let thrown: unknown;
    try {
      codec.write(resource);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(GatewayError);
    expect((thrown as GatewayError).code).toBe('unrepresentable-record');
    expect((thrown as GatewayError).message).not.toMatch(/red|male|colour|nbsp/);
  });
});
