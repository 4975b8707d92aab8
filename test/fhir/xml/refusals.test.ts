/** What no XML body may hold, and how quickly it is refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/domain/errors.js';
import { anyResource, codec, NAMESPACE, validator, XHTML, xml } from './codec.js';

const SECRET = 'Hollingbeck';

function refusal(text: string): GatewayError | undefined {
  try {
    codec.parse(text);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  return undefined;
}

const deep = (levels: number): string => '<extension>'.repeat(levels) + '</extension>'.repeat(levels);
const LAUGHS = `<!DOCTYPE lolz [<!ENTITY a "${SECRET}">${Array.from({ length: 20 }, (_, index) => {
  const [name, last] = [`e${index + 1}`, index === 0 ? 'a' : `e${index}`];
  return `<!ENTITY ${name} "${`&${last};`.repeat(10)}">`;
}).join('')}]>${xml('Patient', '<id value="&e20;"/>')}`;

describe('an XML body is a bad request', () => {
  it.each([
    ['empty', ''],
    ['no XML', SECRET],
    ['JSON', `{"resourceType":"${SECRET}"}`],
    ['cut off', `<Patient xmlns="${NAMESPACE}"><id value="${SECRET}`],
    ['not closed', `<Patient xmlns="${NAMESPACE}"><id value="${SECRET}">`],
    ['closed in the wrong order', xml('Patient', `<name><given value="${SECRET}"></name></given>`)],
    ['with two roots', xml('Patient', '') + xml('Patient', '')],
    ['with text after the root', xml('Patient', '') + SECRET],
    ['with an attribute twice', xml('Patient', `<id value="a" value="${SECRET}"/>`)],
    ['with a bare ampersand', xml('Patient', `<id value="${SECRET}&"/>`)],
    ['with an unknown entity', xml('Patient', `<id value="&${SECRET};"/>`)],
    ['with an entity of HTML', xml('Patient', `<text><div xmlns="${XHTML}">&nbsp;</div></text>`)],
    ['with a character that XML does not have', xml('Patient', '<id value="\u0001"/>')],
    ['with a reference to such a character', xml('Patient', '<id value="&#1;"/>')],
    ['with a reference to half a surrogate pair', xml('Patient', '<id value="&#xD83D;"/>')],
    ['with a DOCTYPE', `<!DOCTYPE Patient>${xml('Patient', '')}`],
    ['with entities of its own', `<!DOCTYPE Patient [<!ENTITY a "${SECRET}">]>${xml('Patient', '<id value="&a;"/>')}`],
    [
      'with external entities',
      `<!DOCTYPE Patient [<!ENTITY a SYSTEM "file:///etc/passwd">]>${xml('Patient', '<id value="&a;"/>')}`,
    ],
    ['with a billion laughs', LAUGHS],
    ['with a style sheet', `<?xml-stylesheet href="${SECRET}"?>${xml('Patient', '')}`],
    ['with a processing instruction inside', xml('Patient', `<?php ${SECRET} ?>`)],
    ['of another encoding', `<?xml version="1.0" encoding="ISO-8859-1"?>${xml('Patient', '')}`],
    ['of XML 1.1', `<?xml version="1.1"?>${xml('Patient', '')}`],
    ['without a namespace', '<Patient/>'],
    ['of another namespace', '<Patient xmlns="urn:hl7-org:v3"/>'],
    ['with an element of another namespace', xml('Patient', '<x xmlns="urn:x"/>')],
    ['with an unbound prefix', xml('Patient', '<x:y/>')],
    ['with an attribute of another namespace', xml('Patient', '<id xmlns:x="urn:x" x:y="1"/>')],
    [
      'with a hint at a schema inside',
      xml('Patient', '<id xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:schemaLocation="a"/>'),
    ],
    ['of XHTML', `<div xmlns="${XHTML}">${SECRET}</div>`],
    ['with FHIR inside XHTML', xml('Patient', `<text><div xmlns="${XHTML}"><id xmlns="${NAMESPACE}"/></div></text>`)],
    [
      'with another namespace inside XHTML',
      xml('Patient', `<text><div xmlns="${XHTML}"><svg xmlns="http://www.w3.org/2000/svg"/></div></text>`),
    ],
    [
      'with a strange attribute inside XHTML',
      xml('Patient', `<text><div xmlns="${XHTML}" xmlns:x="urn:x" x:y="1"/></text>`),
    ],
    ['with a value as text', xml('Patient', `<gender>${SECRET}</gender>`)],
    ['with a value as CDATA', xml('Patient', `<gender><![CDATA[${SECRET}]]></gender>`)],
    ['with text between elements', xml('Patient', `<gender value="male"/>${SECRET}`)],
    ['with narrative outside its namespace', xml('Patient', `<text><div>${SECRET}</div></text>`)],
    ['33 levels deep', xml('Patient', deep(32))],
    ['10,000 levels deep', xml('Patient', deep(10_000))],
    [
      'of more than 5,000 elements',
      xml('Patient', '<name><given/><given/><given/><given/><given/></name>'.repeat(850)),
    ],
    [
      'of more than 5,000 attributes',
      xml('Patient', `<id${Array.from({ length: 5001 }, (_, at) => ` a${at}=""`).join('')}/>`),
    ],
    ['of more than 5,000 comments', xml('Patient', '<!---->'.repeat(5001))],
    ['of more than 5,000 sections of nothing', xml('Patient', '<![CDATA[]]>'.repeat(5001))],
    ['with more than 1,000 repeats', xml('Patient', '<name/>'.repeat(1001))],
    ['with more than 1,000 repeats of what is unknown', xml('Patient', '<nick/>'.repeat(1001))],
    ['with a text of more than 64 KiB', xml('Patient', `<id value="${'a'.repeat(64 * 1024 + 1)}"/>`)],
    [
      'with a narrative of more than 64 KiB',
      xml('Patient', `<text><div xmlns="${XHTML}">${'a'.repeat(64 * 1024)}</div></text>`),
    ],
    ['with a huge attribute name', xml('Patient', `<id ${'a'.repeat(250_000)}`)],
    ['with a hundred thousand references', xml('Patient', `<id value="${'&amp;'.repeat(100_000)}"/>`)],
    [
      'with twenty thousand attributes, one of them twice',
      xml('Patient', `<id ${Array.from({ length: 20_000 }, (_, index) => `a${index % 19_999}="1" `).join('')}/>`),
    ],
  ])('%s', (_title, text) => {
    const error = refusal(text);
    expect(error?.code).toBe('bad-request');
    expect(error?.message).toMatch(/^The XML body at line \d+, column \d+: [^&<]+$/);
    expect(error?.message).not.toContain(SECRET);
  });

  it('says the line and the column', () => {
    expect(refusal(`<Patient xmlns="${NAMESPACE}">\n  <id value="a" value="b"/>`)?.message).toContain(
      'line 2, column 2',
    );
    expect(refusal('')?.message).toContain('line 1, column 0');
  });
});

describe('within the limits an XML body is read', () => {
  it.each([
    ['32 levels', deep(31)],
    [
      '5,000 elements',
      `${'<name><given/><given/><given/><given/></name>'.repeat(999)}<gender/><photo/><contact/><link/>`,
    ],
    ['1,000 repeats', '<name/>'.repeat(1000)],
    ['64 KiB of text', `<id value="${'a'.repeat(64 * 1024)}"/>`],
    ['64 KiB of escaped text', `<id value="${'&#97;'.repeat(40_000)}"/>`],
  ])('%s', (_title, inside) => {
    expect(refusal(xml('Patient', inside))).toBeUndefined();
  });
});

describe('any text', () => {
  it('with one character changed, added or lost is read or is a bad request, and the validation takes it', () => {
    const characters = fc.constantFrom(...'<>/"\'=&;! ?-[]:\u0000\ufffea');
    let read = 0;
    fc.assert(
      fc.property(anyResource, fc.nat(), characters, fc.constantFrom(0, 1, 2), (resource, where, put, kind) => {
        const text = codec.write(resource);
        const at = where % text.length;
        const changed = text.slice(0, at) + (kind === 2 ? '' : put) + text.slice(kind === 1 ? at : at + 1);
        const error = refusal(changed);
        if (error) expect(error.code).toBe('bad-request');
        else {
          read += 1;
          validator.validate(codec.parse(changed), { type: 'Patient' });
        }
      }),
      { numRuns: 500 },
    );
    expect(read).toBeGreaterThan(50);
  });

  it('is read or is a bad request', () => {
    const parts = fc.constantFrom(
      '<',
      '>',
      '</',
      '/>',
      'a',
      'Patient',
      ` xmlns="${NAMESPACE}"`,
      '="',
      '"',
      ' ',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?',
      '?>',
      '&',
      ';',
      '<!DOCTYPE',
      ':',
      'xmlns:',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 30 }), (some) => {
        expect(refusal(some.join(''))?.code ?? 'bad-request').toBe('bad-request');
      }),
      { numRuns: 1000 },
    );
  });
});
