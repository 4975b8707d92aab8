/** fixtures/acceptance: the command of its README starts what its README promises. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAcceptance, type AcceptanceEnvironment } from '../support/acceptance-processes.js';
import type { Json, TestAnswer } from '../support/consumer.js';
import {
  bookingBody,
  CODES,
  NHS_NUMBER,
  registrationBody,
  slotPath,
  WITH_ACTORS,
  type FoundSlot,
} from '../support/flow.js';
import { findPractitionerPath } from '../support/every-interaction.js';

const ROOT = resolve(import.meta.dirname, '../..');
const DAY = 86_400_000;

let environment: AcceptanceEnvironment;
let exitCode: number | null | undefined;

/** The script that the README's command runs. */
function readmeCommand(): readonly [string, ...string[]] {
  const readme = readFileSync(join(ROOT, 'fixtures/acceptance/README.md'), 'utf8');
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Readonly<Record<string, string>>;
  };
  const [, name = ''] = /^npm ci && npm run ([a-z-]+)$/m.exec(readme) ?? [];
  const [file = '', ...args] = (scripts[name] ?? '').split(' ');
  return [file, ...args];
}

beforeAll(async () => {
  environment = await startAcceptance(readmeCommand());
}, 120_000);
afterAll(async () => {
  if (exitCode === undefined) await (environment as AcceptanceEnvironment | undefined)?.stop();
}, 60_000);

/** `yyyy-mm-dd` in London. */
function londonDay(offset: number): string {
  const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/London' }).format(Date.now());
  return new Date(Date.parse(today) + offset * DAY).toISOString().slice(0, 10);
}

interface Offer {
  readonly resources: readonly Json[];
  readonly slots: readonly Json[];
  readonly scheduleOf: (slot: Json) => Json;
}

async function offer(addressee: string, filters: readonly string[] = []): Promise<Offer> {
  const searchFilter = filters.map((filter) => `&searchFilter=${encodeURIComponent(filter)}`).join('');
  const path = slotPath(londonDay(0), londonDay(14), WITH_ACTORS + searchFilter);
  const { status, body } = await environment.consumer(addressee).get('searchSlots', path);
  expect(status).toBe(200);
  const resources: readonly Json[] = (body.entry ?? []).map((entry: Json) => entry.resource);
  return {
    resources,
    slots: resources.filter(({ resourceType }) => resourceType === 'Slot'),
    scheduleOf: (slot) => resources.find(({ id }) => slot.schedule.reference === `Schedule/${id}`),
  };
}

const typesOf = ({ slots }: Offer): string[] => [...new Set(slots.map((slot) => slot.serviceType[0].text))].sort();
const channelOf = (slot: Json): string => slot.extension[0].valueCode;

const find = (addressee: string, nhsNumber: string): Promise<TestAnswer> =>
  environment
    .consumer(addressee)
    .get('findPatient', `/Patient?identifier=${encodeURIComponent(`${NHS_NUMBER}|${nhsNumber}`)}`);

const foundIn = ({ body }: TestAnswer): Json[] => (body.entry ?? []).map((entry: Json) => entry.resource);
const codeOf = ({ body }: TestAnswer): string | undefined => body.issue?.[0]?.details?.coding?.[0]?.code;

type Person = Parameters<typeof registrationBody>[0] & object;

function register(addressee: string, person: Person, change?: (patient: Json) => void): Promise<TestAnswer> {
  return environment
    .consumer(addressee)
    .post('register', '/Patient/$gpc.registerpatient', registrationBody(person, change));
}

/** Sends no more than a registration has to say, so that the rest comes from the register. */
function bare(patient: Json): void {
  delete patient.telecom;
  delete patient.gender;
}

describe('the acceptance environment', () => {
  it('tells the address and the ASID of each practice and group', () => {
    expect([...environment.services]).toEqual([
      ['A99911', service('A99911', '200000009911', 'Northgate Surgery')],
      ['A99912', service('A99912', '200000009912', 'Southmere Health Centre')],
      ['A99913', service('A99913', '200000009913', 'Eastholme Practice (switched off)')],
      ['A99914', service('A99914', '200000009914', 'Westbrook Surgery')],
      ['federation/acceptance', service('federation/acceptance', '200000009910', 'group acceptance')],
    ]);
    function service(addressee: string, asid: string, name: string): object {
      return { address: `${environment.url}/${addressee}/STU3/1/gpconnect`, asid, name };
    }
  });

  it('says nothing of NHS numbers, and nothing is wrong with its files', () => {
    expect(environment.written()).not.toMatch(/999000\d{4}/);
    expect(environment.written()).not.toMatch(/is not known here|was not started/);
  });
});

