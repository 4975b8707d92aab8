/** Why an operator says so: a sentence for the audit trail, which names no patient. */
import { GatewayError } from '../../domain/errors.js';
import { parseNhsNumber } from '../../domain/identifiers.js';

const SHORTEST = 3;
const LONGEST = 300;
const NHS_NUMBER_LENGTH = 10;

/** Throws `invalid-parameter`. */
export function checkReason(reason: string): void {
  const { length } = reason.trim();
  if (length < SHORTEST || reason.length > LONGEST || [...reason].some(isControl)) {
    throw new GatewayError('invalid-parameter', 'The reason must be one line of 3 to 300 characters');
  }
  if (holdsNhsNumber(reason)) {
    throw new GatewayError(
      'invalid-parameter',
      'The reason seems to hold an NHS number: name no patient, the id of the attempt says who it is',
    );
  }
}

function isControl(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code === 0x2028 || code === 0x2029;
}

/** Also one that is written in groups. */
export function holdsNhsNumber(text: string): boolean {
  let digits = '';
  for (const character of `${text}.`) {
    if (character >= '0' && character <= '9') digits += character;
    else if (character !== ' ' && character !== '-') {
      for (let at = 0; at + NHS_NUMBER_LENGTH <= digits.length; at += 1) {
        if (parseNhsNumber(digits.slice(at, at + NHS_NUMBER_LENGTH))) return true;
      }
      digits = '';
    }
  }
  return false;
}
