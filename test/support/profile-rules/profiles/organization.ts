/** CareConnect-GPC-Organization-1: a practice, and the booking organisation that an Appointment contains. */
import { boolean, string } from '../engine/primitives.js';
import { extensions, many, never, one, type Check, type Json, type Shape } from '../engine/shape.js';
import { CODE_SYSTEM, ORGANISATION_TYPE } from '../lists/codes.js';
import {
  address,
  concept,
  contactPoint,
  each,
  identifier,
  IDENTIFIER,
  identifierSystems,
  reference,
  STRUCTURE,
} from '../parts/datatypes.js';
import { mainLocation, organizationPeriod } from '../parts/extensions.js';
import { profiled } from '../parts/resource.js';

const PROFILE = `${STRUCTURE}CareConnect-GPC-Organization-1`;
const ODS_CODE = `${IDENTIFIER}ods-organization-code`;

const checks = (owner: string): readonly Check[] => [
  ...identifierSystems(owner, { [ODS_CODE]: 1 }),
  {
    rule: `org-1: ${owner} has a name or an identifier`,
    broken: ({ name, identifier: known }: Json) => name === undefined && each(known).length === 0 && 'neither',
  },
  {
    rule: `org-2: ${owner}.address is never of use home`,
    broken: (node) => each(node.address).some((part: Json) => part.use === 'home') && 'home',
  },
  {
    rule: `org-3: ${owner}.telecom is never of use home`,
    broken: (node) => each(node.telecom).some((part: Json) => part.use === 'home') && 'home',
  },
];

/** The binding is extensible; nothing but its two codes is ever known here. */
const type = (card: '0..1'): ReturnType<typeof many> =>
  many(card, concept(`${CODE_SYSTEM}GPConnect-OrganisationType-1`, ORGANISATION_TYPE));

export const ORGANIZATION: Shape = profiled('Organization', PROFILE, 'stored', {
  prohibited: never('the page forbids it', 'contact', 'endpoint'),
  elements: {
    extension: many('0..*', extensions({ ...mainLocation('0..1'), ...organizationPeriod('0..1') })),
    identifier: many('1..*', identifier('Organization.identifier')),
    active: one('0..1', boolean),
    type: type('0..1'),
    name: one('1..1', string),
    alias: many('0..*', string),
    telecom: many('0..*', contactPoint('Organization', '0..1')),
    address: many('0..*', address('Organization', '0..1')),
    partOf: one('0..1', reference('Organization')),
  },
  checks: checks('Organization'),
});

/** A booking organisation SHALL have an ODS code, a name and a telecom; its type is there when the consumer sent it. */
export const BOOKING_ORGANIZATION: Shape = {
  ...profiled('Organization', PROFILE, 'contained', {
    prohibited: never('the page forbids it', 'contact', 'endpoint', 'partOf'),
    elements: {
      identifier: many('1..*', identifier('booking Organization.identifier')),
      type: many('0..1', {
        ...concept(`${CODE_SYSTEM}GPConnect-OrganisationType-1`, ORGANISATION_TYPE),
        name: 'type of the booking organisation',
      }),
      name: one('1..1', string),
      telecom: many('1..*', contactPoint('booking Organization', '0..1')),
      address: many('0..*', address('booking Organization', '0..1')),
    },
    checks: checks('booking Organization'),
  }),
  name: 'booking Organization',
};
