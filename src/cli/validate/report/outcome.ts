/** OperationOutcomes: one for one resource, a Bundle of them for several. */
import { toOutcome } from '../../../http/validation/outcome.js';
import type { NotRead, Result } from '../check.js';
import type { Report, ReportOptions } from './report.js';

const FILE = 'http://hl7.org/fhir/StructureDefinition/operationoutcome-file';

export function createOutcomeReport({ write, single, profiles }: ReportOptions): Report {
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
      const made = outcomeOf(outcome, profiles);
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

/** As `$validate` answers, with the name of the file. */
function outcomeOf(outcome: Result | NotRead, profiles: readonly string[]): object {
  const extension = [{ url: FILE, valueString: outcome.file }];
  if (outcome.kind === 'result') return { ...toOutcome(outcome.issues, profiles), extension };
  const issue = [{ severity: 'fatal', code: 'not-found', diagnostics: outcome.reason }];
  return { resourceType: 'OperationOutcome', extension, issue };
}
