/**
 * The closed list of everything that can go wrong, and the one error class that carries it.
 *
 * A code says what happened in our own terms; each FHIR face maps it to an HTTP status, an issue type and its own
 * error code (`fhir/<face>/outcome.ts`). `retryable` tells a consumer whether the same request, sent again
 * unchanged, may succeed. `docs/errors.md` lists the same codes; a test keeps both in step.
 */
export const ERROR_CODES = {
  // The request as such
  'bad-request': { retryable: false },
  'unsupported-media-type': { retryable: false },
  'body-too-large': { retryable: false },
  'uri-too-long': { retryable: false },
  'headers-too-large': { retryable: false },
  'request-timeout': { retryable: true },
  'not-implemented': { retryable: false },
  'unknown-endpoint': { retryable: false },
  // Search parameters and identifiers
  'invalid-parameter': { retryable: false },
  'invalid-identifier-system': { retryable: false },
  'invalid-identifier-value': { retryable: false },
  'invalid-nhs-number': { retryable: false },
  // Resources sent to us
  'invalid-resource': { retryable: false },
  'reference-not-found': { retryable: false },
  // Patients
  'patient-not-found': { retryable: false },
  'invalid-demographics': { retryable: false },
  'patient-already-registered': { retryable: false },
  'several-patient-records': { retryable: false },
  // Directory
  'organisation-not-found': { retryable: false },
  'practitioner-not-found': { retryable: false },
  'record-not-found': { retryable: false },
  'access-denied': { retryable: false },
  // Booking
  'slot-taken': { retryable: false },
  'version-conflict': { retryable: false },
  'idempotency-key-reused': { retryable: false },
  'place-contended': { retryable: true },
  'outcome-unknown': { retryable: true },
  // Behind us, and ourselves
  'practice-unavailable': { retryable: true },
  'practice-timeout': { retryable: true },
  'practice-system-fault': { retryable: false },
  'demographics-unavailable': { retryable: true },
  'unrepresentable-record': { retryable: false },
  overloaded: { retryable: true },
  'quota-exceeded': { retryable: true },
  'ledger-unavailable': { retryable: true },
  internal: { retryable: false },
} as const satisfies Record<string, { retryable: boolean }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface GatewayErrorOptions {
  /** FHIRPath of the element, or the name of the parameter or header, that the message is about. */
  readonly fhirPath?: string;
  /** ODS code of the practice whose system failed; only for failures behind us. */
  readonly practice?: string;
  /** Seconds after which a repeat makes sense; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** The underlying failure, for the log only. May hold anything, so it never reaches a consumer. */
  readonly cause?: unknown;
}

/**
 * Every failure the gateway tells a consumer about.
 *
 * `message` may be sent to a consumer word for word: it says what is wrong, where, and how to mend it, and holds no
 * patient data and no text that came from a practice system.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly fhirPath: string | undefined;
  readonly practice: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.fhirPath = options.fhirPath;
    this.practice = options.practice;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}

export function isGatewayError(value: unknown): value is GatewayError {
  return value instanceof GatewayError;
}
