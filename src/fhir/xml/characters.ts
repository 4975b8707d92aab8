/** Characters and numbers as XML writes them. */

/** What must not stand in an attribute as it is, or perhaps not at all. */
const SPECIAL = /[&<>"\u0000-\u001f\ud800-\udfff\ufffe\uffff]/;
const ESCAPABLE = /[&<>"\t\n\r]/g;
const IMPOSSIBLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/** A parser turns a bare tab or line break of an attribute into a space, so they are written as references. */
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** Escaped for an attribute or a text; `undefined` when a character of it cannot stand in XML 1.0 in any form. */
export function escaped(text: string): string | undefined {
  if (!SPECIAL.test(text)) return text;
  if (IMPOSSIBLE.test(text) || !text.isWellFormed()) return undefined;
  return text.replace(ESCAPABLE, (character) => ESCAPES[character] ?? '');
}

/** Text between tags, where tabs and line feeds stand for themselves. */
export function escapedText(text: string): string {
  return text.replace(/[&<>\r]/g, (character) => ESCAPES[character] ?? '');
}

/** A JSON number without an exponent, which XML's decimal does not have; the digits are those of JSON. */
export function plainNumber(value: number): string {
  const text = String(value);
  const match = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!match) return text;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const point = whole.length + Number(exponent);
  const digits = whole + fraction;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, '0');
}

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?$/;

/**
 * The JSON number that a decimal or whole number stands for: the same one that it would be in a JSON body, where 1.50
 * is 1.5 as well. Anything else stays the text it is, for the structural validation to refuse.
 */
export function numberOrText(text: string): number | string {
  if (!NUMBER.test(text)) return text;
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}
