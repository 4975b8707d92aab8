/**
 * Search parameters of GP Connect 1.2.7: "Find a patient", "Find a practitioner", "Find an organisation" and "Search for
 * free slots"
 * (https://developer.nhs.uk/apis/gpconnect-1-2-7/). Names and values are case sensitive; unknown parameters are ignored.
 */
import { GatewayError } from '../../domain/errors.js';
import { parseNhsNumber, parseSdsUserId, type NhsNumber, type SdsUserId } from '../../domain/identifiers.js';
import type { SlotFilter } from '../../domain/schedule.js';
import { DAY, isLocalDate, MINUTE, type Instant, type Period, type PracticeZone } from '../../domain/time.js';
import type { ParsedSlotSearch } from '../representation.js';
import { IDENTIFIER_SYSTEM, INCLUDE, LONGEST_SEARCH_DAYS, SYSTEM } from './codes.js';
import { parseLocalDateTime } from './local-time.js';

const INCLUDE_FIRST = '_include';
const INCLUDE_MORE = '_include:recurse';

function invalidParameter(name: string, message: string): GatewayError {
  return new GatewayError('invalid-parameter', `Parameter '${name}': ${message}`, { fhirPath: name });
}

/** The value of a parameter that must be there exactly once. */
function single(query: URLSearchParams, name: string): string {
  const values = query.getAll(name);
  const [value] = values;
  if (value === undefined) {
    throw new GatewayError('bad-request', `Parameter '${name}' is missing; send it once`, { fhirPath: name });
  }
  if (values.length > 1) {
    throw new GatewayError('bad-request', `Parameter '${name}' is repeated; send it once`, { fhirPath: name });
  }
  return value;
}

/** System and value of a token; `undefined` where a part is missing or blank. */
function splitToken(token: string): { readonly system: string; readonly value: string } | undefined {
  const bar = token.indexOf('|');
  if (bar < 0) return undefined;
  const system = token.slice(0, bar);
  const value = token.slice(bar + 1);
  return system.trim() === '' || value.trim() === '' ? undefined : { system, value };
}

/** The identifier searched by: one system per interaction, and a value that can be of that system. */
interface SearchedIdentifier<T> {
  readonly system: string;
  /** What the value is, for a consumer that sent none. */
  readonly called: string;
  readonly parse: (value: string) => T | undefined;
  readonly code: 'invalid-nhs-number' | 'invalid-identifier-value';
  readonly remedy: string;
}

function parseIdentifier<T>(query: URLSearchParams, searched: SearchedIdentifier<T>): T {
  const name = 'identifier';
  const token = splitToken(single(query, name));
  if (token === undefined) throw invalidParameter(name, `write it as ${searched.system}|{${searched.called}}`);
  if (token.system !== searched.system) {
    throw new GatewayError(
      'invalid-identifier-system',
      `Parameter '${name}': the system is not supported; use ${searched.system}`,
      { fhirPath: name },
    );
  }
  const parsed = searched.parse(token.value);
  if (parsed === undefined) {
    throw new GatewayError(searched.code, `Parameter '${name}': ${searched.remedy}`, { fhirPath: name });
  }
  return parsed;
}

export function parsePatientSearch(query: URLSearchParams): NhsNumber {
  return parseIdentifier(query, {
    system: IDENTIFIER_SYSTEM.nhsNumber,
    called: 'NHS number',
    parse: parseNhsNumber,
    code: 'invalid-nhs-number',
    remedy: 'the value is no NHS number; send ten digits with a valid check digit',
  });
}

export function parsePractitionerSearch(query: URLSearchParams): SdsUserId {
  return parseIdentifier(query, {
    system: IDENTIFIER_SYSTEM.sdsUserId,
    called: 'SDS user id',
    parse: parseSdsUserId,
    code: 'invalid-identifier-value',
    remedy: 'the value is no SDS user id; send its letters and digits',
  });
}

/** Searched for may be anything that looks like a code: one in small letters is nobody's, and no match is no error. */
const CODE_LIKE = /^[A-Za-z0-9]{1,20}$/;

export function parseOrganizationSearch(query: URLSearchParams): string {
  return parseIdentifier(query, {
    system: IDENTIFIER_SYSTEM.odsCode,
    called: 'ODS code',
    parse: (text) => (CODE_LIKE.test(text) ? text : undefined),
    code: 'invalid-identifier-value',
    remedy: 'the value is no ODS code; send its letters and digits',
  });
}

interface Boundary {
  readonly dateOnly: boolean;
  readonly instant: Instant;
  /** The clock's reading as if it were UTC, for counting days; a date reads midnight at its start. */
  readonly wall: number;
}

function startOfDate(date: string, zone: PracticeZone): Instant | undefined {
  if (!isLocalDate(date)) return undefined;
  const { instant } = zone.fromLocal(date);
  return zone.toLocalDate(instant) === date ? instant : undefined;
}

