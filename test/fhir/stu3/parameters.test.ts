import { describe, expect, test } from 'vitest';
import { createPracticeZone, DAY, HOUR } from '../../../src/domain/time.js';
import { parsePatientSearch, parseSlotSearch } from '../../../src/fhir/stu3/parameters.js';
import { londonZone } from '../golden.js';
import { refusalOf } from '../refusal.js';

const NHS = 'https://fhir.nhs.uk/Id/nhs-number';
const ODS = 'https://fhir.nhs.uk/Id/ods-organization-code';
const TYPE = 'https://fhir.nhs.uk/STU3/CodeSystem/GPConnect-OrganisationType-1';
const GOOD: readonly (readonly [string, string])[] = [
  ['start', 'ge2027-06-14'],
  ['end', 'le2027-06-18'],
  ['status', 'free'],
  ['_include', 'Slot:schedule'],
];

function query(...pairs: (readonly [string, string])[]): URLSearchParams {
  return new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, value]));
}

/** The good query with some parameters replaced; `undefined` takes one away. */
function slotQuery(changes: Readonly<Record<string, string | undefined>>): URLSearchParams {
  const params = query(...GOOD);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) params.delete(name);
    else params.set(name, value);
  }
  return params;
}

const searchSlots = (params: URLSearchParams) => parseSlotSearch(params, londonZone);

describe('find a patient', () => {
  test('the NHS number is taken from the identifier', () => {
    expect(parsePatientSearch(query(['identifier', `${NHS}|9990000018`], ['_count', '1']))).toBe('9990000018');
  });

  test.each<[string, URLSearchParams, number, string]>([
    ['no identifier', query(), 400, 'BAD_REQUEST'],
    ['name in the wrong letter case', query(['Identifier', `${NHS}|9990000018`]), 400, 'BAD_REQUEST'],
    [
      'identifier repeated',
      query(['identifier', `${NHS}|9990000018`], ['identifier', `${NHS}|9990000018`]),
      400,
      'BAD_REQUEST',
    ],
    ['system missing', query(['identifier', '9990000018']), 422, 'INVALID_PARAMETER'],
    ['system blank', query(['identifier', '|9990000018']), 422, 'INVALID_PARAMETER'],
    ['value missing', query(['identifier', `${NHS}|`]), 422, 'INVALID_PARAMETER'],
    ['identifier empty', query(['identifier', '']), 422, 'INVALID_PARAMETER'],
    [
      'system not supported',
      query(['identifier', 'https://example.net/x|9990000018']),
      400,
      'INVALID_IDENTIFIER_SYSTEM',
    ],
    [
      'system in another letter case',
      query(['identifier', `${NHS.toUpperCase()}|9990000018`]),
      400,
      'INVALID_IDENTIFIER_SYSTEM',
    ],
    ['nine digits', query(['identifier', `${NHS}|999000001`]), 400, 'INVALID_NHS_NUMBER'],
    ['letters', query(['identifier', `${NHS}|99900000A8`]), 400, 'INVALID_NHS_NUMBER'],
    ['bad check digit', query(['identifier', `${NHS}|9990000019`]), 400, 'INVALID_NHS_NUMBER'],
  ])('%s is refused', (_rule, params, status, code) => {
    const refusal = refusalOf(() => parsePatientSearch(params));
    expect(refusal).toMatchObject({ status, code, path: 'identifier' });
    expect(refusal.message).not.toContain('99900000');
  });
});

