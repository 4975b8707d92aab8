/** One JSON document for programs, written as it grows. */
import type { Result } from '../check.js';
import type { Report, ReportOptions } from './report.js';
import { exitCodeOf, isValid } from './summary.js';

export function createJsonReport({ write }: ReportOptions): Report {
  let separator = '';
  const notRead: object[] = [];
  write('{"results":[');
  return {
    add(outcome) {
      if (outcome.kind === 'not-read') notRead.push({ file: outcome.file, reason: outcome.reason });
      if (outcome.kind !== 'result') return;
      write(`${separator}\n${JSON.stringify(entryOf(outcome))}`);
      separator = ',';
    },
    end(summary, problems) {
      const { files, resources, valid, invalid, error, warning, information, passedOver } = summary;
      const rest = {
        notRead,
        problems,
        summary: { files, resources, valid, invalid, error, warning, information, passedOver, notRead: notRead.length },
        valid: exitCodeOf(summary) === 0,
      };
      write(`\n],${JSON.stringify(rest).slice(1)}\n`);
    },
  };
}

function entryOf(result: Result): object {
  const { file, number, choice, resourceType, id, issues } = result;
  return {
    file,
    ...(number !== undefined && { number }),
    ...(choice && { fhir: choice.release, assumed: choice.assumed }),
    ...(resourceType !== undefined && { resourceType }),
    ...(id !== undefined && { id }),
    valid: isValid(result),
    issues,
  };
}
