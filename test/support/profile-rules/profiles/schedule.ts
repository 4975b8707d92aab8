/** GPConnect-Schedule-1 as the search for free slots includes it. */
import { localTime } from '../engine/primitives.js';
import { extensions, many, never, one, type Json, type Shape } from '../engine/shape.js';
import { each, identifier, PERIOD, reference, STRUCTURE, TEXT_CONCEPT } from '../parts/datatypes.js';
import { practitionerRole } from '../parts/extensions.js';
import { profiled } from '../parts/resource.js';

const actorsOf = (node: Json, type: string): number =>
  each(node.actor).filter((one: Json) => String(one.reference).startsWith(`${type}/`)).length;

export const SCHEDULE: Shape = profiled('Schedule', `${STRUCTURE}GPConnect-Schedule-1`, 'stored', {
  prohibited: {
    ...never('the profile prohibits it', 'active', 'serviceType'),
    ...never('the page forbids it', 'specialty'),
    ...never('practice notes are not sent', 'comment'),
  },
  elements: {
    extension: many('0..*', extensions(practitionerRole('0..1'))),
    identifier: many('0..1', identifier('Schedule.identifier')),
    serviceCategory: one('0..1', TEXT_CONCEPT),
    actor: many('1..*', reference('Location', 'Practitioner')),
    planningHorizon: one('0..1', {
      ...PERIOD,
      name: 'Schedule.planningHorizon',
      elements: { start: one('1..1', localTime), end: one('0..1', localTime) },
    }),
  },
  checks: [
    {
      rule: 'Schedule.actor names one Location',
      broken: (node) => actorsOf(node, 'Location') !== 1 && `${actorsOf(node, 'Location')} of them`,
    },
    {
      rule: 'Schedule.actor names at most one Practitioner',
      broken: (node) => actorsOf(node, 'Practitioner') > 1 && `${actorsOf(node, 'Practitioner')} of them`,
    },
  ],
});