describe('free slots of 14 days', () => {
  it.each(['A99911', 'A99912'])('%s has more than 300 for everybody', async (addressee) => {
    const { slots } = await offer(addressee);
    expect(slots.length).toBeGreaterThanOrEqual(300);
    for (const slot of slots) expect(Date.parse(slot.start)).toBeGreaterThan(Date.now() - 60_000);
  });

  it('A99911 has all three channels, a branch surgery, and no schedule that is not for consumers', async () => {
    const found = await offer('A99911');
    expect([...new Set(found.slots.map(channelOf))].sort()).toEqual(['In-person', 'Telephone', 'Video']);
    expect(typesOf(found)).toEqual([
      'GP branch surgery',
      'GP routine',
      'GP telephone',
      'GP video',
      'Nurse appointment',
      'Nurse walk-in',
    ]);
    const places = found.resources.filter(({ resourceType }) => resourceType === 'Location');
    expect(places.map(({ name, address }) => `${name}, ${address.postalCode}`).sort()).toEqual([
      'Mill Lane Branch Surgery, HG9 9ZP',
      'Northgate Surgery, HG9 9ZN',
    ]);
    const lengths = new Set(found.slots.map(({ start, end }) => (Date.parse(end) - Date.parse(start)) / 60_000));
    expect([...lengths].sort()).toEqual([10, 15, 20]);
  });

  it('A99911 has five adjacent slots in one schedule, for one long appointment', async () => {
    const { slots, scheduleOf } = await offer('A99911');
    const morning = slots
      .filter((slot) => scheduleOf(slot).serviceCategory.text === 'Morning surgery')
      .filter((slot) => slot.start.startsWith(londonDay(6)));
    const runOf = (slot: Json, run = 1): number => {
      const next = morning.find(
        ({ schedule, start }) => schedule.reference === slot.schedule.reference && start === slot.end,
      );
      return next === undefined ? run : runOf(next, run + 1);
    };
    const runs = morning.map((slot) => runOf(slot));
    expect(Math.max(...runs)).toBeGreaterThanOrEqual(5);
  });

  it('A99912 has none of the next 24 hours', async () => {
    const { slots } = await offer('A99912');
    for (const slot of slots) expect(Date.parse(slot.start)).toBeGreaterThan(Date.now() + DAY - 60_000);
    const soonest = Math.min(...(await offer('A99911')).slots.map((slot) => Date.parse(slot.start)));
    expect(soonest).toBeLessThan(Date.now() + DAY);
  });

  it.each([
    ['nobody in particular', [], []],
    ['urgent care', ['urgent-care'], ['Urgent']],
    ['Southmere', ['A99912'], ['Extended hours']],
    ['another practice', ['gp-practice', 'A99913'], []],
    ['Southmere as a practice', ['gp-practice', 'A99912'], ['Early bird', 'Extended hours']],
    ['Southmere as urgent care', ['urgent-care', 'A99912'], ['Extended hours', 'Urgent']],
  ])('A99911 keeps slots for %s', async (_title, who, kept) => {
    const filters = who.map((one) =>
      one.startsWith('A')
        ? `https://fhir.nhs.uk/Id/ods-organization-code|${one}`
        : `${CODES}GPConnect-OrganisationType-1|${one}`,
    );
    const types = typesOf(await offer('A99911', filters));
    expect(types.filter((type) => ['Urgent', 'Extended hours', 'Early bird'].includes(type))).toEqual(kept);
  });

  it('the group has the slots of both', async () => {
    const { status, body } = await environment
      .consumer('federation/acceptance')
      .get('searchSlots', slotPath(londonDay(0), londonDay(14)));
    expect(status).toBe(200);
    expect(body.entry.filter((entry: Json) => entry.resource.resourceType === 'Slot').length).toBeGreaterThan(600);
  });
});

