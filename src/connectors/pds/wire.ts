/**
 * What we read of the PDS FHIR API's answers (FHIR R4, UK Core). Members not named here are ignored; those named must
 * have this form, within bounds, or the answer counts as not understood.
 * https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
 */
import { z } from 'zod';

export const NHS_NUMBER_SYSTEM = 'https://fhir.nhs.uk/Id/nhs-number';
const SPINE_CODE_SYSTEM = 'https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode';
export const DEATH_NOTIFICATION =
  'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-DeathNotificationStatus';
export const NHS_COMMUNICATION = 'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSCommunication';

const text = z.string().max(500);
const filled = z.string().trim().min(1).max(200);
const list = <Item extends z.ZodType>(item: Item) => z.array(item).max(100).optional();
const coding = z.object({ system: text.optional(), code: text.optional(), display: text.optional() });
const concept = z.object({ coding: list(coding) });
/** A FHIR date or dateTime of at least a day's precision; only the day matters here. */
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}(T[0-9:.Z+-]{1,30})?$/);
const period = z.object({ start: day.optional(), end: day.optional() }).optional();

const part = z.object({
  url: text,
  valueCodeableConcept: concept.optional(),
  valueBoolean: z.boolean().optional(),
});
const extension = z.object({ url: text, extension: list(part) });

/** Read first: decides whether the rest may be looked at. */
export const PdsPatientHead = z.object({
  resourceType: z.literal('Patient'),
  id: text,
  identifier: list(z.object({ system: text.optional(), value: text.optional() })),
  meta: z.object({ security: z.array(coding).min(1).max(10) }),
  deceasedDateTime: text.optional(),
  deceasedBoolean: z.boolean().optional(),
  extension: list(extension),
});

export const PdsPatient = z.object({
  name: z
    .array(
      z.object({
        use: text.optional(),
        period,
        family: filled.optional(),
        given: list(text),
        prefix: list(text),
      }),
    )
    .min(1)
    .max(50),
  gender: z.enum(['male', 'female', 'other', 'unknown']).optional(),
  birthDate: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
  address: list(
    z.object({
      use: text.optional(),
      period,
      line: list(text),
      city: text.optional(),
      district: text.optional(),
      postalCode: text.optional(),
      country: text.optional(),
    }),
  ),
  telecom: list(z.object({ system: text.optional(), use: text.optional(), period, value: text.optional() })),
  extension: list(extension),
});

const PdsOutcome = z.object({
  resourceType: z.literal('OperationOutcome'),
  issue: z.array(z.object({ details: concept.optional() })).max(50),
});

export type PdsPatientHead = z.output<typeof PdsPatientHead>;
export type PdsPatient = z.output<typeof PdsPatient>;
export type PdsExtension = z.output<typeof extension>;

/** The Spine codes of an OperationOutcome; empty for anything else. */
export function spineCodesOf(body: unknown): readonly string[] {
  const outcome = PdsOutcome.safeParse(body);
  if (!outcome.success) return [];
  return outcome.data.issue
    .flatMap((issue) => issue.details?.coding ?? [])
    .flatMap(({ system, code }) => (system === SPINE_CODE_SYSTEM && code !== undefined ? [code] : []));
}
