import { describe, expect, it } from 'vitest';
import { dressFor, type SlotRules } from '../../src/domain/slot-rules.js';

const rules: SlotRules = {
  defaults: { type: 'GP routine', channel: 'In-person', minutes: 10, restriction: undefined, bookable: true },
  rules: [
    { schedule: '*telephone*', dress: { channel: 'Telephone' } },
    { practitioner: '44', dress: { type: 'Nurse', minutes: 20 } },
    { practitioner: '44', schedule: 'Baby*clinic', dress: { bookable: false } },
    { location: '11', schedule: 'Evening', dress: { type: 'Evening' } },
  ],
  embargoMs: 0,
  horizonMs: undefined,
};

describe('slot rules', () => {
  it.each([
    [
      { practitioner: '42', location: '10', schedule: 'Morning' },
      { type: 'GP routine', channel: 'In-person' },
    ],
    [{ practitioner: '42', location: '10', schedule: 'Monday TELEPHONE surgery' }, { channel: 'Telephone' }],
    [
      { practitioner: '44', location: '10', schedule: 'telephone' },
      { channel: 'Telephone', type: 'Nurse', minutes: 20 },
    ],
    [{ practitioner: '44', location: '10', schedule: 'Baby weighing clinic' }, { bookable: false }],
    [{ practitioner: '44', location: '10', schedule: 'Baby clinics' }, { bookable: true }],
    [{ practitioner: '44', location: '10', schedule: 'Babyclinic' }, { bookable: false }],
    [{ practitioner: '44', location: '10', schedule: 'Babyclini' }, { bookable: true }],
    [{ practitioner: '42', location: '11', schedule: 'evening' }, { type: 'Evening' }],
    [{ practitioner: '42', location: '10', schedule: 'Evening' }, { type: 'GP routine' }],
    [{ practitioner: '42', location: '11', schedule: undefined }, { type: 'GP routine' }],
  ])('%j', (schedule, expected) => {
    expect(dressFor(rules, schedule)).toMatchObject(expected);
  });

  it('a pattern of many stars over a long name is decided, not tried for ever', () => {
    const hostile: SlotRules = { ...rules, rules: [{ schedule: `${'*a'.repeat(200)}*b`, dress: { bookable: false } }] };
    expect(dressFor(hostile, { practitioner: '1', location: '1', schedule: 'a'.repeat(5000) }).bookable).toBe(true);
  });
});