describe('bookings', () => {
  const found = ({ slots, scheduleOf }: Offer, type: string, day: number): readonly FoundSlot[] =>
    slots
      .filter((slot) => slot.serviceType[0].text === type && slot.start.startsWith(londonDay(day)))
      .sort((a, b) => a.start.localeCompare(b.start))
      .map((slot) => {
        const actors: readonly string[] = scheduleOf(slot).actor.map(({ reference }: Json) => reference);
        const actor = (kind: string): string | undefined => actors.find((one) => one.startsWith(kind));
        const { id, start, end, schedule } = slot;
        return {
          id,
          start,
          end,
          scheduleType: schedule.reference,
          location: actor('Location/') ?? '',
          practitioner: actor('Practitioner/'),
        };
      });
  const book = async (slots: readonly FoundSlot[]): Promise<TestAnswer> => {
    const [first] = slots;
    const last = slots[slots.length - 1];
    if (!first || !last) throw new Error('no slot');
    const [patient] = foundIn(await find('A99911', '9990001014'));
    const body = bookingBody({ ...first, end: last.end }, patient.id, (appointment) => {
      appointment.slot = slots.map(({ id }) => ({ reference: `Slot/${id}` }));
      // Made yesterday, whatever the day is.
      appointment.created = `${londonDay(-1)}T12:00:00+00:00`;
    });
    return environment.consumer('A99911').post('book', '/Appointment', body);
  };

  it('three adjacent slots of one surgery become one appointment', async () => {
    const routine = found(await offer('A99911'), 'GP routine', 6);
    const three = routine.filter(({ practitioner }) => practitioner?.endsWith('-301')).slice(0, 3);
    const answer = await book(three);
    expect([answer.status, answer.body.slot.length]).toEqual([201, 3]);
    const taken = (await offer('A99911')).slots.map(({ id }) => id);
    for (const { id } of three) expect(taken).not.toContain(id);
  });

  it('a slot that is kept for urgent care is booked for urgent care, one kept for Southmere is not', async () => {
    const kept = await offer('A99911', [
      `${CODES}GPConnect-OrganisationType-1|urgent-care`,
      'https://fhir.nhs.uk/Id/ods-organization-code|A99912',
    ]);
    // The consumer of these tests is the urgent care service Z99902.
    expect((await book(found(kept, 'Urgent', 5).slice(0, 1))).status).toBe(201);
    expect((await book(found(kept, 'Extended hours', 5).slice(0, 1))).status).toBe(422);
  });
});

describe('a practice that has switched off', () => {
  it('everything refuses patients and slots', async () => {
    for (const answer of [
      await find('A99913', '9990001278'),
      await environment.consumer('A99913').get('searchSlots', slotPath(londonDay(0), londonDay(1))),
    ]) {
      expect(answer.status).toBe(403);
    }
  });

  it('appointments refuses slots and still finds patients', async () => {
    expect((await find('A99914', '9990001278')).status).toBe(200);
    const slots = environment.consumer('A99914').get('searchSlots', slotPath(londonDay(0), londonDay(1)));
    expect((await slots).status).toBe(403);
  });
});

