/** XML as FHIR's JSON form: what is understood, and what the structural validation then says of the rest. */
import { describe, expect, it } from 'vitest';
import { codec, NAMESPACE, validator, XHTML, xml, type Json } from './codec.js';

const patient = (inside: string, attributes = ''): Json => {
  const { resourceType, ...rest } = codec.parse(xml('Patient', inside, attributes)) as Json;
  expect(resourceType).toBe('Patient');
  return rest;
};

describe('XML reader', () => {
  it.each<[string, string, Json]>([
    ['a boolean', '<active value="true"/>', { active: true }],
    ['a whole number', '<multipleBirthInteger value="-2"/>', { multipleBirthInteger: -2 }],
    ['a list of one', '<name><family value="A"/></name>', { name: [{ family: 'A' }] }],
    ['repeats that do not stand together', '<name/><gender value="male"/><name/>', { name: [{}, {}], gender: 'male' }],
    [
      'extensions of primitives',
      '<gender id="x" value="male"><extension url="u"/></gender>',
      { gender: 'male', _gender: { id: 'x', extension: [{ url: 'u' }] } },
    ],
    [
      'lists of primitives with gaps',
      '<name><given value="A"/><given id="b"/></name>',
      { name: [{ given: ['A', null], _given: [null, { id: 'b' }] }] },
    ],
    [
      'lists of primitives with nothing but extensions',
      '<name><given id="b"/></name>',
      { name: [{ _given: [{ id: 'b' }] }] },
    ],
    [
      'contained resources',
      '<contained><Slot><id value="s"/></Slot></contained>',
      { contained: [{ resourceType: 'Slot', id: 's' }] },
    ],
    ['comments, which it drops', '<!-- a --><gender value="male"><!-- b --></gender>', { gender: 'male' }],
    ['white space between elements, which it drops', '\r\n\t<gender value="male">  </gender>\n', { gender: 'male' }],
    ['white space of a value, as XML has it', '<id value="a\tb\nc&#9;&#10;&#13;"/>', { id: 'a b c\t\n\r' }],
    ['references to characters', '<id value="&amp;&lt;&gt;&quot;&apos;&#x1F600;"/>', { id: '&<>"\'😀' }],
    ['elements in any order', '<gender value="male"/><id value="a"/>', { gender: 'male', id: 'a' }],
    [
      'narrative',
      `<text><div xmlns="${XHTML}" class='a'>x &amp; <br></br></div></text>`,
      { text: { div: `<div xmlns="${XHTML}" class="a">x &amp; <br/></div>` } },
    ],
    [
      'a prefix for narrative',
      `<text><h:div xmlns:h="${XHTML}"><h:p>x</h:p></h:div></text>`,
      { text: { div: `<div xmlns="${XHTML}"><p>x</p></div>` } },
    ],
  ])('reads %s', (_title, inside, expected) => {
    expect(patient(inside)).toStrictEqual(expected);
  });

  it('reads a prefix for the namespace of FHIR, a declaration, a byte order mark and a hint at a schema', () => {
    const text = `\ufeff<?xml version="1.0" encoding="utf-8" standalone="yes"?>
      <f:Patient xmlns:f="${NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
        xsi:schemaLocation="${NAMESPACE} patient.xsd"><f:id value="a"/></f:Patient>`;
    expect(codec.parse(text)).toStrictEqual({ resourceType: 'Patient', id: 'a' });
  });

  it.each([
    ['1.50', 1.5],
    ['0', 0],
    ['-0.0', -0],
    ['12345678901234567890.5', 12345678901234567890.5],
    ['01', '01'],
    ['1e3', '1e3'],
    ['+1', '+1'],
    ['.5', '.5'],
    [' 1', ' 1'],
    ['9'.repeat(400), '9'.repeat(400)],
  ])('reads the decimal %s as the number of a JSON body, or leaves it a text', (text, expected) => {
    const observation = codec.parse(xml('Observation', `<valueQuantity><value value="${text}"/></valueQuantity>`));
    expect(observation).toStrictEqual({ resourceType: 'Observation', valueQuantity: { value: expected } });
  });

  it('leaves a word that is no boolean a text', () => {
    expect(patient('<active value="1"/>')).toEqual({ active: '1' });
  });
});

