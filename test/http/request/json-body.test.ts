/** Bodies from bytes: within bounds they are read exactly as JSON says, beyond them they are refused in one way. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/domain/errors.js';
import { BODY_LIMITS, parseJsonBody } from '../../../src/http/request/json-body.js';

const parse = (text: string): unknown => parseJsonBody(Buffer.from(text));

/** The value, or the code of the refusal; any other error is the test's failure. */
function outcome(bytes: Buffer): { readonly value: unknown } | { readonly refused: string } {
  try {
    return { value: parseJsonBody(bytes) };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { refused: error.code };
  }
}

const REFUSED = { refused: 'bad-request' };
const FORBIDDEN = ['__proto__', 'constructor', 'prototype'];

const key = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((name) => !FORBIDDEN.includes(name));
const wellFormed = fc.string({ unit: 'grapheme', maxLength: 20 });
const noNul = (text: string): boolean => !text.includes('\u0000');
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    wellFormed.filter(noNul),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(key.filter(noNul), tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));

describe('JSON body: any value', () => {
  it('within the limits is read as itself, however it is laid out', () => {
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 1, '\t', '\r\n '), (any, layout) => {
        expect(parse(JSON.stringify(any, undefined, layout))).toStrictEqual(JSON.parse(JSON.stringify(any)));
      }),
      { numRuns: 500 },
    );
  });

  it('with one byte changed, added or lost is read as JSON reads it, or is a bad request', () => {
    const byte = fc.oneof(fc.constantFrom(...Buffer.from('{}[]",:\\u0eE+-. \n')), fc.nat(255));
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    let read = 0;
    fc.assert(
      fc.property(value, fc.nat(), byte, fc.constantFrom(0, 1, 2), (any, where, put, kind) => {
        const bytes = Buffer.from(JSON.stringify(any));
        const at = where % bytes.length;
        const tail = bytes.subarray(kind === 1 ? at : at + 1);
        const changed = Buffer.concat([bytes.subarray(0, at), Buffer.from(kind === 2 ? [] : [put]), tail]);
        const result = outcome(changed);
        if ('value' in result) {
          read += 1;
          expect(result.value).toStrictEqual(JSON.parse(strict.decode(changed)));
        } else {
          expect(result).toEqual(REFUSED);
        }
      }),
      { numRuns: 2000 },
    );
    // Both ways must have been tried.
    expect(read).toBeGreaterThan(100);
    expect(read).toBeLessThan(1900);
  });

  it('of random bytes, or of random JSON signs, is read as JSON reads it, or is a bad request', () => {
    const signs = fc
      .array(fc.constantFrom('{', '}', '[', ']', '"a"', '"', ':', ',', '1', '-', 'e9', '\\', '\\u00', 'null', ' '))
      .map((parts) => Buffer.from(parts.join('')));
    const bytes = fc.uint8Array({ maxLength: 40 }).map((raw) => Buffer.from(raw));
    fc.assert(
      fc.property(fc.oneof(signs, bytes), (any) => {
        const result = outcome(any);
        if ('value' in result) expect(result.value).toStrictEqual(JSON.parse(any.toString('utf8')));
        else expect(result).toEqual(REFUSED);
      }),
      { numRuns: 2000 },
    );
  });
});

const nested = (depth: number, open = '[', close = ']'): string => open.repeat(depth) + close.repeat(depth);
const objects = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
const keys = (count: number): string =>
  `[${Array.from({ length: count / 100 }, () => `{${Array.from({ length: 100 }, (_one, n) => `"k${n}":1`).join()}}`).join()}]`;
const items = (count: number): string => `[${Array.from({ length: count }, () => '1').join()}]`;

describe('JSON body: limits', () => {
  it.each([
    ['depth of arrays', nested(BODY_LIMITS.depth), nested(BODY_LIMITS.depth + 1)],
    ['depth of objects', objects(BODY_LIMITS.depth), objects(BODY_LIMITS.depth + 1)],
    ['keys in all', keys(BODY_LIMITS.keys), keys(BODY_LIMITS.keys).replace('[', '[{"k":1},')],
    ['items of an array', items(BODY_LIMITS.arrayItems), items(BODY_LIMITS.arrayItems + 1)],
    [
      'length of a text',
      `["${'x'.repeat(BODY_LIMITS.stringLength)}"]`,
      `["${'x'.repeat(BODY_LIMITS.stringLength + 1)}"]`,
    ],
    [
      'length of a key',
      `{"${'x'.repeat(BODY_LIMITS.stringLength)}":1}`,
      `{"${'x'.repeat(BODY_LIMITS.stringLength + 1)}":1}`,
    ],
  ])('%s: the bound itself is allowed, one more is not', (_title, most, more) => {
    expect(parse(most)).toStrictEqual(JSON.parse(most));
    expect(() => JSON.parse(more) as unknown).not.toThrow();
    expect(outcome(Buffer.from(more))).toEqual(REFUSED);
  });

  it('each array is counted for itself, and commas in texts and objects are not', () => {
    const many = `[${Array.from({ length: 900 }, (_one, n) => `{"a":"${','.repeat(n % 5)}","b":[1,2,3]}`).join()}]`;
    expect(parse(many)).toStrictEqual(JSON.parse(many));
  });

  it('brackets in texts are no depth', () => {
    const text = JSON.stringify({ a: nested(100), b: '"{'.repeat(100) });
    expect(parse(text)).toStrictEqual(JSON.parse(text));
  });

  it.each([
    ['a hundred thousand brackets', '['.repeat(100_000)],
    ['a hundred thousand closing brackets', ']'.repeat(100_000)],
    ['a text that never ends', `"${'\\'.repeat(200_000)}`],
    ['a hundred thousand quotes', '"'.repeat(100_001)],
    ['a number of a hundred thousand digits', '9'.repeat(100_000)],
  ])('%s are refused', (_title, text) => {
    expect(outcome(Buffer.from(text))).toEqual(REFUSED);
  });
});

