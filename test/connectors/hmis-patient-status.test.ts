import { describe, expect, it } from 'vitest';
import { parsePatient } from '../../src/connectors/hmis/rest/patient-row.js';

const ROW = { id: 67890, name: 'Jane Testerby', dob: '1985-06-15 00:00:00', phn: '9990000018' };

describe('hmis: whether a patient has left or died', () => {
  it.each<[object, string]>([
    [{}, 'active'],
    [{ active: true, retired: false, deceased: false, dead: false }, 'active'],
    [{ active: null, retired: null, deceased: null }, 'active'],
    [{ active: false }, 'inactive'],
    [{ active: 'false' }, 'inactive'],
    [{ retired: true }, 'inactive'],
    [{ active: true, retired: true }, 'inactive'],
    [{ deceased: true }, 'deceased'],
    [{ dead: 1 }, 'deceased'],
    [{ active: false, deceased: true }, 'deceased'],
  ])('a row with %j is of a patient who is %s', (members, status) => {
    expect(parsePatient({ ...ROW, ...members }, 'phn').status).toBe(status);
  });

  it('a status that is neither yes nor no makes the row a bad one, not an active patient', () => {
    expect(() => parsePatient({ ...ROW, deceased: 'perhaps' }, 'phn')).toThrow();
    expect(() => parsePatient({ ...ROW, active: {} }, 'phn')).toThrow();
  });
});
