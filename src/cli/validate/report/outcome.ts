/** OperationOutcomes: one for one resource, a Bundle of them for several. */
import type { ValidationIssue } from '../../../validation/index.js';
import type { NotRead, Result } from '../check.js';
import type { Report, ReportOptions } from './report.js';

const EXTENSION = 'http://hl7.org/fhir/StructureDefinition/';

export function createOutcomeReport({ write, single }: ReportOptions): Report {
  let separator = '';
  /** Of what was said to be one: a list in one file is several after all. */
  let held: object | undefined;
  const start = (): void => write('{"resourceType":"Bundle","type":"collection","entry":[');
  const put = (outcome: object): void => {
    write(`${separator}\n${JSON.stringify({ resource: outcome })}`);
    separator = ',';
  };
  let open = !single;
  if (open) start();
  return {
    add(outcome) {
      if (outcome.kind === 'passed-over') return;
      const made = outcomeOf(outcome);
      if (open) put(made);
      else if (held === undefined) held = made;
      else {
        start();
        open = true;
        put(held);
        put(made);
      }
    },
    end() {
      if (open) write('\n]}\n');
      else if (held !== undefined) write(`${JSON.stringify(held)}\n`);
    },
  };
}

function outcomeOf(outcome: Result | NotRead): object {
  const source = { url: `${EXTENSION}operationoutcome-file`, valueString: outcome.file };
  const issue =
    outcome.kind === 'not-read'
      ? [{ severity: 'fatal', code: 'not-found', diagnostics: outcome.reason }]
      : outcome.issues.length === 0
        ? [{ severity: 'information', code: 'informational', diagnostics: 'All OK' }]
        : outcome.issues.map(issueOf);
  return { resourceType: 'OperationOutcome', extension: [source], issue };
}

function issueOf({ severity, code, expression, message, rule, line, column }: ValidationIssue): object {
  const extension = [
    ...(line === undefined ? [] : [{ url: `${EXTENSION}operationoutcome-issue-line`, valueInteger: line }]),
    ...(column === undefined ? [] : [{ url: `${EXTENSION}operationoutcome-issue-col`, valueInteger: column }]),
  ];
  const broken = [rule.profile, rule.element, rule.constraint].filter((part) => part !== undefined);
  return {
    ...(extension.length > 0 && { extension }),
    severity,
    code,
    details: { coding: [{ system: 'urn:slotbridge:validation-rule', code: rule.kind }], text: message },
    ...(broken.length > 0 && { diagnostics: broken.join(' ') }),
    ...(expression !== '' && { expression: [expression] }),
  };
}
