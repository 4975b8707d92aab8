/** What is asked of the validation, and what it answers: plain data, because it goes from thread to thread. */
import type { ErrorCode } from '../../domain/errors.js';
import type { Release, RuleKind, ValidationIssue } from '../../validation/index.js';
import type { Format } from '../request/negotiate.js';

export interface Question {
  readonly release: Release;
  readonly format: Format;
  /** The body as it came, unpacked. */
  readonly bytes: Uint8Array;
  /** The resource type of the address. */
  readonly type: string;
  /** The id of the address, where it has one. */
  readonly id: string | undefined;
  /** Values of the query; the body may have more of them. */
  readonly profiles: readonly string[];
  readonly modes: readonly string[];
}

/** An issue of the validation, or of the operation around it. */
export interface Finding extends Omit<ValidationIssue, 'code' | 'rule'> {
  readonly code: ValidationIssue['code'] | 'not-supported';
  readonly rule: Omit<ValidationIssue['rule'], 'kind'> & { readonly kind: RuleKind | 'operation' };
}

export type Verdict =
  | {
      readonly kind: 'checked';
      readonly findings: readonly Finding[];
      /** Profiles that were asked for, beside those that the resource names itself. */
      readonly profiles: readonly string[];
    }
  /** Nobody knows: the answer would have taken too much of something. */
  | { readonly kind: 'given-up'; readonly spent: string }
  /** The question could not be understood. */
  | {
      readonly kind: 'refused';
      readonly code: ErrorCode;
      readonly message: string;
      readonly fhirPath: string | undefined;
    };

export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity === 'error');
}
