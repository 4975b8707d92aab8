/** GPConnect-OperationOutcome-1: as the whole answer, and as a warning beside the slots of a federated search. */
import { code, string, uri } from '../engine/primitives.js';
import { codeList, many, never, one, type Check, type CodeList, type Json, type Shape } from '../engine/shape.js';
import { NEEDS_DIAGNOSTICS, SPINE, SPINE_SYSTEM } from '../lists/spine.js';
import { each, STRUCTURE } from '../parts/datatypes.js';
import { profiled } from '../parts/resource.js';

const PROFILE = `${STRUCTURE}GPConnect-OperationOutcome-1`;

/** Those of issue-type that any situation calls for. */
const ISSUE_TYPE = codeList('the issue types in use', [
  'invalid',
  'value',
  'business-rule',
  'forbidden',
  'not-found',
  'duplicate',
  'conflict',
  'processing',
  'not-supported',
  'too-long',
  'timeout',
  'transient',
  'lock-error',
  'no-store',
  'throttled',
  'exception',
]);
/** Why a practice is missing from a federated answer. */
const SHORTFALL = codeList('the four issue types of a missing practice', [
  'timeout',
  'transient',
  'throttled',
  'exception',
]);

function outcome(severity: 'error' | 'warning', types: CodeList): Shape {
  const name = `OperationOutcome (${severity})`;
  const details: Shape = {
    name: `${name}.issue.details`,
    elements: {
      coding: many('1..1', {
        name: `${name}.issue.details.coding`,
        prohibited: never('the profile prohibits it', 'version', 'userSelected'),
        elements: {
          system: one('1..1', uri, { fixed: SPINE_SYSTEM }),
          code: one('1..1', code, { codes: SPINE }),
          display: one('1..1', string),
        },
        checks: [
          {
            rule: `${name}: a display is the code's own`,
            broken: ({ code: given, display }: Json) =>
              SPINE.codes.has(given) && SPINE.codes.get(given) !== display && `${given}: ${display}`,
          },
        ],
      }),
      text: one('0..1', string),
    },
  };
  const checks: Check[] = [
    {
      rule: `${name}: diagnostics SHALL be there for some codes`,
      broken: ({ diagnostics, details: said }: Json) => {
        const given = each(said?.coding)[0]?.code;
        return diagnostics === undefined && NEEDS_DIAGNOSTICS.has(given) && given;
      },
    },
    {
      rule: `${name}: diagnostics hold no NHS number`,
      broken: ({ diagnostics }: Json) => /(^|\D)\d{3} ?\d{3} ?\d{4}(\D|$)/.test(diagnostics ?? '') && 'ten digits',
    },
  ];
  return {
    ...profiled('OperationOutcome', PROFILE, 'passing', {
      prohibited: never('nobody stores an outcome', 'id', 'extension'),
      elements: {
        issue: many('1..*', {
          name: `${name}.issue`,
          elements: {
            severity: one('1..1', code, { fixed: severity }),
            code: one('1..1', code, { codes: types }),
            details: one('1..1', details),
            diagnostics: one('0..1', string),
            location: many('0..*', string),
            expression: many('0..*', string),
          },
          checks,
        }),
      },
    }),
    name,
  };
}

export const REFUSAL = outcome('error', ISSUE_TYPE);
export const MISSING_PRACTICE = outcome('warning', SHORTFALL);
