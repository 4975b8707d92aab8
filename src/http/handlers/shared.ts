/** What the handlers of all interactions share. */
import type { Request } from '../../core/context.js';
import type { PracticeEntry } from '../../core/directory.js';
import { GatewayError, type ErrorCode } from '../../domain/errors.js';
import { isLogicalId } from '../../domain/identifiers.js';
import type { Exchange, GatewayHttp } from '../exchange.js';

export function requestFor(entry: PracticeEntry, exchange: Exchange): Request {
  return { entry, caller: exchange.caller, signal: exchange.signal };
}

/** Structure before meaning: an unknown element or a wrong type is refused before anything is read from it. */
export function validated(http: GatewayHttp, body: unknown, type: string): unknown {
  const issues = http.face.validator.validate(body, type);
  const first = issues[0];
  if (first) {
    const { fhirPath, message } = first;
    // A message that begins with its own path needs no second one; of a repeated element it does not say which.
    const where = message.startsWith(fhirPath) ? '' : `${fhirPath}: `;
    const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
    throw new GatewayError('invalid-resource', `${where}${message}${more}`, { fhirPath });
  }
  return body;
}

/** An id of a form that we never give out names nothing here. */
export function existingId(id: string, code: ErrorCode): string {
  if (isLogicalId(id)) return id;
  throw new GatewayError(code, 'Nothing with this id exists at this practice');
}
