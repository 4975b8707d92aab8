/** Data file of the PDS simulator: who is on the register, and who may ask. JSON Schema: docs/schemas. */
import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { child, childList, loadDataFile, repeatedIn, type Finding } from '../../simulation/data-file.js';
import { createLocalClock, isRelativeTime, isZone, parseRelativeTime } from '../../simulation/relative-time.js';

/** Ten digits with the right check digit; written anew here, so that the gateway's own check is checked by it. */
export function isNhsNumber(text: string): boolean {
  if (!/^\d{10}$/.test(text)) return false;
  const digits = [...text].map(Number);
  const sum = digits.slice(0, 9).reduce((total, digit, index) => total + digit * (10 - index), 0);
  return (11 - (sum % 11)) % 11 === digits[9];
}

function isPublicKey(pem: string): boolean {
  try {
    return createPublicKey(pem).asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}

const text = z.string().min(1).max(100);
const date = z.iso.date();
/** Counted from the day the simulator starts, or itself. */
const day = z
  .string()
  .regex(/^(?:[+-]\d{1,4}d|\d{4}-\d{2}-\d{2})$/, { error: "is neither '+30d' nor '2026-05-18'", abort: true })
  .refine(isRelativeTime, 'is no date');
/** In quotes, or YAML reads a number. */
const nhsNumber = z
  .string()
  .regex(/^999\d{7}$/, { error: 'must be ten digits in quotes, from the 999 test range' })
  .refine(isNhsNumber, { error: 'has a wrong check digit' });

const address = z.strictObject({
  use: z.enum(['home', 'temp']).default('home'),
  /** Up to five, empty ones included: PDS keeps the place of each line. */
  lines: z.array(z.string().max(100)).min(1).max(5),
  postcode: text,
  start: day.optional(),
  end: day.optional(),
});

const person = {
  nhsNumber,
  family: text,
  given: z.array(text).min(1),
  prefix: z.array(text).default([]),
  birthDate: date,
  gender: z.enum(['male', 'female', 'other', 'unknown']).default('unknown'),
  addresses: z.array(address).default([]),
  phones: z.partialRecord(z.enum(['home', 'work', 'mobile', 'temp']), text).default({}),
  email: z.email().optional(),
  language: z.strictObject({ code: text, display: text, interpreter: z.boolean() }).optional(),
  /** Earlier names, which PDS goes on sending with the period they were used. */
  formerly: z.array(z.strictObject({ family: text, given: z.array(text).min(1), until: date })).default([]),
};

const PersonSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('traced'), ...person }),
  /** Restricted: the record is sent without places and numbers; very restricted and redacted: hardly anything is. */
  z.strictObject({ kind: z.literal('sensitive'), security: z.enum(['R', 'V', 'REDACTED']).default('R'), ...person }),
  /** `removed` is a notification taken back: the person lives. */
  z.strictObject({
    kind: z.literal('deceased'),
    notification: z.enum(['informal', 'formal', 'removed']).default('formal'),
    on: day,
    ...person,
  }),
  /** The number was replaced: asking for it answers the person under `by`. */
  z.strictObject({ kind: z.literal('superseded'), nhsNumber, by: nhsNumber }),
  z.strictObject({ kind: z.literal('invalidated'), nhsNumber }),
]);

/** Applications that may get a token; without any, nobody has to prove anything. */
const application = z.strictObject({
  apiKey: text,
  keyId: text,
  publicKey: z.string().refine(isPublicKey, { error: 'must be an RSA public key in PEM form' }),
});

const PdsDataSchema = z.strictObject({
  $schema: z.string().optional(),
  /** In which days are counted, for dates such as `+30d`. */
  zone: z.string().refine(isZone, 'is no IANA time zone').default('Europe/London'),
  /** Keys accepted in the `apikey` header. */
  apiKeys: z.array(text).default([]),
  applications: z.array(application).default([]),
  /** How long a token lives. */
  tokenSeconds: z.int().min(1).default(599),
  people: z.array(PersonSchema).min(1),
});

const WITHOUT_RECORD: readonly unknown[] = ['superseded', 'invalidated'];

function successors(raw: unknown): readonly Finding[] {
  const people = childList(raw, 'people');
  return people.flatMap((entry, index) => {
    if (child(entry, 'kind') !== 'superseded') return [];
    const by = child(entry, 'by');
    const successor = people.find((other) => child(other, 'nhsNumber') === by);
    if (by === undefined || (successor && !WITHOUT_RECORD.includes(child(successor, 'kind')))) return [];
    return [{ path: ['people', index, 'by'], message: 'must be the number of a person with a record in this file' }];
  });
}

export type PdsData = z.output<typeof PdsDataSchema>;
export type PdsEntry = PdsData['people'][number];
export type PdsPerson = Extract<PdsEntry, { readonly family: string }>;

/** Throws `DataFileError` with every problem at once. Relative dates are counted from `now`. */
export function loadPdsData(source: string | object, now = Date.now()): PdsData {
  const crossCheck = (raw: unknown): readonly Finding[] => [
    ...repeatedIn(raw, 'people', 'nhsNumber'),
    ...successors(raw),
  ];
  const data = loadDataFile(source, { schema: PdsDataSchema, crossCheck });
  const clock = createLocalClock(data.zone);
  const dated = (day: string): string => clock.format(parseRelativeTime(day, { zone: data.zone, now })).slice(0, 10);
  return { ...data, people: data.people.map((entry) => withDates(entry, dated)) };
}

function withDates(entry: PdsEntry, dated: (day: string) => string): PdsEntry {
  if (!('family' in entry)) return entry;
  const addresses = entry.addresses.map(({ start, end, ...address }) => ({
    ...address,
    ...(start === undefined ? {} : { start: dated(start) }),
    ...(end === undefined ? {} : { end: dated(end) }),
  }));
  return entry.kind === 'deceased' ? { ...entry, addresses, on: dated(entry.on) } : { ...entry, addresses };
}

/** JSON Schema of a data file as people write it. */
export function pdsDataJsonSchema(): object {
  return z.toJSONSchema(PdsDataSchema, { io: 'input' });
}
