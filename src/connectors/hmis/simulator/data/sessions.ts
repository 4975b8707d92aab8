/**
 * Session entries of the data file: one session, or many by rule (days, weekdays, every so many minutes, exceptions).
 * Times are read off the practice's clock on each day by itself, so that nine o'clock stays nine o'clock over a change.
 */
import { z } from 'zod';
import {
  isRelativeTime,
  isTimeOfDay,
  parseRelativeTime,
  parseTimeOfDay,
  type LocalClock,
} from '../../../simulation/relative-time.js';

const id = z.int().positive();
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const DEFAULT_DAYS = ['0-13'];
const MOST_A_DAY = 288;

const timeOfDay = z.string().refine(isTimeOfDay, "must be a time of day such as '09:00'");

const dayRuns = z
  .array(
    z
      .string()
      .regex(/^-?\d{1,3}(?:--?\d{1,3})?$/, "must be a day counted from today such as '3', or a run such as '0-13'"),
  )
  .min(1);

/** `10:30-11:00`: from the first time up to, and without, the second. */
const BREAK = /^(\d{2}:\d{2})-(\d{2}:\d{2})$/;

function isBreak(value: string): boolean {
  const [, from = '', to = ''] = BREAK.exec(value) ?? [];
  return isTimeOfDay(from) && isTimeOfDay(to) && from < to;
}

const RepeatSchema = z.strictObject({
  every: z
    .string()
    .regex(/^[1-9]\d{0,2}m$/, "must be minutes such as '10m'")
    .describe('From the start of one to the start of the next'),
  count: z.int().min(1).max(MOST_A_DAY).optional(),
  until: timeOfDay.optional().describe('Instead of count: as many as end by this time'),
});

const ExceptSchema = z
  .strictObject({
    days: dayRuns.optional().describe("Days counted from today, such as ['2', '5-6']"),
    dates: z.array(z.iso.date()).min(1).optional().describe("Dates, such as ['2026-12-25']"),
    times: z
      .array(z.string().refine(isBreak, "must be a part of the day such as '10:30-11:00'"))
      .min(1)
      .optional()
      .describe('Parts of the day in which no session starts'),
  })
  .describe('Leaves sessions out; the ids of the others stay as they are');

