/** Order of FHIR dates and times as FHIRPath has it: by what both of them say, and open where that does not settle it. */

interface Parts {
  /** Year, month, day, hour, minute, seconds with their fraction; as many as the text has. */
  readonly fields: readonly number[];
  /** Minutes east of UTC; absent without a time zone. */
  readonly zone?: number;
}

const digits = (text: string): number | undefined => {
  if (text === '') return undefined;
  for (const letter of text) if (letter < '0' || letter > '9') return undefined;
  return Number(text);
};

/** Minutes of `Z`, `+01:00`, `-05:30`. */
function toZone(text: string): number | undefined {
  if (text === 'Z') return 0;
  const [hours, minutes] = [digits(text.slice(1, 3)), digits(text.slice(4))];
  if (hours === undefined || minutes === undefined || text.length !== 6) return undefined;
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

function toParts(text: string): Parts | undefined {
  const [date = '', time] = text.split('T');
  const fields = date.split('-').map(digits);
  let zone: number | undefined;
  if (time !== undefined) {
    const at = ['Z', '+', '-'].map((sign) => time.indexOf(sign)).find((place) => place >= 0);
    const clock = at === undefined ? time : time.slice(0, at);
    if (at !== undefined) {
      zone = toZone(time.slice(at));
      if (zone === undefined) return undefined;
    }
    const [hour = '', minute = '', second] = clock.split(':');
    fields.push(digits(hour), digits(minute));
    if (second !== undefined) {
      const [whole = '', fraction = '0'] = second.split('.');
      const [seconds, rest] = [digits(whole), digits(fraction)];
      fields.push(seconds === undefined || rest === undefined ? undefined : Number(`${whole}.${fraction}`));
    }
  }
  const known = fields.filter((field) => field !== undefined);
  if (known.length !== fields.length || known.length > 6) return undefined;
  return { fields: known, ...(zone !== undefined && { zone }) };
}

/** The same moment in UTC, as far as it has a time of day and a zone. */
function toUtc({ fields, zone }: Parts): readonly number[] {
  const [year = 0, month = 1, day = 1, hour, minute, ...seconds] = fields;
  if (zone === undefined || zone === 0 || hour === undefined || minute === undefined) return fields;
  const moment = new Date(0);
  moment.setUTCFullYear(year, month - 1, day);
  moment.setUTCHours(hour, minute - zone);
  return [
    moment.getUTCFullYear(),
    moment.getUTCMonth() + 1,
    moment.getUTCDate(),
    moment.getUTCHours(),
    moment.getUTCMinutes(),
    ...seconds,
  ];
}

/**
 * Below zero, zero or above zero as `first` is earlier than, equal to or later than `second`; undefined where one of them
 * is less precise and the rest is equal, where only one has a time zone, or where one can't be read.
 */
export function compareTimes(first: string, second: string): number | undefined {
  const [left, right] = [toParts(first), toParts(second)];
  if (left === undefined || right === undefined) return undefined;
  const bothZoned = left.zone !== undefined && right.zone !== undefined;
  const [a, b] = bothZoned ? [toUtc(left), toUtc(right)] : [left.fields, right.fields];
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length === b.length && (left.zone === undefined) === (right.zone === undefined) ? 0 : undefined;
}