describe('patients of A99911', () => {
  const person = (nhsNumber: string, family: string, given: string, birthDate: string): Person => ({
    nhsNumber,
    family,
    given,
    birthDate,
  });

  it.each([
    ['active', person('9990001006', 'Barrowby', 'Alfred', '1951-03-09')],
    ['a day of birth that differs from the register', person('9990001065', 'Hallamshire', 'George', '1969-08-14')],
    ['a notification of death that was taken back', person('9990001154', 'Ollerton', 'Norman', '1955-05-05')],
    ['no gender', person('9990001219', 'Umberley', 'Sasha', '1999-09-18')],
    ['an interpreter', person('9990001227', 'Wolska', 'Teresa', '1982-07-07')],
    ['dissent noted', person('9990001235', 'Vasey', 'Umar', '1970-04-01')],
  ])('%s: found, read, and not registered again', async (_title, patient) => {
    const [found] = foundIn(await find('A99911', patient.nhsNumber));
    expect(found?.name[0].family).toBe(patient.family);
    const read = await environment.consumer('A99911').get('readPatient', `/Patient/${found.id}`);
    expect(read.body).toEqual(found);
    const again = await register('A99911', patient);
    expect([again.status, codeOf(again)]).toEqual([409, 'DUPLICATE_REJECTED']);
  });

  it('the one who needs an interpreter says so, and in which language', async () => {
    const [found] = foundIn(await find('A99911', '9990001227'));
    const text = JSON.stringify(found.extension);
    expect(text).toContain('"code":"pl"');
    expect(text).toContain('"valueBoolean":true');
  });

  const DEMOGRAPHICS = 'INVALID_PATIENT_DEMOGRAPHICS';
  it.each([
    ['a number of somebody else', person('9990001073', 'Ibbotson', 'Harriet', '1972-02-28'), DEMOGRAPHICS],
    ['a number the register does not know', person('9990001081', 'Jessop', 'Ivor', '1984-11-05'), DEMOGRAPHICS],
    ['deceased at the practice', person('9990001111', 'Lumb', 'Kenneth', '1933-04-23'), DEMOGRAPHICS],
    ['deceased on the register', person('9990001138', 'Mexborough', 'Lilian', '1940-09-09'), DEMOGRAPHICS],
    ['deceased, informally told', person('9990001146', 'Nettleton', 'Morris', '1947-12-12'), DEMOGRAPHICS],
    ['sensitive', person('9990001162', 'Pickersgill', 'Olwen', '1988-03-31'), DEMOGRAPHICS],
    ['a superseded number', person('9990001189', 'Ravensthorpe', 'Peter', '1976-10-24'), 'INVALID_NHS_NUMBER'],
    ['an invalid number', person('9990001197', 'Scargill', 'Queenie', '1959-01-08'), 'INVALID_NHS_NUMBER'],
  ])('%s: not found, not registered', async (_title, patient, code) => {
    const answer = await find('A99911', patient.nhsNumber);
    expect([answer.status, foundIn(answer)]).toEqual([200, []]);
    const refused = await register('A99911', patient);
    expect([refused.status, codeOf(refused)]).toEqual([400, code]);
  });

  it.each([
    ['two records with one number', '9990001200'],
    ['a record without a date of birth', '9990001243'],
  ])('%s: an error, never a guess', async (_title, nhsNumber) => {
    expect((await find('A99911', nhsNumber)).status).toBe(500);
  });

  it('one who has left: not found, re-activated for a time by a registration, then found', async () => {
    const patient = person('9990001103', 'Kilburn', 'Jasmine', '1995-06-19');
    expect(foundIn(await find('A99911', patient.nhsNumber))).toEqual([]);
    const answer = await register('A99911', patient);
    expect(answer.status).toBe(200);
    expect(JSON.stringify(foundIn(answer)[0].extension)).toContain('"code":"T"');
    expect(foundIn(await find('A99911', patient.nhsNumber))).toHaveLength(1);
  });

  it.each([
    ['somebody new', person('9990001375', 'Ottery', 'Nadia', '1986-04-12')],
    ['a child without a telephone', person('9990001405', 'Silverton', 'Rory', '2021-02-15')],
    ['somebody whose gender nobody knows', person('9990001413', 'Topsham', 'Sam', '2000-11-11')],
    ['somebody of whom the register knows hardly anything', person('9990001421', 'Upton', 'Tilda', '1977-05-02')],
  ])('%s is registered and then found', async (_title, patient) => {
    expect(foundIn(await find('A99911', patient.nhsNumber))).toEqual([]);
    expect((await register('A99911', patient)).status).toBe(200);
    expect(foundIn(await find('A99911', patient.nhsNumber))).toHaveLength(1);
  });

  it('what a registration leaves out comes from the register: a temporary address, a language', async () => {
    const temporary = await register('A99911', person('9990001383', 'Pinhoe', 'Oscar', '1994-10-30'), bare);
    expect(
      foundIn(temporary)[0]
        .address.map(({ use }: Json) => use)
        .sort(),
    ).toEqual(['home', 'temp']);
    const language = await register('A99911', person('9990001391', 'Rashid-Cole', 'Parveen', '1957-07-19'), bare);
    expect(JSON.stringify(foundIn(language)[0].extension)).toContain('"code":"ur"');
  });

  it.each([
    ['sensitive', person('9990001448', 'Woodbury', 'Victor', '1987-08-08'), DEMOGRAPHICS],
    ['deceased', person('9990001456', 'Axmouth', 'Wilfred', '1929-06-30'), DEMOGRAPHICS],
    ['superseded', person('9990001464', 'Ottery', 'Nadia', '1986-04-12'), 'INVALID_NHS_NUMBER'],
    ['invalid', person('9990001472', 'Nobody', 'Nemo', '2000-01-01'), 'INVALID_NHS_NUMBER'],
    ['on no register', person('9990001480', 'Venn', 'Ursula', '1968-12-01'), DEMOGRAPHICS],
  ])('unknown to it and %s: not registered', async (_title, patient, code) => {
    const refused = await register('A99911', patient);
    expect([refused.status, codeOf(refused)]).toEqual([400, code]);
  });
});

