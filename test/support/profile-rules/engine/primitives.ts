/** FHIR's primitive types as answers may hold them, and the local form of times that the pages demand. */
import type { Ground, Primitive } from './shape.js';

function text(primitive: string, expected: string, accepts: (value: string, ground: Ground) => boolean): Primitive {
  return { primitive, expected, accepts: (value, ground) => typeof value === 'string' && accepts(value, ground) };
}

const DAY = /^(\d{4})-(\d\d)-(\d\d)$/;
const LOCAL = /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d([+-])(\d\d):(\d\d)$/;
const LONGEST_STRING = 1024 * 1024;

function isDay(value: string): boolean {
  const [, year, month, day] = DAY.exec(value) ?? [];
  if (year === undefined) return false;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return date.toISOString().slice(0, 10) === value;
}

const formats = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, string>();
const QUARTER = 15 * 60_000;

/** The offset in force, as `+01:00`. It only ever changes at a quarter of an hour. */
export function offsetAt(instant: number, zone: string): string {
  const key = `${zone} ${Math.floor(instant / QUARTER)}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'longOffset' });
    formats.set(zone, format);
  }
  const name = format.formatToParts(instant).find((part) => part.type === 'timeZoneName')?.value ?? '';
  const offset = name === 'GMT' ? '+00:00' : name.replace('GMT', '');
  offsets.set(key, offset);
  return offset;
}

/** Start, end and created SHALL be local: yyyy-mm-ddThh:mm:ss+hh:mm, the offset in force, no Z, no fraction. */
function isLocalTime(value: string, { zone }: Ground): boolean {
  const [, day, , sign, hours, minutes] = LOCAL.exec(value) ?? [];
  if (day === undefined || !isDay(day)) return false;
  return offsetAt(Date.parse(value), zone) === `${sign ?? ''}${hours ?? ''}:${minutes ?? ''}`;
}

/** Strings are not empty, at most 1 MB, and have no control characters but tab and line ends. */
function isString(value: string): boolean {
  return (
    value.trim() !== '' && value.length <= LONGEST_STRING && !/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(value)
  );
}

const whole = (least: number) => (value: unknown) =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value < 2 ** 31;

export const string = text('string', 'a text that says something', isString);
export const id = text('id', '1 to 64 of A-Z a-z 0-9 - .', (value) => /^[A-Za-z0-9\-.]{1,64}$/.test(value));
export const code = text('code', 'a code without outer or double spaces', (value) => /^\S+( \S+)*$/.test(value));
export const uri = text('uri', 'a URI without white space', (value) => /^\S+$/.test(value));
export const date = text('date', 'a real day as yyyy-mm-dd', isDay);
export const localTime = text(
  'local time',
  'a local time yyyy-mm-ddThh:mm:ss+hh:mm with the offset in force',
  isLocalTime,
);
export const dateTime = text(
  'dateTime',
  'a day, or a local time with the offset in force',
  (value, ground) => isDay(value) || isLocalTime(value, ground),
);
export const boolean: Primitive = {
  primitive: 'boolean',
  expected: 'true or false',
  accepts: (value) => typeof value === 'boolean',
};
export const positiveInt: Primitive = { primitive: 'positiveInt', expected: '1 or more', accepts: whole(1) };
export const unsignedInt: Primitive = { primitive: 'unsignedInt', expected: '0 or more', accepts: whole(0) };
