/**
 * The values FHIR's primitive types allow (STU3 3.0.1, https://hl7.org/fhir/STU3/datatypes.html#primitive).
 *
 * Every check reads its text once, character by character. The regular expressions the specification prints for
 * `code` and `base64Binary` back-track exponentially: thirty characters of input would stop the process, so they are
 * not used here, and no pattern of ours repeats a repetition.
 */

export interface PrimitiveCheck {
  /** Whether a value that already has the right JSON type is one of the type's values. */
  readonly accepts: (value: string | number) => boolean;
  /** What a right value looks like, to finish the sentence "… must be". */
  readonly expected: string;
}

/** Longest text: 1 MB, by the definition of `string`. */
const MAX_LENGTH = 1_048_576;
const INTEGER_MIN = -2_147_483_648;
const INTEGER_MAX = 2_147_483_647;

const DATE = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/;
const DATE_LENGTH = 'yyyy-mm-dd'.length;
const SHORT_MONTHS: ReadonlySet<number> = new Set([4, 6, 9, 11]);
/** Digits of a second's fraction. */
const MOST_DIGITS = 20;
const TIME = /^(\d\d):(\d\d):(\d\d)(?:\.\d{1,20})?$/;
const ID = /^[A-Za-z0-9.-]{1,64}$/;
const UUID = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const DATE_EXPECTED = 'a real date as yyyy, yyyy-mm or yyyy-mm-dd, without a zone';
const INSTANT_EXPECTED = 'a real date and time to the second with a zone, as yyyy-mm-ddThh:mm:ss+hh:mm';
const STRING_EXPECTED = 'text of at most 1 MB that is not empty and has no control characters';

export const PRIMITIVE_CHECKS: ReadonlyMap<string, PrimitiveCheck> = new Map([
  // Attachments have no limit of their own.
  ['base64Binary', texts(isBase64, 'base64 with its padding', Infinity)],
  ['boolean', { accepts: () => true, expected: 'true or false' }],
  ['canonical', texts(isUri, 'a URI without white space')],
  ['code', texts(isCode, 'a code: no leading or trailing space and only single spaces inside')],
  ['date', texts(isDate, DATE_EXPECTED)],
  [
    'dateTime',
    texts(
      (text) => (text.length > DATE_LENGTH ? isInstant(text) : isDate(text)),
      `${DATE_EXPECTED}, or ${INSTANT_EXPECTED}`,
    ),
  ],
  ['decimal', numbers(Number.isFinite, 'a number')],
  ['id', texts((text) => ID.test(text), '1 to 64 of the characters A-Z, a-z, 0-9, "-" and "."')],
  ['instant', texts(isInstant, INSTANT_EXPECTED)],
  ['integer', numbers(between(INTEGER_MIN), 'a whole number of 32 bits')],
  ['markdown', texts(isText, STRING_EXPECTED)],
  ['oid', texts(isOid, 'an OID as urn:oid:1.2.3')],
  ['positiveInt', numbers(between(1), 'a whole number of 1 or more')],
  ['string', texts(isText, STRING_EXPECTED)],
  ['time', texts(isTime, 'a time of day as hh:mm:ss')],
  ['unsignedInt', numbers(between(0), 'a whole number of 0 or more')],
  ['uri', texts(isUri, 'a URI without white space')],
  ['url', texts(isUri, 'a URI without white space')],
  ['uuid', texts((text) => UUID.test(text), 'a UUID as urn:uuid: and lower-case hexadecimal digits')],
  ['xhtml', texts(isDivision, 'one XHTML div element')],
]);

const LEAP_SECOND = /:60(?=[.Z+-]|$)/;

/** The checks of a release: R4 allows the second 60 for a leap, STU3 does not. */
export function primitiveChecks(release: 'stu3' | 'r4'): ReadonlyMap<string, PrimitiveCheck> {
  if (release === 'stu3') return PRIMITIVE_CHECKS;
  const checks = new Map(PRIMITIVE_CHECKS);
  for (const name of ['dateTime', 'instant', 'time']) {
    const check = checks.get(name);
    if (check === undefined) continue;
    const accepts = (value: string | number): boolean =>
      check.accepts(value) || (typeof value === 'string' && check.accepts(value.replace(LEAP_SECOND, ':59')));
    checks.set(name, { ...check, accepts });
  }
  return checks;
}

function texts(accepts: (text: string) => boolean, expected: string, longest = MAX_LENGTH): PrimitiveCheck {
  return { accepts: (value) => typeof value === 'string' && value.length <= longest && accepts(value), expected };
}

function numbers(accepts: (number: number) => boolean, expected: string): PrimitiveCheck {
  return { accepts: (value) => typeof value === 'number' && accepts(value), expected };
}

function between(least: number): (number: number) => boolean {
  return (number) => Number.isInteger(number) && number >= least && number <= INTEGER_MAX;
}

/** "Strings SHALL NOT be empty" nor hold characters below U+0020 other than tab, line feed and carriage return. */
function isText(text: string): boolean {
  if (text === '') return false;
  for (let position = 0; position < text.length; position += 1) {
    const unit = text.charCodeAt(position);
    if (unit >= 0x20 && unit < 0xd800) continue;
    if (unit < 0x20 && unit !== 0x09 && unit !== 0x0a && unit !== 0x0d) return false;
    // No characters either, and XML cannot carry them.
    if (unit === 0xfffe || unit === 0xffff) return false;
    if (unit < 0xd800 || unit > 0xdfff) continue;
    // Half of a surrogate pair is no character, and no XML or UTF-8 can carry it.
    const next = text.charCodeAt(position + 1);
    if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return false;
    position += 1;
  }
  return true;
}

