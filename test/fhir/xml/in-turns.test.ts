/** A text that is read in pieces is read as if it had come at once. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/domain/errors.js';
import { createTreeReader, readTree } from '../../../src/fhir/xml/tree.js';
import { anyResource, codec, xml, XHTML } from './codec.js';

function told(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof GatewayError) return error.message;
    throw error;
  }
}

function inPieces(text: string, cuts: readonly number[]): unknown {
  const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
  const reader = createTreeReader();
  places.slice(1).forEach((place, index) => reader.write(text.slice(places[index], place)));
  return reader.end();
}

const anyCuts = fc.array(fc.nat(100_000), { maxLength: 8 });

describe('XML in pieces', () => {
  it('is the same tree, wherever it is cut', () => {
    fc.assert(
      fc.property(anyResource, anyCuts, (resource, cuts) => {
        const text = codec.write(resource);
        expect(inPieces(text, cuts)).toStrictEqual(readTree(text));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['line ends and characters of two units', xml('Patient', '\r\n<id value="a\r\n😀&#13;"/>\r\n')],
    ['a narrative', xml('Patient', `<text><div xmlns="${XHTML}">a &amp; <b>😀</b><![CDATA[<c>]]></div></text>`)],
    ['a byte order mark and a declaration', `\uFEFF<?xml version="1.0" encoding="UTF-8"?>${xml('Patient', '')}`],
    ['text outside an attribute', xml('Patient', '\r\n  <id value="a"/>\r\n x')],
    ['two roots', xml('Patient', '') + xml('Patient', '')],
    ['a DOCTYPE', `<!DOCTYPE Patient>${xml('Patient', '')}`],
    ['an unknown entity', xml('Patient', '<id value="&nothing;"/>')],
    ['no end', '<Patient xmlns="http://hl7.org/fhir"><id value="'],
    ['nothing', ''],
  ])('%s: is read or refused alike, cut at each place', (_title, text) => {
    const whole = told(() => readTree(text));
    for (let cut = 0; cut <= text.length; cut += 1) {
      expect(told(() => inPieces(text, [cut]))).toStrictEqual(whole);
    }
  });

  it('lets others have their turn while a long one is read, and comes to the same', async () => {
    const text = xml('Patient', '<name><family value="Ford"/></name>'.repeat(900));
    const long = xml('Patient', `<name><text value="${'😀'.repeat(20_000)}"/></name>`.repeat(3));
    let turns = 0;
    const nextTurn = (): Promise<unknown> => Promise.resolve((turns += 1));
    expect(await codec.parseInTurns(text, nextTurn)).toStrictEqual(codec.parse(text));
    expect(turns).toBe(Math.ceil(text.length / (32 * 1024)));
    expect(await codec.parseInTurns(long, nextTurn)).toStrictEqual(codec.parse(long));
    await expect(codec.parseInTurns(`${text}x`, nextTurn)).rejects.toThrow('The XML body at line');
  });
});
