import { describe, expect, it } from 'vitest';
import { dressFor } from '../../src/domain/slot-rules.js';
import { DAY, HOUR } from '../../src/domain/time.js';
import { LEDGER_KEY, environment, load, practicesFile, writeBeside } from './practices-file.js';

describe('a practices file without problems', () => {
  it('becomes a configuration', () => {
    const configuration = load(practicesFile());
    expect(configuration.publicUrl).toBe('https://gateway.example.nhs.uk');
    expect(configuration.demographics).toEqual({ type: 'none' });
    expect(configuration.warnings).toEqual([]);
    expect(configuration.limits).toEqual({
      bookingDeadlineMs: 12_000,
      federationDeadlineMs: 2_500,
      temporaryRegistrationDays: 90,
      requestsPerSecond: 50,
      openOutcomesOfConsumer: 20,
      openOutcomesOfPatient: 5,
      stopDelayMs: 5_000,
    });
    expect(configuration.groups).toEqual([{ name: 'north', asid: '200000009900', practices: ['A99901', 'A99902'] }]);
    const [first] = configuration.practices;
    expect(first?.systemType).toBe('paper');
    expect(first?.settings).toEqual({ baseUrl: 'https://paper.example.nhs.uk', key: 'not-so-secret', drawers: 3 });
    expect(first?.practice).toMatchObject({
      odsCode: 'A99901',
      asid: '200000009901',
      enabled: { foundations: true, appointmentManagement: true },
      zone: { name: 'Europe/London' },
      locations: [
        { id: 'location-a99901-10', systemId: '10', name: 'Main surgery', address: { postalCode: 'HG9 9ZZ' } },
      ],
      practitioners: [
        {
          id: 'practitioner-a99901-301',
          systemId: '301',
          sdsUserId: undefined,
          sdsRoleProfileIds: [],
          role: { code: 'R0260', display: 'General Medical Practitioner' },
        },
      ],
      slotRules: { embargoMs: 0, horizonMs: undefined },
    });
  });

  it('may be JSON', () => {
    expect(load(JSON.stringify(practicesFile())).practices).toHaveLength(2);
  });

  it('is frozen all the way down', () => {
    const { practices, groups, limits } = load(practicesFile());
    for (const part of [
      practices,
      groups,
      limits,
      practices[0]?.settings,
      practices[0]?.practice.locations[0]?.address,
    ]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it('keeps ids of its own, lengths of time and the display that GP Connect has for a role', () => {
    const file = practicesFile();
    const [practice] = file.practices;
    if (practice === undefined) throw new Error('no practice');
    practice.locations = [{ systemId: 'Main site', id: 'main', name: 'Main surgery' }];
    practice.practitioners = [{ systemId: '7', id: 'jo', name: { family: 'Lind' }, role: { code: 'R0790' } }];
    practice.slots = { ...practice.slots, embargo: '2h', horizon: '14d' };
    const built = load({ ...file, limits: { bookingDeadline: '9.5s' } });
    expect(built.practices[0]?.practice).toMatchObject({
      locations: [{ id: 'main' }],
      practitioners: [{ id: 'jo', role: { code: 'R0790', display: 'Dietitian' } }],
      slotRules: { embargoMs: 2 * HOUR, horizonMs: 14 * DAY },
    });
    expect(built.limits.bookingDeadlineMs).toBe(9_500);
  });

  it('turns slot rules into what the domain dresses schedules with', () => {
    const file = practicesFile();
    const restriction = { organisations: ['A99902'] };
    const cap = { organisationTypes: ['urgent-care'], most: 4 };
    for (const practice of file.practices) {
      practice.slots = {
        defaults: { type: 'Routine', channel: 'In-person', minutes: 10, restriction, caps: [cap] },
        rules: [
          { when: { schedule: '*clinic*' }, set: { bookable: true, minutes: 15 } },
          {
            when: { practitioner: '301', schedule: 'flu*' },
            set: { channel: 'Telephone', restriction: 'none', caps: [], role: { code: 'R0600' } },
          },
        ],
      };
    }
    const rules = load(file).practices[0]?.practice.slotRules;
    if (rules === undefined) throw new Error('no rules');
    const dressed = (schedule: string) => dressFor(rules, { practitioner: '301', location: '10', schedule });
    expect(dressed('Surgery')).toMatchObject({ bookable: false, minutes: 10, restriction, caps: [cap] });
    expect(dressed('Surgery').role).toBeUndefined();
    expect(dressed('Baby clinic')).toMatchObject({ bookable: true, minutes: 15, channel: 'In-person', restriction });
    const lifted = {
      restriction: undefined,
      caps: [],
      role: { code: 'R0600', display: 'Specialist Nurse Practitioner' },
    };
    expect(dressed('Flu clinic')).toMatchObject({ channel: 'Telephone', minutes: 15, ...lifted });
  });
});

describe('where things are', () => {
  it('reads the ledger key as base64 and as hexadecimal text', () => {
    const expected = Uint8Array.from({ length: 32 }, (_, index) => index);
    const hexadecimal = Buffer.from(LEDGER_KEY, 'base64').toString('hex');
    expect(load(practicesFile()).ledger.key).toEqual(expected);
    expect(load(practicesFile(), { ...environment, LEDGER_KEY: hexadecimal }).ledger.key).toEqual(expected);
  });

  it('finds files beside the practices file, and leaves the line break at their end out', () => {
    const path = writeBeside('ledger.key', `${LEDGER_KEY}\n`);
    const file = practicesFile();
    file.ledger.key = { file: 'ledger.key' };
    const { ledger } = load(file, { PAPER_KEY: 'x' });
    expect(ledger.key).toHaveLength(32);
    expect(ledger.file).toBe(path.replace('ledger.key', 'ledger.sqlite'));
  });

  it('keeps `:memory:` as the ledger', () => {
    const file = practicesFile();
    file.ledger.file = ':memory:';
    expect(load(file).ledger.file).toBe(':memory:');
  });

  it('takes addresses from the environment that is handed in', () => {
    const file = practicesFile();
    const [practice] = file.practices;
    Object.assign(practice?.practiceSystem ?? {}, { baseUrl: { env: 'PAPER_URL' }, allowHttp: true });
    const env = { ...environment, PAPER_URL: 'http://127.0.0.1:4711', PUBLIC: 'http://localhost:8080/' };
    const configuration = load({ ...file, publicUrl: { env: 'PUBLIC' } }, env);
    expect(configuration.practices[0]?.settings).toMatchObject({ baseUrl: 'http://127.0.0.1:4711' });
    expect(configuration.publicUrl).toBe('http://localhost:8080');
  });

  it('never looks at the environment of the process', () => {
    process.env['SLOTBRIDGE_TEST_STRAY'] = LEDGER_KEY;
    try {
      const file = practicesFile();
      file.ledger.key = { env: 'SLOTBRIDGE_TEST_STRAY' };
      expect(() => load(file)).toThrow('a problem');
    } finally {
      delete process.env['SLOTBRIDGE_TEST_STRAY'];
    }
  });

  it('hands the register its settings', () => {
    const file = practicesFile();
    file.demographics = { type: 'pds', baseUrl: 'https://pds.example.nhs.uk', apiKey: { env: 'PAPER_KEY' } };
    expect(load(file).demographics).toEqual({
      type: 'pds',
      settings: { baseUrl: 'https://pds.example.nhs.uk', apiKey: 'not-so-secret' },
    });
  });
});

describe('warnings', () => {
  it('say that a capability is off because nobody said so, and that nothing can be booked', () => {
    const file = practicesFile();
    const [practice] = file.practices;
    Object.assign(practice ?? {}, { enabled: { foundations: false } });
    Object.assign(practice?.slots['defaults'] ?? {}, { bookable: false });
    const { warnings, practices } = load(file);
    expect(practices[0]?.practice.enabled).toEqual({ foundations: false, appointmentManagement: false });
    expect(warnings.map(({ path }) => path)).toEqual([
      'practices[0].enabled.appointmentManagement',
      'practices[0].slots',
    ]);
    expect(warnings[0]?.line).toBeGreaterThan(1);
  });
});
