/** A PDS Patient (FHIR R4) into what the domain knows of a trace. Pure; the day is given by the caller. */
import { parseNhsNumber, type NhsNumber } from '../../domain/identifiers.js';
import type { LanguageNeed, PatientDemographics } from '../../domain/patient.js';
import type { ContactPoint, ContactPointUse, HumanName, PostalAddress } from '../../domain/person.js';
import { isLocalDate } from '../../domain/time.js';
import type { Trace } from '../../ports/demographics.js';
import { PdsFault } from './fault.js';
import {
  DEATH_NOTIFICATION,
  NHS_COMMUNICATION,
  NHS_NUMBER_SYSTEM,
  PdsPatient,
  PdsPatientHead,
  type PdsExtension,
} from './wire.js';
import type { z } from 'zod';

/** `U` unrestricted; restricted, very restricted and redacted records are all "say nothing" to us. */
const OPEN = 'U';
const CLOSED: readonly string[] = ['R', 'V', 'REDACTED'];
const ALIVE_AFTER_ALL = 'U';
const DEAD: readonly string[] = ['1', '2'];

function check<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  // Path and kind only: a message of the validator could quote the value.
  const [issue] = parsed.error.issues;
  throw new PdsFault('not-understood', `${issue?.path.join('.') ?? ''}: ${issue?.code ?? 'unknown'}`);
}

export function traceOf(asked: NhsNumber, body: unknown, today: string): Trace {
  const head = check(PdsPatientHead, body);

  // An answer about somebody else is either a superseded number, whose successor PDS sends, or a mix-up.
  const id = parseNhsNumber(head.id);
  const numbers = (head.identifier ?? []).filter(({ system }) => system === NHS_NUMBER_SYSTEM);
  if (!id || !numbers.some(({ value }) => value === id))
    throw new PdsFault('not-understood', 'id: no NHS number of it');
  // MUST: a superseded number is refused, never followed (GP Connect 1.2.7, register a patient).
  if (id !== asked) return { outcome: 'superseded' };

  // MUST: nothing of a sensitive record reaches a consumer (GP Connect 1.2.7, patient-level access rules).
  const codes = head.meta.security.map(({ code }) => code ?? '');
  if (codes.some((code) => CLOSED.includes(code))) return { outcome: 'sensitive' };
  if (!codes.every((code) => code === OPEN)) throw new PdsFault('not-understood', 'meta.security: unknown code');

  if (isDeceased(head)) return { outcome: 'deceased' };
  return { outcome: 'found', demographics: demographicsOf(check(PdsPatient, body), today) };
}

function isDeceased(head: PdsPatientHead): boolean {
  const statuses = (head.extension ?? [])
    .filter(({ url }) => url === DEATH_NOTIFICATION)
    .map((extension) => conceptOf(extension, 'deathNotificationStatus')?.code);
  if (statuses.some((code) => code !== undefined && DEAD.includes(code))) return true;
  // A notification that was taken back outweighs a date left behind.
  if (statuses.includes(ALIVE_AFTER_ALL)) return false;
  if (statuses.length > 0) throw new PdsFault('not-understood', 'deathNotificationStatus: unknown code');
  return head.deceasedDateTime !== undefined || head.deceasedBoolean === true;
}

function conceptOf(extension: PdsExtension, url: string): { code: string; display: string | undefined } | undefined {
  const part = extension.extension?.find((candidate) => candidate.url === url);
  const coding = part?.valueCodeableConcept?.coding?.find(({ code }) => code !== undefined && code !== '');
  return coding?.code === undefined ? undefined : { code: coding.code, display: coding.display };
}

function isCurrent(period: { start?: string | undefined; end?: string | undefined } | undefined, today: string) {
  const { start, end } = period ?? {};
  return (start === undefined || start.slice(0, 10) <= today) && (end === undefined || end.slice(0, 10) >= today);
}

const tidy = (texts: readonly string[] | undefined): string[] =>
  (texts ?? []).map((text) => text.trim()).filter((text) => text !== '');

function demographicsOf(patient: PdsPatient, today: string): PatientDemographics {
  if (!isLocalDate(patient.birthDate)) throw new PdsFault('not-understood', 'birthDate: no date');
  return {
    name: nameOf(patient, today),
    birthDate: patient.birthDate,
    gender: patient.gender,
    addresses: addressesOf(patient, today),
    telecom: telecomOf(patient, today),
    language: languageOf(patient.extension ?? []),
  };
}

function nameOf(patient: PdsPatient, today: string): HumanName {
  const usual = patient.name.find(({ use, period }) => use === 'usual' && isCurrent(period, today));
  if (usual?.family === undefined) throw new PdsFault('not-understood', 'name: no current usual name');
  return { family: usual.family, given: tidy(usual.given), prefix: tidy(usual.prefix) };
}

function addressesOf(patient: PdsPatient, today: string): PostalAddress[] {
  return (patient.address ?? []).flatMap((address) => {
    const { use } = address;
    if ((use !== 'home' && use !== 'temp') || !isCurrent(address.period, today)) return [];
    const [city, district, postalCode, country] = [address.city, address.district, address.postalCode, address.country];
    return [
      {
        use,
        line: tidy(address.line),
        ...(city ? { city } : {}),
        ...(district ? { district } : {}),
        ...(postalCode ? { postalCode } : {}),
        ...(country ? { country } : {}),
      },
    ];
  });
}

const PHONE_USES: readonly (ContactPointUse | undefined)[] = ['home', 'work', 'temp', 'mobile'];

function telecomOf(patient: PdsPatient, today: string): ContactPoint[] {
  return (patient.telecom ?? []).flatMap(({ system, use, value, period }) => {
    const trimmed = value?.trim();
    if ((system !== 'phone' && system !== 'email') || !trimmed || !isCurrent(period, today)) return [];
    const known = PHONE_USES.find((candidate) => candidate === use);
    if (use !== undefined && known === undefined) return [];
    return [{ system, value: trimmed, ...(known === undefined ? {} : { use: known }) }];
  });
}

function languageOf(extensions: readonly PdsExtension[]): LanguageNeed | undefined {
  const communication = extensions.find(({ url }) => url === NHS_COMMUNICATION);
  const language = communication && conceptOf(communication, 'language');
  if (!language) return undefined;
  const interpreter = communication.extension?.find(({ url }) => url === 'interpreterRequired');
  return {
    code: language.code,
    display: language.display ?? language.code,
    interpreterRequired: interpreter?.valueBoolean,
  };
}
