/** The data file of a simulated HMIS installation. Its JSON Schema is published as docs/schemas/hmis-simulator.schema.json. */
import { z } from 'zod';
import { loadDataFile } from '../../simulation/data-file.js';
import { createLocalClock, isRelativeTime, parseTimeOfDay } from '../../simulation/relative-time.js';

const id = z.int().positive();
const text = z.string().min(1);
const day = z
  .string()
  .regex(/^(?:[+-]\d{1,4}d|\d{4}-\d{2}-\d{2})$/, { error: "is neither '+365d' nor '2026-05-18'", abort: true })
  .refine(isRelativeTime, 'is no date');

function isZone(name: string): boolean {
  try {
    createLocalClock(name);
    return true;
  } catch {
    return false;
  }
}

function isTimeOfDay(value: string): boolean {
  try {
    parseTimeOfDay(value);
    return true;
  } catch {
    return false;
  }
}

const InstitutionSchema = z.strictObject({ id, name: text, code: text.describe('institutionCode: the ODS code') });

const SpecialitySchema = z.strictObject({ id, name: text, code: text.optional(), description: z.string().optional() });

const ConsultantSchema = z.strictObject({
  id,
  name: text,
  title: text.optional(),
  sex: text.optional(),
  specialityId: id,
  institutionId: id,
  qualification: text.optional(),
  registration: text.optional(),
  photoUrl: text.optional(),
});

const PatientSchema = z.strictObject({
  id,
  name: text,
  title: text.optional(),
  sex: text.optional(),
  dob: z.iso.date().optional(),
  phone: text.optional(),
  mobile: text.optional(),
  email: text.optional(),
  nic: text.optional(),
  phn: text.max(15).optional(),
  code: text.optional(),
  address: text.optional(),
});

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const SessionSchema = z
  .strictObject({
    id: id.optional().describe('Id of the first session; the ones made by days and repeat count on from it'),
    name: text,
    consultantId: id,
    start: z
      .string()
      .describe("'+2d 09:00' or '2026-05-18 09:00'; with days or weekdays a time of day")
      .refine((value) => isRelativeTime(value) || isTimeOfDay(value), "is neither '+2d 09:00' nor '09:00'"),
    days: z
      .array(z.string().regex(/^\d{1,3}(?:-\d{1,3})?$/, "is neither a day offset such as '3' nor a run such as '0-13'"))
      .min(1)
      .optional()
      .describe("Day offsets from today, such as ['0-13']; 0-13 when only weekdays are given"),
    weekdays: z.array(z.enum(WEEKDAYS)).min(1).optional().describe('Leaves out the other days'),
    repeat: z
      .strictObject({
        every: z.string().regex(/^\d{1,3}m$/, "is not minutes such as '10m'"),
        count: z.int().min(1).max(288),
      })
      .optional()
      .describe('Makes so many sessions on each day, one after the other'),
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
    const onDays = session.days !== undefined || session.weekdays !== undefined;
    if (onDays !== isTimeOfDay(session.start)) {
      const message = onDays ? 'is a time of day where days or weekdays say the day' : 'needs a day, such as +2d 09:00';
      context.addIssue({ code: 'custom', path: ['start'], message });
    }
  });

export const KnobsSchema = z.strictObject({
  createStatus: z.union([z.literal(200), z.literal(201)]).default(201),
  codeAsString: z.boolean().default(false).describe('code of a create as "201" instead of 201'),
  enforceCapacity: z.boolean().default(true).describe('false overbooks and never says Full'),
  pastSessions: z.boolean().default(false).describe('Accepts bookings into days gone by'),
  alreadyExists: z.boolean().default(false).describe('Answers already_exists to a second patient with the same phn'),
  reuseCancelledNumbers: z
    .boolean()
    .default(false)
    .describe('Not the real behaviour: there a cancelled number is burnt'),
  raceWindowMs: z.int().min(0).default(0).describe('Time between reading the next number and writing the booking'),
  lookUpLagMs: z.int().min(0).default(0).describe('How long a new booking stays invisible to reads'),
  horizonDays: z.int().min(1).default(14).describe('How far sessions are listed when no date is asked for'),
  notifications: z.enum(['once', 'drop', 'duplicate']).default('once'),
});

export type Knobs = z.output<typeof KnobsSchema>;

/** How many sessions an entry may make; ids are counted as if no weekday were left out, so that they do not move. */
export function idSpan(session: {
  days?: readonly string[] | undefined;
  repeat?: { count: number } | undefined;
}): number {
  return dayOffsets(session.days).length * (session.repeat?.count ?? 1);
}

export function dayOffsets(days: readonly string[] | undefined): readonly number[] {
  return (days ?? ['0-13']).flatMap((run) => {
    const [first = 0, last = first] = run.split('-').map(Number);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  });
}

export const HmisDataSchema = z
  .strictObject({
    $schema: z.string().optional(),
    zone: z.string().refine(isZone, 'is no IANA time zone').describe('Time zone of the server'),
    contextRoot: z
      .string()
      .regex(/^(?:\/[\w-]+)*$/, "is not a path such as '/rh'")
      .default('/rh'),
    keys: z
      .array(
        z.strictObject({
          key: text,
          expires: day.optional().describe('Dies at 00:00 local time of this day'),
          retired: z.boolean().default(false),
        }),
      )
      .min(1),
    firstBookingId: id.default(777_001),
    institutions: z.array(InstitutionSchema).min(1),
    specialities: z.array(SpecialitySchema).default([]),
    consultants: z.array(ConsultantSchema).default([]),
    patients: z.array(PatientSchema).default([]),
    sessions: z.array(SessionSchema).default([]),
    knobs: KnobsSchema.default(KnobsSchema.parse({})),
  })
  .superRefine((data, context) => {
    const complain = (path: PropertyKey[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    const ids = {} as Record<'institutions' | 'specialities' | 'consultants' | 'patients', Set<number>>;
    for (const list of ['institutions', 'specialities', 'consultants', 'patients'] as const) {
      const seen = (ids[list] = new Set<number>());
      data[list].forEach((item, index) => {
        if (seen.has(item.id)) complain([list, index, 'id'], `${item.id} is taken already`);
        seen.add(item.id);
      });
    }
    data.consultants.forEach((consultant, index) => {
      if (!ids.specialities.has(consultant.specialityId))
        complain(['consultants', index, 'specialityId'], 'is nowhere');
      if (!ids.institutions.has(consultant.institutionId))
        complain(['consultants', index, 'institutionId'], 'is nowhere');
    });
    const spans: { first: number; end: number }[] = [];
    data.sessions.forEach((session, index) => {
      if (!ids.consultants.has(session.consultantId)) complain(['sessions', index, 'consultantId'], 'is nowhere');
      if (session.id === undefined) return;
      const first = session.id;
      const end = first + ((session.days ?? session.weekdays) ? idSpan(session) : (session.repeat?.count ?? 1));
      if (spans.some((other) => first < other.end && other.first < end)) {
        complain(['sessions', index, 'id'], `${first} to ${end - 1} overlaps the ids of another entry`);
      }
      spans.push({ first, end });
    });
  });

export type HmisData = z.output<typeof HmisDataSchema>;

/** The path of a YAML or JSON file, or its content. Throws `DataFileError` with every problem at once. */
export function loadHmisData(source: string | object): HmisData {
  return loadDataFile(source, HmisDataSchema);
}

export function hmisDataJsonSchema(): object {
  return z.toJSONSchema(HmisDataSchema, { io: 'input' });
}
