/** One way to say that the register could not answer, without a word that came from it. */
import { GatewayError } from '../../domain/errors.js';

export type FaultKind = 'timeout' | 'unreachable' | 'busy' | 'refused' | 'fault' | 'not-understood';

const MESSAGES: Readonly<Record<FaultKind, string>> = {
  timeout: 'The national register of patients did not answer in time. Repeat the request later.',
  unreachable: 'The national register of patients could not be reached. Repeat the request later.',
  busy: 'The national register of patients is too busy to answer. Repeat the request later.',
  refused: 'The national register of patients did not accept this gateway. The operator has been told.',
  fault: 'The national register of patients failed to answer. Repeat the request later.',
  'not-understood': 'The national register of patients gave an answer that could not be understood.',
};

/**
 * A failure of the register. `detail` is for the log: a status, an error number or the path of an element, never a
 * value. The library's own errors are not kept as a cause, because their messages quote the address with the NHS
 * number in it.
 */
export class PdsFault extends Error {
  override readonly name = 'PdsFault';
  readonly kind: FaultKind;
  readonly status: number | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    kind: FaultKind,
    detail: string,
    answer: { status?: number; retryAfterSeconds?: number | undefined } = {},
  ) {
    super(detail);
    this.kind = kind;
    this.status = answer.status;
    this.retryAfterSeconds = answer.retryAfterSeconds;
  }

  toGatewayError(): GatewayError {
    return new GatewayError('demographics-unavailable', MESSAGES[this.kind], {
      cause: this,
      ...(this.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: this.retryAfterSeconds }),
    });
  }
}

/** Error numbers of the socket and of the HTTP library, as in `ECONNREFUSED` or `UND_ERR_SOCKET`. */
const ERROR_NUMBER = /^[A-Z][A-Z0-9_]{2,40}$/;

/** The error number hidden in a chain of causes, or `unknown`. */
export function errorNumberOf(error: unknown): string {
  for (let depth = 0, at = error; depth < 4 && at instanceof Error; depth += 1, at = at.cause) {
    if ('code' in at && typeof at.code === 'string' && ERROR_NUMBER.test(at.code)) return at.code;
  }
  return 'unknown';
}
