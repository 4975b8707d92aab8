/** Formats, from parameter, headers and body. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError, type ErrorCode } from '../../../src/domain/errors.js';
import { queryOf } from '../../../src/http/address.js';
import { bodyFormat, formatOfRefusal, negotiate, wantsMinimal } from '../../../src/http/request/negotiate.js';

function outcome(act: () => unknown): string {
  try {
    return String(act());
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return error.code;
  }
}

const UNSUPPORTED: ErrorCode = 'unsupported-media-type';
const answer = (query: string, accept?: string): string =>
  outcome(() => negotiate(queryOf(`/Slot?${query}`), accept === undefined ? {} : { accept }));

const ODD = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'text/html', 'xmls', '', 'jsonx', '/'];

describe('format of the answer', () => {
  it.each([
    ['', undefined],
    ['', ''],
    ['', ' '],
    ['', 'application/fhir+json'],
    ['', 'application/json+fhir'],
    ['', 'application/json'],
    ['', 'text/json'],
    ['', 'Application/FHIR+JSON; charset=UTF-8'],
    ['', 'application/fhir+json;fhirVersion=3.0'],
    ['', '*/*'],
    ['', 'application/*'],
    ['', 'text/html, application/xhtml+xml, */*;q=0.8'],
    ['_format=json', 'text/html'],
    ['_format=application/fhir%2Bjson', 'text/html'],
    ['_format=application/fhir+json', 'text/html'],
    ['_format=JSON', undefined],
    ['a=1&_format=text/json', undefined],
    ['_Format=xml', undefined],
    ['_format=json', 'application/fhir+xml'],
    ['', 'application/fhir+xml;q=0.1, application/fhir+json;q=0.9'],
    ['', 'application/fhir+xml;q=0, */*'],
    ['', 'application/fhir+json, application/fhir+xml'],
    ['', 'application/fhir+xml;q=0.5, */*;q=0.7'],
  ])('query "%s" and Accept %j give JSON', (query, accept) => {
    expect(answer(query, accept)).toBe('json');
  });

  it.each([
    ['', 'application/fhir+xml'],
    ['', 'application/xml+fhir'],
    ['', 'application/xml'],
    ['', 'text/xml'],
    ['', 'Application/FHIR+XML; charset=UTF-8'],
    ['', 'application/fhir+xml, application/fhir+json'],
    ['', 'application/fhir+xml;q=0.9, application/fhir+json;q=0.8'],
    ['', 'application/fhir+json;q=0.2, text/xml;q=0.1, application/fhir+xml;q=0.3'],
    ['', 'application/fhir+xml, */*;q=0.1'],
    ['', 'application/fhir+json;q=0.5, application/*'],
    ['_format=xml', 'application/fhir+json'],
    ['_format=text/xml', undefined],
    ['_format=application/xml', undefined],
    ['_format=application/fhir%2Bxml', undefined],
    ['_format=application/fhir+xml', undefined],
    ['_format=application/xml+fhir', undefined],
  ])('query "%s" and Accept %j give XML', (query, accept) => {
    expect(answer(query, accept)).toBe('xml');
  });

  it.each([
    ['application/fhir+xml', undefined, 'xml'],
    ['application/fhir+xml', '', 'xml'],
    ['application/fhir+xml', '*/*', 'xml'],
    ['application/fhir+xml', 'text/html, */*;q=0.5', 'xml'],
    ['application/fhir+xml', 'application/fhir+json', 'json'],
    ['application/fhir+xml', 'application/fhir+json, */*;q=0.5', 'json'],
    ['application/fhir+json', 'application/fhir+xml', 'xml'],
    ['application/fhir+json', '*/*', 'json'],
    ['text/html', undefined, 'json'],
  ])('Content-Type %s counts after Accept %j: %s', (type, accept, format) => {
    const headers = { 'content-type': type, ...(accept !== undefined && { accept }) };
    expect(outcome(() => negotiate(new URLSearchParams(), headers))).toBe(format);
    const other = format === 'json' ? 'xml' : 'json';
    expect(outcome(() => negotiate(new URLSearchParams({ _format: other }), headers))).toBe(other);
  });

  it.each([
    ['', undefined, undefined, 'json'],
    ['', 'application/fhir+xml', undefined, 'xml'],
    ['', undefined, 'application/fhir+xml', 'xml'],
    ['', 'text/html', 'application/fhir+xml', 'xml'],
    ['', 'text/html', undefined, 'json'],
    ['', 'application/fhir+json', 'application/fhir+xml', 'json'],
    ['_format=ttl', 'application/fhir+xml', undefined, 'xml'],
    ['_format=ttl', undefined, 'text/xml', 'xml'],
    ['_format=json', 'application/fhir+xml', 'application/fhir+xml', 'json'],
    ['_format=xml', 'text/html', 'text/html', 'xml'],
  ])('a refusal of "%s", Accept %j and Content-Type %j is %s', (query, accept, type, format) => {
    const headers = { ...(accept !== undefined && { accept }), ...(type !== undefined && { 'content-type': type }) };
    expect(formatOfRefusal(new URLSearchParams(query), headers)).toBe(format);
  });

  it.each([
    ['', 'text/html'],
    ['', 'application/fhir+turtle'],
    ['', 'application/fhir+json;q=0'],
    ['', 'application/fhir+json;q=0, application/fhir+xml;q=0, */*'],
    ['', 'application/fhir+json; q=0.000'],
    ['', '*/*;q=0'],
    ['', 'text/*'],
    ['', ','],
    ['_format=ttl', 'application/fhir+json'],
    ['_format=', 'application/fhir+json'],
    ['_format=text/html', undefined],
    ...ODD.filter((odd) => odd !== '').flatMap((odd) => [
      [`_format=${odd}`, undefined],
      ['', odd],
    ]),
  ] as [string, string | undefined][])('query "%s" and Accept %j are refused', (query, accept) => {
    expect(answer(query, accept)).toBe(UNSUPPORTED);
  });

  it('of any two texts is one that we speak or is refused as unsupported', () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string(), { nil: undefined }), (accept, format) => {
        const query = new URLSearchParams(format === undefined ? {} : { _format: format });
        expect(['json', 'xml', UNSUPPORTED]).toContain(outcome(() => negotiate(query, { accept })));
        expect(['json', 'xml']).toContain(formatOfRefusal(query, { accept }));
      }),
      { numRuns: 500 },
    );
  });
});

