/** FHIR's complex types, as narrow as every profile of GP Connect wants them. */
import { code, dateTime, positiveInt, string, uri } from '../engine/primitives.js';
import { many, never, one, type Check, type CodeList, type Json, type Shape } from '../engine/shape.js';
import { ADDRESS_TYPE, ADDRESS_USE, CONTACT_SYSTEM, CONTACT_USE, NAME_USE } from '../lists/codes.js';

export const STRUCTURE = 'https://fhir.nhs.uk/STU3/StructureDefinition/';
export const IDENTIFIER = 'https://fhir.nhs.uk/Id/';

export const each = (value: Json): readonly Json[] => (Array.isArray(value) ? value : []);

export const PERIOD: Shape = {
  name: 'Period',
  elements: { start: one('0..1', dateTime), end: one('0..1', dateTime) },
  checks: [
    {
      rule: 'per-1: a period does not end before it starts',
      broken: ({ start, end }: Json) =>
        start !== undefined && end !== undefined && Date.parse(start) > Date.parse(end) && `${start} to ${end}`,
    },
  ],
};

/** An identifier of any system, as GP Connect slims it down. */
export function identifier(name: string, system?: string, more: Partial<Shape> = {}): Shape {
  return {
    name,
    prohibited: never(`${name} has a system and a value only`, 'use', 'type', 'period', 'assigner'),
    ...more,
    elements: {
      system: one('1..1', uri, system === undefined ? {} : { fixed: system }),
      value: one('1..1', string),
      ...more.elements,
    },
  };
}

/** At most so many identifiers of a system, and no system but these. */
export function identifierSystems(owner: string, most: Readonly<Record<string, number>>): Check[] {
  const count = (node: Json, system: string): number =>
    each(node.identifier).filter((one: Json) => one.system === system).length;
  return [
    {
      rule: `${owner}.identifier has the known systems only`,
      broken: (node) => each(node.identifier).find((one: Json) => !(one.system in most))?.system,
    },
    ...Object.entries(most)
      .filter(([, max]) => Number.isFinite(max))
      .map(([system, max]) => ({
        rule: `${owner}.identifier of ${system} is 0..${max}`,
        broken: (node: Json) => count(node, system) > max && `${count(node, system)} of them`,
      })),
  ];
}

/** A coding of one system, its code from the list and its display the list's own. */
export function coding(system: string, list: CodeList, open?: RegExp): Shape {
  return {
    name: `Coding of ${list.list}`,
    prohibited: never('a coding has system, code and display only', 'version', 'userSelected'),
    elements: {
      system: one('1..1', uri, { fixed: system }),
      code: one('1..1', code, open ? {} : { codes: list }),
      display: one('1..1', string),
    },
    checks: [
      {
        rule: `a display of ${list.list} is the code's own`,
        broken: ({ code: given, display }: Json) =>
          list.codes.has(given) && list.codes.get(given) !== display && `${given}: ${display}`,
      },
      ...(open
        ? [
            {
              rule: `${list.list} is extended with codes of its system only`,
              broken: ({ code: given }: Json) => !list.codes.has(given) && !open.test(given) && given,
            },
          ]
        : []),
    ],
  };
}

export function concept(system: string, list: CodeList, open?: RegExp): Shape {
  return {
    name: `CodeableConcept of ${list.list}`,
    elements: { coding: many('1..1', coding(system, list, open)), text: one('0..1', string) },
  };
}

/** What a practice calls something in its own words. */
export const TEXT_CONCEPT: Shape = { name: 'CodeableConcept in words', elements: { text: one('1..1', string) } };

const RELATIVE = /^([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]{1,64}$/;

/** References SHALL be local and relative. */
export function reference(...targets: readonly string[]): Shape {
  const name = `Reference to ${targets.join(', ')}`;
  return {
    name,
    elements: { reference: one('1..1', string), display: one('0..1', string) },
    checks: [
      {
        rule: `${name} is relative: type/id`,
        broken: ({ reference: given }: Json) => !targets.includes(RELATIVE.exec(given)?.[1] ?? '') && given,
      },
    ],
  };
}

/** `use` SHALL be there for patients and their contacts, SHOULD be elsewhere. */
export function contactPoint(owner: string, use: '0..1' | '1..1'): Shape {
  return {
    name: `${owner} ContactPoint`,
    elements: {
      system: one('1..1', code, { codes: CONTACT_SYSTEM }),
      value: one('1..1', string),
      use: one('0..1', code, { codes: CONTACT_USE }),
      rank: one('0..1', positiveInt),
      period: one('0..1', PERIOD),
    },
    checks: [
      {
        rule: `cpt-2: a value of a ${owner} ContactPoint needs a system`,
        broken: ({ system, value }: Json) => value !== undefined && system === undefined && 'no system',
      },
      ...(use === '1..1'
        ? [
            {
              rule: `use SHALL be there on a ${owner} ContactPoint`,
              broken: (node: Json) => node.use === undefined && 'no use',
            },
          ]
        : []),
    ],
  };
}

export function address(owner: string, use: '0..1' | '1..1'): Shape {
  return {
    name: `${owner} Address`,
    prohibited: {
      ...never('every profile prohibits it', 'state'),
      ...never('the parts are sent, not the text', 'text'),
    },
    elements: {
      use: one(use, code, { codes: ADDRESS_USE }),
      type: one('0..1', code, { codes: ADDRESS_TYPE }),
      line: many('0..*', string),
      city: one('0..1', string),
      district: one('0..1', string),
      postalCode: one('0..1', string),
      country: one('0..1', string),
      period: one('0..1', PERIOD),
    },
  };
}

export function humanName(owner: string, family: '0..1' | '1..1', use: '0..1' | '1..1'): Shape {
  return {
    name: `${owner} HumanName`,
    elements: {
      use: one(use, code, { codes: NAME_USE }),
      text: one('0..1', string),
      family: one(family, string),
      given: many('0..*', string),
      prefix: many('0..*', string),
      suffix: many('0..*', string),
      period: one('0..1', PERIOD),
    },
  };
}
