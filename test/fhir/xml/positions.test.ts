/** Where in the text the parts of a resource stand that was read from XML. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createXmlReader, XmlTextFault } from '../../../src/fhir/xml/index.js';
import { loadBaseDefinitions } from '../../../src/validation/index.js';
import { anyResource, codec, definitions, NAMESPACE, XHTML, type Json } from './codec.js';

const read = createXmlReader(definitions);

const TEXT = `<?xml version="1.0" encoding="UTF-8"?>
<!-- <name> -->
<Patient xmlns="${NAMESPACE}">
  <id value="a"/><extension
      value='"'   url
        = "urn:x">
    <valueString value="&lt;name>"></valueString>
  </extension>
  <text><status value="generated"/><div xmlns="${XHTML}"><p id="x">name</p></div></text>
  <contained><Organization><id value="o"/></Organization></contained>
  <name><given value="A"/><family value="B"><extension url="urn:y"/></family><given id="g"/></name>
  <nick value="N"/>
  <name/>
  <gender value="x"/><gender value="y"/>
</Patient>`;

function positionOf(pointer: string, text = TEXT): string | undefined {
  const position = read(text).locate([pointer]).get(pointer);
  return position && `${position.line}:${position.column}`;
}

function faultOf(text: string): XmlTextFault {
  try {
    read(text);
  } catch (error) {
    if (error instanceof XmlTextFault) return error;
    throw error;
  }
  throw new Error('It was read.');
}

describe('positions in XML', () => {
  it.each([
    ['', '3:1'],
    ['/resourceType', '3:1'],
    ['/id', '4:3'],
    ['/extension', '4:18'],
    ['/extension/0', '4:18'],
    ['/extension/0/url', '5:19'],
    ['/extension/0/value', '5:7'],
    ['/extension/0/valueString', '7:5'],
    ['/text/div', '9:36'],
    ['/contained/0', '10:3'],
    ['/contained/0/resourceType', '10:14'],
    ['/contained/0/id', '10:28'],
    ['/name/0/given/0', '11:9'],
    ['/name/0/family', '11:27'],
    ['/name/0/_family', '11:27'],
    ['/name/0/_family/extension/0/url', '11:56'],
    ['/name/0/given/1', '11:78'],
    ['/name/0/_given/1', '11:78'],
    ['/name/0/_given/1/id', '11:85'],
    ['/nick', '12:3'],
    ['/name/1', '13:3'],
    ['/gender/1', '14:22'],
  ])('%s stands at %s', (pointer, position) => {
    expect(positionOf(pointer)).toBe(position);
  });

  it.each(['/none', '/name/2', '/name/x', '/id/0', '/text/div/p', '/__proto__', '/name/length', '/id/length'])(
    'nothing stands at %s',
    (pointer) => {
      expect(positionOf(pointer)).toBeUndefined();
    },
  );

  it('are found in one go, and are those of the text with carriage returns and a byte order mark', () => {
    const marked = `\ufeff${TEXT.replaceAll('\n', '\r\n')}`;
    const pointers = ['/nick', '/extension/0/url', '', '/none'];
    expect(read(marked).locate(pointers)).toEqual(read(TEXT).locate(pointers));
    expect(read(`\ufeff<Patient\r\n\r\n xmlns="${NAMESPACE}"/>`).locate([''])).toEqual(
      new Map([['', { line: 1, column: 1 }]]),
    );
  });

  it('of a tag that ends its line are those of the tag', () => {
    for (const end of ['\n', '\r\n', '\r', ' ', '\t'])
      expect(positionOf('/name/0', `<Patient xmlns="${NAMESPACE}"><name${end}/></Patient>`)).toBe('1:38');
  });

  it('come beside the same resource that the codec reads', () => {
    expect(read(TEXT).resource).toStrictEqual(codec.parse(TEXT));
    const inR4 = createXmlReader(loadBaseDefinitions('r4'));
    const text = `<Appointment xmlns="${NAMESPACE}">\n<reasonReference><type value="Condition"/></reasonReference></Appointment>`;
    expect(inR4(text).locate(['/reasonReference/0/type'])).toEqual(
      new Map([['/reasonReference/0/type', { line: 2, column: 18 }]]),
    );
  });

  it.each([0, 1])('are right in any resource, whatever stands between its elements (%i)', (spread) => {
    fc.assert(
      fc.property(anyResource, (made) => {
        const written = codec.write(made);
        const text = spread === 0 ? written : written.replaceAll('><', '>\r\n <!-- <a> --><');
        const located = read(text);
        const { resource } = located;
        expect(resource).toStrictEqual(codec.parse(text));
        const lines = text.split('\n');
        const places = everyPlace(resource);
        const positions = located.locate(places.map(({ pointer }) => pointer));
        const order = new Map<string, number>();
        // An expectation for each place would take longer than reading them all.
        const wrong: string[] = [];
        for (const { pointer, holder, name, value } of places) {
          const { line = 0, column = 0 } = positions.get(pointer) ?? {};
          const rest = lines[line - 1]?.slice(column - 1) ?? '';
          const shown = typeof value === 'string' || typeof value === 'boolean' ? String(value) : '';
          const simple = /^[a-z0-9]+$/i.test(shown) && name !== 'div' && !pointer.endsWith('/resourceType');
          const starts = [simple ? `<${name} value="${shown}"` : `<${name}`, `${name}="${simple ? shown : ''}`];
          if (!starts.some((start) => rest.startsWith(start))) wrong.push(`${pointer}: ${rest.slice(0, 50)}`);
          // Elements stand in their holder, and items in their order.
          const at = line * 1e6 + column;
          const item = /^(.*\/)(\d+)$/.exec(pointer);
          const before = item === null ? undefined : order.get(`${item[1]}${Number(item[2]) - 1}`);
          if (at < (order.get(holder) ?? 0) || at <= (before ?? 0)) wrong.push(`${pointer}: ${line}:${column}`);
          order.set(pointer, at);
        }
        expect(wrong).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});

interface Place {
  readonly pointer: string;
  readonly holder: string;
  /** Of the element in XML. */
  readonly name: string;
  readonly value: unknown;
}