describe('search for free slots', () => {
  test('dates run from the first midnight to the end of the last day', () => {
    const { search, includes } = searchSlots(query(...GOOD));
    expect(search.window).toEqual({
      start: Date.parse('2027-06-14T00:00+01:00'),
      end: Date.parse('2027-06-19T00:00+01:00'),
    });
    expect(search.filter).toEqual({ organisationTypes: [], organisations: [] });
    expect(includes).toEqual({ practitioner: false, location: false });
  });

  test('the last day of a search across the end of summer time ends an hour later', () => {
    const { window } = searchSlots(slotQuery({ start: 'ge2027-10-31', end: 'le2027-10-31' })).search;
    expect(window.end - window.start).toBe(25 * HOUR);
  });

  test('date-times are taken as they are, and the two may differ in form', () => {
    const { window } = searchSlots(slotQuery({ start: 'ge2027-06-14T09:00:00+01:00', end: 'le2027-06-14' })).search;
    expect(window).toEqual({ start: Date.parse('2027-06-14T08:00:00Z'), end: Date.parse('2027-06-14T23:00:00Z') });
  });

  test('both hours that the clock shows twice can be meant', () => {
    const changes = { start: 'ge2027-10-31T01:30:00+01:00', end: 'le2027-10-31T01:30:00+00:00' };
    const { window } = searchSlots(slotQuery(changes)).search;
    expect(window.end - window.start).toBe(HOUR);
  });

  test('filters of the two known systems are kept, all others ignored', () => {
    const params = query(
      ...GOOD,
      ['searchFilter', `${ODS}|Z99902`],
      ['searchFilter', `${ODS}|Z99903`],
      ['searchFilter', `${TYPE}|oncology`],
      ['searchFilter', 'FilterCategory-7|x'],
      ['searchFilter', 'nonsense'],
      ['searchFilter', `${ODS}|`],
      ['_sort', 'start'],
    );
    expect(searchSlots(params).search.filter).toEqual({
      organisationTypes: ['oncology'],
      organisations: ['Z99902', 'Z99903'],
    });
  });

  test('practitioners and locations are included when asked for, others accepted', () => {
    const params = query(
      ...GOOD,
      ['_include:recurse', 'Schedule:actor:Practitioner'],
      ['_include:recurse', 'Schedule:actor:Location'],
      ['_include:recurse', 'Location:managingOrganization'],
    );
    expect(searchSlots(params).includes).toEqual({ practitioner: true, location: true });
  });

  test.each<[string, string, string]>([
    ['0 days', 'ge2027-06-14', 'le2027-06-14'],
    ['14 days by dates', 'ge2027-06-14', 'le2027-06-28'],
    ['14 days by dates across a clock change', 'ge2027-10-20', 'le2027-11-03'],
    ['14 days by the clock, an hour more of time', 'ge2027-10-20T09:00:00+01:00', 'le2027-11-03T09:00:00+00:00'],
    ['14 days by the clock, an hour less of time', 'ge2027-03-20T09:00:00+00:00', 'le2027-04-03T09:00:00+01:00'],
    ['an empty period', 'ge2027-06-14T09:00:00+01:00', 'le2027-06-14T09:00:00+01:00'],
    ['past dates', 'ge2001-06-14', 'le2001-06-15'],
  ])('%s are allowed', (_rule, start, end) => {
    const { window } = searchSlots(slotQuery({ start, end })).search;
    expect(window.end - window.start).toBeLessThanOrEqual(15 * DAY + HOUR);
  });

  test.each<[string, URLSearchParams, number, string, string]>([
    ['no start', slotQuery({ start: undefined }), 400, 'BAD_REQUEST', 'start'],
    ['no end', slotQuery({ end: undefined }), 400, 'BAD_REQUEST', 'end'],
    ['no start and no end', slotQuery({ start: undefined, end: undefined }), 400, 'BAD_REQUEST', 'start'],
    ['no status', slotQuery({ status: undefined }), 400, 'BAD_REQUEST', 'status'],
    ['no _include', slotQuery({ _include: undefined }), 400, 'BAD_REQUEST', '_include'],
    ['another _include', slotQuery({ _include: 'Slot:Schedule' }), 400, 'BAD_REQUEST', '_include'],
    ['start repeated', query(...GOOD, ['start', 'ge2027-06-14']), 400, 'BAD_REQUEST', 'start'],
    ['end repeated', query(...GOOD, ['end', 'le2027-06-14']), 400, 'BAD_REQUEST', 'end'],
    ['status repeated', query(...GOOD, ['status', 'free']), 400, 'BAD_REQUEST', 'status'],
    ['status other than free', slotQuery({ status: 'busy' }), 422, 'INVALID_PARAMETER', 'status'],
    ['start without a prefix', slotQuery({ start: '2027-06-14' }), 422, 'INVALID_PARAMETER', 'start'],
    ['start with eq', slotQuery({ start: 'eq2027-06-14' }), 422, 'INVALID_PARAMETER', 'start'],
    ['start with gt', slotQuery({ start: 'gt2027-06-14' }), 422, 'INVALID_PARAMETER', 'start'],
    ['start with le', slotQuery({ start: 'le2027-06-14' }), 422, 'INVALID_PARAMETER', 'start'],
    ['end with ge', slotQuery({ end: 'ge2027-06-14' }), 422, 'INVALID_PARAMETER', 'end'],
    ['end with lt', slotQuery({ end: 'lt2027-06-14' }), 422, 'INVALID_PARAMETER', 'end'],
    ['start empty', slotQuery({ start: '' }), 422, 'INVALID_PARAMETER', 'start'],
    ['start with a prefix only', slotQuery({ start: 'ge' }), 422, 'INVALID_PARAMETER', 'start'],
    ['a year', slotQuery({ start: 'ge2027' }), 422, 'INVALID_PARAMETER', 'start'],
    ['a year and month', slotQuery({ start: 'ge2027-06' }), 422, 'INVALID_PARAMETER', 'start'],
    ['a date that does not exist', slotQuery({ start: 'ge2027-06-31' }), 422, 'INVALID_PARAMETER', 'start'],
    [
      'a date-time that does not exist',
      slotQuery({ start: 'ge2027-06-31T10:00:00+01:00' }),
      422,
      'INVALID_PARAMETER',
      'start',
    ],
    ['a date-time without offset', slotQuery({ start: 'ge2027-06-14T10:00:00' }), 422, 'INVALID_PARAMETER', 'start'],
    [
      'a date-time without seconds',
      slotQuery({ start: 'ge2027-06-14T10:00+01:00' }),
      422,
      'INVALID_PARAMETER',
      'start',
    ],
    ['Z', slotQuery({ start: 'ge2027-01-14T10:00:00Z' }), 422, 'INVALID_PARAMETER', 'start'],
    [
      'a fraction of a second',
      slotQuery({ start: 'ge2027-06-14T10:00:00.000+01:00' }),
      422,
      'INVALID_PARAMETER',
      'start',
    ],
    [
      'a winter offset in summer',
      slotQuery({ start: 'ge2027-06-14T10:00:00+00:00' }),
      422,
      'INVALID_PARAMETER',
      'start',
    ],
    ['a summer offset in winter', slotQuery({ end: 'le2027-12-14T10:00:00+01:00' }), 422, 'INVALID_PARAMETER', 'end'],
    ['a time the clocks skip', slotQuery({ start: 'ge2027-03-28T01:30:00+00:00' }), 422, 'INVALID_PARAMETER', 'start'],
    ['an unencoded plus sign', slotQuery({ start: 'ge2027-06-14T10:00:00 01:00' }), 422, 'INVALID_PARAMETER', 'start'],
    [
      'the last date there is',
      slotQuery({ start: 'ge9999-12-31', end: 'le9999-12-31' }),
      422,
      'INVALID_PARAMETER',
      'end',
    ],
    ['15 days', slotQuery({ end: 'le2027-06-29' }), 422, 'INVALID_PARAMETER', 'end'],
    ['31 days', slotQuery({ end: 'le2027-07-15' }), 422, 'INVALID_PARAMETER', 'end'],
    ['end the day before start', slotQuery({ end: 'le2027-06-13' }), 422, 'INVALID_PARAMETER', 'end'],
    [
      'end a second before start',
      slotQuery({ start: 'ge2027-06-14T10:00:00+01:00', end: 'le2027-06-14T09:59:59+01:00' }),
      422,
      'INVALID_PARAMETER',
      'end',
    ],
    [
      'a second more than 14 days',
      slotQuery({ start: 'ge2027-06-14T10:00:00+01:00', end: 'le2027-06-28T10:00:01+01:00' }),
      422,
      'INVALID_PARAMETER',
      'end',
    ],
  ])('%s is refused', (_rule, params, status, code, path) => {
    expect(refusalOf(() => searchSlots(params))).toMatchObject({ status, code, path });
  });

  test('the offset is the one of the practice, not of London', () => {
    const zone = createPracticeZone('Asia/Colombo');
    const params = slotQuery({ start: 'ge2027-06-14T09:00:00+05:30', end: 'le2027-06-14' });
    expect(parseSlotSearch(params, zone).search.window.start).toBe(Date.parse('2027-06-14T03:30:00Z'));
    expect(refusalOf(() => searchSlots(params)).path).toBe('start');
  });
});