function parseBoundary(name: 'start' | 'end', prefix: 'ge' | 'le', text: string, zone: PracticeZone): Boundary {
  // start SHALL carry the prefix ge, end SHALL carry the prefix le.
  if (!text.startsWith(prefix)) throw invalidParameter(name, `begin the value with '${prefix}'`);
  const value = text.slice(prefix.length);

  const wall = Date.parse(`${value}T00:00:00Z`);
  const dayStart = startOfDate(value, zone);
  if (dayStart !== undefined) {
    if (name === 'start') return { dateOnly: true, instant: dayStart, wall };
    // A date-only end runs to the end of that day: to where the next one starts. The last year that a date can be
    // written in has no next day after its last.
    const dayEnd = startOfDate(new Date(wall + DAY).toISOString().slice(0, 10), zone);
    if (dayEnd !== undefined) return { dateOnly: true, instant: dayEnd, wall };
  }

  const instant = parseLocalDateTime(value, zone);
  if (instant === undefined) {
    throw invalidParameter(
      name,
      'write a date (yyyy-mm-dd) or a local date-time with the offset in force at that time (yyyy-mm-ddThh:mm:ss+hh:mm)',
    );
  }
  return { dateOnly: false, instant, wall: instant + zone.offsetMinutesAt(instant) * MINUTE };
}

function dateOf({ wall }: Boundary): number {
  return Math.floor(wall / DAY) * DAY;
}

/** Contradiction 17: a search without an end, and slots across an end, are of the workbook only. Both ends bind. */
function parseWindow(startText: string, endText: string, zone: PracticeZone): Period {
  const start = parseBoundary('start', 'ge', startText, zone);
  const end = parseBoundary('end', 'le', endText, zone);

  // The period SHALL run forwards. A day whose end is not after the start lies before it.
  if (end.dateOnly ? end.instant <= start.instant : end.instant < start.instant) {
    throw invalidParameter('end', "the period ends before it starts; 'end' must not be before 'start'");
  }
  // The period SHALL NOT be longer than 14 days: by the calendar, so that a clock change neither adds nor takes one.
  // Where one end is a date, by dates: whoever may ask for the whole of the last day may ask for a part of it.
  const length = start.dateOnly || end.dateOnly ? dateOf(end) - dateOf(start) : end.wall - start.wall;
  if (length > LONGEST_SEARCH_DAYS * DAY) {
    throw invalidParameter(
      'end',
      `the period is too long; ask for at most ${String(LONGEST_SEARCH_DAYS)} days at a time`,
    );
  }
  return { start: start.instant, end: end.instant };
}

/** Filters of other systems SHALL be ignored and SHALL NOT cause an error. */
function parseFilter(query: URLSearchParams): SlotFilter {
  const organisationTypes: string[] = [];
  const organisations: string[] = [];
  // A comma means "or", as everywhere in FHIR; so does a filter sent again.
  for (const text of query.getAll('searchFilter').flatMap((value) => value.split(','))) {
    const token = splitToken(text);
    if (token?.system === SYSTEM.organisationType) organisationTypes.push(token.value);
    else if (token?.system === IDENTIFIER_SYSTEM.odsCode) organisations.push(token.value);
  }
  return { organisationTypes, organisations };
}

export function parseSlotSearch(query: URLSearchParams, zone: PracticeZone): ParsedSlotSearch {
  const startText = single(query, 'start');
  const endText = single(query, 'end');
  const status = single(query, 'status');
  // _include=Slot:schedule SHALL be sent.
  if (!query.getAll(INCLUDE_FIRST).includes(INCLUDE.schedule)) {
    throw new GatewayError('bad-request', `Parameter '${INCLUDE_FIRST}=${INCLUDE.schedule}' is missing; send it`, {
      fhirPath: INCLUDE_FIRST,
    });
  }
  // Only free slots can be searched for.
  if (status !== 'free') throw invalidParameter('status', "the only status that can be searched for is 'free'");

  const window = parseWindow(startText, endText, zone);
  // A Slot's actors are two steps away. Who asks for them without ':recurse' means the same; unknown includes, among
  // them Location:managingOrganization, SHALL NOT be an error.
  const asked = new Set([...query.getAll(INCLUDE_FIRST), ...query.getAll(INCLUDE_MORE)]);
  return {
    search: { window, filter: parseFilter(query) },
    includes: { practitioner: asked.has(INCLUDE.practitioner), location: asked.has(INCLUDE.location) },
  };
}

function parseDay(text: string, prefix: 'ge' | 'le', zone: PracticeZone): string | undefined {
  const date = text.slice(prefix.length);
  return text.startsWith(prefix) && startOfDate(date, zone) !== undefined ? date : undefined;
}

/**
 * The two dates of "Retrieve a patient's appointments": exactly two `start` values SHALL be sent, one with `ge` and one
 * with `le`, both whole dates. Unlike in other searches, leaving them out is an invalid parameter.
 */
export function parseAppointmentSearch(query: URLSearchParams, zone: PracticeZone): Period {
  const values = query.getAll('start');
  const [from] = values.flatMap((value) => parseDay(value, 'ge', zone) ?? []);
  const [to] = values.flatMap((value) => parseDay(value, 'le', zone) ?? []);
  if (values.length !== 2 || from === undefined || to === undefined) {
    throw invalidParameter('start', 'send it exactly twice, as start=ge{yyyy-mm-dd} and start=le{yyyy-mm-dd}');
  }
  // The date of le SHALL NOT be before that of ge.
  if (to < from) throw invalidParameter('start', "the period ends before it starts; the 'le' date must not be first");
  const start = zone.fromLocal(from).instant;
  const next = new Date(Date.parse(`${to}T00:00:00Z`) + DAY).toISOString().slice(0, 10);
  const end = startOfDate(next, zone);
  if (end === undefined) throw invalidParameter('start', 'ask for an earlier date');
  return { start, end };
}