describe('JSON body: keys', () => {
  it.each([
    ['twice', '{"a":1,"a":1}'],
    ['twice, once escaped', '{"a":1,"\\u0061":2}'],
    ['twice, escaped in two ways', '{"\\u00e9":1,"\\u00E9":2}'],
    ['twice, once with an escaped slash', '{"a/b":1,"a\\/b":2}'],
    ['twice, with others between', '{"a":1,"b":{"c":1},"d":[{"a":1}],"a":2}'],
    ['twice, further down', '[[{"b":{"a":1,"a":2}}]]'],
    ['twice, empty', '{"":1,"":2}'],
    ['twice, with a blank before the colon', '{"a" :1,"a"\n:2}'],
    ['__proto__', '{"__proto__":{}}'],
    ['__proto__ escaped', '{"\\u005f_proto\\u005F_":{"x":1}}'],
    ['__proto__ further down', '{"a":[{"__proto__":null}]}'],
    ['constructor', '{"constructor":1}'],
    ['prototype escaped', '{"\\u0070rototype":1}'],
    ['with a raw line break', '{"a\nb":1}'],
    ['with a bad escape', '{"\\x":1}'],
    ['with NUL', '{"a\\u0000":1}'],
    ['with half a pair', '{"\\ud800":1}'],
  ])('%s: refused', (_title, text) => {
    expect(outcome(Buffer.from(text))).toEqual(REFUSED);
  });

  it.each([
    ['the same name on two levels', '{"a":{"a":{"a":1}}}'],
    ['the same name in two objects of a list', '[{"a":1},{"a":2}]'],
    ['names that differ in letter case', '{"a":1,"A":2}'],
    ['forbidden words as values', '{"a":"__proto__","b":["constructor"]}'],
    ['a value that reads like a key', '{"a":"a","b":"a"}'],
    ['__PROTO__', '{"__PROTO__":1}'],
  ])('%s: allowed', (_title, text) => {
    expect(parse(text)).toStrictEqual(JSON.parse(text));
  });
});

describe('JSON body: characters and numbers', () => {
  const bytes = (...parts: (string | number[])[]): Buffer =>
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));

  it.each<[string, Buffer]>([
    ['nothing', bytes()],
    ['only blanks', bytes(' \n')],
    ['a byte that is no UTF-8', bytes('"', [0xff], '"')],
    ['a character cut in half', bytes('"', [0xe2, 0x82], '"')],
    ['an overlong slash', bytes('"', [0xc0, 0xaf], '"')],
    ['half a pair as UTF-8', bytes('"', [0xed, 0xa0, 0x80], '"')],
    ['UTF-16', Buffer.from('{"a":1}', 'utf16le')],
    ['half a pair, first', bytes('"\\ud83d"')],
    ['half a pair, second', bytes('"\\ude00"')],
    ['a pair the wrong way round', bytes('"\\ude00\\ud83d"')],
    ['half a pair in a list in an object', bytes('{"a":[1,{"b":"x\\uDBFF"}]}')],
    ['NUL, escaped', bytes('["\\u0000"]')],
    ['NUL, raw', bytes('"', [0], '"')],
    ['a raw tab in a text', bytes('"\t"')],
    ['a number beyond all numbers', bytes('1e309')],
    ['one below all numbers', bytes('[-1E+400]')],
    ['one of very many digits', bytes('9'.repeat(310))],
    ['one of many digits and an exponent', bytes(`1${'0'.repeat(250)}e99`)],
    ['NaN', bytes('NaN')],
    ['a leading zero', bytes('01')],
    ['two values', bytes('{}{}')],
    ['a comment', bytes('{}//')],
    ['single quotes', bytes("{'a':1}")],
    ['a comma at the end', bytes('[1,]')],
    ['two byte order marks', bytes([0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf], '{}')],
  ])('%s: refused', (_title, body) => {
    expect(outcome(body)).toEqual(REFUSED);
  });

  it.each<[string, Buffer, unknown]>([
    ['a byte order mark', bytes([0xef, 0xbb, 0xbf], '{"a":1}'), { a: 1 }],
    ['a pair, escaped', bytes('"\\ud83d\\ude00"'), '😀'],
    ['a pair, raw', bytes('"😀"'), '😀'],
    ['an escaped backslash before u0000', bytes('"\\\\u0000"'), '\\u0000'],
    ['an escaped backslash before ud800', bytes('"\\\\ud800"'), '\\ud800'],
    ['a number that is nearly too large', bytes('1e308'), 1e308],
    ['a small number of many digits', bytes(`0.${'1'.repeat(400)}`), Number(`0.${'1'.repeat(400)}`)],
    ['digits in a text', bytes(`"${'9'.repeat(400)}"`), '9'.repeat(400)],
    ['a number that is nearly nothing', bytes('1e-400'), 0],
  ])('%s: allowed', (_title, body, expected) => {
    expect(parseJsonBody(body)).toStrictEqual(expected);
  });

  it('a refusal never quotes the body', () => {
    for (const text of [
      '{"Testwell":',
      '{"a":"Testwell',
      '{"Testwell":1,"Testwell":2}',
      '["Testwell" x]',
      '"\\uTestwell"',
    ]) {
      expect(() => parse(text)).toThrow(GatewayError);
      expect(() => parse(text)).not.toThrow(/Testwell/);
    }
  });
});