function everyPlace(value: unknown, pointer = '', holder = '', name = ''): Place[] {
  const own = pointer === '' ? [] : [{ pointer, holder, name, value }];
  if (typeof value !== 'object' || value === null) return own;
  return [
    ...own,
    ...Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
      const element = Array.isArray(value)
        ? name
        : key === 'resourceType'
          ? String((value as Json)['resourceType'])
          : key.replace(/^_/, '');
      return everyPlace(inner, `${pointer}/${key}`, pointer, element);
    }),
  ];
}

describe('what is no XML', () => {
  it.each([
    ['', '1:1', 'document must contain a root element'],
    [`<Patient xmlns="${NAMESPACE}">\n  <id value="a">\n</Patient>`, '3:10', 'unexpected close tag'],
    [`<Patient xmlns="${NAMESPACE}">\n<!--😀--><id value=a/></Patient>`, '2:20', 'unquoted attribute value'],
    [`<Patient xmlns="${NAMESPACE}">`, '1:37', 'unclosed tag'],
  ])('%j shows at %s', (text, position, detail) => {
    const { line, column, message } = faultOf(text);
    expect(`${line}:${column}`).toBe(position);
    expect(message).toBe(`This is not well-formed XML: ${detail}.`);
  });

  it('says what FHIR does not have', () => {
    expect(faultOf(`<Patient xmlns="${NAMESPACE}">\n<?x y?></Patient>`)).toMatchObject({
      line: 2,
      column: 7,
      message: 'A processing instruction is not allowed; leave it out.',
    });
    const deep = `<Patient xmlns="${NAMESPACE}">${'<extension>'.repeat(250)}`;
    expect(faultOf(deep).message).toBe('Elements are nested more than 200 levels deep.');
  });

  it('may be longer than a body of a request', () => {
    const text = `<Patient xmlns="${NAMESPACE}">${`<name>${'<given value="a"/>'.repeat(20)}</name>`.repeat(2_000)}</Patient>`;
    expect(positionOf('/name/1999/given/19', text)).toBeDefined();
    expect(positionOf('/id', `<Patient xmlns="${NAMESPACE}"><id value="${'a'.repeat(100_000)}"/></Patient>`)).toBe(
      '1:38',
    );
  });
});
