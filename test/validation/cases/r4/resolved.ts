/** Slices told apart by what references lead to, where that can be known and where it can't. */
import type { Case } from '../harness.js';
import { APPOINTMENT, ORGANIZATION } from './examples.js';
import { bad, cases, change, ok, OWN, profile, sliced } from './kit.js';

const SURGERY = profile('Surgery', 'Organization', {
  'Organization.name': { min: 1 },
  'Organization.active': { min: 1 },
});
const TARGETS_BY_PROFILE = profile('TargetsByProfile', 'Appointment', {
  'Appointment.supportingInformation': sliced(['profile:resolve()']),
  'Appointment.supportingInformation:surgery': {
    min: 1,
    max: '1',
    type: [{ code: 'Reference', targetProfile: [`${OWN}/Surgery`] }],
  },
});
const targetsByProfile = {
  of: change(APPOINTMENT, {
    contained: [{ ...ORGANIZATION, id: 'o', active: true }],
    supportingInformation: [{ reference: '#o' }],
  }),
  profiles: [`${OWN}/TargetsByProfile`],
  definitions: [SURGERY, TARGETS_BY_PROFILE],
};

const CLOSED_TARGETS = profile('ClosedTargets', 'Appointment', {
  'Appointment.supportingInformation': sliced(['profile:resolve()'], 'closed'),
  'Appointment.supportingInformation:surgery': {
    min: 1,
    type: [{ code: 'Reference', targetProfile: [`${OWN}/Surgery`] }],
  },
});
const closedTargets = {
  ...targetsByProfile,
  profiles: [`${OWN}/ClosedTargets`],
  definitions: [SURGERY, CLOSED_TARGETS],
};
const TARGETS_BY_TYPE = profile('TargetsByType', 'Appointment', {
  'Appointment.supportingInformation': sliced(['type:resolve()'], 'closed'),
  'Appointment.supportingInformation:surgery': {
    min: 1,
    type: [{ code: 'Reference', targetProfile: ['http://hl7.org/fhir/StructureDefinition/Organization'] }],
  },
});
const targetsByType = { of: APPOINTMENT, profiles: [`${OWN}/TargetsByType`], definitions: [TARGETS_BY_TYPE] };
const SUPPORT = 'Appointment.supportingInformation';

export const RESOLVED_CASES: readonly Case[] = [
  ...cases('discriminator-profile', targetsByProfile, [
    ok(
      'nobody knows whether a resource elsewhere meets the profile of a slice',
      { contained: undefined, supportingInformation: [{ reference: 'Organization/1' }] },
      `information slicing ${SUPPORT}[0]`,
    ),
    ok(
      'what a reference by identifier leads to is not known',
      { contained: undefined, supportingInformation: [{ identifier: { system: 'https://ids.example', value: '1' } }] },
      `information slicing ${SUPPORT}[0]`,
    ),
    bad(
      'a reference to another type is not the slice, wherever it leads',
      { contained: undefined, supportingInformation: [{ reference: 'Location/1' }] },
      `slicing ${SUPPORT}`,
    ),
    bad(
      'a reference that tells another type is not the slice',
      { contained: undefined, supportingInformation: [{ type: 'Location', display: 'Annexe' }] },
      `slicing ${SUPPORT}`,
    ),
  ]),
  ...cases('discriminator-profile', closedTargets, [
    ok(
      'closed slicing does not refuse what may be a slice',
      { contained: undefined, supportingInformation: [{ reference: 'Organization/1' }] },
      `information slicing ${SUPPORT}[0]`,
    ),
    bad(
      'closed slicing refuses a resource elsewhere that is of another type',
      { 'supportingInformation.1': { reference: 'Location/1' } },
      `slicing ${SUPPORT}[1]`,
    ),
  ]),
  ...cases('discriminator-type', targetsByType, [
    ok('the type a reference names is enough for a slice by type', {
      supportingInformation: [{ reference: 'https://else.example/fhir/Organization/1' }],
    }),
    ok('the type a reference tells is enough for a slice by type', {
      supportingInformation: [{ type: 'Organization', display: 'Surgery' }],
    }),
    ok(
      'nobody knows the type behind a URN that is not here',
      { supportingInformation: [{ reference: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0' }] },
      `information slicing ${SUPPORT}[0]`,
    ),
    bad(
      'another type is none of the closed slices',
      { supportingInformation: [{ reference: 'Organization/1' }, { reference: 'Location/1' }] },
      `slicing ${SUPPORT}[1]`,
    ),
  ]),
];
