/** CareConnect-GPC-Practitioner-1. */
import { boolean, code } from '../engine/primitives.js';
import { extensions, many, never, one, type Shape } from '../engine/shape.js';
import { GENDER } from '../lists/codes.js';
import { humanName, identifier, IDENTIFIER, identifierSystems, STRUCTURE } from '../parts/datatypes.js';
import { nhsCommunication } from '../parts/extensions.js';
import { profiled } from '../parts/resource.js';

const PROFILE = `${STRUCTURE}CareConnect-GPC-Practitioner-1`;

export const PRACTITIONER: Shape = profiled('Practitioner', PROFILE, 'stored', {
  prohibited: {
    ...never('the profile prohibits it', 'communication'),
    ...never('the page forbids it', 'telecom', 'address', 'birthDate', 'photo', 'qualification'),
  },
  elements: {
    extension: many('0..*', extensions(nhsCommunication('0..*'))),
    identifier: many('0..*', identifier('Practitioner.identifier')),
    active: one('0..1', boolean),
    name: many('1..1', humanName('Practitioner', '1..1', '0..1')),
    gender: one('0..1', code, { codes: GENDER }),
  },
  checks: identifierSystems('Practitioner', {
    [`${IDENTIFIER}sds-user-id`]: 1,
    [`${IDENTIFIER}sds-role-profile-id`]: Infinity,
    'https://fhir.hl7.org.uk/Id/gmp-number': 1,
  }),
});
