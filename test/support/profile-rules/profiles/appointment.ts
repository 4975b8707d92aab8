/** GPConnect-Appointment-1 as every appointment interaction answers it. */
import { code, localTime, positiveInt, string, unsignedInt, uri } from '../engine/primitives.js';
import { extensions, many, never, one, type Json, type Shape } from '../engine/shape.js';
import { APPOINTMENT_STATUS, PARTICIPANT_REQUIRED, PARTICIPATION_STATUS } from '../lists/codes.js';
import { each, identifier, reference, STRUCTURE, TEXT_CONCEPT } from '../parts/datatypes.js';
import { bookingOrganisation, cancellationReason, deliveryChannel, practitionerRole } from '../parts/extensions.js';
import { BOOKING_ORGANIZATION } from './organization.js';
import { profiled } from '../parts/resource.js';

const PROFILE = `${STRUCTURE}GPConnect-Appointment-1`;
const LONGEST = { description: 100, comment: 500 } as const;

const PARTICIPANT: Shape = {
  name: 'Appointment.participant',
  elements: {
    type: many('0..*', {
      name: 'Appointment.participant.type',
      elements: {
        coding: many('0..*', {
          name: 'Appointment.participant.type.coding',
          elements: { system: one('1..1', uri), code: one('1..1', code), display: one('0..1', string) },
        }),
        text: one('0..1', string),
      },
    }),
    actor: one('1..1', reference('Patient', 'Location', 'Practitioner')),
    required: one('0..1', code, { codes: PARTICIPANT_REQUIRED }),
    status: one('1..1', code, { codes: PARTICIPATION_STATUS }),
  },
  checks: [
    {
      rule: 'app-1: a participant has a type or an actor',
      broken: ({ type, actor }: Json) => type === undefined && actor === undefined && 'neither',
    },
  ],
};

const actorsOf = (node: Json, type: string): number =>
  each(node.participant).filter((one: Json) => String(one.actor?.reference).startsWith(`${type}/`)).length;

const hasExtension = (node: Json, name: string): boolean =>
  each(node.extension).some((one: Json) => String(one.url).endsWith(name));

/** Length in characters, as the limits are meant. */
const lengthOf = (text: Json): number => (typeof text === 'string' ? [...text].length : 0);

export const APPOINTMENT: Shape = profiled('Appointment', PROFILE, 'stored', {
  prohibited: {
    ...never(
      'the profile prohibits it',
      'appointmentType',
      'indication',
      'supportingInformation',
      'incomingReferral',
      'requestedPeriod',
    ),
    ...never('the page forbids it', 'reason', 'specialty'),
  },
  elements: {
    contained: many('0..1', { resources: { Organization: BOOKING_ORGANIZATION } }),
    extension: many(
      '0..*',
      extensions({
        ...cancellationReason('0..1'),
        ...bookingOrganisation('0..1'),
        ...practitionerRole('0..*'),
        ...deliveryChannel('0..1'),
      }),
    ),
    identifier: many('0..*', identifier('Appointment.identifier')),
    status: one('1..1', code, { codes: APPOINTMENT_STATUS }),
    serviceCategory: one('0..1', TEXT_CONCEPT),
    serviceType: many('1..*', TEXT_CONCEPT),
    priority: one('0..1', unsignedInt),
    description: one('1..1', string),
    start: one('1..1', localTime),
    end: one('1..1', localTime),
    minutesDuration: one('0..1', positiveInt),
    slot: many('1..*', reference('Slot')),
    created: one('1..1', localTime),
    comment: one('0..1', string),
    participant: many('1..*', PARTICIPANT),
  },
  checks: [
    {
      rule: 'Appointment.description is at most 100 characters',
      broken: ({ description }: Json) => lengthOf(description) > LONGEST.description && `${lengthOf(description)}`,
    },
    {
      rule: 'Appointment.comment is at most 500 characters',
      broken: ({ comment }: Json) => lengthOf(comment) > LONGEST.comment && `${lengthOf(comment)}`,
    },
    {
      rule: 'app-2: start and end come together',
      broken: ({ start, end }: Json) => (start === undefined) !== (end === undefined) && 'one of them',
    },
    {
      rule: 'app-3: only a proposed or cancelled appointment lacks start or end',
      broken: ({ start, end, status }: Json) =>
        (start === undefined || end === undefined) && !['proposed', 'cancelled'].includes(status) && status,
    },
    {
      rule: 'Appointment.end is after its start',
      broken: ({ start, end }: Json) => Date.parse(end) <= Date.parse(start) && `${start} to ${end}`,
    },
    {
      rule: 'Appointment.minutesDuration is the time from start to end',
      broken: ({ start, end, minutesDuration }: Json) =>
        minutesDuration !== undefined &&
        Date.parse(end) - Date.parse(start) !== minutesDuration * 60_000 &&
        `${minutesDuration} of ${start} to ${end}`,
    },
    ...['Patient', 'Location'].map((type) => ({
      rule: `Appointment.participant names one ${type}`,
      broken: (node: Json) => actorsOf(node, type) !== 1 && `${actorsOf(node, type)} of them`,
    })),
    {
      rule: 'Appointment.participant names at most one Practitioner',
      broken: (node) => actorsOf(node, 'Practitioner') > 1 && `${actorsOf(node, 'Practitioner')} of them`,
    },
    {
      rule: 'only a cancelled appointment has a cancellation reason',
      broken: (node) =>
        hasExtension(node, 'AppointmentCancellationReason-1') && node.status !== 'cancelled' && node.status,
    },
    {
      rule: 'Appointment.slot names no slot twice',
      broken: (node) => {
        const slots = each(node.slot).map((one: Json) => one.reference);
        return new Set(slots).size !== slots.length && slots.join();
      },
    },
  ],
});