export const SessionSchema = z
  .strictObject({
    id: id.optional().describe('Id of the first session; the ones made by days and repeat count on from it'),
    name: z.string().min(1),
    consultantId: id,
    institutionId: id.optional().describe("Where it is held; the consultant's institution by default"),
    start: z
      .string()
      .describe("'+2d 09:00' or '2026-05-18 09:00'; with days or weekdays a time of day")
      .refine((value) => isRelativeTime(value) || isTimeOfDay(value), "is neither '+2d 09:00' nor '09:00'"),
    days: dayRuns.optional().describe("Days counted from today, such as ['0-13']; 0-13 when only weekdays are given"),
    weekdays: z.array(z.enum(WEEKDAYS)).min(1).optional().describe('Leaves out the other days'),
    repeat: RepeatSchema.optional().describe('Makes several sessions on each day, one after the other'),
    except: ExceptSchema.optional(),
    capacity: z.int().min(0).default(1).describe('maxNo; 0 is without limit'),
    duration: z.int().min(1).optional().describe('Minutes per patient; without it the system knows no times'),
    minutes: z.int().min(1).optional().describe('Length of the session; capacity times duration by default'),
    startNo: z.int().min(1).default(1),
    reserved: z.array(id).default([]).describe('Numbers the desk keeps back'),
    booked: z.int().min(0).default(0).describe('Places the desk has given away already'),
    roomNo: z.int().optional(),
    itemId: id.optional(),
    total: z.number().default(0),
    totalForForeigner: z.number().optional(),
    acceptOnlineBookings: z.boolean().default(true).describe('false puts it on hold'),
    doctorHoliday: z.boolean().default(false),
    started: z.boolean().default(false),
    completed: z.boolean().default(false),
    cancelled: z.boolean().default(false),
  })
  .superRefine((session, context) => {
    const complain = (path: PropertyKey[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    const { start, repeat, except } = session;
    const onDays = isOnDays(session);
    if (onDays !== isTimeOfDay(start)) {
      const message = onDays
        ? 'must be a time of day such as 09:00, because days or weekdays say the day'
        : 'needs its day, such as +2d 09:00; or add days or weekdays';
      complain(['start'], message);
      return;
    }
    if (!onDays && except?.days) complain(['except', 'days'], 'leaves nothing out: this entry has one day only');
    if (!repeat) return;
    if ((repeat.count === undefined) === (repeat.until === undefined)) {
      complain(['repeat'], 'must say either count or until');
    } else if (placesADay(session) < 1 || placesADay(session) > MOST_A_DAY) {
      complain(['repeat', 'until'], `must leave room for 1 to ${MOST_A_DAY} sessions after start`);
    }
  });

export type SessionEntry = z.output<typeof SessionSchema>;

type Rule = Pick<SessionEntry, 'start' | 'days' | 'weekdays' | 'repeat'>;

function isOnDays({ days, weekdays }: Rule): boolean {
  return days !== undefined || weekdays !== undefined;
}

function stepOf({ repeat }: Rule): number {
  return Number(repeat?.every.slice(0, -1) ?? 0);
}

function minutesOf(time: string): number {
  const { hour, minute } = parseTimeOfDay(time);
  return hour * 60 + minute;
}

/** `09:00` of a time of day and of a time with its day. */
function clockTimeOf(start: string): string {
  return /\d{2}:\d{2}(?::\d{2})?$/.exec(start)?.[0] ?? '00:00';
}

function placesADay(entry: Rule): number {
  const { start, repeat } = entry;
  if (repeat?.until === undefined) return repeat?.count ?? 1;
  return Math.floor((minutesOf(repeat.until) - minutesOf(clockTimeOf(start))) / stepOf(entry));
}

function dayOffsets(days: readonly string[] | undefined): readonly number[] {
  return (days ?? DEFAULT_DAYS).flatMap((run) => {
    const [, first = 0, last = first] = (/^(-?\d+)(?:-(-?\d+))?$/.exec(run) ?? []).map(Number);
    const end = Number.isNaN(last) ? first : last;
    return Array.from({ length: Math.max(0, end - first + 1) }, (_, index) => first + index);
  });
}

/** How many ids an entry takes: they are counted as if nothing were left out, so that they do not move. */
export function idSpan(entry: Rule): number {
  return (isOnDays(entry) ? dayOffsets(entry.days).length : 1) * placesADay(entry);
}

export interface Today {
  readonly zone: string;
  readonly now: number;
  readonly clock: LocalClock;
}

/** Starts of an entry's sessions, with the distance of each from the entry's first id. */
export function startsOf(entry: SessionEntry, { zone, now, clock }: Today): { start: number; index: number }[] {
  const { weekdays, repeat, except } = entry;
  const count = placesADay(entry);
  const step = stepOf(entry) * 60_000;
  const exceptDays = except?.days ? dayOffsets(except.days) : [];
  const offsets = isOnDays(entry) ? dayOffsets(entry.days) : [undefined];

  const isLeftOut = (first: number, offset: number | undefined): boolean => {
    const weekday = WEEKDAYS[clock.weekday(first) - 1];
    return (
      (weekdays !== undefined && weekday !== undefined && !weekdays.includes(weekday)) ||
      (offset !== undefined && exceptDays.includes(offset)) ||
      (except?.dates ?? []).includes(clock.format(first).slice(0, 10))
    );
  };
  const isInBreak = (start: number): boolean => {
    const time = clock.format(start).slice(11, 16);
    return (except?.times ?? []).some((part) => time >= part.slice(0, 5) && time < part.slice(6));
  };

  return offsets.flatMap((offset, day) => {
    const day0 = offset === undefined ? '' : `${offset < 0 ? '' : '+'}${offset}d `;
    const first = parseRelativeTime(day0 + entry.start, { zone, now });
    if (isLeftOut(first, offset)) return [];
    const date = clock.format(first).slice(0, 10);
    const end = repeat?.until === undefined ? Infinity : parseRelativeTime(`${date} ${repeat.until}`, { zone, now });
    return Array.from({ length: count }, (_, place) => ({
      start: first + place * step,
      index: day * count + place,
    })).filter(({ start }) => start < end && !isInBreak(start));
  });
}
