/** The data file of a simulated HMIS installation. Its JSON Schema is published as docs/schemas/hmis-simulator.schema.json. */
import { z } from 'zod';
import { child, childList, loadDataFile, repeatedIn, unknownIn, type Finding } from '../../simulation/data-file.js';
import { createLocalClock, isRelativeTime, isZone } from '../../simulation/relative-time.js';
import { DeskBookingSchema, withOpened } from './data/bookings.js';
import { idSpan, SessionSchema } from './data/sessions.js';

const id = z.int().positive();
const text = z.string().min(1);
const day = z
  .string()
  .regex(/^(?:[+-]\d{1,4}d|\d{4}-\d{2}-\d{2})$/, { error: "is neither '+365d' nor '2026-05-18'", abort: true })
  .refine(isRelativeTime, 'is no date');

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
  status: z.enum(['active', 'inactive', 'deceased']).optional().describe('inactive: has left the practice'),
  comments: text.optional().describe('What staff have noted; consumers never see it'),
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

const HmisDataSchema = z.strictObject({
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
  bookings: z.array(DeskBookingSchema).default([]).describe('On the books when the simulator starts'),
  knobs: KnobsSchema.default(KnobsSchema.parse({})),
});

export type HmisData = z.output<typeof HmisDataSchema>;

const PEOPLE_AND_PLACES = ['institutions', 'specialities', 'consultants', 'patients'] as const;

/** What one entry names of another, as `list.key → list.id`. */
const MENTIONS = [
  ['consultants', 'specialityId', 'specialities'],
  ['consultants', 'institutionId', 'institutions'],
  ['sessions', 'consultantId', 'consultants'],
  ['sessions', 'institutionId', 'institutions'],
  ['bookings', 'consultantId', 'consultants'],
  ['bookings', 'patientId', 'patients'],
] as const;

function crossCheck(raw: unknown): readonly Finding[] {
  const mentions = MENTIONS.flatMap(([list, key, target]) =>
    childList(raw, list).flatMap((entry, index) =>
      unknownIn(raw, { list: target, key: 'id' }, [list, index, key], child(entry, key)),
    ),
  );
  return [...PEOPLE_AND_PLACES.flatMap((list) => repeatedIn(raw, list, 'id')), ...mentions];
}

function overlappingIds(data: HmisData): readonly Finding[] {
  const spans: { readonly first: number; readonly end: number; readonly index: number }[] = [];
  return data.sessions.flatMap((session, index) => {
    if (session.id === undefined) return [];
    const span = { first: session.id, end: session.id + idSpan(session), index };
    const other = spans.find(({ first, end }) => span.first < end && first < span.end);
    spans.push(span);
    if (!other) return [];
    const message = `${span.first} to ${span.end - 1} overlaps the ids of sessions[${other.index}], ${other.first} to ${other.end - 1}: move it`;
    return [{ path: ['sessions', index, 'id'], message }];
  });
}

function bookingsWithoutSession(data: HmisData, now: number): readonly Finding[] {
  const today = { zone: data.zone, now, clock: createLocalClock(data.zone) };
  const isKnown = (index: number): boolean =>
    data.consultants.some(({ id: known }) => known === data.bookings[index]?.consultantId);
  return withOpened(data, today)
    .homeless.filter(isKnown)
    .map((index) => ({
      path: ['bookings', index, 'at'],
      message:
        'is the start of no session of this consultant, as days are counted today: correct it, or let the desk open one with `opens`',
    }));
}

/**
 * The path of a YAML or JSON file, or its content. Throws `DataFileError` with every problem at once; `now` is the day
 * from which it counts.
 */
export function loadHmisData(source: string | object, now = Date.now()): HmisData {
  return loadDataFile(source, {
    schema: HmisDataSchema,
    crossCheck,
    finalCheck: (data) => [...overlappingIds(data), ...bookingsWithoutSession(data, now)],
  });
}

export function hmisDataJsonSchema(): object {
  return z.toJSONSchema(HmisDataSchema, { io: 'input' });
}
