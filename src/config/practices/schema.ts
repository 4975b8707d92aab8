/**
 * The shape of the practices file. What the shape cannot say (uniqueness, references between parts, the practice
 * systems' own settings) is checked in `cross-checks.ts` and `../settings.ts`.
 */
import { z } from 'zod';
import { isLogicalId, parseOdsCode } from '../../domain/identifiers.js';
import { DELIVERY_CHANNELS } from '../../domain/schedule.js';
import { createPracticeZone } from '../../domain/time.js';
import { HUMAN_LANGUAGES } from '../../fhir/stu3/languages.js';
import { findAddressFault } from '../addresses.js';
import { ledgerSchema } from '../ledger.js';
import { operatorSchema } from '../operator.js';
import { dnsName, transportSchema } from '../transport.js';
import { duration } from './durations.js';
import { nearest, quote } from '../source/problems.js';
import type { References } from '../references.js';
import { ORGANISATION_TYPES, PRACTITIONER_ROLES } from './roles.js';

const text = z
  .string()
  .min(1)
  .max(200)
  .refine((given) => given === given.trim(), 'must not begin or end with a space');
const odsCode = z
  .string()
  .regex(/^[A-Z0-9]{3,10}$/, 'must be an ODS code: 3 to 10 capital letters and digits, for example `A99901`')
  .transform((code, context) => parseOdsCode(code) ?? (context.addIssue('must be an ODS code'), z.NEVER));
const sdsId = z
  .string()
  .regex(/^[A-Za-z0-9]{1,20}$/, "must be an SDS id in quotes: letters and digits, for example '555000111242'");
const twelveDigits = z.string().regex(/^[0-9]{12}$/, "must be twelve digits in quotes, for example '200000009901'");
const systemId = text.describe("The practice system's own id.");
const logicalId = z.string().refine(isLogicalId, 'must be 1 to 64 letters, digits, `-` and `.`');

const zone = z.string().refine(isZone, {
  error: ({ input }) => {
    const meant = nearest(String(input), Intl.supportedValuesOf('timeZone'));
    const hint = meant === undefined ? 'for example `Europe/London`' : `did you mean \`${meant}\`?`;
    return `${quote(String(input))} is no IANA time zone: ${hint}`;
  },
});

function isZone(name: string): boolean {
  try {
    createPracticeZone(name);
    // `+01:00` and `UTC` are understood there, but a practice's clocks follow a place.
    return /^[A-Za-z_]+\/[A-Za-z0-9_+/-]+$/.test(name) || name === 'UTC';
  } catch {
    return false;
  }
}

const address = z.strictObject({
  line: z.array(text).min(1).max(4),
  city: text.optional(),
  district: text.optional().describe('County.'),
  postalCode: text.optional(),
  country: text.optional(),
});

const telecom = z.array(
  z.strictObject({
    system: z.enum(['phone', 'fax', 'email', 'pager', 'url', 'sms', 'other']),
    value: text,
    // Invariant org-3: an organisation is never reached at home.
    use: z.enum(['work', 'temp', 'old', 'mobile']).optional(),
  }),
);

const location = z.strictObject({
  systemId,
  id: logicalId.optional(),
  name: text,
  address: address.optional(),
  telecom: telecom.optional(),
});

const role = z
  .strictObject({ code: z.string().regex(/^\S+$/), display: text.optional() })
  .superRefine((given, context) => {
    const display = PRACTITIONER_ROLES.get(given.code);
    if (display === undefined) {
      // The list of roles SHALL NOT be editable.
      const message = `${quote(given.code)} is none of GP Connect's roles: take one of docs/configuration.md`;
      context.addIssue({ code: 'custom', path: ['code'], message });
    } else if (given.display !== undefined && given.display !== display) {
      const message = `the display of ${given.code} is ${quote(display)}: write that, or leave \`display\` out`;
      context.addIssue({ code: 'custom', path: ['display'], message });
    }
  });

const language = z.string().refine((code) => HUMAN_LANGUAGES.has(code), {
  error: ({ input }) => {
    const meant = nearest(String(input), [...HUMAN_LANGUAGES.keys()]);
    const hint = meant === undefined ? 'for example `cy`' : `did you mean \`${meant}\`?`;
    return `${quote(String(input))} is no code of CareConnect-HumanLanguage-1: ${hint}`;
  },
});

const practitioner = z.strictObject({
  systemId,
  id: logicalId.optional(),
  sdsUserId: sdsId.optional(),
  sdsRoleProfileIds: z.array(sdsId).default([]),
  name: z.strictObject({ family: text, given: z.array(text).default([]), prefix: z.array(text).default([]) }),
  gender: z.enum(['male', 'female', 'other', 'unknown']).optional(),
  languages: z.array(language).default([]),
  role,
});

const accessProfile = {
  organisationTypes: z.array(z.enum(ORGANISATION_TYPES)).min(1).optional(),
  organisations: z.array(odsCode).min(1).optional(),
};