describe('the directory', () => {
  const practitioner = async (addressee: string, sdsUserId: string): Promise<TestAnswer> =>
    environment.consumer(addressee).get('findPractitioner', findPractitionerPath(sdsUserId));

  it.each([
    ['A99911', '555000111301', 'Hartley', ['555000333301']],
    ['A99911', '555000111302', 'Asante', ['555000333302', '555000333312', '555000333322']],
    ['A99911', '555000111303', 'Lindqvist', []],
    ['A99911', '555000111304', 'Vaughan', ['555000333304', '555000333314']],
    ['A99912', '555000111401', 'Penhale', ['555000333401']],
    ['A99912', '555000111403', 'Rowe', []],
  ])('%s: %s is %s with role profiles %j', async (addressee, sdsUserId, family, profiles) => {
    const [found] = foundIn(await practitioner(addressee, sdsUserId));
    expect(found.name[0].family).toBe(family);
    const ids: readonly Json[] = found.identifier;
    expect(
      ids.filter(({ system }) => system === 'https://fhir.nhs.uk/Id/sds-role-profile-id').map(({ value }) => value),
    ).toEqual(profiles);
    const read = await environment.consumer(addressee).get('readPractitioner', `/Practitioner/${found.id}`);
    expect(read.body).toEqual(found);
  });

  it('a practitioner of one practice is nobody at the other', async () => {
    expect(foundIn(await practitioner('A99912', '555000111301'))).toEqual([]);
  });

  it('the branch surgery is read as a location of its own', async () => {
    const { status, body } = await environment.consumer('A99911').get('readLocation', '/Location/location-a99911-31');
    expect([status, body.name, body.address.postalCode]).toEqual([200, 'Mill Lane Branch Surgery', 'HG9 9ZP']);
  });
});

describe('the desk’s bookings', () => {
  const bookingsOf = async (simulator: string, patient: number): Promise<string[]> => {
    const { bookings } = (await (await fetch(`${simulator}/__simulation/bookings`)).json()) as {
      bookings: readonly { patientId: number; bookingId: number; appointmentAt: string; status: string }[];
    };
    return bookings
      .filter(({ patientId }) => patientId === patient)
      .map(({ bookingId, appointmentAt, status }) => `${bookingId} ${appointmentAt.slice(0, 16)} ${status}`);
  };

  it('are on the books of both installations', async () => {
    expect(await bookingsOf(environment.simulators.northgate, 30024)).toEqual([
      `311001 ${londonDay(-1)} 09:00 COMPLETED`,
      `311002 ${londonDay(0)} 00:05 ACTIVE`,
      `311003 ${londonDay(1)} 09:00 ACTIVE`,
      `311004 ${londonDay(2)} 09:00 DOCTOR_CANCELED`,
      `311005 ${londonDay(3)} 09:00 PATIENT_CANCELED`,
      `311006 ${londonDay(4)} 13:00 ACTIVE`,
      `311007 ${londonDay(20)} 10:00 ACTIVE`,
    ]);
    expect(await bookingsOf(environment.simulators.southmere, 40010)).toEqual([
      `411001 ${londonDay(-2)} 10:00 ABSENT`,
      `411002 ${londonDay(5)} 08:30 ACTIVE`,
      `411003 ${londonDay(6)} 13:00 ACTIVE`,
    ]);
  });

  it('are appointments to consumers: earlier today, cancelled and far ahead as well', async () => {
    const consumer = environment.consumer('A99911');
    const [patient] = foundIn(await find('A99911', '9990001251'));
    const range = `start=ge${londonDay(0)}&start=le${londonDay(30)}`;
    const answer = await consumer.get('retrieveAppointments', `/Patient/${patient.id}/Appointment?${range}`);
    const appointments = foundIn(answer).map(({ start, status }) => `${start.slice(0, 16)} ${status}`);
    expect(appointments.sort()).toEqual([
      `${londonDay(0)}T00:05 booked`,
      `${londonDay(1)}T09:00 booked`,
      `${londonDay(2)}T09:00 cancelled`,
      `${londonDay(3)}T09:00 cancelled`,
      `${londonDay(4)}T13:00 booked`,
      `${londonDay(20)}T10:00 booked`,
    ]);
    for (const { id } of foundIn(answer).filter(({ start }) => Date.parse(start) > Date.now())) {
      expect((await consumer.get('readAppointment', `/Appointment/${id}`)).status).toBe(200);
    }
  });

  it('take their slots from consumers, and cancelled ones give them back', async () => {
    const { slots, scheduleOf } = await offer('A99911');
    const starts = slots
      .filter((slot) =>
        scheduleOf(slot).actor.some(({ reference }: Json) => reference === 'Practitioner/practitioner-a99911-301'),
      )
      .map(({ start }) => start.slice(0, 16));
    expect(starts).not.toContain(`${londonDay(1)}T09:00`);
    expect(starts).toContain(`${londonDay(1)}T09:30`);
    expect(starts).toContain(`${londonDay(2)}T09:00`);
  });
});

describe('stopping', () => {
  it('the script stops all of it: exit 0, nothing listens any more', async () => {
    exitCode = await environment.stop();
    expect(exitCode).toBe(0);
    for (const url of [environment.url, ...Object.values(environment.simulators)]) {
      await expect(fetch(url)).rejects.toThrow();
    }
  }, 60_000);
});
