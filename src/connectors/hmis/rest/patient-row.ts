/**
 * Patients of the documented API (A10, A11). HMIS keeps a name as one text, an address as one text, and no NHS number:
 * that stands in `phn` or `nic`, as the installation is configured.
 */
import { parseNhsNumber, type NhsNumber, type PracticePatientRef } from '../../../domain/identifiers.js';
import type { PatientDemographics } from '../../../domain/patient.js';
import type { ContactPoint, Gender, HumanName, PostalAddress } from '../../../domain/person.js';
import { isLocalDate } from '../../../domain/time.js';
import type { PracticePatient } from '../../../ports/practice-system.js';
import { BadRow, isRow, readFlag, readId, readText, type Row } from './fields.js';

export interface HmisPatient extends Pick<PracticePatient, 'status'> {
  readonly ref: PracticePatientRef;
  readonly nhsNumber: NhsNumber | undefined;
  /** `undefined` where the record has no name or no date of birth, so that nobody can be told from it. */
  readonly demographics: PatientDemographics | undefined;
}

export type NhsNumberHome = 'phn' | 'nic';

const GENDERS: ReadonlyMap<string, Gender> = new Map([
  ['male', 'male'],
  ['m', 'male'],
  ['female', 'female'],
  ['f', 'female'],
  ['other', 'other'],
]);
const WIRE_GENDER: Readonly<Record<Gender, string>> = {
  male: 'Male',
  female: 'Female',
  other: 'Other',
  unknown: 'Unknown',
};

/** The last word is the family name: a guess, documented as one, and all that one text allows. */
function splitName(text: string, title: string | undefined): HumanName {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const family = words.pop() ?? '';
  return { family, given: words, prefix: title === undefined ? [] : [title] };
}

function readAddress(text: string | undefined): PostalAddress[] {
  const line = (text ?? '')
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  return line.length === 0 ? [] : [{ use: 'home', line }];
}

function readBirthDate(text: string | undefined): string | undefined {
  const date = text?.slice(0, 10);
  if (date === undefined) return undefined;
  if (!isLocalDate(date)) throw new BadRow('dob');
  return date;
}

/**
 * The documented rows have no status. Installations that add one call it `deceased` or `dead`, and `active` or
 * `retired` as the FHIR interface of the same system and its tables do; any of them that says so is believed.
 */
function readStatus(row: Row): HmisPatient['status'] {
  if (readFlag(row, ['deceased']) || readFlag(row, ['dead'])) return 'deceased';
  return readFlag(row, ['active']) === false || readFlag(row, ['retired']) ? 'inactive' : 'active';
}

/** Throws `BadRow`. */
export function parsePatient(value: unknown, home: NhsNumberHome): HmisPatient {
  if (!isRow(value)) throw new BadRow('patient');
  const id = readId(value, ['id', 'patientId']);
  if (id === undefined) throw new BadRow('id');
  const name = readText(value, ['name']);
  const birthDate = readBirthDate(readText(value, ['dob'], 30));
  const telecom: ContactPoint[] = [];
  const phone = readText(value, ['phone']);
  const mobile = readText(value, ['mobile']);
  const email = readText(value, ['email']);
  if (phone !== undefined) telecom.push({ system: 'phone', value: phone, use: 'home' });
  if (mobile !== undefined) telecom.push({ system: 'phone', value: mobile, use: 'mobile' });
  if (email !== undefined) telecom.push({ system: 'email', value: email, use: 'home' });
  const sex = readText(value, ['sex'], 40)?.toLowerCase();
  const title = readText(value, ['title'], 40);
  const address = readText(value, ['address'], 2000);
  return {
    ref: String(id) as PracticePatientRef,
    status: readStatus(value),
    nhsNumber: parseNhsNumber((readText(value, [home]) ?? '').replaceAll(/[\s-]/g, '')),
    demographics:
      name === undefined || birthDate === undefined
        ? undefined
        : {
            name: splitName(name, title),
            birthDate,
            gender: sex === undefined ? undefined : (GENDERS.get(sex) ?? 'unknown'),
            addresses: readAddress(address),
            telecom,
            language: undefined,
          },
  };
}

/** Plain text for a field of one line; what is sent must not be able to be anything else. */
function plain(text: string, most: number): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, most);
}

function addressText({ line, city, district, postalCode }: PostalAddress): string {
  const parts = [...line, city, district, postalCode].filter((part) => part !== undefined && part !== '');
  return plain(parts.join(', '), 255);
}

export function fromPatient(
  patient: { readonly nhsNumber: NhsNumber; readonly demographics: PatientDemographics },
  home: NhsNumberHome,
): Readonly<Record<string, string>> {
  const { name, birthDate, gender, addresses, telecom } = patient.demographics;
  const phones = telecom.filter((point) => point.system === 'phone' || point.system === 'sms');
  const mobile = phones.find((point) => point.use === 'mobile' || point.system === 'sms');
  const phone = phones.find((point) => point !== mobile) ?? mobile;
  const address = addresses.find((candidate) => candidate.use === 'home') ?? addresses[0];
  const members: Record<string, string | undefined> = {
    name: plain([...name.given, name.family].join(' '), 255),
    title: name.prefix[0] && plain(name.prefix[0], 40),
    sex: gender && WIRE_GENDER[gender],
    dob: `${birthDate} 00:00:00`,
    phone: phone && plain(phone.value, 50),
    mobile: mobile && plain(mobile.value, 50),
    email: telecom.find((point) => point.system === 'email')?.value,
    address: address && addressText(address),
    [home]: patient.nhsNumber,
  };
  return Object.fromEntries(Object.entries(members).filter((entry): entry is [string, string] => Boolean(entry[1])));
}