describe('what the structural validation says of XML', () => {
  it.each([
    ['an unknown element', '<colour value="red"/>', 'Patient.colour', 'unknown-element'],
    ['an unknown element below', '<name><nick value="x"/></name>', 'Patient.name[0].nick', 'unknown-element'],
    ['an element in another letter case', '<Gender value="male"/>', 'Patient.Gender', 'unknown-element'],
    ['an unknown attribute', '<name nick="x"><family value="A"/></name>', 'Patient.name[0].nick', 'unknown-element'],
    [
      'an unknown attribute of a primitive',
      '<gender value="male" nick="x"/>',
      'Patient.gender.nick',
      'unknown-element',
    ],
    ['an element as an attribute', '<name family="x"/>', 'Patient.name[0]', 'unknown-element'],
    ['an attribute as an element', '<name><id value="x"/></name>', 'Patient.name[0]', 'unknown-element'],
    [
      'an element of a primitive that is no extension',
      '<gender value="male"><code value="x"/></gender>',
      'Patient.gender.code',
      'unknown-element',
    ],
    ['a name of JSON only', '<_gender id="x"/>', 'Patient', 'unknown-element'],
    ['resourceType', '<resourceType value="Slot"/>', 'Patient', 'unknown-element'],
    ['__proto__', '<__proto__ value="x"/>', 'Patient', 'unknown-element'],
    ['constructor', '<constructor value="x"/>', 'Patient.constructor', 'unknown-element'],
    ['an element once too often', '<gender value="male"/><gender value="male"/>', 'Patient.gender', 'type'],
    ['a complex element once too often', '<maritalStatus/><maritalStatus/>', 'Patient.maritalStatus', 'type'],
    [
      'narrative once too often',
      `<text><status value="empty"/><div xmlns="${XHTML}">a</div><div xmlns="${XHTML}">b</div></text>`,
      'Patient.text.div',
      'type',
    ],
    [
      'two of a choice',
      '<deceasedBoolean value="true"/><deceasedDateTime value="2020"/>',
      'Patient.deceased',
      'cardinality',
    ],
    ['an empty value', '<gender value=""/>', 'Patient.gender', 'empty'],
    ['an element without a value', '<gender/>', 'Patient.gender', 'empty'],
    ['one without content', '<maritalStatus/>', 'Patient.maritalStatus', 'empty'],
    ['a word for a boolean', '<active value="yes"/>', 'Patient.active', 'type'],
    ['a word for a number', '<multipleBirthInteger value="two"/>', 'Patient.multipleBirthInteger', 'type'],
    ['no resource inside', '<contained/>', 'Patient.contained[0]', 'resource-type'],
    ['an unknown resource inside', '<contained><Robot/></contained>', 'Patient.contained[0]', 'resource-type'],
    ['two resources inside', '<contained><Slot/><Slot/></contained>', 'Patient.contained[0]', 'type'],
    [
      'an attribute of what holds a resource',
      '<contained nick="x"><Device/></contained>',
      'Patient.contained[0].nick',
      'unknown-element',
    ],
    [
      'XHTML that is no div',
      `<text><status value="empty"/><p xmlns="${XHTML}">a</p></text>`,
      'Patient.text.p',
      'unknown-element',
    ],
    ['XHTML where none may be', `<name><b xmlns="${XHTML}">a</b></name>`, 'Patient.name[0].b', 'unknown-element'],
  ])('%s is refused with its path', (_title, inside, fhirPath, rule) => {
    const issues = validator.validate(codec.parse(xml('Patient', inside)), { type: 'Patient' });
    expect(issues.map((issue) => [issue.expression, issue.rule.kind])).toContainEqual([fhirPath, rule]);
  });

  it.each(['Slot', 'Robot', 'HumanName', 'DomainResource', 'patient', '__proto__'])(
    'a root called %s is the wrong resource type',
    (root) => {
      const [issue] = validator.validate(codec.parse(xml(root, '<id value="a"/>')), { type: 'Patient' });
      expect(issue).toMatchObject({ expression: 'Patient', rule: { kind: 'resource-type' } });
    },
  );

  it('leaves prototypes alone', () => {
    codec.parse(xml('Patient', '<__proto__ value="x"><polluted value="y"/></__proto__><name __proto__="z"/>'));
    expect(({} as Json)['polluted']).toBeUndefined();
  });
});
