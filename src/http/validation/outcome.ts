/** Verdicts and refusals as OperationOutcome. The elements used are the same in STU3 and R4. */
import type { GatewayError } from '../../domain/errors.js';
import type { Representation } from '../../fhir/representation.js';
import { hasErrors, type Finding } from './question.js';

/** Which kind of rule was broken; the codes are those of `RuleKind`, and `operation` for `$validate` itself. */
const RULE_SYSTEM = 'urn:slotbridge:validation-rule';

const EXTENSION = 'http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-';

/** One resource is always answered with at least one issue: `All OK` where no error was found. */
export function toOutcome(findings: readonly Finding[], profiles: readonly string[]): object {
  return {
    resourceType: 'OperationOutcome',
    issue: [...(hasErrors(findings) ? [] : [allOk(profiles)]), ...findings.map(toIssue)],
  };
}

function allOk(profiles: readonly string[]): object {
  const asked = profiles.length === 0 ? '' : ` Profiles asked for: ${profiles.join(', ')}`;
  return {
    severity: 'information',
    code: 'informational',
    details: { text: 'All OK' },
    diagnostics: `No errors against the release and the profiles in meta.profile.${asked}`,
  };
}

function toIssue({ severity, code, expression, message, rule, line, column }: Finding): object {
  const known = line !== undefined && column !== undefined;
  const broken = [rule.profile, rule.element, rule.constraint].filter((part) => part !== undefined);
  return {
    ...(known && {
      extension: [
        { url: `${EXTENSION}line`, valueInteger: line },
        { url: `${EXTENSION}col`, valueInteger: column },
      ],
    }),
    severity,
    code,
    details: { coding: [{ system: RULE_SYSTEM, code: rule.kind }], text: message },
    ...(broken.length > 0 && { diagnostics: broken.join(' ') }),
    ...(known && { location: [`Line[${line}] Col[${column}]`] }),
    ...(expression !== '' && { expression: [expression] }),
  };
}

/** An error, because what was not checked to its end may not pass for valid. */
export function overBudget(type: string, spent: string): Finding {
  return {
    severity: 'error',
    code: 'too-costly',
    expression: type,
    pointer: '',
    message: `The validation took more than ${spent} and was given up; split the resource, or use slotbridge validate.`,
    rule: { kind: 'too-large' },
  };
}

interface Refusal {
  readonly issue: readonly { readonly severity: string; readonly code: string }[];
}

/**
 * The status and the issue type are those of every refusal; without GP Connect's profile and Spine's codes, because
 * these addresses belong to neither.
 */
export function writeRefusal(
  error: GatewayError,
  representation: Representation,
): { readonly status: number; readonly outcome: object } {
  const { status, outcome } = representation.writeOutcome(error);
  const issue = (outcome as unknown as Refusal).issue.map(({ severity, code }) => ({
    severity,
    code,
    diagnostics: error.message,
    ...(error.fhirPath !== undefined && { expression: [error.fhirPath] }),
  }));
  return { status, outcome: { resourceType: 'OperationOutcome', issue } };
}
