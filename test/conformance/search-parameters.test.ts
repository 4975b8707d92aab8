/** Search for free slots: what its parameters may say, and the refusal of everything else. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestAnswer } from '../support/consumer.js';
import { expectRefusal } from '../support/flow.js';
import { createTestClock, startTestGateway, type TestGateway } from '../support/gateway.js';

const INCLUDE = '_include=Slot:schedule';

/** A search from parts that are encoded as a consumer encodes them; `undefined` leaves one out. */
function search(parts: Readonly<Record<string, string | undefined>> = {}, more = ''): string {
  const all: Record<string, string | undefined> = {
    status: 'free',
    start: 'ge2026-05-18',
    end: 'le2026-05-22',
    _include: 'Slot:schedule',
    ...parts,
  };
  const given = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return `/Slot?${given.join('&')}${more}`;
}

const startsOf = (answer: TestAnswer): string[] =>
  ((answer.body.entry ?? []) as { resource: { resourceType: string; start: string } }[])
    .filter(({ resource }) => resource.resourceType === 'Slot')
    .map(({ resource }) => resource.start);

describe('search for free slots: parameters', () => {
  let gateway: TestGateway;
  let callsBefore = 0;
  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway.stop());
  beforeEach(() => {
    callsBefore = gateway.practiceCalls();
  });

  const ask = (path: string): Promise<TestAnswer> => gateway.consumer().get('searchSlots', path);

  it.each([
    ['start', search({ start: undefined })],
    ['end', search({ end: undefined })],
    ['start', search({ start: undefined, end: undefined })],
    ['status', search({ status: undefined })],
    ['_include', search({ _include: undefined })],
  ])(
    'search for free slots: without the parameter %s is refused with 400 BAD_REQUEST (%s) [10.1-4 10.1-43 10.1-44]',
    async (name, path) => {
      expect(expectRefusal(await ask(path), 400, 'BAD_REQUEST').diagnostics).toContain(name);
      expect(gateway.practiceCalls()).toBe(callsBefore);
    },
  );

  it.each([
    ['start', search({ start: undefined, Start: 'ge2026-05-18' })],
    ['end', search({ end: undefined, END: 'le2026-05-22' })],
    ['status', search({ status: undefined, Status: 'free' })],
    ['_include', search({ _include: undefined, _Include: 'Slot:schedule' })],
    ['_include', search({ _include: 'slot:schedule' })],
    ['_include', search({ _include: 'Slot:Schedule' })],
  ])(
    'search for free slots: names of parameters are case sensitive: %s counts as absent (%s) [4.4-18]',
    async (name, path) => {
      expect(expectRefusal(await ask(path), 400, 'BAD_REQUEST').diagnostics).toContain(name);
      expect(gateway.practiceCalls()).toBe(callsBefore);
    },
  );

  it.each([
    ['start', search({}, '&start=ge2026-05-19')],
    ['end', search({}, '&end=le2026-05-21')],
    ['status', search({}, '&status=free')],
  ])(
    'search for free slots: the parameter %s sent twice is refused with 400 BAD_REQUEST [10.1-48]',
    async (name, path) => {
      expect(expectRefusal(await ask(path), 400, 'BAD_REQUEST').diagnostics).toContain(name);
      expect(gateway.practiceCalls()).toBe(callsBefore);
    },
  );

  it.each(['busy', 'busy-unavailable', 'entered-in-error', 'Free', 'FREE', '', 'free,busy'])(
    'search for free slots: status "%s" is refused with 422 INVALID_PARAMETER [4.4-19 10.1-3 10.1-45]',
    async (status) => {
      const issue = expectRefusal(await ask(search({ status })), 422, 'INVALID_PARAMETER');
      expect(issue.diagnostics).toContain('status');
      expect(gateway.practiceCalls()).toBe(callsBefore);
    },
  );

  it.each([
    ...['lt', 'gt', 'eq', 'ne', 'le', 'sa', 'eb', 'ap', 'GE', 'dd', ''].map((prefix) => ['start', prefix] as const),
    ...['lt', 'gt', 'eq', 'ne', 'ge', 'sa', 'eb', 'ap', 'LE', 'dd', ''].map((prefix) => ['end', prefix] as const),
  ])(
    'search for free slots: %s with the prefix "%s" is refused with 422 INVALID_PARAMETER [10.1-1 10.1-2 10.1-46]',
    async (name, prefix) => {
      const date = name === 'start' ? '2026-05-18' : '2026-05-22';
      const issue = expectRefusal(await ask(search({ [name]: prefix + date })), 422, 'INVALID_PARAMETER');
      expect(issue.diagnostics).toContain(name);
      expect(gateway.practiceCalls()).toBe(callsBefore);
    },
  );

  const UNREADABLE = [
    ['nothing', ''],
    ['a blank', ' '],
    ['a year only', '2026'],
    ['a year and a month', '2026-05'],
    ['a word', 'tomorrow'],
    ['a date with time and no offset', '2026-05-20T10:00:00'],
    ['a time without seconds', '2026-05-20T10:00+01:00'],
    ['a time in Z', '2026-05-20T09:00:00Z'],
    ['a fraction of a second', '2026-05-20T10:00:00.000+01:00'],
    ['winter time in summer', '2026-05-20T10:00:00+00:00'],
    ['an offset of another country', '2026-05-20T10:00:00+02:00'],
    ['an offset without colon', '2026-05-20T10:00:00+0100'],
    ['a + that was not percent-encoded and became a space', '2026-05-20T10:00:00 01:00'],
    ['a day that does not exist', '2026-05-32'],
    ['the thirty-first of a month of thirty', '2026-06-31'],
    ['the 29th of February of a common year', '2026-02-29'],
    ['a month that does not exist', '2026-13-01'],
    ['an hour that does not exist', '2026-05-20T25:00:00+01:00'],
    ['a date written as in letters', '20-05-2026'],
    ['two dates', '2026-05-20,2026-05-21'],
  ] as const;

  it.each(UNREADABLE)(
    'search for free slots: start and end that hold %s are refused with 422 INVALID_PARAMETER [10.1-12 10.1-14 10.1-15 10.1-47]',
    async (_, value) => {
      for (const [name, prefix] of [
        ['start', 'ge'],
        ['end', 'le'],
      ] as const) {
        const issue = expectRefusal(await ask(search({ [name]: prefix + value })), 422, 'INVALID_PARAMETER');
        expect(issue.diagnostics).toContain(name);
        // A value that is empty with its prefix as well.
        if (value === '') expectRefusal(await ask(search({ [name]: '' })), 422, 'INVALID_PARAMETER');
      }
      expect(gateway.practiceCalls()).toBe(callsBefore);
    },
  );

  it.each([
    ['0 days', 'ge2026-05-20', 'le2026-05-20'],
    ['8 days', 'ge2026-05-18', 'le2026-05-26'],
    ['14 days', 'ge2026-05-18', 'le2026-06-01'],
    ['14 days to the second', 'ge2026-05-18T10:00:00+01:00', 'le2026-06-01T10:00:00+01:00'],
    ['0 seconds', 'ge2026-05-20T10:00:00+01:00', 'le2026-05-20T10:00:00+01:00'],
    ['a date and a time', 'ge2026-05-18', 'le2026-05-20T12:00:00+01:00'],
    ['a time and a date', 'ge2026-05-18T12:00:00+01:00', 'le2026-05-20'],
    ['a time late on the day of the end date', 'ge2026-05-20T23:00:00+01:00', 'le2026-05-20'],
    ['14 days, the last of them in part', 'ge2026-05-18', 'le2026-06-01T23:59:59+01:00'],
    ['14 days, the first of them in part', 'ge2026-05-18T23:59:59+01:00', 'le2026-06-01'],
    ['days gone by', 'ge2026-05-04', 'le2026-05-10'],
    ['days long gone by', 'ge1948-07-05', 'le1948-07-12'],
  ])('search for free slots: a period of %s is answered [10.1-13 10.1-18 10.1-21]', async (_, start, end) => {
    const answer = await ask(search({ start, end }));
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ resourceType: 'Bundle', type: 'searchset' });
  });

  it.each([
    ['15 days', 'ge2026-05-18', 'le2026-06-02'],
    ['31 days', 'ge2026-05-18', 'le2026-06-18'],
    ['-1 day', 'ge2026-05-20', 'le2026-05-19'],
    ['14 days and a second', 'ge2026-05-18T10:00:00+01:00', 'le2026-06-01T10:00:01+01:00'],
    ['-1 second', 'ge2026-05-20T10:00:01+01:00', 'le2026-05-20T10:00:00+01:00'],
    ['a time and the date before', 'ge2026-05-20T00:00:01+01:00', 'le2026-05-19'],
    ['15 days, the last of them in part', 'ge2026-05-18', 'le2026-06-02T00:00:00+01:00'],
    ['15 days, the first of them in part', 'ge2026-05-18T23:59:59+01:00', 'le2026-06-02'],
    ['a hundred years', 'ge2026-05-18', 'le2126-05-18'],
  ])(
    'search for free slots: a period of %s is refused with 422 INVALID_PARAMETER [10.1-19 10.1-20]',
    async (_, start, end) => {
      const issue = expectRefusal(await ask(search({ start, end })), 422, 'INVALID_PARAMETER');
      expect(issue.diagnostics).toContain('end');
      expect(gateway.practiceCalls()).toBe(callsBefore);
    },
  );

  it('search for free slots: a date-only start begins at midnight and a date-only end takes in the whole day [10.1-16]', async () => {
    const starts = startsOf(await ask(search({ start: 'ge2026-05-19', end: 'le2026-05-20' })));
    const days = [...new Set(starts.map((start) => start.slice(0, 10)))];
    expect(days).toEqual(['2026-05-19', '2026-05-20']);
    expect(starts[0]).toBe('2026-05-19T09:00:00+01:00');
    expect(starts.at(-1)).toBe('2026-05-20T14:50:00+01:00');
  });

  it('search for free slots: slots lie wholly inside the range; one across either boundary is left out [10.1-1 10.1-2 10.1-17]', async () => {
    const within = async (start: string, end: string): Promise<string[]> => [
      ...new Set(
        startsOf(
          await ask(search({ start: `ge2026-05-19T${start}:00+01:00`, end: `le2026-05-19T${end}:00+01:00` })),
        ).map((at) => at.slice(11, 16)),
      ),
    ];
    expect(await within('09:10', '09:30')).toEqual(['09:10', '09:20']);
    expect(await within('09:11', '09:30')).toEqual(['09:20']);
    expect(await within('09:10', '09:29')).toEqual(['09:10']);
    expect(await within('09:11', '09:29')).toEqual([]);
  });

  it.each([
    ['_count', '&_count=1'],
    ['_sort', '&_sort=start'],
    ['_summary', '&_summary=true'],
    ['service.identifier', `&service.identifier=${encodeURIComponent('https://fhir.nhs.uk/Id/uec-dos-service-id|1')}`],
    ['fb-type', '&fb-type=free'],
    ['an include that nobody knows', '&_include%3Arecurse=Schedule%3Aactor%3AHealthcareService'],
    ['a name that nobody knows', '&whatever=1&whatever=2'],
    ['a filter of another system', `&searchFilter=${encodeURIComponent('https://fhir.nhs.uk/Id/otherIdentifier|Z1')}`],
    ['a filter of a disposition code', '&searchFilter=FilterCategory-7%7Ca'],
    ['a filter that is no token', '&searchFilter=TypeCategory'],
    ['an empty filter', '&searchFilter='],
    [
      'an organisation type that nobody knows',
      `&searchFilter=${encodeURIComponent('https://fhir.nhs.uk/STU3/CodeSystem/GPConnect-OrganisationType-1|oncology')}`,
    ],
  ])('search for free slots: %s is ignored and changes nothing [4.4-17 10.1-10 10.1-11 17-1 17-2]', async (_, more) => {
    const plain = await ask(search());
    const answer = await ask(search({}, more));
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(plain.body);
    expect(startsOf(answer).length).toBeGreaterThan(1);
  });

  it('search for free slots: parameters may come in any order and without percent-encoding of the colon', async () => {
    const answer = await ask(`/Slot?${INCLUDE}&end=le2026-05-22&status=free&start=ge2026-05-18`);
    expect(answer.body).toEqual((await ask(search())).body);
  });

  it.each(['patient/*.read', 'organization/*.write', 'organization/*.*', undefined])(
    'search for free slots: the scope %s is refused with 400 BAD_REQUEST [10.1-49]',
    async (scope) => {
      const answer = await gateway.consumer().get('searchSlots', search(), { claims: { requested_scope: scope } });
      expectRefusal(answer, 400, 'BAD_REQUEST');
      expect(gateway.practiceCalls()).toBe(callsBefore);
    },
  );
});

