/** What the handlers of all interactions share. */
import type { Request } from '../../core/context.js';
import type { PracticeEntry } from '../../core/directory.js';
import { GatewayError, type ErrorCode } from '../../domain/errors.js';
import { isLogicalId } from '../../domain/identifiers.js';
import type { Exchange } from '../exchange.js';

export function requestFor(entry: PracticeEntry, exchange: Exchange): Request {
  return { entry, caller: exchange.caller, signal: exchange.signal };
}

/** An id of a form that we never give out names nothing here. */
export function existingId(id: string, code: ErrorCode): string {
  if (isLogicalId(id)) return id;
  throw new GatewayError(code, 'Nothing with this id exists at this practice');
}
