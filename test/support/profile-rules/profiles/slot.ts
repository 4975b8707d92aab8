/** GPConnect-Slot-1 as the search for free slots answers it. */
import { boolean, code, localTime } from '../engine/primitives.js';
import { codeList, extensions, many, never, one, type Json, type Shape } from '../engine/shape.js';
import { identifier, reference, STRUCTURE, TEXT_CONCEPT } from '../parts/datatypes.js';
import { deliveryChannel } from '../parts/extensions.js';
import { profiled } from '../parts/resource.js';

/** Of slotstatus, a search only ever finds what is free. */
const FREE = codeList('slotstatus: free', ['free']);

export const SLOT: Shape = profiled('Slot', `${STRUCTURE}GPConnect-Slot-1`, 'stored', {
  prohibited: {
    ...never('the profile prohibits it', 'serviceCategory', 'appointmentType'),
    ...never('the page forbids it', 'specialty'),
    ...never('practice notes are not sent', 'comment'),
  },
  elements: {
    extension: many('1..*', extensions(deliveryChannel('1..1'))),
    identifier: many('0..1', identifier('Slot.identifier')),
    serviceType: many('1..*', TEXT_CONCEPT),
    schedule: one('1..1', reference('Schedule')),
    status: one('1..1', code, { codes: FREE }),
    start: one('1..1', localTime),
    end: one('1..1', localTime),
    overbooked: one('0..1', boolean),
  },
  checks: [
    {
      rule: 'Slot.end is after its start',
      broken: ({ start, end }: Json) => Date.parse(end) <= Date.parse(start) && `${start} to ${end}`,
    },
  ],
});