describe('search for free slots: periods across a change of the clocks', () => {
  const started: TestGateway[] = [];
  afterAll(() => Promise.all(started.map((gateway) => gateway.stop())));

  const at = async (now: string): Promise<(start: string, end: string) => Promise<TestAnswer>> => {
    const gateway = await startTestGateway({ clock: createTestClock(Date.parse(now)) });
    started.push(gateway);
    return (start, end) => gateway.consumer().get('searchSlots', search({ start: `ge${start}`, end: `le${end}` }));
  };

  it('search for free slots: in spring 14 days are counted by the calendar and offsets follow the clock [4.6-3 10.1-18]', async () => {
    const ask = await at('2026-03-27T06:00:00Z');
    const answer = await ask('2026-03-28', '2026-03-30');
    expect(startsOf(answer).filter((start) => start.includes('T09:00:00'))).toEqual([
      '2026-03-28T09:00:00+00:00',
      '2026-03-29T09:00:00+01:00',
      '2026-03-30T09:00:00+01:00',
      '2026-03-30T09:00:00+01:00',
    ]);
    expect((await ask('2026-03-27', '2026-04-10')).status).toBe(200);
    expectRefusal(await ask('2026-03-27', '2026-04-11'), 422, 'INVALID_PARAMETER');
    expect((await ask('2026-03-28T10:00:00+00:00', '2026-04-11T10:00:00+01:00')).status).toBe(200);
    expectRefusal(await ask('2026-03-28T10:00:00+00:00', '2026-04-11T10:00:01+01:00'), 422, 'INVALID_PARAMETER');
    // Each side of the change has its own offset, and half past one does not exist.
    expectRefusal(await ask('2026-03-28T10:00:00+01:00', '2026-03-30'), 422, 'INVALID_PARAMETER');
    expectRefusal(await ask('2026-03-29T10:00:00+00:00', '2026-03-30'), 422, 'INVALID_PARAMETER');
    for (const offset of ['+00:00', '+01:00']) {
      expectRefusal(await ask(`2026-03-29T01:30:00${offset}`, '2026-03-30'), 422, 'INVALID_PARAMETER');
    }
  });

  it('search for free slots: in autumn 14 days are counted by the calendar and the hour that comes twice is told apart [4.6-3 10.1-18]', async () => {
    const ask = await at('2026-10-23T06:00:00Z');
    const answer = await ask('2026-10-24', '2026-10-26');
    expect(startsOf(answer).filter((start) => start.includes('T09:00:00'))).toEqual([
      '2026-10-24T09:00:00+01:00',
      '2026-10-25T09:00:00+00:00',
      '2026-10-26T09:00:00+00:00',
      '2026-10-26T09:00:00+00:00',
    ]);
    expect((await ask('2026-10-23', '2026-11-06')).status).toBe(200);
    expectRefusal(await ask('2026-10-23', '2026-11-07'), 422, 'INVALID_PARAMETER');
    expect((await ask('2026-10-25T01:30:00+01:00', '2026-10-25T01:30:00+00:00')).status).toBe(200);
    // The first half past one comes before the second one, although both read alike.
    expectRefusal(await ask('2026-10-25T01:30:00+00:00', '2026-10-25T01:30:00+01:00'), 422, 'INVALID_PARAMETER');
    expectRefusal(await ask('2026-10-25T10:00:00+01:00', '2026-10-26'), 422, 'INVALID_PARAMETER');
  });
});