const restriction = z
  .strictObject(accessProfile)
  .refine(
    (given) => given.organisationTypes !== undefined || given.organisations !== undefined,
    'names nobody: give `organisationTypes`, `organisations` or both, or leave the restriction out',
  );

const caps = z.array(z.strictObject({ ...accessProfile, most: z.int().min(0).max(1000) }));

const channel = z.enum(DELIVERY_CHANNELS);
const minutes = z.int().min(1).max(480);

const slotRule = z.strictObject({
  when: z
    .strictObject({ practitioner: text.optional(), location: text.optional(), schedule: text.optional() })
    .refine((when) => Object.keys(when).length > 0, 'holds no condition: a rule for everything belongs in `defaults`'),
  set: z
    .strictObject({
      type: text.optional(),
      channel: channel.optional(),
      minutes: minutes.optional(),
      bookable: z.boolean().optional(),
      restriction: z
        .union([z.literal('none'), restriction], {
          error: ({ input }) =>
            typeof input === 'string' ? 'must be `none`, or say whom slots are kept for' : undefined,
        })
        .optional(),
      caps: caps.optional(),
      role: role.optional(),
    })
    .refine((set) => Object.keys(set).length > 0, 'sets nothing: name what the rule changes, or remove the rule'),
});

const slots = z.strictObject({
  defaults: z.strictObject({
    type: text,
    channel,
    minutes,
    bookable: z.boolean().default(false),
    restriction: restriction.optional(),
    caps: caps.optional(),
  }),
  rules: z.array(slotRule).default([]),
  embargo: duration('0m', '30d').default('0m'),
  horizon: duration('1h', '730d').optional(),
});

/** `type` decides what else belongs here; the rest is read with that connector's or register's own schema. */
const typed = z.looseObject({ type: z.string() });

const practice = z.strictObject({
  odsCode,
  name: text,
  address,
  telecom: telecom.default([]),
  zone,
  asid: twelveDigits,
  consumers: z.union([z.literal('any'), z.array(twelveDigits).min(1)]).default('any'),
  enabled: z
    .strictObject({ foundations: z.boolean().default(false), appointmentManagement: z.boolean().default(false) })
    .prefault({}),
  practiceSystem: typed,
  locations: z.array(location).min(1),
  practitioners: z.array(practitioner).default([]),
  slots,
});

const consumer = z.strictObject({
  asid: twelveDigits,
  name: text,
  organisations: z.union([z.literal('any'), z.array(odsCode).min(1)]),
  certificates: z.array(dnsName).min(1).optional(),
  interactions: z.array(z.string()).min(1).optional(),
});

const group = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/, 'must be lower-case letters, digits and `-`, at most 32'),
  asid: twelveDigits,
  practices: z.array(odsCode).min(1),
});

const limits = z.strictObject({
  bookingDeadline: duration('1s', '60s').default('12s'),
  // Queries SHALL be answered within 3 s (GP Connect, non-functional requirements).
  federationDeadline: duration('100ms', '3s').default('2500ms'),
  temporaryRegistrationDays: z.int().min(1).max(365).default(90),
  // Of each consumer; twice as many may come at once.
  requestsPerSecond: z.int().min(1).max(10_000).default(50),
  openOutcomesOfConsumer: z.int().min(1).max(1000).default(20),
  openOutcomesOfPatient: z.int().min(1).max(1000).default(5),
  stopDelay: duration('0s', '60s').default('5s'),
});

export function practicesSchema(references: References) {
  const { secret, textOrEnv } = references;
  const publicUrl = textOrEnv.superRefine((given, context) => {
    const fault = findAddressFault(given, true);
    if (fault !== undefined) context.addIssue(fault);
  });
  const ledgerKey = secret.transform((given, context) => {
    const key = parseKey(given);
    if (key !== undefined) return key;
    context.addIssue('must be 32 random bytes as base64 or hexadecimal text: make one with `openssl rand -base64 32`');
    return z.NEVER;
  });
  return z.strictObject({
    $schema: z.string().optional().describe('Address of the JSON Schema, for editors.'),
    publicUrl,
    ledger: ledgerSchema(references, ledgerKey),
    demographics: typed,
    transport: transportSchema(references).optional(),
    operator: operatorSchema(references).optional(),
    consumers: z.union([z.literal('any'), z.array(consumer).min(1)]).optional(),
    practices: z.array(practice).min(1),
    groups: z.array(group).default([]),
    limits: limits.prefault({}),
    checkAnswers: z.boolean().default(false),
  });
}

export type PracticesFile = z.output<ReturnType<typeof practicesSchema>>;

const FEWEST_DIFFERENT_BYTES = 8;

/** A key of which hardly two bytes differ was typed, not drawn. */
function parseKey(given: string): Uint8Array | undefined {
  const trimmed = given.trim();
  const isHex = /^[0-9a-fA-F]{64}$/.test(trimmed);
  if (!isHex && !/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)) return undefined;
  const key = Uint8Array.from(Buffer.from(trimmed, isHex ? 'hex' : 'base64'));
  return key.length === 32 && new Set(key).size >= FEWEST_DIFFERENT_BYTES ? key : undefined;
}