/** Whether all characters are those of ASCII that can be seen: the usual case, settled in one pass. */
function isPlain(text: string): boolean {
  for (let position = 0; position < text.length; position += 1) {
    const unit = text.charCodeAt(position);
    if (unit <= 0x20 || unit >= 0x7f) return false;
  }
  return text !== '';
}

/** "A code has no leading or trailing whitespace, and no whitespace other than single spaces in the contents." */
function isCode(text: string): boolean {
  if (isPlain(text)) return true;
  if (!isText(text)) return false;
  let afterSpace = true;
  for (let position = 0; position < text.length; position += 1) {
    const space = isSpace(text.charCodeAt(position));
    if (space && (afterSpace || text.charCodeAt(position) !== 0x20)) return false;
    afterSpace = space;
  }
  return !afterSpace;
}

function isUri(text: string): boolean {
  if (isPlain(text)) return true;
  if (!isText(text)) return false;
  for (let position = 0; position < text.length; position += 1) if (isSpace(text.charCodeAt(position))) return false;
  return true;
}

function isSpace(unit: number): boolean {
  if (unit < 0x80) return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d);
  return String.fromCharCode(unit).trim() === '';
}

function isBase64(text: string): boolean {
  let digits = 0;
  let padding = 0;
  for (let position = 0; position < text.length; position += 1) {
    const unit = text.charCodeAt(position);
    if (unit === 0x20 || unit === 0x09 || unit === 0x0a || unit === 0x0d) continue;
    if (unit === 0x3d) padding += 1;
    else if (padding > 0 || !isBase64Digit(unit)) return false;
    else digits += 1;
  }
  return digits > 0 && padding <= 2 && (digits + padding) % 4 === 0;
}

function isBase64Digit(unit: number): boolean {
  const letter = unit | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || (unit >= 0x30 && unit <= 0x39) || unit === 0x2b || unit === 0x2f;
}

function isOid(text: string): boolean {
  if (!text.startsWith('urn:oid:')) return false;
  const arcs = text.slice('urn:oid:'.length).split('.');
  // There are three roots, and none is an OID by itself.
  return (
    arcs.length > 1 &&
    Number(arcs[0]) <= 2 &&
    arcs.every((arc) => /^\d+$/.test(arc) && (arc === '0' || !arc.startsWith('0')))
  );
}

function isDivision(text: string): boolean {
  const trimmed = text.trim();
  return /^<div[\s>/]/.test(trimmed) && (trimmed.endsWith('</div>') || trimmed.endsWith('/>')) && isText(text);
}

/** The calendar decides: 2026-02-30 has the right shape and is no date. */
function isDate(text: string): boolean {
  const match = DATE.exec(text);
  if (match === null) return false;
  const [, year, month = '01', day = '01'] = match;
  return isCalendarDay(Number(year), Number(month), Number(day));
}

function isCalendarDay(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = month === 2 ? (leap ? 29 : 28) : SHORT_MONTHS.has(month) ? 30 : 31;
  return day <= days;
}

function isTime(text: string): boolean {
  const match = TIME.exec(text);
  return match !== null && Number(match[1]) <= 23 && Number(match[2]) <= 59 && Number(match[3]) <= 59;
}

/** "If hours and minutes are specified, a time zone SHALL be populated. Seconds must be provided." */
function isInstant(text: string): boolean {
  if (text[4] !== '-' || text[7] !== '-' || text[10] !== 'T' || text[13] !== ':' || text[16] !== ':') return false;
  if (!isCalendarDay(digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2))) return false;
  if (!isBetween(digits(text, 11, 2), 23) || !isBetween(digits(text, 14, 2), 59)) return false;
  if (!isBetween(digits(text, 17, 2), 59)) return false;
  if (text[19] !== '.') return isZone(text, 19);
  const fraction = digitsFrom(text, 20);
  return fraction > 0 && fraction <= MOST_DIGITS && isZone(text, 20 + fraction);
}

/** The text from this position on is `Z` or an offset of at most 14 hours. */
function isZone(text: string, from: number): boolean {
  const sign = text[from];
  if (sign === 'Z') return text.length === from + 1;
  if ((sign !== '+' && sign !== '-') || text[from + 3] !== ':' || text.length !== from + 6) return false;
  const hours = digits(text, from + 1, 2);
  const minutes = digits(text, from + 4, 2);
  return isBetween(minutes, 59) && (isBetween(hours, 13) || (hours === 14 && minutes === 0));
}

const isBetween = (number: number, most: number): boolean => number >= 0 && number <= most;

/** The number that so many digits from a position on are; -1 where one of them is no digit. */
function digits(text: string, from: number, count: number): number {
  let number = 0;
  for (let position = from; position < from + count; position += 1) {
    const digit = text.charCodeAt(position) - 0x30;
    // Beyond the end there is no code: NaN.
    if (!(digit >= 0 && digit <= 9)) return -1;
    number = number * 10 + digit;
  }
  return number;
}

/** How many digits stand from a position on. */
function digitsFrom(text: string, from: number): number {
  let position = from;
  while (position < text.length && digits(text, position, 1) >= 0) position += 1;
  return position - from;
}
