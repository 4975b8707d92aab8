/** CareConnect-GPC-Location-1: where appointments take place. */
import { code, string, uri } from '../engine/primitives.js';
import { codeList, many, never, one, type Shape } from '../engine/shape.js';
import { LOCATION_STATUS } from '../lists/codes.js';
import {
  address,
  contactPoint,
  identifier,
  IDENTIFIER,
  identifierSystems,
  reference,
  STRUCTURE,
} from '../parts/datatypes.js';
import { profiled } from '../parts/resource.js';

const PROFILE = `${STRUCTURE}CareConnect-GPC-Location-1`;

/** The slicing is closed: three systems and no other, not even FHIR's own. */
const PHYSICAL_TYPE_SYSTEMS = codeList('the three systems of Location.physicalType', [
  'http://snomed.info/sct',
  'http://read.info/readv2',
  'http://read.info/ctv3',
]);

export const LOCATION: Shape = profiled('Location', PROFILE, 'stored', {
  prohibited: {
    ...never('the profile prohibits it', 'mode'),
    ...never('the page forbids it', 'endpoint'),
  },
  elements: {
    identifier: many('0..*', identifier('Location.identifier')),
    status: one('0..1', code, { codes: LOCATION_STATUS }),
    name: one('1..1', string),
    alias: many('0..*', string),
    description: one('0..1', string),
    telecom: many('0..*', contactPoint('Location', '0..1')),
    address: one('1..1', address('Location', '0..1')),
    physicalType: one('0..1', {
      name: 'Location.physicalType',
      elements: {
        coding: many('0..*', {
          name: 'Location.physicalType.coding',
          prohibited: never('the profile prohibits it', 'version', 'userSelected'),
          elements: {
            system: one('1..1', uri, { codes: PHYSICAL_TYPE_SYSTEMS }),
            code: one('1..1', code),
            display: one('1..1', string),
          },
        }),
        text: one('0..1', string),
      },
    }),
    managingOrganization: one('1..1', reference('Organization')),
    partOf: one('0..1', reference('Location')),
  },
  checks: identifierSystems('Location', { [`${IDENTIFIER}ods-site-code`]: 1 }),
});