describe('format of a body', () => {
  it.each([
    'application/fhir+json',
    'application/fhir+json;charset=utf-8',
    'application/fhir+json; charset="UTF-8"',
    'application/json',
    'application/json+fhir; fhirVersion=3.0',
    'APPLICATION/JSON ; Charset = utf-8',
  ])('%s is JSON', (type) => {
    expect(outcome(() => bodyFormat({ 'content-type': type }))).toBe('json');
  });

  it.each([
    'application/fhir+xml',
    'application/fhir+xml;charset=utf-8',
    'application/xml+fhir',
    'application/xml',
    'text/xml; charset="UTF-8"',
  ])('%s is XML', (type) => {
    expect(outcome(() => bodyFormat({ 'content-type': type }))).toBe('xml');
  });

  it.each([
    undefined,
    'application/fhir+turtle',
    'application/fhir+xml;charset=iso-8859-1',
    'application/x-www-form-urlencoded',
    'application/fhir+json;charset=iso-8859-1',
    'application/fhir+json; charset="utf-16"',
    'application/fhir+json,application/fhir+json',
    'multipart/form-data; boundary=application/json',
    ...ODD,
  ])('%s is refused', (type) => {
    expect(outcome(() => bodyFormat(type === undefined ? {} : { 'content-type': type }))).toBe(UNSUPPORTED);
  });
});

describe('Prefer', () => {
  it.each([
    'return=minimal',
    'respond-async, return=minimal',
    'return="minimal"',
    'Return = Minimal',
    'wait=5;return=minimal',
  ])('%s asks for an answer without a body', (prefer) => {
    expect(wantsMinimal({ prefer })).toBe(true);
  });

  it.each(['return=representation', 'return=minimalist', 'noreturn=minimal', 'minimal', ''])(
    '%s does not',
    (prefer) => {
      expect(wantsMinimal({ prefer })).toBe(false);
      expect(wantsMinimal({})).toBe(false);
    },
  );
});
