/** What validation finds in a body or a token that is reason enough to refuse it, and in an answer to tell of it. */
import { GatewayError } from '../../domain/errors.js';
import type { ValidateOptions, ValidationIssue, Validator } from '../../validation/index.js';
import type { Answer, GatewayHttp } from '../exchange.js';

/** So many faults of a resource are told of; what is not looked at by then need not be. */
export const MOST_FAULTS = 20;

/** Issues of severity `error`, in the validator's order. Warnings and notes are for whoever asks for validation itself. */
export function faultsOf(validator: Validator, resource: unknown, options: ValidateOptions): ValidationIssue[] {
  return validator.validate(resource, options).filter(({ severity }) => severity === 'error');
}

/** What the body of an interaction is. */
export interface BodyRules {
  readonly type: string;
  /** Types of the resources that may stand inside it, at any depth. */
  readonly holds: readonly string[];
}

/**
 * Where below `value` a resource of a type stands that is not among `holds`; `undefined` when there is none. The path is
 * made on the way back from one, so that a body without any costs no texts.
 */
function otherIn(value: unknown, isRoot: boolean, holds: readonly string[]): string | undefined {
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const below = otherIn(value[index], false, holds);
      if (below !== undefined) return `[${String(index)}]${below}`;
    }
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, part] of Object.entries(value)) {
    if (key !== 'resourceType') {
      const below = otherIn(part, false, holds);
      if (below !== undefined) return `.${key}${below}`;
    } else if (!isRoot && !holds.includes(String(part))) return '';
  }
  return undefined;
}

/** Goes first: a resource of a type that nobody reads can cost more to validate than all others together. */
function refuseOthers(body: unknown, { type, holds }: BodyRules): void {
  const below = otherIn(body, true, holds);
  if (below === undefined) return;
  const path = type + below;
  const message = `${path}: a resource of this type must not stand here; allowed: ${holds.join(', ')}`;
  throw new GatewayError('invalid-resource', message, { fhirPath: path });
}

/**
 * The body, which meets FHIR and every profile it claims; else it is refused before anything is read from it. That items
 * of a list stand in another order than a profile asks for is let pass: nothing is read from their order, and consumers
 * of the acceptance testing do so.
 */
export function validBody(validator: Validator, body: unknown, rules: BodyRules): unknown {
  const { type } = rules;
  refuseOthers(body, rules);
  const all = faultsOf(validator, body, { type });
  const worse = all.filter(({ rule }) => rule.kind !== 'order');
  // Behind so many there may be worse that has not been looked for.
  const [first, ...others] = all.length < MOST_FAULTS ? worse : all;
  if (first === undefined) return body;
  const { expression, message } = first;
  // A message that begins with its own path needs no second one; of a repeated element it does not say which.
  const where = message.startsWith(expression) ? '' : `${expression}: `;
  const more = others.length > 0 ? ` (and ${String(others.length)} more)` : '';
  throw new GatewayError('invalid-resource', `${where}${message}${more}`, { fhirPath: expression });
}

/**
 * Tells the operator of the faults of an answer, by place and rule. The answer is not held back for it: what was booked
 * is booked, and a consumer who is not told so cannot cancel it.
 */
export function reportFaults(
  { context, face }: Pick<GatewayHttp, 'context' | 'face'>,
  interaction: { readonly name: string },
  { resource }: Answer,
): void {
  for (const { expression, rule } of faultsOf(face.validator, resource, {})) {
    const broken = [rule.kind, rule.profile, rule.element, rule.constraint].filter((part) => part !== undefined);
    context.log.error('answer-invalid', {
      interaction: interaction.name,
      reason: `${expression} breaks ${broken.join(' ')}`,
    });
  }
}
